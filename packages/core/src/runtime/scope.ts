import type { Clock } from './clock.ts'
import { abortReason } from './errors.ts'

/** Owns running work: nothing floats, everything is awaited or named. */
export class Scope {
  readonly #controller = new AbortController()
  readonly #children = new Map<Promise<void>, string>()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Starts work and keeps it until it settles. The promise rejects when it fails for another reason than the abort. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this
    if (signal.aborted) return Promise.resolve()
    const child = work(signal).then(
      () => void this.#children.delete(child),
      (error: unknown) => {
        this.#children.delete(child)
        if (!signal.aborted) throw error
      },
    )
    this.#children.set(child, name)
    return child
  }

  /** Aborts everything, waits up to `limitMs` and returns the names of what did not settle. */
  async close(clock: Clock, limitMs: number): Promise<string[]> {
    this.#controller.abort(abortReason('scope closed'))
    if (this.#children.size === 0) return []
    await within(clock, limitMs, Promise.allSettled(this.#children.keys()))
    return [...this.#children.values()]
  }
}

/** Waits for `work`, but not longer than `limitMs`; true when it settled in time. */
export function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), limitMs)
    const settle = (): void => {
      timer.cancel()
      resolve(true)
    }
    work.then(settle, settle)
  })
}
