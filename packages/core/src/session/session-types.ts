import type { ToolChoice, Tools } from '../context/tools.ts'
import type { LLMContext } from '../context/llm-context.ts'
import type { PipelineElement } from '../pipeline/pipeline.ts'
import type { PipelineParamsFields } from '../pipeline/pipeline-params.ts'
import type { TaskMetrics, PipelineTaskOptions } from '../pipeline/task-options.ts'
import type { PcError } from '../runtime/errors.ts'
import type { BaseInputTransport } from '../transport/input-transport.ts'
import type { BaseOutputTransport } from '../transport/output-transport.ts'
import type { UserTurnProcessorOptions } from '../turns/turn-processor-options.ts'

/** The user has the floor, has not, or has given no sign for `userAwaySecs` while nobody spoke. */
export type UserState = 'listening' | 'speaking' | 'away'

/** `thinking`: an answer is in the making, or functions run for one. */
export type AgentState = 'initializing' | 'listening' | 'thinking' | 'speaking'

/** A change of state. */
export interface StateChange<S> {
  readonly from: S
  readonly to: S
}

/** What was recognised of the user. */
export interface UserInput {
  readonly transcript: string
  /** False: the next one replaces it. */
  readonly isFinal: boolean
  /** The speaker, as speech recognition names them; may be empty. */
  readonly userId: string
  /** A language tag, where the recogniser tells one. */
  readonly language: string | undefined
}

/** A message that entered the conversation. */
export interface ConversationItem {
  readonly role: 'user' | 'assistant'
  readonly text: string
  /** The agent was cut; `text` is what was heard. */
  readonly interrupted: boolean
  /** When it began, ISO 8601. */
  readonly timestamp: string
}

/** A function call of the model that is over. */
export interface ExecutedTool {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>>
  /** `undefined` when it was cancelled. */
  readonly result: unknown
  /** By an interruption, a timeout, or the application. */
  readonly cancelled: boolean
}

/** Trouble that a processor reported; unless it is fatal the session goes on. */
export interface SessionError {
  readonly error: PcError
  /** The name of the processor. */
  readonly processor: string
  readonly fatal: boolean
}

/**
 * Why a session ended, and whose fault it was.
 *
 * - `completed`: it came to its end: `close()`, or an EndFrame; `note` is what that gave as reason.
 * - `cancelled`: the application cancelled the task.
 * - `userLeft`: the client disconnected.
 * - `userIdle`: nobody spoke for the task's `idleTimeoutSecs`.
 * - `failed`: a processor reported a fatal error. The configuration is to blame for keys, quotas and wrong requests, the
 *   application for exceptions, a service for the rest.
 * - `stuck`: a lifecycle step took too long; `holders` are the processors that held it up.
 */
export type SessionEndReason =
  | { readonly type: 'completed'; readonly fault: 'nobody'; readonly note: string | undefined }
  | { readonly type: 'cancelled'; readonly fault: 'application'; readonly note: string | undefined }
  | { readonly type: 'userLeft'; readonly fault: 'user' }
  | { readonly type: 'userIdle'; readonly fault: 'user' }
  | {
      readonly type: 'failed'
      readonly fault: 'configuration' | 'application' | 'service'
      readonly error: PcError
      readonly processor: string
    }
  | {
      readonly type: 'stuck'
      readonly fault: 'service'
      readonly step: 'setup' | 'start' | 'end'
      readonly holders: readonly string[]
    }

/** The events of {@link Session}. */
export interface SessionEvents {
  userStateChanged: readonly [change: StateChange<UserState>]
  agentStateChanged: readonly [change: StateChange<AgentState>]
  /** What the user says is being understood. Nothing comes from a user who is muted. */
  userInputTranscribed: readonly [input: UserInput]
  /** A message is complete. */
  conversationItemAdded: readonly [item: ConversationItem]
  /** The client's player reported what was really heard: the latest item of the agent that was cut is this now. */
  conversationItemCorrected: readonly [item: ConversationItem]
  /** The functions that the model called together are all over. */
  functionToolsExecuted: readonly [tools: readonly ExecutedTool[]]
  /** What was measured, where the task's `enableMetrics` and `enableUsageMetrics` ask for it. */
  metrics: readonly [metrics: TaskMetrics]
  error: readonly [error: SessionError]
  /** The session is over. Fires once, when all speeches have settled. */
  close: readonly [reason: SessionEndReason]
}

/** The options of a {@link Session}, over its own task or yours. */
export interface SessionOptions {
  /** How long nobody must speak until the user counts as away, seconds; `null`: never. Default 15. */
  readonly userAwaySecs?: number | null | undefined
  /** A speech in which nothing moves for so long is given up as failed, seconds. Default 60. */
  readonly speechTimeoutSecs?: number | undefined
}

/** The part of a transport that a session uses. */
export interface SessionTransport {
  input(): BaseInputTransport
  output(): BaseOutputTransport
  stop(): Promise<void>
  on(event: 'clientDisconnected', listener: () => unknown): () => void
}

/** The parts of a {@link Session} that builds its own pipeline. */
export interface SessionParts extends SessionOptions {
  readonly llm: PipelineElement
  /** Without it, text is delivered. */
  readonly tts?: PipelineElement | undefined
  readonly stt?: PipelineElement | undefined
  /** Tells speech from other sound. Default: that of the transport's params, if any. */
  readonly vad?: PipelineElement | undefined
  /** Tells whether the user has finished. Default: that of the transport's params, if any; else silence tells. */
  readonly turnAnalyzer?: PipelineElement | undefined
  /** Without it nothing is paced: speech counts as played when it was made. */
  readonly transport?: SessionTransport | undefined
  /** The system message. */
  readonly instructions?: string | undefined
  readonly tools?: Tools | undefined
  /** A context of your own, in place of `instructions` and `tools`. */
  readonly context?: LLMContext | undefined
  /** How turns begin and end, and when the user is muted. */
  readonly turns?: UserTurnProcessorOptions | undefined
  readonly params?: PipelineParamsFields | undefined
  /** Clock, timeouts, observers and the like. */
  readonly task?: PipelineTaskOptions | undefined
  /** End the session when the client disconnects. Default true. */
  readonly closeOnDisconnect?: boolean | undefined
}

/** The options of `session.say()`. */
export interface SayOptions {
  /** Whether the user may cut it. Default true. */
  readonly allowInterruptions?: boolean | undefined
  /** Whether what is heard of it enters the context. Default true. */
  readonly appendToContext?: boolean | undefined
}

/** The options of `session.generateReply()`. */
export interface GenerateReplyOptions {
  /** For this reply alone, not kept in the context. Default: the model answers the context as it is. */
  readonly instructions?: string | undefined
  /** What the user typed: enters the context at once. */
  readonly userInput?: string | undefined
  /** How the model chooses tools, for this reply alone. Default: as the context says. */
  readonly toolChoice?: ToolChoice | undefined
  /** Whether the user may cut it. Default true. */
  readonly allowInterruptions?: boolean | undefined
}
