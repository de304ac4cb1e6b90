import { sleep, type Timer } from '../../runtime/clock.ts'
import { TestClock } from '../test-clock.ts'
import { Lexicon } from './lexicon.ts'
import type { Cue } from './scenario.ts'

/** Something that must never happen, and when it did. */
export interface Violation {
  /** Which promise was broken. */
  readonly invariant: string
  readonly detail: string
  readonly atMs: number
}

/** A pipeline that breaks a promise breaks it often. */
const MOST_VIOLATIONS = 20

/** What lies outside the pipeline: time, words, and the record of what happened. */
export class World {
  readonly clock: TestClock = new TestClock()
  readonly lexicon: Lexicon = new Lexicon()
  readonly violations: Violation[] = []
  /** What happened, one event a line. */
  readonly timeline: string[] = []
  readonly #waiting = new Map<Cue, (() => void)[]>()
  #timers = 0
  #hashes: [number, number] = [0x811c9dc5, 0x9747b28c]

  get nowMs(): number {
    return this.clock.nowMs()
  }

  /** The same for two runs that did the same at the same times. */
  get hash(): string {
    return this.#hashes.map((hash) => (hash >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** Timers that are not the outside world's own: those of the pipeline. */
  get timersInside(): number {
    return this.clock.pending - this.#timers
  }

  note(who: string, what: string): void {
    const line = `${this.nowMs.toFixed(1).padStart(9)} ${who.padEnd(8)} ${what}`
    this.timeline.push(line)
    let [one, two] = this.#hashes
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i)
      one = Math.imul(one ^ code, 0x01000193)
      two = Math.imul(two ^ code, 0x5bd1e995) ^ (two >>> 13)
    }
    this.#hashes = [one, two]
  }

  violate(invariant: string, detail: string): void {
    this.note('BROKEN', `${invariant}: ${detail}`)
    if (this.violations.length < MOST_VIOLATIONS) this.violations.push({ invariant, detail, atMs: this.nowMs })
  }

  /** Time passes outside. Rejects with the signal's reason when that aborts first. */
  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    this.#timers++
    try {
      await sleep(this.clock, delayMs, signal)
    } finally {
      this.#timers--
    }
  }

  /** Calls `fn` later. */
  after(delayMs: number, fn: () => void): Timer {
    this.#timers++
    let open = true
    const close = (): void => {
      if (open) this.#timers--
      open = false
    }
    const timer = this.clock.setTimeout(() => {
      close()
      fn()
    }, delayMs)
    return {
      cancel: () => {
        close()
        timer.cancel()
      },
    }
  }

  /** Waits for a cue, at most so long. */
  cue(cue: Cue, limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(cue) ?? []
      this.#waiting.set(cue, waiting)
      const timer = this.after(limitMs, resolve)
      waiting.push(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  /** Gives a cue to those who wait for it. */
  give(cue: Cue): void {
    for (const resume of this.#waiting.get(cue)?.splice(0) ?? []) resume()
  }
}
