/** Tokens of one completion, in the project's own names. */
export interface TokenUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly cacheReadTokens?: number | undefined
  readonly cacheWriteTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
  readonly audioInputTokens?: number | undefined
  readonly audioOutputTokens?: number | undefined
}

interface Measured {
  /** The name of the processor. */
  readonly processor: string
  readonly model?: string | undefined
}

/** Request to first output of any kind, seconds. */
export interface TtfbMetrics extends Measured {
  readonly kind: 'ttfb'
  readonly valueSecs: number
}

/** Request to first audible speech, seconds. */
export interface TtfaMetrics extends Measured {
  readonly kind: 'ttfa'
  readonly ttfaSecs: number
  readonly ttfbSecs: number
  readonly leadingSilenceSecs: number
}

/** Work with a clear beginning and end, seconds. */
export interface ProcessingMetrics extends Measured {
  readonly kind: 'processing'
  readonly valueSecs: number
}

/** First token to first sentence, seconds. */
export interface TextAggregationMetrics extends Measured {
  readonly kind: 'textAggregation'
  readonly valueSecs: number
}

/** Tokens of one completion. */
export interface LLMUsageMetrics extends Measured {
  readonly kind: 'llmUsage'
  readonly usage: TokenUsage
}

/** Characters sent to speech synthesis. */
export interface TTSUsageMetrics extends Measured {
  readonly kind: 'ttsUsage'
  readonly characters: number
}

/** Audio sent to speech recognition, seconds. */
export interface STTUsageMetrics extends Measured {
  readonly kind: 'sttUsage'
  readonly audioSecs: number
}

/** What a turn analyzer made of the user's speech, and how long it took, seconds. */
export interface TurnMetrics extends Measured {
  readonly kind: 'turn'
  readonly complete: boolean
  /** Of being complete, 0 to 1. */
  readonly probability?: number | undefined
  readonly valueSecs: number
}

/** One measurement, by `kind`. */
export type MetricsData =
  | TtfbMetrics
  | TtfaMetrics
  | ProcessingMetrics
  | TextAggregationMetrics
  | LLMUsageMetrics
  | TTSUsageMetrics
  | STTUsageMetrics
  | TurnMetrics
