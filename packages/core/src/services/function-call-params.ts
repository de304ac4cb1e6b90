import type { FramePusher, ToolCallContext } from '../context/function-schema.ts'
import type { LLMContext } from '../context/llm-context.ts'
import type { FunctionCall, FunctionCallResultProperties } from '../frames/tool.ts'

/** What a function gets beside its arguments. */
export type FunctionCallParams = ToolCallContext

/** Runs a call: what it returns is the result, which the model reads as JSON. */
export type FunctionHandler<Args = Readonly<Record<string, unknown>>> = (
  args: Args,
  call: FunctionCallParams,
) => unknown

/** Where the answers of a handler go. */
export interface CallReplies {
  result(result: unknown, properties?: FunctionCallResultProperties): void
  progress(result: unknown): void
}

/** The parameters of one call. */
export class CallParams implements FunctionCallParams {
  readonly signal: AbortSignal
  readonly context: LLMContext
  readonly toolCallId: string
  readonly functionName: string
  readonly idempotencyKey: string
  readonly appResources: unknown
  readonly llm: FramePusher
  readonly progress: (result: unknown) => void
  readonly #replies: CallReplies
  /** The handler took the callback: it may answer later. */
  deferred = false

  constructor(
    { call, controller }: { readonly call: FunctionCall; readonly controller: AbortController },
    { appResources, llm }: { readonly appResources: unknown; readonly llm: FramePusher },
    idempotencyKey: string,
    replies: CallReplies,
  ) {
    this.signal = controller.signal
    this.context = call.context
    this.toolCallId = call.toolCallId
    this.functionName = call.functionName
    this.idempotencyKey = idempotencyKey
    this.appResources = appResources
    this.llm = llm
    this.progress = (result) => replies.progress(result)
    this.#replies = replies
  }

  get resultCallback(): (result: unknown, properties?: FunctionCallResultProperties) => void {
    this.deferred = true
    return (result, properties) => this.#replies.result(result, properties)
  }
}
