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
export { type Push, queuedObserver, type QueuedObserver } from './observers/queued-observer.ts'

// context

// turns
export { DEFAULT_VAD_PARAMS, VADAnalyzer, type VADAnalyzerOptions, type VADParams } from './turns/vad-analyzer.ts'
export { VADProcessor } from './turns/vad-processor.ts'

// services

// transport

// text
