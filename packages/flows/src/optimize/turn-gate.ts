import type { Clock, Timer } from '@pc/core'
import type { FlowMetrics } from './flow-metrics.ts'
import type { RateLimiter } from './rate-limiter.ts'

/** Who waits no longer than this hears no filler, milliseconds. */
const FILLER_MS = 300

/** What a {@link TurnGate} needs. */
export interface TurnGateOptions {
  readonly limiter: RateLimiter | undefined
  readonly metrics: FlowMetrics
  clock(): Clock
}

/**
 * Lets one conversation's requests through to the model. One that has to wait is not lost: it goes when there is room. Of
 * several that wait only the newest goes, because it reads all that the others would.
 */
export class TurnGate {
  readonly #options: TurnGateOptions
  #next: (() => void) | undefined = undefined
  #takeBack: () => void = () => {}
  #filler: Timer | undefined = undefined
  #userSpeaks = false
  /** There was room while the user spoke. */
  #passed = false

  constructor(options: TurnGateOptions) {
    this.#options = options
  }

  /** Somebody is answered when there is room. */
  get isWaiting(): boolean {
    return this.#next !== undefined
  }

  /** Counts a request, if there is room for it. */
  tryPass(): boolean {
    const { limiter, clock } = this.#options
    return this.#next === undefined && (limiter === undefined || limiter.tryAcquire(clock()))
  }

  /** Has `run` called, at once or when there is room, and `fill` when that takes a while. */
  pass(run: () => void, fill: () => void): void {
    const { limiter, metrics, clock } = this.#options
    const waits = this.#next !== undefined
    if (!waits && this.tryPass()) {
      run()
      return
    }
    this.#next = run
    this.#filler?.cancel()
    this.#filler = clock().setTimeout(() => this.#fill(fill), FILLER_MS, { background: true })
    if (waits || limiter === undefined) return
    metrics.record('rate_limited')
    this.#takeBack = limiter.acquire(clock(), (pass) => {
      if (pass === 'over') metrics.record('rate_limit_exceeded')
      this.#passed = true
      this.#go()
    })
  }

  userStarted(): void {
    this.#userSpeaks = true
  }

  /** What the user has said takes the place of what waits, if the model is asked for it. */
  userStopped(): void {
    this.#userSpeaks = false
    this.#options.clock().yield(() => this.#go())
  }

  /** Lets go what waits, room or not: the conversation ends. */
  flush(): void {
    this.#takeBack()
    this.#userSpeaks = false
    this.#passed = true
    this.#go()
  }

  /** Nothing goes any more. */
  close(): void {
    this.#takeBack()
    this.#filler?.cancel()
    this.#next = undefined
  }

  #fill(fill: () => void): void {
    if (this.#next !== undefined && !this.#userSpeaks) fill()
  }

  #go(): void {
    if (!this.#passed || this.#userSpeaks) return
    const run = this.#next
    this.#next = undefined
    this.#passed = false
    this.#filler?.cancel()
    run?.()
  }
}
