import type { FramePusher, FunctionCallOptions, FunctionSchema } from '../context/function-schema.ts'
import type { LLMContext } from '../context/llm-context.ts'
import type { Frame } from '../frames/frame.ts'
import {
  type FunctionCall,
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  type FunctionCallResultProperties,
  FunctionCallsStartedFrame,
} from '../frames/tool.ts'
import type { Timer } from '../runtime/clock.ts'
import { abortReason, PcError } from '../runtime/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ToolsSchema } from '../context/tools.ts'
import { cancelFunctions, type RunningCall, withCancelFunctions } from './cancel-functions.ts'
import { CallParams, type FunctionHandler } from './function-call-params.ts'
import { IdempotencyKeys } from './idempotency-keys.ts'
import type { ToolRequest } from './llm-types.ts'
import { isRecord } from '../runtime/is-record.ts'

/** What a {@link ToolRunner} needs of its service. */
export interface ToolRunnerHost {
  readonly runtime: Runtime
  readonly appResources: unknown
  readonly llm: FramePusher
  readonly parallel: boolean
  /** Whether the calls of one answer share a group. */
  readonly grouped: boolean
  readonly timeoutSecs: number | undefined
  /** A call like one that did not finish gets its key for so long. */
  readonly idempotencyKeySecs: number
  broadcast(frame: Frame): void
  /** Keeps work until it settles; its signal aborts when the task ends. */
  spawn(name: string, work: (signal: AbortSignal) => Promise<void>): void
  report(error: PcError): void
  started(calls: readonly FunctionCall[]): void
  cancelled(calls: readonly FunctionCall[]): void
}

interface Registration {
  readonly handler: FunctionHandler
  readonly options: FunctionCallOptions
}

/** The life of one call: it is settled once, by a result or a cancel, and nothing happens afterwards. */
interface CallRecord {
  readonly call: FunctionCall
  readonly groupId: string | undefined
  /** Its arguments were not JSON. */
  readonly unreadable: boolean
  readonly onInterruption: 'cancel' | 'keep' | 'detach'
  readonly timeoutSecs: number | undefined
  readonly cancellableByLlm: boolean
  /** The conversation does not wait for it; an interruption may make it so. */
  background: boolean
  idempotencyKey: string | undefined
  readonly controller: AbortController
  readonly settled: () => void
  readonly done: Promise<void>
  timer: Timer | undefined
}

/** Knows the functions of a service and runs the calls of its model. */
export class ToolRunner {
  readonly #registered = new Map<string | null, Registration>()
  /** Functions that were taken out by hand although the context offers them. */
  readonly #withdrawn = new Set<string>()
  readonly #open = new Map<string, CallRecord>()
  readonly #keys = new IdempotencyKeys()
  #queue: Promise<void> = Promise.resolve()

  register(name: string | null, handler: FunctionHandler, options: FunctionCallOptions = {}): void {
    this.#registered.set(name, { handler, options })
    if (name !== null) this.#withdrawn.delete(name)
  }

  unregister(name: string | null): void {
    this.#registered.delete(name)
    if (name !== null) this.#withdrawn.add(name)
  }

  has(name: string | null): boolean {
    return this.#registered.has(name)
  }

