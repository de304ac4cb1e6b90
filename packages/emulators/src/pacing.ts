import { sleep } from './clock.ts'
import type { EmulatorClock } from './clock.ts'

/** Moments on one reply's own time axis, kept against absolute deadlines so that delays do not add up. */
export interface Timeline {
  /** Resolves when `secs` have passed since the timeline began (divided by the speed), or when the signal aborts. */
  at(secs: number, signal: AbortSignal): Promise<void>
}

/** Begins a timeline now. A `speed` of `Infinity` never waits. */
export const startTimeline = (clock: EmulatorClock, speed: number): Timeline => {
  const startMs = clock.nowMs()
  return {
    at: async (secs, signal) => {
      const remainingMs = startMs + (secs * 1000) / speed - clock.nowMs()
      if (remainingMs > 0) await sleep(clock, remainingMs, signal)
      // Without a wait the messages would leave in one burst that no client message can come between.
      else await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
