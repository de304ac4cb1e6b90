import type { Clock } from '../runtime/clock.ts'
import { abortReason, PcError } from '../runtime/errors.ts'
import { type Deadline, pacingWheel } from '../runtime/pacing-wheel.ts'
import type { Overtaken } from './overtaken.ts'

/** How {@link pumpEvents} watches a stream. */
export interface PumpOptions {
  readonly clock: Clock
  /** When it is overtaken, the pump ends at once. */
  readonly work: Overtaken
  /** Limit for the first event, milliseconds; infinite for none. */
  readonly firstTimeoutMs: number
  /** Limit between events, milliseconds. */
  readonly idleTimeoutMs: number
  /** Gets a function that ends the pump at once, as an abort does. */
  readonly onOpen?: (stop: () => void) => void
}

/**
 * Hands the events of a provider's stream to `handle`, one after another. Overtaken work stops delivery at once; the stream is
 * told to return and not waited for, since one that waits inside an `await` returns only after it. The time that
 * `handle` itself takes does not count as silence of the stream.
 *
 * @returns `aborted` when the work was overtaken, or the function that `onOpen` got was called.
 * @throws PcError `first-output-timeout` or `stream-stalled` when the stream is silent for too long; what the stream or
 * `handle` throws.
 */
export function pumpEvents<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  handle: (event: T) => void | Promise<void>,
  options: PumpOptions,
): Promise<'done' | 'aborted'> {
  if (options.work.stale) return Promise.resolve('aborted')
  return new EventPump(open, handle, options).run()
}

class EventPump<T> {
  readonly #open: (signal: AbortSignal) => AsyncIterable<T>
  readonly #handle: (event: T) => void | Promise<void>
  readonly #options: PumpOptions
  readonly #controller = new AbortController()
  readonly #outcome = Promise.withResolvers<'done' | 'aborted'>()
  #iterator: AsyncIterator<T> | undefined
  /** On the shared wheel: a timer of the platform for each request costs more than the watch itself. */
  readonly #deadline: Deadline
  #waitingSinceMs = 0
  #handling = false
  #first = true
  #over = false
  #removeAbort: (() => void) | undefined

  constructor(
    open: (signal: AbortSignal) => AsyncIterable<T>,
    handle: (event: T) => void | Promise<void>,
    options: PumpOptions,
  ) {
    this.#open = open
    this.#handle = handle
    this.#options = options
    this.#deadline = pacingWheel(options.clock).deadline(() => this.#watch())
  }

  run(): Promise<'done' | 'aborted'> {
    const { work, clock, onOpen } = this.#options
    const abort = (): void => this.#abort()
    this.#removeAbort = work.onAbort(abort)
    onOpen?.(abort)
    this.#waitingSinceMs = clock.nowMs()
    this.#watch()
    this.#deliver().then(
      () => {
        if (this.#finish()) this.#outcome.resolve('done')
      },
      (error: unknown) => this.#fail(error),
    )
    return this.#outcome.promise
  }

  /** True the first time: only then is there an outcome to tell. */
  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#deadline.clear()
    this.#removeAbort?.()
    return true
  }

  #abort(): void {
    if (this.#finish()) this.#outcome.resolve('aborted')
    this.#stop(abortReason('The work was overtaken.'))
  }

  #fail(error: unknown): void {
    if (this.#finish()) this.#outcome.reject(error)
    this.#stop(error)
  }

  /** Tells the stream; it is not waited for. */
  #stop(reason: unknown): void {
    this.#controller.abort(reason)
    this.#iterator?.return?.().then(undefined, () => {})
  }

  async #deliver(): Promise<void> {
    const iterator = this.#open(this.#controller.signal)[Symbol.asyncIterator]()
    this.#iterator = iterator
    for (;;) {
      const { done, value } = await iterator.next()
      if (done === true || this.#over) return
      this.#leaveFirst()
      const handled = this.#handle(value)
      if (handled !== undefined) {
        this.#handling = true
        await handled
        this.#handling = false
        if (this.#over) return
      }
      this.#waitingSinceMs = this.#options.clock.nowMs()
    }
  }

  /** From now on the other limit holds. */
  #leaveFirst(): void {
    if (!this.#first) return
    this.#first = false
    this.#waitingSinceMs = this.#options.clock.nowMs()
    this.#watch()
  }

  get #limitMs(): number {
    return this.#first ? this.#options.firstTimeoutMs : this.#options.idleTimeoutMs
  }

  /** One deadline for the stream, set anew only when it is due. */
  #watch(): void {
    const { clock } = this.#options
    if (this.#over || this.#limitMs === Infinity) {
      this.#deadline.clear()
      return
    }
    const silentMs = this.#handling ? 0 : clock.nowMs() - this.#waitingSinceMs
    const limitMs = this.#limitMs
    if (silentMs >= limitMs) {
      this.#fail(this.#silenceError())
      return
    }
    this.#deadline.set(clock.nowMs() + Math.max(1, limitMs - silentMs))
  }

  #silenceError(): PcError {
    const secs = this.#limitMs / 1000
    return this.#first
      ? new PcError(`The provider sent nothing for ${secs} s.`, { code: 'first-output-timeout', kind: 'timeout' })
      : new PcError(`The provider's stream fell silent for ${secs} s.`, { code: 'stream-stalled', kind: 'timeout' })
  }
}
