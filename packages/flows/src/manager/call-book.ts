import type { Timer } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { Json } from '../definition/json.ts'
import { afterError, errorResult } from './call-runner.ts'
import type { FlowEngine } from './flow-engine.ts'
import type { FlowCall } from './flow-host.ts'
import type { CallEnd } from './inspection.ts'
import type { Move } from './move.ts'
import type { Navigator } from './navigator.ts'

/** What a settled call wants of the conversation. */
export type CallEffect =
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
interface CallBookEngine extends Pick<FlowEngine, 'host' | 'inspect' | 'failed' | 'changed' | 'moveAfter'> {
  readonly navigator: Pick<Navigator, 'node' | 'run' | 'answer'>
}

const OVERTAKEN: Json = {
  status: 'acknowledged',
  note: 'The conversation moves on already, to where another call led.',
}

/**
 * The calls of one conversation. Each settles once. The conversation moves when the last of them has, whatever their
 * order, to where the first led that moves it; the model answers once, when none moves it and one wants an answer.
 */
export class CallBook {
  readonly #engine: CallBookEngine
  readonly #open = new Map<string, OpenCall>()
  #pending: { readonly move: Move; readonly call: FlowCall } | undefined = undefined
  #asks = false

  constructor(engine: CallBookEngine) {
    this.#engine = engine
  }

  get isIdle(): boolean {
    return !this.#isAwaiting && this.#pending === undefined
  }

  get #isAwaiting(): boolean {
    return this.open.some(({ awaited }) => awaited)
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
    const { clock } = this.#engine.host.runtime
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
  settle(open: OpenCall, end: CallEnd, result: unknown, effect: CallEffect): void {
    if (!this.#take(open)) return
    const { call, awaited } = open
    const isFirst = awaited && this.#pending === undefined
    let given = result
    if (effect.type === 'move') {
      if (isFirst) this.#pending = { move: effect.move, call }
      else if (awaited || end === 'transition') given = OVERTAKEN
    }
    if (awaited) {
      this.#asks ||= effect.type === 'answer'
      call.settle(given, { run: this.#answers() })
    } else {
      call.settle(given, { run: given !== OVERTAKEN && effect.type !== 'silence' && this.#pending === undefined })
    }
    this.#ended(open, end, given)
    if (awaited) this.#advance()
  }

  /** Drops a move that waits: the application has moved the conversation. */
  forgetMove(): void {
    this.#pending = undefined
    this.#asks = false
  }

  /** The node was left in which they were made: nobody waits for calls that still run. */
  outdate(): void {
    this.forgetMove()
    for (const open of this.#open.values()) open.awaited = false
  }

  #cancel(open: OpenCall): void {
    if (!this.#take(open)) return
    open.controller.abort(open.call.signal.reason)
    this.#ended(open, 'cancelled', undefined)
    // It has no result to be answered with, and the others may want an answer.
    if (this.#answers()) this.#engine.navigator.answer()
    this.#advance()
  }

  #timeOut(open: OpenCall, timeoutSecs: number): void {
    if (!this.isOpen(open)) return
    const { failed, navigator } = this.#engine
    const message = `The function "${open.function.name}" gave no result within ${timeoutSecs} s.`
    open.controller.abort()
    failed(new FlowError(message, { code: 'flow-function-timeout', kind: 'timeout', retryable: false }))
    this.settle(open, 'timeout', errorResult(message), afterError(navigator.run))
  }

  #take(open: OpenCall): boolean {
    if (!this.isOpen(open)) return false
    this.#open.delete(open.call.id)
    open.timer.cancel()
    return true
  }

  #ended({ call, function: fn, startedMs }: OpenCall, end: CallEnd, result: unknown): void {
    const { host, navigator, inspect, changed } = this.#engine
    inspect(() => ({
      type: 'flow.call.end',
      node: navigator.node ?? '',
      function: fn.name,
      callId: call.id,
      end,
      result,
      tookMs: host.runtime.clock.nowMs() - startedMs,
    }))
    changed()
  }

  /** Whether the model is to answer now; once. */
  #answers(): boolean {
    const now = this.#asks && this.isIdle
    if (now) this.#asks = false
    return now
  }

  #advance(): void {
    if (this.#isAwaiting || this.#pending === undefined) return
    const { move, call } = this.#pending
    this.#asks = false
    void this.#engine.moveAfter(move, call)
  }
}
