/** How often and how fast something is tried again. */
export interface RetryPolicy {
  /** Waits before the second, third, ... attempt, seconds. Their number bounds the attempts. */
  readonly delaysSecs: readonly number[]
  /** Each wait is shortened at random by up to this share, 0 to 1. */
  readonly jitterRatio: number
}

/** Reconnecting while somebody waits for an answer: the first attempts come quickly. */
export const RECONNECT_POLICY: RetryPolicy = { delaysSecs: [0.25, 0.5, 1, 2, 4, 8], jitterRatio: 0.25 }

/** Repeating a failed request inside a turn. */
export const REQUEST_POLICY: RetryPolicy = { delaysSecs: [0.25, 0.5], jitterRatio: 0.25 }

/** The wait before retry number `retry` (0 is the first), milliseconds, or `undefined` when there is none left. */
export function retryDelayMs(policy: RetryPolicy, retry: number, random: () => number): number | undefined {
  const secs = policy.delaysSecs[retry]
  return secs === undefined ? undefined : secs * 1000 * (1 - policy.jitterRatio * random())
}

/** A connection that lived shorter than this died quickly, milliseconds. */
const QUICK_MS = 5000
const MAX_QUICK_FAILURES = 3

/**
 * Counts connections that die soon after opening. Some servers accept a connection and then close it for bad
 * credentials: backing off alone would go on for ever.
 */
export class QuickFailures {
  #count = 0

  /** A connection that lived for `livedMs` was lost; true when the third in a row died quickly. */
  lost(livedMs: number): boolean {
    this.#count = livedMs < QUICK_MS ? this.#count + 1 : 0
    return this.#count >= MAX_QUICK_FAILURES
  }

  reset(): void {
    this.#count = 0
  }
}
