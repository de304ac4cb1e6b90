import type { Message } from '@pc/core'
import { asFlowError, FlowError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { TransitionManager } from '../definition/outcome.ts'
import { ActionRunner } from './action-runner.ts'
import { CallBook, type CallEffect } from './call-book.ts'
import { type Caller, CallRunner, errorResult } from './call-runner.ts'
import type { FlowCall, FlowHost, FlowTool } from './flow-host.ts'
import type { FlowManagerOptions } from './flow-manager.ts'
import type { FlowRun } from './flow-run.ts'
import { inTime } from './in-time.ts'
import type { FlowEvent, TransitionCause } from './inspection.ts'
import { type Move, moveOf } from './move.ts'
import { Navigator } from './navigator.ts'
import { nodeUpdate } from './node-entry.ts'

/** A call without a limit of its own is given up after so long, seconds. */
const CALL_TIMEOUT_SECS = 60

/** The handler of an action, or a callback, is given up after so long, seconds. */
const ACTION_TIMEOUT_SECS = 15

/** What a {@link FlowEngine} takes of the options of its manager. */
type FlowEngineSettings = Pick<
  FlowManagerOptions,
  'globalFunctions' | 'contextStrategy' | 'functionTimeoutSecs' | 'actionTimeoutSecs' | 'middleware'
>

/** What a {@link FlowEngine} is made of. */
export interface FlowEngineOptions extends FlowEngineSettings {
  readonly host: FlowHost
  /** What handlers and actions get. */
  readonly view: TransitionManager
  inspect(event: () => FlowEvent): void
  /** Reports what has failed, to whom it concerns. */
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

/**
 * Runs the functions that the model calls, and moves the conversation to where they lead. Its parts know it, and each
 * other by it.
 */
export class FlowEngine {
  readonly options: FlowEngineOptions
  readonly host: FlowHost
  readonly view: TransitionManager
  readonly inspect: FlowEngineOptions['inspect']
  readonly failed: FlowEngineOptions['failed']
  readonly changed: FlowEngineOptions['changed']
  readonly actions: ActionRunner
  readonly navigator: Navigator
  readonly book: CallBook
  /** What a manager above adds to snapshots. */
  memo: (() => Json) | undefined = undefined
  readonly #calls: CallRunner
  #offered: readonly FlowFunction[] = []
  #over = false

  constructor(options: FlowEngineOptions) {
    const { host, view, inspect, failed, changed } = options
    this.options = options
    this.host = host
    this.view = view
    this.inspect = inspect
    this.failed = failed
    this.changed = changed
    this.actions = new ActionRunner(this)
    this.navigator = new Navigator(this)
    this.book = new CallBook(this)
    this.#calls = new CallRunner(this)
    const { navigator, book } = this
    const { silence } = navigator
    host.attach({
      replied: () => {
        if (book.isIdle && !navigator.isMoving) void navigator.replied()
      },
      botStarted: () => silence.pause(),
      botStopped: () => silence.goOn(),
      userStarted: () => {
        navigator.byItself.reset()
        silence.begin()
        silence.stop()
        options.userStarted()
      },
      userStopped: () => silence.listen(),
      messagesChanged: changed,
      ended: () => this.#stop(),
    })
  }

  /** The names of the functions that the model is offered. */
  get functions(): readonly string[] {
    return this.#offered.map(({ name }) => name)
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Has the model told of the node that was restored, and begins it again where it needs no model: true then. */
  async resume(messages: readonly Message[], way: Way = { from: null, cause: { by: 'resume' } }): Promise<boolean> {
    const { navigator, host } = this
    const { run } = navigator
    await host.configure(nodeUpdate(run?.node, run?.role, { messages, replace: true }, this.tools()))
    navigator.arrived(way.from, way.cause, 0)
    this.stateChanged()
    return navigator.resume()
  }

  /** Goes on with flows that stood aside, where they were; the model speaks. Only while the navigator moves. */
  async goBack(runs: readonly FlowRun[], messages: readonly Message[]): Promise<void> {
    const { navigator } = this
    const from = navigator.node
    navigator.restore(runs, runs.at(-1)?.role)
    const speaks = await this.resume(messages, { from, cause: { by: 'return' } })
    if (!speaks) navigator.answer()
  }

  /**
   * Runs a call again that had no result when its process ended, if its function may run twice: one that waited for a
   * sub-flow always may.
   */
  callAgain(call: Caller, run: FlowRun | undefined, mayAlways = false): void {
    const fn = run && this.#functions(run).find(({ name }) => name === call.name)
    if (run !== undefined && fn !== undefined) {
      if (mayAlways || fn.idempotent) void this.#calls.run(fn, call, run)
    } else if (mayAlways) {
      // The application has called it, in another process.
      void this.deliver('the part that is over', call.outputs.at(-1), { type: 'answer' })
    }
  }

  /** Runs an action or a callback of the application, which may not take longer than so. */
  async inTime(work: () => unknown): Promise<void> {
    const { actionTimeoutSecs = ACTION_TIMEOUT_SECS } = this.options
    await inTime(this.host.runtime.clock, actionTimeoutSecs, work)
  }

  /** Ends the conversation behind what was queued. */
  end(): void {
    if (this.#over) return
    this.host.end()
    this.#stop()
  }

  /** The functions of the node that the conversation is in, or enters, to offer them to the model. */
  tools(): readonly FlowTool[] {
    const { run, epoch } = this.navigator
    this.#offered = run === undefined ? [] : this.#functions(run).filter((fn) => this.#isOffered(fn, run))
    return this.#offered.map((fn) => ({ function: fn, call: (call) => this.#receive(epoch, fn, call) }))
  }

  /** Offers the functions anew: guards may see the state otherwise than before. */
  async offer(always = false): Promise<void> {
    const { run, isMoving } = this.navigator
    if (run === undefined || isMoving) return
    const before = this.#offered
    const tools = this.tools()
    const same = before.length === tools.length && before.every((fn, index) => fn === this.#offered[index])
    if (always || !same) await this.#reported(this.host.setTools(tools))
  }

  stateChanged(): void {
    const { run, node } = this.navigator
    if (run !== undefined) this.inspect(() => ({ type: 'flow.state', node, state: run.state }))
  }

  /** What was said along with the call is played, and stands in the history, before that is treated. */
  async moveAfter(move: Move, call: FlowCall): Promise<void> {
    const { book } = this
    await this.navigator.beforeAnswers(async () => {
      await call.said()
      // The application may have moved the conversation meanwhile.
      if (book.pending !== move) return
      await this.go(move)
      // It has led nowhere.
      if (book.pending === move) book.forgetMove()
    })
  }

  /** Goes a way; what that fails with is reported. */
  async go(move: Move): Promise<void> {
    await this.#reported(this.navigator.go(move))
  }

  /** A move of the conversation's own failed. The model is told, so that nobody is left in silence. */
  async moveFailed(error: FlowError, move: Move, target: FlowNode | undefined): Promise<void> {
    const { navigator } = this
    this.failed(error)
    this.book.forgetMove()
    const onError = target?.onError ?? navigator.run?.node?.onError
    const other = onError && move.cause.by !== 'onError' ? moveOf(onError, { by: 'onError' }) : undefined
    if (other !== undefined) return navigator.go(other)
    await this.#note(`Moving on failed: ${error.message} The conversation stays where it is.`)
    navigator.answer()
  }

  /** Gives a result to the model whose call was answered before: it waited for a sub-flow, or was cut off by a crash. */
  async deliver(name: string, result: unknown, effect: CallEffect): Promise<void> {
    await this.#note(`The result of ${name}: ${JSON.stringify(result)}`)
    if (effect.type === 'move') return this.go(effect.move)
    await this.offer(true)
    if (effect.type === 'answer') this.navigator.answer()
    this.changed()
  }

  #note(content: string): Promise<void> {
    return this.#reported(this.host.append([{ role: 'developer', content }]))
  }

  /** What fails is told, and holds nothing up. */
  async #reported(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.failed(asFlowError(error))
    }
  }

  #stop(): void {
    if (this.#over) return
    this.#over = true
    this.navigator.stop()
    this.changed()
    this.options.ended()
  }

  /** Global functions first; one of the node hides a global one of its name. */
  #functions({ flow, node }: FlowRun): readonly FlowFunction[] {
    const own = node?.functions ?? []
    const names = new Set(own.map(({ name }) => name))
    const globals = [...(this.options.globalFunctions ?? []), ...flow.globalFunctions]
    return [...globals.filter(({ name }) => !names.has(name)), ...own]
  }

  /** What a guard cannot decide is not offered. */
  #isOffered({ name, when }: FlowFunction, { state }: FlowRun): boolean {
    try {
      return when?.(state) ?? true
    } catch (cause) {
      this.failed(new FlowError(`The guard of "${name}" failed.`, { code: 'flow-guard-failed', cause }))
      return false
    }
  }

  #receive(epoch: number, fn: FlowFunction, call: FlowCall): void {
    const { navigator, book, options } = this
    const { run, node } = navigator
    const { id, name, args, idempotencyKey } = call
    const moves = navigator.isMoving || book.pending !== undefined || this.#over
    if (run === undefined || epoch !== navigator.epoch || moves) {
      const text = `"${fn.name}" is not available now: the conversation has moved on.`
      call.settle(errorResult(text), { run: !moves && book.isIdle })
      return
    }
    // The state may have changed since the model was offered it.
    if (!this.#isOffered(fn, run)) {
      void this.offer()
      call.settle(errorResult(`"${fn.name}" is not available now.`), { run: book.isIdle })
      return
    }
    const open = book.add(call, fn, fn.timeoutSecs ?? options.functionTimeoutSecs ?? CALL_TIMEOUT_SECS)
    this.inspect(() => ({ type: 'flow.call.start', node: node ?? '', function: fn.name, callId: id, args }))
    if (book.isOpen(open)) void this.#calls.run(fn, { name, args, idempotencyKey, outputs: [], open }, run)
  }
}
