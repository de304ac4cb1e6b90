// runtime
export { type Clock, sleep, SystemClock, type Timer } from './runtime/clock.ts'
export { Emitter, type EventArguments, type EventOfPythonName, type PythonEventName } from './runtime/emitter.ts'
export { type ErrorKind, isAbortError, kindOfStatus, PcError, type PcErrorOptions } from './runtime/errors.ts'
export { consoleLogger, type LogFields, type Logger, type LogLevel, silentLogger } from './runtime/log.ts'
export { createRuntime, type Runtime, type WebSocketConstructor } from './runtime/runtime.ts'

// frames
export {
  type AnyFrame,
  defineFrame,
  Frame,
  type FrameChanges,
  frameClass,
  FrameDirection,
  type FrameExtras,
  type FrameFamily,
  type FrameTag,
  type FrameTraits,
  type FrameTypes,
  type Lane,
} from './frames/frame.ts'
export { type FrameData, frameFromData, frameToData } from './frames/frame-data.ts'
export {
  CancelFrame,
  CancelTaskFrame,
  EndFrame,
  EndTaskFrame,
  HeartbeatFrame,
  InterruptionFrame,
  InterruptionTaskFrame,
  PipelineFlushFrame,
  StartFrame,
  type StartSettings,
  StopFrame,
  StopTaskFrame,
} from './frames/lifecycle.ts'
export {
  type AudioRaw,
  InputAudioRawFrame,
  OutputAudioRawFrame,
  SpeechOutputAudioRawFrame,
  TTSAudioRawFrame,
  UserAudioRawFrame,
} from './frames/audio.ts'
export {
  type AggregatedBy,
  AggregatedTextFrame,
  type AggregatedTextOptions,
  AggregatedTextProgressFrame,
  InputTextRawFrame,
  InterimTranscriptionFrame,
  LLMTextFrame,
  TextFrame,
  type TextOptions,
  TranscriptionFrame,
  type TranscriptionOptions,
  TranslationFrame,
  TTSTextFrame,
  type TTSTextOptions,
} from './frames/text.ts'
export {
  BotSpeakingFrame,
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  SpeechControlParamsFrame,
  STTMuteFrame,
  UserMuteStartedFrame,
  UserMuteStoppedFrame,
  UserSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
  VADParamsUpdateFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from './frames/turn.ts'
export {
  LLMAssistantPushAggregationFrame,
  LLMConfigureOutputFrame,
  LLMContextAssistantTimestampFrame,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesAppendFrame,
  LLMMessagesFrame,
  LLMMessagesTransformFrame,
  LLMMessagesUpdateFrame,
  LLMRunFrame,
  LLMSetToolChoiceFrame,
  LLMSetToolsFrame,
  OpenAILLMContextFrame,
} from './frames/llm.ts'
export { TTSSpeakFrame, TTSStartedFrame, TTSStoppedFrame } from './frames/speech.ts'
export {
  type FunctionCall,
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  type FunctionCallResultProperties,
  FunctionCallsStartedFrame,
} from './frames/tool.ts'
export {
  BotSpeechHeardFrame,
  ClientConnectedFrame,
  type HeardSegment,
  InputDTMFFrame,
  InputTransportMessageFrame,
  type KeypadEntry,
  OutputDTMFFrame,
  OutputTransportMessageFrame,
  OutputTransportMessageUrgentFrame,
  PlayoutReportFrame,
} from './frames/transport.ts'
export {
  ErrorFrame,
  FrameProcessorPauseFrame,
  FrameProcessorPauseUrgentFrame,
  FrameProcessorResumeFrame,
  LLMUpdateSettingsFrame,
  MetricsFrame,
  ServiceUpdateSettingsFrame,
  STTMetadataFrame,
  STTUpdateSettingsFrame,
  TTSUpdateSettingsFrame,
} from './frames/control.ts'

// processor
export { FrameContext } from './processor/frame-context.ts'
export {
  FrameProcessor,
  type FrameProcessorOptions,
  type LaneLimit,
  type ProcessorEvents,
} from './processor/frame-processor.ts'
export {
  defineProcessor,
  type FrameHandlers,
  type ProcessorDefinition,
  type ProcessorHooks,
} from './processor/define-processor.ts'
export type { Result } from './processor/result.ts'
export type { PipelineSetup, TaskHandle } from './processor/setup.ts'
export type { EngineCounters } from './processor/engine.ts'

// pipeline
export { Pipeline, type PipelineElement, type PipelineOptions } from './pipeline/pipeline.ts'
export { ParallelPipeline } from './pipeline/parallel-pipeline.ts'
export { type SyncFrameOrder, SyncParallelPipeline } from './pipeline/sync-parallel-pipeline.ts'
export { type EndHandler, PipelineSink, PipelineSource } from './pipeline/pipeline-source.ts'
export { PipelineParams, type PipelineParamsFields } from './pipeline/pipeline-params.ts'
export { PipelineTask } from './pipeline/pipeline-task.ts'
export type {
  PipelineTaskArguments,
  PipelineTaskEvents,
  PipelineTaskOptions,
  TaskMetrics,
  TerminalFrame,
} from './pipeline/task-options.ts'
export {
  PipelineRunner,
  type PipelineRunnerOptions,
  type SignalSource,
  type Stoppable,
} from './pipeline/pipeline-runner.ts'

// observers
export {
  type LatencyEvents,
  LatencyObserver,
  type LatencyStages,
  type ReplyLatency,
} from './observers/latency-observer.ts'
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
} from './observers/metrics.ts'
export { firstSight, type Observer } from './observers/observer.ts'
export type { ScheduleStep } from './processor/trace.ts'
export { type Push, queuedObserver, type QueuedObserver } from './observers/queued-observer.ts'

