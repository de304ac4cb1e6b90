export { type LatencyEvents, LatencyObserver, type LatencyStages, type ReplyLatency } from './latency-observer.ts'
export type {
  LLMUsageMetrics,
  MetricsData,
  ProcessingMetrics,
  STTUsageMetrics,
  TextAggregationMetrics,
  TokenUsage,
  TtfaMetrics,
  TtfbMetrics,
  TTSUsageMetrics,
  TurnMetrics,
} from './metrics.ts'
export { firstSight, type Observer } from './observer.ts'
export { type Push, queuedObserver, type QueuedObserver } from './queued-observer.ts'
