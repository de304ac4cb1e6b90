import { FlowError, FlowTransitionError, textOf } from '../definition/errors.ts'
import type { FlowContext, FlowState } from '../definition/flow-context.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { checkArguments } from '../definition/function-schema.ts'
import type { Json } from '../definition/json.ts'
import { ACKNOWLEDGED, type SubFlow } from '../definition/outcome.ts'
import type { CallEffect, OpenCall } from './call-book.ts'
import type { FlowEngine } from './flow-engine.ts'
import type { FlowRun } from './flow-run.ts'
import type { CallEnd } from './inspection.ts'
import { type Move, moveOf } from './move.ts'
import { outcomeOf } from './outcome-of.ts'
import { StateDraft } from './state-draft.ts'

/** Comes between a flow and what it does. */
export interface FlowMiddleware {
  /** Around the handler of a function: gives what the handler is to have returned. `next` runs it. */
  call(fn: FlowFunction, args: Readonly<Record<string, unknown>>, next: () => Promise<unknown>): Promise<unknown>
}

/** Who calls a function, and may call a sub-flow from it. */
export interface Caller {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly idempotencyKey: string
  /** What its sub-flows gave so far. */
  readonly outputs: Json[]
  /** The call, as long as it has no result. None for one whose first run did not end with the process. */
  open?: OpenCall | undefined
  /** Its handler has ended. */
  hasEnded?: boolean
}

/** Runs the handlers of functions. */
export class CallRunner {
  readonly #engine: FlowEngine

  constructor(engine: FlowEngine) {
    this.#engine = engine
  }

  /** Runs a call and answers it, whatever happens. */
  async run(fn: FlowFunction, caller: Caller, run: FlowRun): Promise<void> {
    const { name } = fn
    const { book, failed, options } = this.#engine
    const { middleware } = options
    const draft = new StateDraft(run.state)
    const isGone = (): boolean => caller.open !== undefined && !book.isOpen(caller.open)
    try {
      const checked = await checkArguments(fn, caller.args)
      if (!checked.ok) {
        const result = errorResult(`Invalid arguments. ${checked.issues.join('; ')}`)
        this.#answer(caller, 'error', result, { type: 'answer' })
        return
      }
      // The handler's own types are those of the schema that has let the arguments through.
      const handler = fn.handler as ((args: unknown, ctx: FlowContext) => unknown) | undefined
      const next = async (): Promise<unknown> => handler?.(checked.args, this.#context(name, caller, draft))
      const returned = await (middleware ? middleware.call(fn, checked.args, next) : next())
      if (isGone()) return
      const outcome = outcomeOf(fn, returned)
      if (await draft.commit(run.flow.state)) this.#engine.stateChanged()
      const { kind, result = ACKNOWLEDGED } = outcome
      const move = moveOf(outcome, { by: 'function', name })
      if (move !== undefined) this.#answer(caller, 'transition', result, { type: 'move', move })
      else this.#answer(caller, 'result', result, { type: kind === 'silent' ? 'silence' : 'answer' })
    } catch (cause) {
      if (isGone()) return
      const error = new FlowError(`The function "${name}" failed.`, { code: 'flow-function-failed', cause })
      failed(cause instanceof FlowError ? cause : error)
      // The model is told, and the node may lead elsewhere.
      this.#answer(caller, 'error', errorResult(textOf(cause)), afterError(run))
    }
  }

  #answer(caller: Caller, end: CallEnd, result: unknown, effect: CallEffect): void {
    const { open, name } = caller
    const engine = this.#engine
    caller.hasEnded = true
    if (open === undefined) void engine.deliver(name, result, effect)
    else {
      void engine.offer()
      engine.book.settle(open, end, result, effect)
    }
  }

  #context(functionName: string, caller: Caller, draft: StateDraft): FlowContext {
    const { outputs, idempotencyKey, open } = caller
    const { signal } = open?.controller ?? new AbortController()
    let calls = 0
    return {
      get state(): FlowState {
        return draft.value
      },
      signal,
      functionName,
      idempotencyKey,
      manager: this.#engine.view,
      call: async <Output extends Json>(flow: SubFlow<Output>, input?: Json): Promise<Output> => {
        const before = outputs[calls++]
        // What a flow gives is of the type that its definition says.
        return (before === undefined ? await this.#callFlow(caller, flow, input) : before) as Output
      },
    }
  }

  /** Runs a sub-flow for a call, which is answered with that. */
  async #callFlow(caller: Caller, flow: SubFlow, input: Json | undefined): Promise<Json> {
    const { promise, resolve, reject } = Promise.withResolvers<Json>()
    const { open, name, ...rest } = caller
    const { book, navigator } = this.#engine
    const isAwaited = open === undefined || (open.awaited && book.isOpen(open))
    if (!isAwaited || book.pending !== undefined) {
      throw new FlowTransitionError(
        `"${name}" cannot have another flow converse now: the conversation moves on already.`,
      )
    }
    const resume = (output: Json): void => {
      resolve(output)
      // Its handler has not waited: nobody else would speak.
      if (caller.hasEnded) navigator.answer()
    }
    const waiting = { ...rest, name, resume }
    const move: Move = { kind: 'call', flow, input, waiting, failed: reject, cause: { by: 'function', name } }
    caller.open = undefined
    if (open === undefined) await this.#engine.go(move)
    else {
      const result = { status: 'acknowledged', note: 'Its result follows when a part of the conversation is over.' }
      book.settle(open, 'transition', result, { type: 'move', move })
    }
    return promise
  }
}

/** Where a call that failed leads: to where its node says, or to an answer of the model. */
export function afterError(run: FlowRun | undefined): CallEffect {
  const onError = run?.node?.onError
  const move = onError && moveOf(onError, { by: 'onError' })
  return move === undefined ? { type: 'answer' } : { type: 'move', move }
}

/** What the model reads of a call that failed. */
export function errorResult(error: string): Json {
  return { status: 'error', error }
}
