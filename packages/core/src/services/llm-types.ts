import type { LLMContext } from '../context/llm-context.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import type { FunctionCall } from '../frames/tool.ts'
import type { TokenUsage } from '../observers/metrics.ts'
import type { ProcessorEvents } from '../processor/frame-processor.ts'
import type { PcError } from '../runtime/errors.ts'
import type { LLMSettings } from './settings.ts'

/** A call as a model asked for it. */
export interface ToolRequest {
  readonly id: string
  readonly name: string
  /** JSON text; empty means no arguments. */
  readonly arguments: string
}

/**
 * What a language model yields. A plain string is text. A stream that yields objects ends with `done`, so that a broken
 * connection is told from a finished answer; one that yields only strings, at least one, is complete when it returns.
 */
export type LLMEvent =
  | string
  | { readonly type: 'text'; readonly text: string }
  /** A call with all of its arguments. */
  | ({ readonly type: 'toolCall' } & ToolRequest)
  | { readonly type: 'reasoning'; readonly text: string; readonly signature?: string | undefined }
  /** The last one counts. */
  | { readonly type: 'usage'; readonly usage: TokenUsage }
  | { readonly type: 'done'; readonly finishReason: string }

/** What {@link LLMService.generate} gets beside the context. */
export interface GenerateOptions {
  /** Aborts when nobody wants the answer any more. */
  readonly signal: AbortSignal
  readonly tools: ToolsSchema | undefined
  readonly toolChoice: ToolChoice | undefined
  readonly settings: Readonly<LLMSettings>
}

/** What to do when an answer fails for good. */
export interface LLMErrorPolicy {
  /** Said to the user in its place. */
  readonly say: string
}

/** Events of a language model service. */
export interface LLMServiceEvents extends ProcessorEvents {
  functionCallsStarted: [calls: readonly FunctionCall[]]
  /** Calls were cancelled, by an interruption or a timeout. */
  functionCallsCancelled: [calls: readonly FunctionCall[]]
  /** An answer did not begin in time. */
  completionTimeout: []
  /** An answer failed for good. */
  completionError: [error: PcError]
  /** The model's reasoning, piece by piece; it is never spoken. */
  thought: [text: string]
  usableChanged: [usable: boolean]
}

/** The options of every language model service. */
export interface LLMServiceOptions {
  name?: string | undefined
  settings?: LLMSettings | undefined
  /** Waiting for the first output, seconds; then the request is made once more. Default 5. */
  firstOutputTimeoutSecs?: number | undefined
  /** Waiting for more output, seconds. Default 10. */
  idleTimeoutSecs?: number | undefined
  onLLMError?: LLMErrorPolicy | undefined
  /** Whether the calls of one answer run at the same time. Default true. */
  runInParallel?: boolean | undefined
  /**
   * Whether the calls of one answer are a group: the model then runs once, when the last of them has settled. Default
   * true.
   */
  groupParallelTools?: boolean | undefined
  /** A call that takes longer is cancelled, seconds. Default: no limit. */
  functionCallTimeoutSecs?: number | undefined
  /**
   * How long after a call that did not finish one like it counts as its repetition and gets its idempotency key, seconds.
   * Default 600.
   */
  idempotencyKeySecs?: number | undefined
  /** See {@link LLMService.setContext}. */
  context?: LLMContext | undefined
}

/** The options of {@link LLMService.runInference}. */
export interface InferenceOptions {
  readonly maxTokens?: number | undefined
  /** Replaces that of the service. */
  readonly systemInstruction?: string | undefined
  readonly signal?: AbortSignal | undefined
}
