import { asFlowError, FlowError, FlowTransitionError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { SubFlow, TransitionManager } from '../definition/outcome.ts'
import type { Message } from '@pc/core'
import { ActionRunner } from './action-runner.ts'
import { CallBook, type CallEffect, type OpenCall } from './call-book.ts'
import { afterError, type Caller, CallRunner, errorResult, type FlowMiddleware } from './call-runner.ts'
import type { FlowCall, FlowHost, FlowTool } from './flow-host.ts'
import type { FlowRun } from './flow-run.ts'
import type { CallEnd, FlowEvent, TransitionCause } from './inspection.ts'
import { type Move, moveOf } from './move.ts'
import { Navigator } from './navigator.ts'
import { nodeUpdate } from './node-entry.ts'

/** A call without a limit of its own is given up after so long, seconds. */
const CALL_TIMEOUT_SECS = 60

/** The handler of an action is given up after so long, seconds. */
const ACTION_TIMEOUT_SECS = 15

/** What a {@link FlowEngine} is made of. */
export interface FlowEngineOptions {
  readonly host: FlowHost
  /** What handlers and actions get. */
  readonly view: TransitionManager
  readonly globalFunctions: readonly FlowFunction[]
  readonly context: ContextStrategy | undefined
  readonly functionTimeoutSecs: number | undefined
  readonly actionTimeoutSecs: number | undefined
  readonly middleware: FlowMiddleware | undefined
  inspect(event: () => FlowEvent): void
  failed(error: FlowError): void
  /** What a snapshot would hold has changed. */
  changed(): void
  userStarted(): void
  ended(): void
  /** The conversation's own flow is over. True: the conversation is not. */
  done(output: Json): boolean
}

/** How the conversation came to where it is. */
interface Way {
  readonly from: string | null
  readonly cause: TransitionCause
}

/** Runs the functions that the model calls, and moves the conversation to where they lead. */
export class FlowEngine {
  readonly navigator: Navigator
  readonly actions: ActionRunner
  /** What a manager above adds to snapshots. */
  memo: (() => Json) | undefined = undefined
  readonly #options: FlowEngineOptions
  readonly #book: CallBook<Move>
  readonly #calls: CallRunner
  #offered: readonly FlowFunction[] = []
  #over = false

  constructor(options: FlowEngineOptions) {
    const { host, view, actionTimeoutSecs: timeoutSecs = ACTION_TIMEOUT_SECS } = options
    this.#options = options
    this.actions = new ActionRunner({
      host,
      view,
      timeoutSecs,
      end: () => this.end(),
      ran: (action, tookMs) =>
        options.inspect(() => ({ type: 'flow.action', node: this.navigator.node ?? '', action, tookMs })),
    })
    this.navigator = new Navigator({
      host,
      view,
      actions: this.actions,
      context: options.context,
      tools: () => this.#tools(),
      isBusy: () => !this.#book.isIdle,
      timeoutSecs,
      moved: () => {
        this.#book.forgetMove()
        this.#book.outdate()
      },
      stayed: () => this.#book.forgetMove(),
      changed: () => options.changed(),
      moveFailed: (error, move, target) => this.#moveFailed(error, move, target),
      failed: (error) => options.failed(error),
      inspect: (event) => options.inspect(event),
      arrived: (from, cause, tookMs) => this.#arrived(from, cause, tookMs),
      runAgain: (run) => void this.#runAgain(run),
      end: () => this.end(),
      done: (output) => options.done(output),
    })
    this.#book = new CallBook({
      clock: host.runtime.clock,
      move: (move, call) => void this.#moveAfter(move, call),
      run: () => this.navigator.answer(),
      ended: (open, end, result) => this.#callEnded(open, end, result),
      timedOut: (open, error) => {
        options.failed(error)
        this.#book.settle(open, 'timeout', errorResult(error.message), afterError(this.navigator.run))
      },
    })
    this.#calls = new CallRunner({
      view,
      middleware: options.middleware,
      isOpen: (open) => this.#book.isOpen(open),
      settle: (open, end, result, effect) => {
        void this.#offer(false)
        this.#book.settle(open, end, result, effect)
      },
      deliver: (name, result, effect) => void this.#deliver(name, result, effect),
      callFlow: (caller, flow, input) => this.#callFlow(caller, flow, input),
      stateChanged: () => this.#stateChanged(),
      failed: (error) => options.failed(error),
    })
    host.attach({
      replied: () => {
        if (this.#book.isIdle && !this.navigator.isMoving) void this.navigator.replied(this.navigator.epoch)
      },
      botStarted: () => this.navigator.botStarted(),
      userStarted: () => {
        this.navigator.userStarted()
        options.userStarted()
      },
      userStopped: () => this.navigator.listen(),
      messagesChanged: () => options.changed(),
      ended: () => this.#stop(),
    })
  }

  /** The names of the functions that the model is offered. */
  get functions(): readonly string[] {
    return this.#offered.map(({ name }) => name)
  }

  /** The calls that have no result yet. */
  get openCalls(): readonly OpenCall[] {
    return this.#book.open
  }

  /** Where the conversation goes when its calls have settled. */
  get pending(): Move | undefined {
    return this.#book.pending
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Has the model told of the node that was restored, and runs again what a crash cut off. */
  async resume(messages: readonly Message[], way: Way = { from: null, cause: { by: 'resume' } }): Promise<void> {
    const { run, role } = this.navigator
    await this.#options.host.configure(nodeUpdate(run?.node, role, { messages, replace: true }, this.#tools()))
    this.#arrived(way.from, way.cause, 0)
    this.#stateChanged()
    this.navigator.resume()
  }

  /** Goes on with flows that stood aside, where they were; the model speaks. Only while the navigator moves. */
  async goBack(runs: readonly FlowRun[], messages: readonly Message[]): Promise<void> {
    const from = this.navigator.node
    this.navigator.restore(runs, runs.at(-1)?.role)
    const { run } = this.navigator
    const speaks = run?.spoken === false && (run.node?.say !== undefined || run.node?.always !== undefined)
    await this.resume(messages, { from, cause: { by: 'return' } })
    if (!speaks) this.navigator.answer()
  }

  inspect(event: () => FlowEvent): void {
    this.#options.inspect(event)
  }

  /** Reports what has failed, to whom it concerns. */
  report(error: FlowError): void {
    this.#options.failed(error)
  }

  /** Runs a call again that had no result when its process ended, if its function may run twice. */
  callAgain(call: Omit<Caller, 'open'>): void {
    const { run } = this.navigator
    const fn = run && this.#functions(run).find(({ name }) => name === call.name)
    if (run !== undefined && fn?.idempotent) void this.#calls.runAgain(fn, call, run)
  }

  /** Ends the conversation behind what was queued. */
  end(): void {
    if (this.#over) return
    this.#options.host.end()
    this.#stop()
  }

  #stop(): void {
    if (this.#over) return
    this.#over = true
    this.navigator.stop()
    this.#options.changed()
    this.#options.ended()
  }

  #tools(): readonly FlowTool[] {
    const { run, epoch } = this.navigator
    this.#offered = run === undefined ? [] : this.#functions(run).filter((fn) => this.#isOffered(fn, run))
    return this.#offered.map((fn) => ({ function: fn, call: (call) => this.#receive(epoch, fn, call) }))
  }

  /** Global functions first; one of the node hides a global one of its name. */
  #functions({ flow, node }: FlowRun): readonly FlowFunction[] {
    const own = node?.functions ?? []
    const names = new Set(own.map(({ name }) => name))
    const globals = [...this.#options.globalFunctions, ...flow.globalFunctions].filter(({ name }) => !names.has(name))
    return [...globals, ...own]
  }

  /** What a guard cannot decide is not offered. */
  #isOffered({ name, when }: FlowFunction, { state }: FlowRun): boolean {
    try {
      return when?.(state) ?? true
    } catch (cause) {
      this.#options.failed(new FlowError(`The guard of "${name}" failed.`, { code: 'flow-guard-failed', cause }))
      return false
    }
  }

  #receive(epoch: number, fn: FlowFunction, call: FlowCall): void {
    const { run, isMoving } = this.navigator
    const moves = isMoving || this.#book.pending !== undefined || this.#over
    if (run === undefined || epoch !== this.navigator.epoch || moves) {
      const text = `"${fn.name}" is not available now: the conversation has moved on.`
      call.settle(errorResult(text), { run: !moves && this.#book.isIdle })
      return
    }
    const open = this.#book.add(call, fn, fn.timeoutSecs ?? this.#options.functionTimeoutSecs ?? CALL_TIMEOUT_SECS)
    const { node } = this.navigator
    this.#options.inspect(() => ({
      type: 'flow.call.start',
      node: node ?? '',
      function: fn.name,
      callId: call.id,
      args: call.args,
    }))
    if (this.#book.isOpen(open)) void this.#calls.run(open, run)
  }

  #callEnded({ call, function: fn, startedMs }: OpenCall, end: CallEnd, result: unknown): void {
    const { host, inspect } = this.#options
    inspect(() => ({
      type: 'flow.call.end',
      node: this.navigator.node ?? '',
      function: fn.name,
      callId: call.id,
      end,
      result,
      tookMs: host.runtime.clock.nowMs() - startedMs,
    }))
    this.#options.changed()
  }

  /** What was said along with the call is played, and stands in the history, before that is treated. */
  async #moveAfter(move: Move, call: FlowCall): Promise<void> {
    await this.navigator.beforeAnswers(async () => {
      await call.said()
      // The application may have moved the conversation meanwhile.
      if (this.#book.pending !== move) return
      await this.#go(move)
      // It has led nowhere.
      if (this.#book.pending === move) this.#book.forgetMove()
    })
  }

  async #go(move: Move): Promise<void> {
    try {
      await this.navigator.go(move)
    } catch (error) {
      this.#options.failed(asFlowError(error))
    }
  }

  /** The model is told, so that nobody is left in silence. */
  async #moveFailed(error: FlowError, move: Move, target: FlowNode | undefined): Promise<void> {
    const { host, failed } = this.#options
    failed(error)
    this.#book.forgetMove()
    const onError = target?.onError ?? this.navigator.run?.node?.onError
    const other = onError && move.cause.by !== 'onError' ? moveOf(onError, { by: 'onError' }) : undefined
    if (other !== undefined) {
      await this.navigator.go(other)
      return
    }
    const content = `Moving on failed: ${error.message} The conversation stays where it is.`
    await host.append([{ role: 'developer', content }])
    this.navigator.answer()
  }

  /** A result whose call was answered before. */
  async #deliver(name: string, result: unknown, effect: CallEffect<Move>): Promise<void> {
    const { host } = this.#options
    await host.append([{ role: 'developer', content: `The result of ${name}: ${JSON.stringify(result)}` }])
    if (effect.type === 'move') {
      await this.#go(effect.move)
      return
    }
    await this.#offer(true)
    if (effect.type === 'answer') this.navigator.answer()
    this.#options.changed()
  }

  async #callFlow(caller: Caller, flow: SubFlow, input: Json | undefined): Promise<Json> {
    const { promise, resolve, reject } = Promise.withResolvers<Json>()
    const { name, args, idempotencyKey, outputs, open } = caller
    const isAwaited = open === undefined || (open.awaited && this.#book.isOpen(open))
    if (!isAwaited || this.#book.pending !== undefined) {
      throw new FlowTransitionError(
        `"${name}" cannot have another flow converse now: the conversation moves on already.`,
      )
    }
    const waiting = { name, args, idempotencyKey, outputs, resume: resolve }
    const move: Move = { kind: 'call', flow, input, waiting, failed: reject, cause: { by: 'function', name } }
    caller.open = undefined
    if (open === undefined) await this.#go(move)
    else {
      const result = { status: 'acknowledged', note: 'Its result follows when a part of the conversation is over.' }
      this.#book.settle(open, 'transition', result, { type: 'move', move })
    }
    return promise
  }

  async #runAgain(run: FlowRun): Promise<void> {
    const { waiting } = run
    run.waiting = undefined
    const fn = this.#functions(run).find(({ name }) => name === waiting?.name)
    if (waiting !== undefined && fn !== undefined) await this.#calls.runAgain(fn, waiting, run)
  }

  #arrived(from: string | null, cause: TransitionCause, tookMs: number): void {
    const { inspect } = this.#options
    const { run, node } = this.navigator
    if (run === undefined || node === null) return
    const { visit, input } = run.actor
    inspect(() => ({ type: 'flow.transition', from, to: node, cause }))
    inspect(() => ({ type: 'flow.enter', node, visit, input, tookMs, functions: this.functions }))
  }

  #stateChanged(): void {
    const { run, node } = this.navigator
    if (run !== undefined) this.#options.inspect(() => ({ type: 'flow.state', node, state: run.state }))
  }

  /** Guards may see it otherwise than before. */
  async #offer(always: boolean): Promise<void> {
    const { run, isMoving } = this.navigator
    if (run === undefined || isMoving) return
    const before = this.#offered
    const tools = this.#tools()
    const same = before.length === this.#offered.length && before.every((fn, index) => fn === this.#offered[index])
    if (always || !same) await this.#options.host.setTools(tools)
  }
}