// context
export {
  type ContentPart,
  isSpecificMessage,
  type LLMSpecificMessage,
  loggableMessages,
  type Message,
  messageText,
  type MessageToolCall,
  type StandardMessage,
} from './context/messages.ts'
export {
  type CheckedArguments,
  defineFunction,
  type FunctionCallOptions,
  type FunctionDefinition,
  FunctionSchema,
  type ToolCallContext,
  type ToolHandler,
  type TypedFunctionDefinition,
} from './context/function-schema.ts'
export type { JsonSchema, SchemaIssue, SchemaOutput, SchemaResult, StandardSchema } from './context/standard-schema.ts'
export { type CustomTools, type ToolChoice, type Tools, type ToolsDefinition, ToolsSchema } from './context/tools.ts'
export {
  LLMContext,
  LLMContext as OpenAILLMContext,
  type LLMContextOptions,
  type MessagePlace,
} from './context/llm-context.ts'
export {
  type UserAggregatorEvents,
  LLMUserAggregator,
  LLMUserAggregator as LLMUserContextAggregator,
  type LLMUserAggregatorOptions,
  type LLMUserAggregatorParams,
  type UserTurnMessage,
} from './context/user-aggregator.ts'
export {
  type AssistantAggregatorEvents,
  type AssistantTurnMessage,
  LLMAssistantAggregator,
  LLMAssistantAggregator as LLMAssistantContextAggregator,
  type LLMAssistantAggregatorOptions,
  type LLMAssistantAggregatorParams,
} from './context/assistant-aggregator.ts'
export { LLMContextAggregatorPair, type LLMContextAggregatorPairOptions } from './context/aggregator-pair.ts'

