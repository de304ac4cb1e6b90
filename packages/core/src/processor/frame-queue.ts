import { FLAG_LOSSY, FLAG_STICKY, type Frame, type FrameDirection } from '../frames/frame.ts'

const INITIAL = 16

const filled = <T>(length: number, value: T): T[] => Array.from<T>({ length }).fill(value)

/** A ring of frames with their directions; grows by doubling and forgets its memory when it is swept empty. */
export class FrameQueue {
  #frames: (Frame | undefined)[] = filled<Frame | undefined>(INITIAL, undefined)
  #directions: FrameDirection[] = filled<FrameDirection>(INITIAL, 'downstream')
  #mask = INITIAL - 1
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
    const kept: [Frame, FrameDirection][] = []
    if (this.#sticky > 0) {
      for (let i = this.#head; i < this.#tail; i++) {
        const frame = this.#frames[i & this.#mask]!
        if ((frame.flags & FLAG_STICKY) !== 0) kept.push([frame, this.#directions[i & this.#mask]!])
      }
    }
    this.clear()
    for (const [frame, direction] of kept) this.push(frame, direction)
    return size - kept.length
  }

  /** Drops everything. */
  clear(): void {
    this.#frames = filled<Frame | undefined>(INITIAL, undefined)
    this.#directions = filled<FrameDirection>(INITIAL, 'downstream')
    this.#mask = INITIAL - 1
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
    const length = this.#frames.length
    const frames = filled<Frame | undefined>(length * 2, undefined)
    const directions = filled<FrameDirection>(length * 2, 'downstream')
    for (let i = 0; i < length; i++) {
      frames[i] = this.#frames[(this.#head + i) & this.#mask]
      directions[i] = this.#directions[(this.#head + i) & this.#mask]!
    }
    this.#frames = frames
    this.#directions = directions
    this.#mask = length * 2 - 1
    this.#head = 0
    this.#tail = length
  }
}
