import { HeartbeatFrame } from '../frames/lifecycle.ts'
import type { Observer } from '../observers/observer.ts'
import type { Clock, Timer } from '../runtime/clock.ts'

/** Restarts a timer on activity and calls `onIdle` once per quiet period. */
export class IdleMonitor {
  readonly observer: Observer
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #onIdle: () => void
  #timer: Timer | undefined = undefined
  #lastMs = 0

  constructor(clock: Clock, options: { timeoutSecs: number; frames: readonly string[]; onIdle: () => void }) {
    this.#clock = clock
    this.#timeoutMs = options.timeoutSecs * 1000
    this.#onIdle = options.onIdle
    this.observer = { frames: options.frames, onPushFrame: () => this.#activity() }
  }

  start(): void {
    this.#lastMs = this.#clock.nowMs()
    this.#wait(this.#timeoutMs)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Only notes the time: the timer looks when it fires, so activity costs no timer. */
  #activity(): void {
    this.#lastMs = this.#clock.nowMs()
  }

  #wait(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(() => this.#check(), delayMs, { background: true })
  }

  #check(): void {
    const quietMs = this.#clock.nowMs() - this.#lastMs
    if (quietMs < this.#timeoutMs) {
      this.#wait(this.#timeoutMs - quietMs)
      return
    }
    this.#lastMs = this.#clock.nowMs()
    this.#wait(this.#timeoutMs)
    this.#onIdle()
  }
}

/** Sends a heartbeat per period and calls `onTimeout` for every monitor interval without an arrival. */
export class HeartbeatMonitor {
  readonly #clock: Clock
  readonly #options: {
    periodSecs: number
    monitorSecs: number
    send: (frame: HeartbeatFrame) => void
    onTimeout: () => void
  }
  #timers: Timer[] = []
  #arrivedMs = 0

  constructor(
    clock: Clock,
    options: { periodSecs: number; monitorSecs: number; send: (frame: HeartbeatFrame) => void; onTimeout: () => void },
  ) {
    this.#clock = clock
    this.#options = options
  }

  start(): void {
    const { periodSecs, monitorSecs, send, onTimeout } = this.#options
    this.#arrivedMs = this.#clock.nowMs()
    this.#every(0, periodSecs * 1000, () => send(new HeartbeatFrame(this.#clock.nowMs())))
    this.#every(1, monitorSecs * 1000, () => {
      if (this.#clock.nowMs() - this.#arrivedMs >= monitorSecs * 1000) onTimeout()
    })
  }

  arrived(): void {
    this.#arrivedMs = this.#clock.nowMs()
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
  }

  #every(slot: number, periodMs: number, fn: () => void): void {
    this.#timers[slot] = this.#clock.setTimeout(
      () => {
        this.#every(slot, periodMs, fn)
        fn()
      },
      periodMs,
      { background: true },
    )
  }
}
