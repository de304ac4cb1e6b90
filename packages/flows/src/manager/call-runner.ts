import { FlowError, textOf } from '../definition/errors.ts'
import type { FlowContext, FlowManagerView, FlowState } from '../definition/flow-context.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { checkArguments } from '../definition/function-schema.ts'
import type { Json } from '../definition/json.ts'
import { ACKNOWLEDGED, type FlowOutcome, type SubFlow } from '../definition/outcome.ts'
import type { CallEffect, OpenCall } from './call-book.ts'
import type { FlowRun } from './flow-run.ts'
import type { CallEnd } from './inspection.ts'
import { type Move, moveOf } from './move.ts'
import { outcomeOf } from './outcome-of.ts'
import { StateDraft } from './state-draft.ts'

/** What a {@link CallRunner} needs of its engine. */
export interface CallRunnerHost {
  readonly view: FlowManagerView
  /** Whether somebody still waits for the call. */
  isOpen(open: OpenCall): boolean
  settle(open: OpenCall, end: CallEnd, result: unknown, effect: CallEffect<Move>): void
  /** Gives a result to the model whose call was answered before: it waited for a sub-flow, or was cut off by a crash. */
  deliver(name: string, result: unknown, effect: CallEffect<Move>): void
  /** Runs a sub-flow for a call, which is answered with that. */
  callFlow(caller: Caller, flow: SubFlow, input: Json | undefined): Promise<Json>
  readonly middleware: FlowMiddleware | undefined
  stateChanged(): void
  failed(error: FlowError): void
}

/** Comes between a flow and what it does. */
export interface FlowMiddleware {
  /** Around the handler of a function: gives what the handler is to have returned. `next` runs it. */
  call(fn: FlowFunction, args: Readonly<Record<string, unknown>>, next: () => Promise<unknown>): Promise<unknown>
}

/** Who called a sub-flow. */
export interface Caller {
  readonly name: string
  readonly args: Readonly<Record<string, unknown>>
  readonly idempotencyKey: string
  /** What its sub-flows gave so far. */
  readonly outputs: Json[]
  /** The call, as long as it has no result. */
  open: OpenCall | undefined
}

/** Runs the handlers of functions. */
export class CallRunner {
  readonly #host: CallRunnerHost

  constructor(host: CallRunnerHost) {
    this.#host = host
  }

  /** Runs a call of the model and settles it, whatever happens. */
  async run(open: OpenCall, run: FlowRun): Promise<void> {
    const { name, args, idempotencyKey } = open.call
    const caller: Caller = { name, args, idempotencyKey, outputs: [], open }
    await this.#execute(open.function, caller, { run, signal: open.controller.signal })
  }

  /** Runs a call again whose first run did not end with the process; `outputs` are those of its sub-flows. */
  async runAgain(fn: FlowFunction, call: Omit<Caller, 'open'>, run: FlowRun): Promise<void> {
    await this.#execute(fn, { ...call, open: undefined }, { run, signal: new AbortController().signal })
  }

  async #execute(
    fn: FlowFunction,
    caller: Caller,
    { run, signal }: { readonly run: FlowRun; readonly signal: AbortSignal },
  ): Promise<void> {
    const draft = new StateDraft(run.state)
    try {
      const checked = await checkArguments(fn, caller.args)
      if (!checked.ok) {
        this.#answer(caller, 'error', errorResult(`Invalid arguments. ${checked.issues.join('; ')}`), {
          type: 'answer',
        })
        return
      }
      // The handler's own types are those of the schema that has let the arguments through.
      const handler = fn.handler as ((args: unknown, ctx: FlowContext) => unknown) | undefined
      const next = async (): Promise<unknown> => handler?.(checked.args, this.#context(fn, caller, { draft, signal }))
      const { middleware } = this.#host
      const returned = await (middleware ? middleware.call(fn, checked.args, next) : next())
      if (caller.open !== undefined && !this.#host.isOpen(caller.open)) return
      const outcome = outcomeOf(fn, returned)
      if (await draft.commit(run.flow.state)) this.#host.stateChanged()
      this.#conclude(fn, caller, outcome)
    } catch (cause) {
      if (caller.open !== undefined && !this.#host.isOpen(caller.open)) return
      this.fail(fn, caller, run, cause)
    }
  }

  /** The model is told, and the node may lead elsewhere. */
  fail(fn: FlowFunction, caller: Caller, run: FlowRun, cause: unknown): void {
    const error = new FlowError(`The function "${fn.name}" failed.`, { code: 'flow-function-failed', cause })
    this.#host.failed(cause instanceof FlowError ? cause : error)
    this.#answer(caller, 'error', errorResult(textOf(cause)), afterError(run))
  }

  #conclude(fn: FlowFunction, caller: Caller, outcome: FlowOutcome): void {
    const result = outcome.result === undefined ? ACKNOWLEDGED : outcome.result
    const move = moveOf(outcome, { by: 'function', name: fn.name })
    if (move !== undefined) this.#answer(caller, 'transition', result, { type: 'move', move })
    else this.#answer(caller, 'result', result, { type: outcome.kind === 'silent' ? 'silence' : 'answer' })
  }

  #answer(caller: Caller, end: CallEnd, result: unknown, effect: CallEffect<Move>): void {
    if (caller.open === undefined) this.#host.deliver(caller.name, result, effect)
    else this.#host.settle(caller.open, end, result, effect)
  }

  #context(
    fn: FlowFunction,
    caller: Caller,
    { draft, signal }: { readonly draft: StateDraft; readonly signal: AbortSignal },
  ): FlowContext {
    const host = this.#host
    let calls = 0
    return {
      get state(): FlowState {
        return draft.value
      },
      signal,
      functionName: fn.name,
      idempotencyKey: caller.idempotencyKey,
      manager: host.view,
      call: async <Output extends Json>(flow: SubFlow<Output>, input?: Json): Promise<Output> => {
        const before = caller.outputs[calls++]
        // What a flow gives is of the type that its definition says.
        return (before === undefined ? await host.callFlow(caller, flow, input) : before) as Output
      },
    }
  }
}

/** Where a call that failed leads: to where its node says, or to an answer of the model. */
export function afterError(run: FlowRun | undefined): CallEffect<Move> {
  const onError = run?.node?.onError
  const move = onError && moveOf(onError, { by: 'onError' })
  return move === undefined ? { type: 'answer' } : { type: 'move', move }
}

/** What the model reads of a call that failed. */
export function errorResult(error: string): Json {
  return { status: 'error', error }
}
