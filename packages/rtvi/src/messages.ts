import type { ErrorKind, PcError } from '@pc/core'

/** The label of every RTVI envelope; messages without it are somebody else's. */
export const RTVI_LABEL = 'rtvi-ai'

/** The protocol version that this package speaks. */
export const RTVI_VERSION = '2.1.0'

/** Who speaks: library, platform and their versions, as the peer puts it. */
export interface About {
  readonly library: string
  readonly library_version?: string
  readonly platform?: string
  readonly platform_version?: string
  readonly platform_details?: Readonly<Record<string, unknown>>
}

/** How far a segment was spoken: `accumulated_text` is always a prefix of the announced text. */
export interface SpokenProgress {
  readonly accumulated_text: string
  readonly remaining_text: string
}

/** The agent's output in units, for clients of protocol 2. */
export interface BotOutputData {
  readonly text: string
  readonly aggregated_by: string
  readonly segment_id: number
  readonly will_be_spoken: boolean
  readonly spoken_status?: 'new' | 'in-progress' | 'completed'
  readonly spoken_progress?: SpokenProgress
}

/** The agent's output for clients of protocol 1. */
export interface BotOutputDataV1 {
  readonly text: string
  readonly aggregated_by: string
  readonly spoken: boolean
}

/** One measurement. */
export interface MetricItem {
  readonly processor: string
  readonly model?: string
  /** Seconds, or a count. */
  readonly value: number
}

/** Request to first audible speech, seconds. */
export interface TtfaItem {
  readonly processor: string
  readonly model?: string
  readonly ttfa: number
  readonly ttfb: number
  readonly leading_silence: number
}

/** Tokens of one completion in the names of the wire. */
export interface TokensItem {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly cache_read_input_tokens?: number
  readonly cache_creation_input_tokens?: number
  readonly reasoning_tokens?: number
}

/** Measurements by kind; a kind without any is left out. */
export interface MetricsMessageData {
  readonly ttfb?: readonly MetricItem[]
  readonly ttfa?: readonly TtfaItem[]
  readonly processing?: readonly MetricItem[]
  readonly tokens?: readonly TokensItem[]
  readonly stt_usage?: readonly MetricItem[]
  readonly characters?: readonly MetricItem[]
}

/** An error that the client should know of. */
export interface ErrorData {
  readonly error: string
  /** The older name of `error`, for clients before 1.13.1. */
  readonly message: string
  /** The session ends because of it; clients disconnect at once. */
  readonly fatal: boolean
  /** What kind of trouble it is. An addition to the protocol, as is `service`; other clients pass over both. */
  readonly kind?: ErrorKind
  /** The service that failed, where one did. */
  readonly service?: string
}

/** What a client is told of an error. */
export function errorData({ message, kind, service }: PcError, fatal: boolean): ErrorData {
  return { error: message, message, fatal, kind, ...(service !== undefined && { service }) }
}

/** A group of jobs, or one of them, changed. `at` is milliseconds since 1970. */
export type UIJobGroupData =
  | {
      readonly kind: 'group_started'
      readonly job_id: string
      readonly workers: readonly string[]
      readonly label?: string
      readonly cancellable: boolean
      readonly at: number
    }
  | {
      readonly kind: 'job_update'
      readonly job_id: string
      readonly worker_name: string
      readonly data?: unknown
      readonly at: number
    }
  | {
      readonly kind: 'job_completed'
      readonly job_id: string
      readonly worker_name: string
      readonly status: 'running' | 'completed' | 'cancelled' | 'failed' | 'error'
      readonly response?: unknown
      readonly at: number
    }
  | { readonly kind: 'group_completed'; readonly job_id: string; readonly at: number }

/** The `data` of every message from server to client, by type; `undefined`: it has none. */
export interface ServerMessages {
  'bot-ready': { readonly version: string; readonly about?: About }
  error: ErrorData
  'error-response': { readonly error: string }
  'server-response': { readonly t: string; readonly d?: unknown }
  'server-message': unknown
  'user-started-speaking': undefined
  'user-stopped-speaking': undefined
  'vad-user-started-speaking': undefined
  'vad-user-stopped-speaking': undefined
  'user-mute-started': undefined
  'user-mute-stopped': undefined
  'user-transcription': {
    readonly text: string
    readonly user_id: string
    readonly timestamp: string
    readonly final: boolean
  }
  'user-llm-text': { readonly text: string }
  'bot-llm-started': undefined
  'bot-llm-stopped': undefined
  'bot-llm-text': { readonly text: string }
  'bot-transcription': { readonly text: string }
  'bot-output': BotOutputData | BotOutputDataV1
  'bot-tts-started': undefined
  'bot-tts-stopped': undefined
  'bot-tts-text': { readonly text: string }
  'bot-started-speaking': undefined
  'bot-stopped-speaking': undefined
  'bot-interrupted': undefined
  'llm-function-call-started': { readonly function_name?: string }
  'llm-function-call-in-progress': {
    readonly tool_call_id: string
    readonly function_name?: string
    readonly arguments?: Readonly<Record<string, unknown>>
  }
  'llm-function-call-stopped': {
    readonly tool_call_id: string
    readonly cancelled: boolean
    readonly function_name?: string
    readonly result?: unknown
  }
  metrics: MetricsMessageData
  'user-audio-level': { readonly value: number }
  'bot-audio-level': { readonly value: number }
  'ui-command': { readonly command: string; readonly payload: unknown }
  'ui-job-group': UIJobGroupData
}

/** A message to the client, ready to be serialised. */
export interface ServerMessage<K extends keyof ServerMessages = keyof ServerMessages> {
  readonly label: typeof RTVI_LABEL
  readonly type: K
  readonly id?: string
  readonly data?: ServerMessages[K]
}

/** Builds a message; what is `undefined` is left out, as clients branch on absence. */
export function serverMessage<K extends keyof ServerMessages>(
  type: K,
  data: ServerMessages[K],
  id?: string,
): ServerMessage<K> {
  return { label: RTVI_LABEL, type, ...(id !== undefined && { id }), ...(data !== undefined && { data }) }
}
