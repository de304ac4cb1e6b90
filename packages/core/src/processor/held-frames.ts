import { FLAG_STICKY, type Frame, type FrameDirection } from '../frames/frame.ts'
import type { Clock } from '../runtime/clock.ts'

/** How much of the past a processor that has not started yet remembers, milliseconds. */
const HELD_MS = 20_000

/** Frames that arrived before StartFrame, bounded by age; sticky ones stay. */
export class HeldFrames {
  #entries: (readonly [frame: Frame, direction: FrameDirection, atMs: number])[] = []
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#entries.length
  }

  /** Adds a frame and returns how many old ones were dropped for it. */
  push(frame: Frame, direction: FrameDirection): number {
    const nowMs = this.#clock.nowMs()
    this.#entries.push([frame, direction, nowMs])
    const oldest = this.#entries[0]!
    if (nowMs - oldest[2] <= HELD_MS) return 0
    const before = this.#entries.length
    this.#entries = this.#entries.filter(
      ([held, , atMs]) => nowMs - atMs <= HELD_MS || (held.flags & FLAG_STICKY) !== 0,
    )
    return before - this.#entries.length
  }

  /** Gives all in order of arrival and forgets them. */
  take(): readonly (readonly [Frame, FrameDirection, number])[] {
    const entries = this.#entries
    this.#entries = []
    return entries
  }
}
