import { PcError } from '../runtime/errors.ts'
import { type Clock, later, type Timer } from '../runtime/clock.ts'

/** A nanosecond. */
const SHORTEST_MS = 1e-6

type Entry = { readonly atMs: number; readonly order: number; readonly fn: () => void }

/** Lets promises and pending real input settle. */
const macrotask = (): Promise<void> => new Promise((resolve) => later(resolve))

/**
 * A clock that stands still until it is told to move. Timers fire in the order of their times, those of one time in
 * the order they were set, and promises settle in between: the same test gives the same run.
 *
 * ```ts
 * const clock = new TestClock()
 * const task = new PipelineTask(pipeline, {}, { clock })
 * void task.run()
 * await clock.advance(1000)
 * ```
 */
export class TestClock implements Clock {
  readonly virtual = true
  readonly #startEpochMs: number
  #nowMs = 0
  #order = 0
  #timers: Entry[] = []
  #holds = 0
  #released: (() => void)[] = []

  /** @param startEpochMs - what {@link epochMs} says at the beginning. Default 2026-01-01T00:00:00Z. */
  constructor(startEpochMs = 1_767_225_600_000) {
    this.#startEpochMs = startEpochMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return this.#startEpochMs + this.#nowMs
  }

  setTimeout(fn: () => void, delayMs: number): Timer {
    // What rounding makes of a delay must not let time stand still.
    const laterMs = delayMs > 0 ? Math.max(delayMs, SHORTEST_MS) : 0
    const entry: Entry = { atMs: this.#nowMs + laterMs, order: ++this.#order, fn }
    const index = this.#timers.findLastIndex((other) => other.atMs <= entry.atMs)
    this.#timers.splice(index + 1, 0, entry)
    return {
      cancel: () => {
        const at = this.#timers.indexOf(entry)
        if (at >= 0) this.#timers.splice(at, 1)
      },
    }
  }

  yield(fn: () => void): void {
    this.setTimeout(fn, 0)
  }

  async hold<T>(work: Promise<T>, costMs = 0): Promise<T> {
    this.#holds++
    try {
      return await work
    } finally {
      this.#holds--
      this.#nowMs += costMs
      if (this.#holds === 0) for (const release of this.#released.splice(0)) release()
    }
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length
  }

  /** Lets promises settle without moving time. */
  async settle(): Promise<void> {
    await macrotask()
    if (this.#holds > 0) {
      await new Promise<void>((resolve) => this.#released.push(resolve))
      await macrotask()
    }
  }

  /** Moves time by `ms`, firing every timer that falls due on the way. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.settle()
    for (let due = this.#timers[0]; due !== undefined && due.atMs <= untilMs; due = this.#timers[0]) {
      this.#timers.shift()
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.fn()
      await this.settle()
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
  }

  /**
   * Moves time until `done()` holds.
   *
   * @throws PcError `test-clock-timeout` when it does not within `limitMs`.
   */
  async advanceUntil(done: () => boolean, limitMs = 600_000): Promise<void> {
    const untilMs = this.#nowMs + limitMs
    await this.settle()
    while (!done()) {
      const due = this.#timers[0]
      if (due === undefined || due.atMs > untilMs) {
        throw new PcError(`The condition did not come true within ${limitMs} ms of test time.`, {
          code: 'test-clock-timeout',
          kind: 'timeout',
        })
      }
      this.#timers.shift()
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.fn()
      await this.settle()
    }
  }
}
