export { startEmulators } from './emulators.ts'
export type { Emulators, EmulatorsOptions } from './emulators.ts'
export type { EmulatorClock, EmulatorTimer } from './clock.ts'
export type { FaultQueue } from './faults.ts'
export type { Fault, HeaderMap, OpeningFault, StreamFault } from './faults.ts'
export type {
  InboundMessage,
  RecordedBinary,
  RecordedClose,
  RecordedHttp,
  RecordedText,
  RecordedUpgrade,
} from './recorder.ts'
export { synthesizeBuzz, SPEECH_SAMPLE_RATE } from './synthetic-speech.ts'
export type { SpeechAudio } from './synthetic-speech.ts'
export type { SpeechScript } from './speech-script.ts'
export type { SpeechRequest, SpeechResponder } from './speech-script.ts'
export type { OpenAIEmulator } from './openai/mount.ts'
export type { ChatEmulator } from './openai/chat.ts'
export type { ChatReply, ChatReplyToolCall, ChatUsage } from './openai/chat-reply.ts'
export type { ChatMessage, ChatRequest, ChatTool } from './openai/chat-request.ts'
export type { OpenAISpeechEmulator } from './openai/speech.ts'
export type { TranscriptionsEmulator } from './openai/transcriptions.ts'
export type { TranscriptionRequest } from './openai/transcriptions.ts'
export type { DeepgramEmulator } from './deepgram/mount.ts'
export type { ListenEmulator } from './deepgram/listen.ts'
export type { Utterance } from './deepgram/listen.ts'
export type { ListenEvent, ListenStep } from './deepgram/listen-script.ts'
export type { FluxEmulator } from './deepgram/flux.ts'
export type { FluxStep } from './deepgram/flux.ts'
export type { TurnEvent, TurnTrigger } from './deepgram/flux-turns.ts'
export type { DeepgramSpeakEmulator } from './deepgram/speak.ts'
