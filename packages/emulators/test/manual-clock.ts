import type { EmulatorClock, EmulatorTimer } from '../src/clock.ts'

interface Pending {
  readonly atMs: number
  readonly fn: () => void
}

/** A clock that moves only when a test says so. */
export class ManualClock implements EmulatorClock {
  #nowMs = 0
  #pending: Pending[] = []

  get pendingTimers(): number {
    return this.#pending.length
  }

  nowMs(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs
  }

  setTimeout(fn: () => void, delayMs: number): EmulatorTimer {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), fn }
    this.#pending.push(entry)
    return {
      cancel: () => {
        this.#pending = this.#pending.filter((other) => other !== entry)
      },
    }
  }

  /** Moves time and fires what is due, in order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) this.#fire(next)
    this.#nowMs = untilMs
  }

  /** Jumps from timer to timer until the promise settles; input and output have their turn before each jump. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const settle = (): void => {
      settled = true
    }
    promise.then(settle, settle)
    while (!settled) {
      for (let turn = 0; turn < 20 && !settled; turn++) await new Promise((resolve) => setImmediate(resolve))
      const next = this.#next()
      if (!settled && next) this.#fire(next)
    }
    return promise
  }

  #next(): Pending | undefined {
    return this.#pending.toSorted((a, b) => a.atMs - b.atMs)[0]
  }

  #fire(next: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== next)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.fn()
  }
}
