import type { Clock, Timer } from './clock.ts'

/** Deadlines this close together are served by one turn of the event loop, milliseconds. */
const SLACK_MS = 0.5

const wheels = new WeakMap<Clock, PacingWheel>()

/** The wheel of a clock: all pacing of a process shares one timer. */
export function pacingWheel(clock: Clock): PacingWheel {
  const known = wheels.get(clock)
  if (known !== undefined) return known
  const wheel = new PacingWheel(clock)
  wheels.set(clock, wheel)
  return wheel
}

/** A moment at which something is due; moved as often as needed. */
export class Deadline {
  /** @internal */
  atMs = Infinity
  /** @internal Its place in the heap; -1 when it is not set. */
  index = -1
  /** @internal */
  readonly onDue: (nowMs: number) => void
  readonly #wheel: PacingWheel

  /** @internal */
  constructor(wheel: PacingWheel, onDue: (nowMs: number) => void) {
    this.#wheel = wheel
    this.onDue = onDue
  }

  /** Falls due at this time of the clock, and not before. `Infinity` clears it. */
  set(atMs: number): void {
    if (atMs === Infinity) this.#wheel.remove(this)
    else this.#wheel.place(this, atMs)
  }

  clear(): void {
    this.#wheel.remove(this)
  }
}

/**
 * Many absolute deadlines on one timer of the clock, the earliest. A heap, so that thousands of senders that move
 * their deadline every 20 ms stay cheap; deadlines are absolute, so that nothing drifts.
 */
export class PacingWheel {
  readonly #clock: Clock
  readonly #heap: Deadline[] = []
  readonly #due: Deadline[] = []
  #timer: Timer | undefined = undefined
  #timerAtMs = Infinity
  #running = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A new deadline, not set. `onDue` gets the time, which is never before the deadline. */
  deadline(onDue: (nowMs: number) => void): Deadline {
    return new Deadline(this, onDue)
  }

  /** How many deadlines are set. */
  get size(): number {
    return this.#heap.length
  }

  /** @internal */
  place(deadline: Deadline, atMs: number): void {
    const previousMs = deadline.atMs
    deadline.atMs = atMs
    if (deadline.index < 0) {
      deadline.index = this.#heap.length
      this.#heap.push(deadline)
      this.#rise(deadline)
    } else if (atMs < previousMs) this.#rise(deadline)
    else this.#sink(deadline)
    if (!this.#running) this.#arm()
  }

  /** @internal */
  remove(deadline: Deadline): void {
    const { index } = deadline
    deadline.atMs = Infinity
    if (index < 0) return
    deadline.index = -1
    const last = this.#heap.pop()
    if (last !== undefined && last !== deadline) {
      this.#heap[index] = last
      last.index = index
      this.#rise(last)
      this.#sink(last)
    }
    if (!this.#running) this.#arm()
  }

  #arm(): void {
    const atMs = this.#heap[0]?.atMs ?? Infinity
    // A timer that fires early costs one look; one that is moved costs more.
    if (this.#timer !== undefined && this.#timerAtMs <= atMs && atMs !== Infinity) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerAtMs = atMs
    if (atMs === Infinity) return
    this.#timer = this.#clock.setTimeout(() => this.#fire(), Math.max(0, atMs - this.#clock.nowMs()))
  }

  #fire(): void {
    this.#timer = undefined
    this.#running = true
    const nowMs = this.#clock.nowMs()
    const due = this.#due
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= nowMs + SLACK_MS; first = this.#heap[0]) {
      const { atMs } = first
      this.remove(first)
      first.atMs = atMs
      due.push(first)
    }
    let called = 0
    try {
      while (called < due.length) this.#call(due[called++]!, nowMs)
    } finally {
      // When one throws, those behind it stay due.
      for (const deadline of due.splice(0).slice(called)) this.place(deadline, deadline.atMs)
      this.#running = false
      this.#arm()
    }
  }

  /** Unless an earlier one of this turn has moved or cleared it. */
  #call(deadline: Deadline, nowMs: number): void {
    if (deadline.index >= 0 || deadline.atMs === Infinity) return
    const atMs = Math.max(nowMs, deadline.atMs)
    deadline.atMs = Infinity
    deadline.onDue(atMs)
  }

  #rise(deadline: Deadline): void {
    const heap = this.#heap
    let { index } = deadline
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = heap[above]!
      if (parent.atMs <= deadline.atMs) break
      heap[index] = parent
      parent.index = index
      index = above
    }
    heap[index] = deadline
    deadline.index = index
  }

  #sink(deadline: Deadline): void {
    const heap = this.#heap
    let { index } = deadline
    for (;;) {
      let below = 2 * index + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && heap[below + 1]!.atMs < heap[below]!.atMs) below++
      const child = heap[below]!
      if (child.atMs >= deadline.atMs) break
      heap[index] = child
      child.index = index
      index = below
    }
    heap[index] = deadline
    deadline.index = index
  }
}
