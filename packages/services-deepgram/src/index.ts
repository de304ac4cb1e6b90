export type { DeepgramConnectionOptions } from './deepgram-access.ts'
export { DeepgramSTTService, type DeepgramSTTServiceOptions } from './deepgram-stt-service.ts'
