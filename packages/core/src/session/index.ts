export { Session } from './session.ts'
export type {
  AgentState,
  ConversationItem,
  ExecutedTool,
  GenerateReplyOptions,
  SayOptions,
  SessionEndReason,
  SessionError,
  SessionEvents,
  SessionOptions,
  SessionParts,
  SessionTransport,
  StateChange,
  UserInput,
  UserState,
} from './session-types.ts'
export type { SpeechHandle, SpeechOutcome } from './speech-handle.ts'
