export { type LLMSettings, type STTSettings, type TTSSettings } from './settings.ts'
export { LLMService } from './llm-service.ts'
export type {
  GenerateOptions,
  InferenceOptions,
  LLMErrorPolicy,
  LLMEvent,
  LLMServiceEvents,
  LLMServiceOptions,
  ToolRequest,
} from './llm-types.ts'
export type { FunctionCallParams, FunctionHandler } from './function-call-params.ts'
export { STTService } from './stt-service.ts'
export { type OpenSegment, type SegmentOptions, SegmentedSTTService } from './segmented-stt-service.ts'
export type {
  SegmentedSTTServiceOptions,
  STTEvent,
  STTServiceBaseOptions,
  STTServiceEvents,
  STTServiceOptions,
  TranscribeOptions,
  Transcript,
} from './stt-types.ts'
export { TTSService } from './tts-service.ts'
export type { SynthesisOptions, TextTransform, TTSEvent, TTSServiceEvents, TTSServiceOptions } from './tts-types.ts'
export { wavAudio } from './wav-audio.ts'
export type { ServiceMetrics } from './service-metrics.ts'
export {
  type DescribeImageOptions,
  VisionService,
  type VisionServiceEvents,
  type VisionServiceOptions,
} from './vision-service.ts'
export {
  type GeneratedImage,
  type GenerateImageOptions,
  ImageGenService,
  type ImageGenServiceEvents,
  type ImageGenServiceOptions,
} from './image-gen-service.ts'
export { type RenderSpeechOptions, type VideoEvent, VideoService, type VideoServiceEvents } from './video-service.ts'
export {
  type KeepAlive,
  ReconnectingSocket,
  type ReconnectingSocketEvents,
  type ReconnectingSocketOptions,
} from './reconnecting-socket.ts'
export type { RetryPolicy } from './retry.ts'
export type { SocketConstructor, SocketEvent, SocketLike, SocketOptions } from './socket-like.ts'