  /** A context is about to run: what it no longer offers is forgotten, so that offering it again brings it back. */
  prune(context: LLMContext): void {
    for (const name of this.#withdrawn) if (context.tools?.find(name) === undefined) this.#withdrawn.delete(name)
  }

  /** Announces the calls of one answer and runs them. */
  start(requests: readonly ToolRequest[], context: LLMContext, host: ToolRunnerHost): void {
    const groupId = host.grouped ? host.runtime.newId() : undefined
    const taken = new Set(this.#open.keys())
    const records = requests.map((request) => {
      // Some providers give no ids, or the same twice.
      const id = request.id === '' || taken.has(request.id) ? host.runtime.newId() : request.id
      taken.add(id)
      return this.#record({ ...request, id }, context, groupId, host)
    })
    const calls = records.map(({ call }) => call)
    host.started(calls)
    host.broadcast(new FunctionCallsStartedFrame(calls))
    for (const record of records) {
      this.#open.set(record.call.toolCallId, record)
      host.spawn(`function ${record.call.functionName}`, (signal) => this.#live(record, host, signal))
    }
  }

  /** Settles with the calls that the conversation waits for; `undefined` when there are none. */
  settled(): Promise<unknown> | undefined {
    const awaited = [...this.#open.values()].filter(({ background }) => !background)
    return awaited.length > 0 ? Promise.all(awaited.map(({ done }) => done)) : undefined
  }

  /** The functions that the model may call: those of the context, and what cancels the calls that run. */
  offer(tools: ToolsSchema | undefined, host: ToolRunnerHost | undefined): ToolsSchema | undefined {
    const functions = host === undefined || this.#open.size === 0 ? [] : this.#cancelFunctions(host)
    return withCancelFunctions(tools, functions, (name) => {
      host?.runtime.log.log('warn', `There is a function named ${name} already: the call it would cancel goes on.`)
    })
  }

  /** The user cut in: calls end, or go on in the background, unless they may go on as they are. */
  interrupt(host: ToolRunnerHost): void {
    const open = [...this.#open.values()]
    for (const record of open) record.background ||= record.onInterruption === 'detach'
    const cut = open.filter(({ onInterruption }) => onInterruption === 'cancel')
    for (const record of cut) this.#cancel(record, host, { reason: 'interrupted', runLlm: false })
    if (cut.length > 0) host.cancelled(cut.map(({ call }) => call))
  }

  #cancelFunctions(host: ToolRunnerHost): readonly FunctionSchema[] {
    const running = [...this.#open.values()].filter(({ cancellableByLlm }) => cancellableByLlm)
    return cancelFunctions(
      running.map(({ call }): RunningCall => call),
      (toolCallId) => {
        const record = this.#open.get(toolCallId)
        if (record === undefined) return
        this.#cancel(record, host, { reason: 'cancelled by the model', runLlm: false })
        host.cancelled([record.call])
      },
    )
  }

  #cancelFunction(name: string, host: ToolRunnerHost): FunctionSchema | undefined {
    return this.#registered.has(name) ? undefined : this.#cancelFunctions(host).find((tool) => tool.name === name)
  }

  #record(request: ToolRequest, context: LLMContext, groupId: string | undefined, host: ToolRunnerHost): CallRecord {
    const args = parseArguments(request.arguments)
    const own = this.#registered.get(request.name)?.options ?? {}
    const schema = context.tools?.find(request.name)
    const background = own.background ?? schema?.background ?? false
    const cancels = own.cancelOnInterruption ?? schema?.cancelOnInterruption ?? !background
    const { promise, resolve } = Promise.withResolvers<void>()
    return {
      call: { functionName: request.name, toolCallId: request.id, arguments: args ?? {}, context },
      groupId,
      unreadable: args === undefined,
      background,
      onInterruption: cancels === 'detach' ? cancels : cancels ? 'cancel' : 'keep',
      timeoutSecs: own.timeoutSecs ?? schema?.timeoutSecs ?? host.timeoutSecs,
      cancellableByLlm: own.cancellableByLlm ?? schema?.cancellableByLlm ?? false,
      idempotencyKey: undefined,
      controller: new AbortController(),
      settled: resolve,
      done: promise,
      timer: undefined,
    }
  }

  /** From here to its settlement the call belongs to the task. */
  #live(record: CallRecord, host: ToolRunnerHost, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => {
      if (this.#settle(record)) record.controller.abort(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const run = (): Promise<void> => this.#run(record, host)
    if (host.parallel) void run()
    else {
      // The next one waits for the call's end, not for a handler that never returns.
      this.#queue = this.#queue.then(() => {
        void run()
        return record.done
      })
    }
    return record.done.then(() => signal.removeEventListener('abort', onAbort))
  }

  /** Never rejects: whatever happens settles the call. */
  async #run(record: CallRecord, host: ToolRunnerHost): Promise<void> {
    if (!this.#isOpen(record)) return
    const { call, background, groupId, onInterruption, timeoutSecs } = record
    const cancelOnInterruption = onInterruption === 'cancel'
    const detachOnInterruption = onInterruption === 'detach'
    host.broadcast(
      new FunctionCallInProgressFrame(call, { cancelOnInterruption, detachOnInterruption, background, groupId }),
    )
    if (timeoutSecs !== undefined && timeoutSecs !== Infinity) {
      const onTimeout = (): void => {
        this.#cancel(record, host, { reason: `no result within ${timeoutSecs} s`, runLlm: true })
        host.cancelled([call])
      }
      record.timer = host.runtime.clock.setTimeout(onTimeout, timeoutSecs * 1000)
    }
    try {
      await this.#call(record, host)
    } catch (cause) {
      if (!this.#isOpen(record)) return
      this.#giveKeyBack(record, host)
      const message = `The function ${call.functionName} failed.`
      host.report(new PcError(message, { code: 'function-failed', kind: 'internal', retryable: false, cause }))
      this.#result(record, host, { error: 'The function failed and gave no result.' })
    }
  }

  async #call(record: CallRecord, host: ToolRunnerHost): Promise<void> {
    const { functionName, context, arguments: given } = record.call
    const schema = context.tools?.find(functionName) ?? this.#cancelFunction(functionName, host)
    const handler = this.#handlerFor(functionName, schema)
    if (handler === undefined) {
      const level = schema === undefined ? 'warn' : 'error'
      host.runtime.log.log(
        level,
        `The model called ${functionName}, which ${schema ? 'has no handler' : 'does not exist'}.`,
      )
      this.#result(record, host, { error: `The function ${functionName} is not available.` })
      return
    }
    const checked = record.unreadable
      ? { ok: false as const, issues: ['The arguments are not a JSON object.'] }
      : ((await schema?.checkArguments(given)) ?? { ok: true as const, args: given })
    if (!this.#isOpen(record)) return
    if (!checked.ok) {
      this.#result(record, host, { error: `Invalid arguments. ${checked.issues.join('; ')}` })
      return
    }
    const { runtime } = host
    const sinceMs = runtime.clock.nowMs() - host.idempotencyKeySecs * 1000
    record.idempotencyKey = this.#keys.take(record.call, sinceMs, () => runtime.newId())
    const params = new CallParams(record, host, record.idempotencyKey, {
      result: (result, properties) => this.#result(record, host, result, properties),
      progress: (result) => this.#progress(record, host, result),
    })
    const result = await handler(checked.args, params)
    if (result === undefined && params.deferred) return
    // A handler for its effect alone succeeded, and the model has to go on.
    if (this.#isOpen(record)) this.#result(record, host, result === undefined ? { ok: true } : result)
  }

  #handlerFor(name: string, schema: FunctionSchema | undefined): FunctionHandler | undefined {
    const own = this.#registered.get(name)?.handler
    if (own !== undefined) return own
    if (this.#withdrawn.has(name)) return undefined
    return schema?.handler ?? this.#registered.get(null)?.handler
  }

  #result(
    record: CallRecord,
    host: ToolRunnerHost,
    result: unknown,
    properties: FunctionCallResultProperties = {},
  ): void {
    if (properties.isFinal === false) {
      this.#progress(record, host, result, properties)
      return
    }
    if (!this.#settle(record)) {
      host.runtime.log.log('warn', `A late result of ${record.call.functionName} was ignored.`)
      return
    }
    host.broadcast(new FunctionCallResultFrame(record.call, result, properties))
  }

  #progress(
    record: CallRecord,
    host: ToolRunnerHost,
    result: unknown,
    properties: FunctionCallResultProperties = {},
  ): void {
    if (!record.background || !this.#isOpen(record)) {
      const why = record.background ? 'its call is over' : 'it is not a background function'
      host.runtime.log.log('warn', `An intermediate result of ${record.call.functionName} was ignored: ${why}.`)
      return
    }
    host.broadcast(new FunctionCallResultFrame(record.call, result, { ...properties, isFinal: false }))
  }

  #cancel(record: CallRecord, host: ToolRunnerHost, { reason, runLlm }: { reason: string; runLlm: boolean }): void {
    if (!this.#settle(record)) return
    const { functionName, toolCallId } = record.call
    this.#giveKeyBack(record, host)
    record.controller.abort(abortReason(reason))
    host.broadcast(new FunctionCallCancelFrame(functionName, toolCallId, { runLlm }))
  }

  #giveKeyBack({ call, idempotencyKey }: CallRecord, { runtime }: ToolRunnerHost): void {
    if (idempotencyKey !== undefined) this.#keys.giveBack(call, idempotencyKey, runtime.clock.nowMs())
  }

  #isOpen(record: CallRecord): boolean {
    return this.#open.get(record.call.toolCallId) === record
  }

  /** True for the first who settles it. */
  #settle(record: CallRecord): boolean {
    if (!this.#isOpen(record)) return false
    this.#open.delete(record.call.toolCallId)
    record.timer?.cancel()
    record.settled()
    return true
  }
}

/** `undefined` for text that is not a JSON object; no text means no arguments. */
function parseArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
