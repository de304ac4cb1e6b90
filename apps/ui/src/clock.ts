/** Time as the pages see it. Components take it as an argument, so that tests and the gallery can hold it still. */
export interface PageClock {
  /** Milliseconds on a monotonic clock. */
  nowMs(): number
  /** Runs `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void
}

/** The browser's clock: `performance.now()` and its timers. */
export const browserClock: PageClock = {
  nowMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** A clock that stands at `atMs` and never fires; for pictures of a state. */
export function stoppedClock(atMs: number): PageClock {
  return { nowMs: () => atMs, after: () => () => {} }
}
