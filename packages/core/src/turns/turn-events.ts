import type { AnyFrame } from '../frames/frame.ts'

/** What the turn machine and its strategies hear of. */
export type TurnEvent =
  /** Voice activity began, after `startSecs` of speech. */
  | { readonly type: 'vadStarted'; readonly startSecs: number }
  /** Voice activity ended: speech did `stopSecs` ago. */
  | { readonly type: 'vadStopped'; readonly stopSecs: number }
  /** Voice activity goes on. */
  | { readonly type: 'vadSpeaking' }
  /** Another part of the pipeline says that the user's turn began. */
  | { readonly type: 'externalStarted' }
  /** Another part of the pipeline says that the user's turn ended. */
  | { readonly type: 'externalStopped' }
  | { readonly type: 'interimTranscript'; readonly text: string }
  /** `finalized`: the recogniser will not revise or extend it. */
  | { readonly type: 'transcript'; readonly text: string; readonly finalized: boolean }
  | { readonly type: 'botStarted' }
  | { readonly type: 'botStopped' }
  /** From the end of speech to the final transcript, 99th percentile. */
  | { readonly type: 'sttLatency'; readonly latencySecs: number }
  | { readonly type: 'toolCallsStarted'; readonly toolCallIds: readonly string[] }
  /** A call gave its last result, or was cancelled. */
  | { readonly type: 'toolCallSettled'; readonly toolCallId: string }
  /** The attached part of the strategy of this name came to a judgement. */
  | { readonly type: 'verdict'; readonly strategy: string; readonly complete: boolean }
  /** Time has passed: a deadline may be due. */
  | { readonly type: 'time' }
  /** From the machine to start strategies: a turn was opened. */
  | { readonly type: 'turnStarted'; readonly turn: number }
  /** From the machine to start strategies: a turn was closed. */
  | { readonly type: 'turnStopped'; readonly turn: number }
  /** The session is over. */
  | { readonly type: 'ended' }

/** What a frame says about turns; `undefined` for most. */
export function turnEventOf(frame: AnyFrame): TurnEvent | undefined {
  switch (frame.type) {
    case 'VADUserStartedSpeakingFrame':
      return { type: 'vadStarted', startSecs: frame.startSecs }
    case 'VADUserStoppedSpeakingFrame':
      return { type: 'vadStopped', stopSecs: frame.stopSecs }
    case 'UserSpeakingFrame':
      return { type: 'vadSpeaking' }
    case 'UserStartedSpeakingFrame':
      return { type: 'externalStarted' }
    case 'UserStoppedSpeakingFrame':
      return { type: 'externalStopped' }
    case 'InterimTranscriptionFrame':
      return { type: 'interimTranscript', text: frame.text }
    case 'TranscriptionFrame':
      return { type: 'transcript', text: frame.text, finalized: frame.finalized }
    case 'BotStartedSpeakingFrame':
      return { type: 'botStarted' }
    case 'BotStoppedSpeakingFrame':
      return { type: 'botStopped' }
    case 'STTMetadataFrame':
      return { type: 'sttLatency', latencySecs: frame.ttfsP99LatencySecs }
    case 'FunctionCallsStartedFrame':
      return { type: 'toolCallsStarted', toolCallIds: frame.functionCalls.map((call) => call.toolCallId) }
    case 'FunctionCallResultFrame':
      return frame.properties.isFinal === false ? undefined : { type: 'toolCallSettled', toolCallId: frame.toolCallId }
    case 'FunctionCallCancelFrame':
      return { type: 'toolCallSettled', toolCallId: frame.toolCallId }
    default:
      return undefined
  }
}