// turns
export {
  MinWordsUserTurnStartStrategy,
  type MinWordsUserTurnStartStrategyOptions,
} from './turns/min-words-user-turn-start-strategy.ts'
export {
  SpeechTimeoutUserTurnStopStrategy,
  type SpeechTimeoutUserTurnStopStrategyOptions,
} from './turns/speech-timeout-user-turn-stop-strategy.ts'
export {
  TranscriptionUserTurnStartStrategy,
  type TranscriptionUserTurnStartStrategyOptions,
} from './turns/transcription-user-turn-start-strategy.ts'
export type { TurnEvent } from './turns/turn-events.ts'
export {
  type UserTurn,
  type UserTurnEvents,
  UserTurnProcessor,
  type UserTurnProcessorOptions,
} from './turns/turn-processor.ts'
export type {
  EndedState,
  ListeningState,
  StrategyMemory,
  TurnEffect,
  TurnFacts,
  TurnState,
  UserPausingState,
  UserSpeakingState,
} from './turns/turn-state.ts'
export type {
  TurnStartStep,
  TurnStartStrategy,
  TurnStartStrategyOptions,
  TurnStopStep,
  TurnStopStrategy,
  TurnStrategyAttachment,
  TurnStrategyHost,
  TurnView,
  UserTurnStrategies,
} from './turns/turn-strategy.ts'
export { DEFAULT_VAD_PARAMS, VADAnalyzer, type VADAnalyzerOptions, type VADParams } from './turns/vad-analyzer.ts'
export { VADProcessor, type VADProcessorOptions } from './turns/vad-processor.ts'
export { VADUserTurnStartStrategy } from './turns/vad-user-turn-start-strategy.ts'

// services
export { type LLMSettings, type STTSettings, type TTSSettings } from './services/settings.ts'
export { LLMService } from './services/llm-service.ts'
export type {
  GenerateOptions,
  InferenceOptions,
  LLMErrorPolicy,
  LLMEvent,
  LLMServiceEvents,
  LLMServiceOptions,
  ToolRequest,
} from './services/llm-types.ts'
export type { FunctionCallParams, FunctionHandler } from './services/tool-runner.ts'
export { STTService } from './services/stt-service.ts'
export { type SegmentOptions, SegmentedSTTService } from './services/segmented-stt-service.ts'
export type {
  SegmentedSTTServiceOptions,
  STTEvent,
  STTServiceBaseOptions,
  STTServiceEvents,
  STTServiceOptions,
  TranscribeOptions,
  Transcript,
} from './services/stt-types.ts'
export { TTSService } from './services/tts-service.ts'
export type {
  SynthesisOptions,
  TextTransform,
  TTSEvent,
  TTSServiceEvents,
  TTSServiceOptions,
} from './services/tts-types.ts'
export type { ServiceMetrics } from './services/service-metrics.ts'
export {
  type KeepAlive,
  ReconnectingSocket,
  type ReconnectingSocketEvents,
  type ReconnectingSocketOptions,
} from './services/reconnecting-socket.ts'
export type { RetryPolicy } from './services/retry.ts'
export type { SocketConstructor, SocketEvent, SocketLike, SocketOptions } from './services/socket-like.ts'

// transport
export type { AudioFilter, AudioMixer } from './transport/audio-parts.ts'
export { BaseTransport, type TransportEvents } from './transport/base-transport.ts'
export {
  BaseInputTransport,
  type InputTransportCounters,
  type InputTransportOptions,
} from './transport/input-transport.ts'
export type { OutputChunk } from './transport/output-chunk.ts'
export { BaseOutputTransport, type OutputTransportOptions } from './transport/output-transport.ts'
export {
  type HeardSpeech,
  type HeardWord,
  type Playout,
  PlayoutLedger,
  type TextSpan,
} from './transport/playout-ledger.ts'
export type { UnitText } from './transport/spoken-unit.ts'
export { type Deadline, PacingWheel, pacingWheel } from './transport/pacing-wheel.ts'
export type { FrameSerializer, SerializerSetup } from './transport/serializer.ts'
export { TransportParams, type TransportParamsFields } from './transport/transport-params.ts'

// text
export { SentenceAggregator, type SentenceAggregatorOptions } from './text/sentence-aggregator.ts'
export type { TextAggregator, TextUnit } from './text/text-aggregator.ts'
export type { TextFilter } from './text/text-filter.ts'
export { MarkdownTextFilter, type MarkdownTextFilterOptions } from './text/markdown-text-filter.ts'
export { PatternPairAggregator, type TextPattern } from './text/pattern-pair-aggregator.ts'
export { SkipTagsAggregator } from './text/skip-tags-aggregator.ts'
export { TokenAggregator } from './text/token-aggregator.ts'
