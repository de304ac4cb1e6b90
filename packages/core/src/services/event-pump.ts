import type { Clock } from '../runtime/clock.ts'
import { abortReason, PcError } from '../runtime/errors.ts'
import { type Deadline, pacingWheel } from '../transport/pacing-wheel.ts'
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
  #iterator: AsyncIterator<T> | undefined
  /** On the shared wheel, since a timer of its own costs a reply more than all else here. */
  readonly #deadline: Deadline
  #waitingSinceMs = 0
  #handling = false
  #first = true
  #over = false
  #onSilence: () => void = () => {}

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
    const { work, clock } = this.#options
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        if (this.#over) return
        this.#over = true
        this.#deadline.clear()
        removeAbort()
        settle()
      }
      const stop = (reason: unknown): void => {
        this.#controller.abort(reason)
        this.#iterator?.return?.().then(undefined, () => {})
      }
      const onAbort = (): void => {
        finish(() => resolve('aborted'))
        stop(abortReason('The work was overtaken.'))
      }
      // Named first: V8 puts a function literal that is assigned to a property into its old space, with all it holds.
      const onSilence = (): void => {
        const error = this.#silenceError()
        finish(() => reject(error))
        stop(error)
      }
      this.#onSilence = onSilence
      const removeAbort = work.onAbort(onAbort)
      this.#options.onOpen?.(onAbort)
      this.#waitingSinceMs = clock.nowMs()
      this.#watch()
      this.#deliver().then(
        () => finish(() => resolve('done')),
        (error: unknown) => {
          finish(() => reject(error))
          stop(error)
        },
      )
    })
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
      this.#onSilence()
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
