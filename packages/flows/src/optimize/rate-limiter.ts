import type { Clock, Timer } from '@pc/core'

/** What {@link RateLimiter} takes. */
export interface RateLimiterOptions {
  /** So many calls in any {@link timeWindowSecs}. Default 100. */
  readonly maxCalls?: number | undefined
  /** Default 60. */
  readonly timeWindowSecs?: number | undefined
  /** So many may wait; one more goes at once, over the limit. Default 100. */
  readonly maxWaiting?: number | undefined
  /** Who has waited so long goes, over the limit: a late answer is better than none. Default 20. */
  readonly maxWaitSecs?: number | undefined
}

/** How a call got through: within the limit, or over it because it would have waited too long. */
export type Pass = 'free' | 'over'

interface Waiting {
  readonly go: (pass: Pass) => void
  readonly deadline: Timer
}

/**
 * Lets so many calls through in any stretch of time, the others as soon as there is room, in order. Conversations whose
 * calls go to one account share one.
 */
export class RateLimiter {
  readonly maxCalls: number
  readonly timeWindowSecs: number
  readonly #maxWaiting: number
  readonly #maxWaitMs: number
  /** When the calls of the latest window were made, milliseconds on the clock. */
  readonly #calls: number[] = []
  readonly #waiting: Waiting[] = []
  #timer: Timer | undefined = undefined

  constructor({ maxCalls = 100, timeWindowSecs = 60, maxWaiting = 100, maxWaitSecs = 20 }: RateLimiterOptions = {}) {
    this.maxCalls = maxCalls
    this.timeWindowSecs = timeWindowSecs
    this.#maxWaiting = maxWaiting
    this.#maxWaitMs = maxWaitSecs * 1000
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Counts a call, if there is room for it and nobody waits. */
  tryAcquire(clock: Clock): boolean {
    if (this.#waiting.length > 0 || !this.#hasRoom(clock)) return false
    this.#calls.push(clock.nowMs())
    return true
  }

  /** Counts a call when there is room for it. Its `go` is called once, unless it is taken back by what this returns. */
  acquire(clock: Clock, go: (pass: Pass) => void): () => void {
    if (this.tryAcquire(clock)) {
      go('free')
      return () => {}
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      this.#calls.push(clock.nowMs())
      go('over')
      return () => {}
    }
    const late = (): void => {
      this.#remove(waiting, clock)
      this.#calls.push(clock.nowMs())
      go('over')
    }
    const deadline = clock.setTimeout(late, this.#maxWaitMs, { background: true })
    const waiting: Waiting = { go, deadline }
    this.#waiting.push(waiting)
    this.#await(clock)
    return () => this.#remove(waiting, clock)
  }

  #hasRoom(clock: Clock): boolean {
    const sinceMs = clock.nowMs() - this.timeWindowSecs * 1000
    while (this.#calls.length > 0 && this.#calls[0]! <= sinceMs) this.#calls.shift()
    return this.#calls.length < this.maxCalls
  }

  #await(clock: Clock): void {
    this.#timer?.cancel()
    this.#timer = undefined
    // What went over the limit counts too: room comes when enough of all has grown old.
    const oldest = this.#calls[Math.max(0, this.#calls.length - this.maxCalls)]
    if (this.#waiting.length === 0 || oldest === undefined) return
    const letGo = (): void => this.#letGo(clock)
    this.#timer = clock.setTimeout(letGo, oldest + this.timeWindowSecs * 1000 - clock.nowMs(), { background: true })
  }

  #letGo(clock: Clock): void {
    while (this.#waiting.length > 0 && this.#hasRoom(clock)) {
      const next = this.#waiting.shift()
      next?.deadline.cancel()
      this.#calls.push(clock.nowMs())
      next?.go('free')
    }
    this.#await(clock)
  }

  #remove(waiting: Waiting, clock: Clock): void {
    const index = this.#waiting.indexOf(waiting)
    if (index < 0) return
    this.#waiting.splice(index, 1)
    waiting.deadline.cancel()
    this.#await(clock)
  }
}
