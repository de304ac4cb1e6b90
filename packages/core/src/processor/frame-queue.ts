import { FLAG_LOSSY, FLAG_STICKY, type Frame, type FrameDirection } from '../frames/frame.ts'

const INITIAL = 16

const NO_FRAMES: readonly (Frame | undefined)[] = Array.from({ length: INITIAL }, () => undefined)
const NO_DIRECTIONS: readonly FrameDirection[] = Array.from({ length: INITIAL }, () => 'downstream')

/** Shared: a ring without places is never written to. */
const NOTHING: never[] = []

/** The mask of a ring without places. */
const NO_PLACES = -1

/**
 * A ring of frames with their directions. It has no memory before its first frame, since most lanes never hold one; it
 * grows by doubling and forgets its memory when it is swept empty.
 */
export class FrameQueue {
  #frames: (Frame | undefined)[] = NOTHING
  #directions: FrameDirection[] = NOTHING
  #mask = NO_PLACES
  #head = 0
  #tail = 0
  #sticky = 0

  get size(): number {
    return this.#tail - this.#head
  }

  push(frame: Frame, direction: FrameDirection): void {
    if (this.#tail - this.#head > this.#mask) this.#grow()
    const index = this.#tail++ & this.#mask
    this.#frames[index] = frame
    this.#directions[index] = direction
    if ((frame.flags & FLAG_STICKY) !== 0) this.#sticky++
  }

  /** The direction of the frame that {@link shift} gives next. */
  get direction(): FrameDirection {
    return this.#directions[this.#head & this.#mask]!
  }

  /** Takes the oldest frame; only to be called while `size` is above zero. */
  shift(): Frame {
    const index = this.#head++ & this.#mask
    const frame = this.#frames[index]!
    this.#frames[index] = undefined
    if ((frame.flags & FLAG_STICKY) !== 0) this.#sticky--
    if (this.#head === this.#tail) this.#head = this.#tail = 0
    return frame
  }

  /** Drops everything that is not sticky and returns how many frames that were; O(1) while nothing sticky waits. */
  sweep(): number {
    const size = this.size
    if (size === 0) return 0
    if (this.#sticky === 0) {
      this.clear()
      return size
    }
    const kept: [Frame, FrameDirection][] = []
    for (let i = this.#head; i < this.#tail; i++) {
      const frame = this.#frames[i & this.#mask]!
      if ((frame.flags & FLAG_STICKY) !== 0) kept.push([frame, this.#directions[i & this.#mask]!])
    }
    this.clear()
    for (const [frame, direction] of kept) this.push(frame, direction)
    return size - kept.length
  }

  /** Drops everything. */
  clear(): void {
    this.#frames = NOTHING
    this.#directions = NOTHING
    this.#mask = NO_PLACES
    this.#head = this.#tail = this.#sticky = 0
  }

  /** Drops the oldest frame that may be lost: a lossy one, or with `any` the oldest that is not sticky. */
  dropOldest(any: boolean): boolean {
    for (let i = this.#head; i < this.#tail; i++) {
      const { flags } = this.#frames[i & this.#mask]!
      if ((flags & FLAG_STICKY) !== 0 || (!any && (flags & FLAG_LOSSY) === 0)) continue
      for (let j = i; j > this.#head; j--) {
        this.#frames[j & this.#mask] = this.#frames[(j - 1) & this.#mask]
        this.#directions[j & this.#mask] = this.#directions[(j - 1) & this.#mask]!
      }
      this.#frames[this.#head++ & this.#mask] = undefined
      return true
    }
    return false
  }

  #grow(): void {
    if (this.#mask === NO_PLACES) {
      this.#frames = NO_FRAMES.slice()
      this.#directions = NO_DIRECTIONS.slice()
      this.#mask = INITIAL - 1
      return
    }
    const at = this.#head & this.#mask
    this.#frames = doubled(this.#frames, at, undefined)
    this.#directions = doubled(this.#directions, at, 'downstream')
    this.#tail -= this.#head
    this.#head = 0
    this.#mask = this.#frames.length - 1
  }
}

/** The items from `at` on around the ring, then as many free places. */
function doubled<T>(ring: readonly T[], at: number, free: T): T[] {
  return ring.slice(at).concat(ring.slice(0, at), ring.slice().fill(free))
}
