import type { Clock, Timer } from '../runtime/clock.ts'

/** The deadline of a graceful end; every sign of progress restarts it. */
export class EndWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onStuck: () => void
  #timer: Timer | undefined = undefined
  #progressMs = 0

  constructor(clock: Clock, limitSecs: number, onStuck: () => void) {
    this.#clock = clock
    this.#limitMs = limitSecs * 1000
    this.#onStuck = onStuck
  }

  start(): void {
    if (this.#timer !== undefined) return
    this.#progressMs = this.#clock.nowMs()
    this.#wait(this.#limitMs)
  }

  progress(): void {
    if (this.#timer !== undefined) this.#progressMs = this.#clock.nowMs()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #wait(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      const quietMs = this.#clock.nowMs() - this.#progressMs
      if (quietMs < this.#limitMs) this.#wait(this.#limitMs - quietMs)
      else this.#onStuck()
    }, delayMs)
  }
}
