import type { Clock, Timer } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { Json } from '../definition/json.ts'
import type { FlowCall } from './flow-host.ts'
import type { CallEnd } from './inspection.ts'

/** What a settled call wants of the conversation. */
export type CallEffect<Move> =
  | { readonly type: 'answer' }
  | { readonly type: 'silence' }
  | { readonly type: 'move'; readonly move: Move }

/** A call whose result is not there yet. */
export interface OpenCall {
  readonly call: FlowCall
  readonly function: FlowFunction
  readonly startedMs: number
  /**
   * The conversation waits for it. False for one that runs in the background, and when the node that it was made in was
   * left: its result is given then, and moves nothing.
   */
  awaited: boolean
  /** Aborts the handler. */
  readonly controller: AbortController
  readonly timer: Timer
}

/** What a {@link CallBook} needs of its engine. */
export interface CallBookHost<Move> {
  readonly clock: Clock
  /** All calls have settled, and the conversation is to move; `call` is the one that moves it. */
  move(move: Move, call: FlowCall): void
  /** All calls have settled, the last of them without a result, and the model is to answer the others. */
  run(): void
  ended(open: OpenCall, end: CallEnd, result: unknown): void
  timedOut(open: OpenCall, error: FlowError): void
}

const OVERTAKEN: Json = {
  status: 'acknowledged',
  note: 'The conversation moves on already, to where another call led.',
}

/**
 * The calls of one conversation. Each settles once. The conversation moves when the last of them has, whatever their
 * order, to where the first led that moves it; the model answers once, when none moves it and one wants an answer.
 */
export class CallBook<Move> {
  readonly #host: CallBookHost<Move>
  readonly #open = new Map<string, OpenCall>()
  #pending: { readonly move: Move; readonly call: FlowCall } | undefined = undefined
  #asks = false

  constructor(host: CallBookHost<Move>) {
    this.#host = host
  }

  get isIdle(): boolean {
    return !this.#isAwaiting && this.#pending === undefined
  }

  get #isAwaiting(): boolean {
    for (const { awaited } of this.#open.values()) if (awaited) return true
    return false
  }

  /** The move that waits for other calls. */
  get pending(): Move | undefined {
    return this.#pending?.move
  }

  get open(): readonly OpenCall[] {
    return [...this.#open.values()]
  }

  /** Takes a call in. It is cancelled with its signal, and after a time. */
  add(call: FlowCall, fn: FlowFunction, timeoutSecs: number): OpenCall {
    const { clock } = this.#host
    const controller = new AbortController()
    const late = (): void => this.#timeOut(open, timeoutSecs)
    const timer = clock.setTimeout(late, timeoutSecs * 1000, { background: true })
    const awaited = fn.background !== true
    const open: OpenCall = { call, function: fn, startedMs: clock.nowMs(), awaited, controller, timer }
    this.#open.set(call.id, open)
    const cancel = (): void => this.#cancel(open)
    if (call.signal.aborted) cancel()
    else call.signal.addEventListener('abort', cancel, { once: true })
    return open
  }

  isOpen(open: OpenCall): boolean {
    return this.#open.get(open.call.id) === open
  }

  /** Gives a call its result. One that comes too late changes nothing. */
  settle(open: OpenCall, end: CallEnd, result: unknown, effect: CallEffect<Move>): void {
    if (!this.#take(open)) return
    if (!open.awaited) {
      const moves = effect.type === 'move' && end === 'transition'
      open.call.settle(moves ? OVERTAKEN : result, {
        run: !moves && effect.type !== 'silence' && this.#pending === undefined,
      })
      this.#host.ended(open, end, moves ? OVERTAKEN : result)
      return
    }
    let given = result
    if (effect.type === 'answer') this.#asks = true
    if (effect.type === 'move') {
      if (this.#pending === undefined) this.#pending = { move: effect.move, call: open.call }
      else given = OVERTAKEN
    }
    const run = this.#asks && this.isIdle
    if (run) this.#asks = false
    open.call.settle(given, { run })
    this.#host.ended(open, end, given)
    this.#advance()
  }

  /** Drops a move that waits: the application has moved the conversation. */
  forgetMove(): void {
    this.#pending = undefined
    this.#asks = false
  }

  /** The node was left in which they were made: nobody waits for calls that still run. */
  outdate(): void {
    for (const open of this.#open.values()) open.awaited = false
  }

  #cancel(open: OpenCall): void {
    if (!this.#take(open)) return
    open.controller.abort(open.call.signal.reason)
    this.#host.ended(open, 'cancelled', undefined)
    if (this.#asks && this.isIdle) {
      this.#asks = false
      this.#host.run()
    }
    this.#advance()
  }

  #timeOut(open: OpenCall, timeoutSecs: number): void {
    if (!this.isOpen(open)) return
    const message = `The function "${open.function.name}" gave no result within ${timeoutSecs} s.`
    const error = new FlowError(message, { code: 'flow-function-timeout', kind: 'timeout', retryable: false })
    open.controller.abort()
    this.#host.timedOut(open, error)
  }

  #take(open: OpenCall): boolean {
    if (!this.isOpen(open)) return false
    this.#open.delete(open.call.id)
    open.timer.cancel()
    return true
  }

  #advance(): void {
    if (this.#isAwaiting || this.#pending === undefined) return
    const { move, call } = this.#pending
    this.#asks = false
    this.#host.move(move, call)
  }
}
