import type { AnyFrame } from '../frames/frame.ts'
import type { TurnEffect } from './turn-state.ts'
import type { UserTurnExpectation } from './user-turn-expectation.ts'

/** What the turn machine and its strategies hear of. */
export type TurnEvent =
  /** The session runs: everything is set up. */
  | { readonly type: 'started' }
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
  /** A service proposes that the user's turn began. */
  | { readonly type: 'proposedStarted' }
  /** A service proposes that the user's turn ended. */
  | { readonly type: 'proposedStopped' }
  | { readonly type: 'interimTranscript'; readonly text: string }
  /** `finalized`: the recogniser will not revise or extend it. */
  | { readonly type: 'transcript'; readonly text: string; readonly finalized: boolean }
  /** The recogniser expects the turn to end with the words so far. */
  | { readonly type: 'eagerStopped' }
  /** The recogniser was wrong about that: the user goes on. */
  | { readonly type: 'turnResumed' }
  | { readonly type: 'botStarted' }
  /** The agent goes on speaking. */
  | { readonly type: 'botSpeaking' }
  | { readonly type: 'botStopped' }
  /** Whoever answers the words so far takes them for a complete turn. */
  | { readonly type: 'inferenceCompleted' }
  /** What the user will say next, until further notice. */
  | { readonly type: 'expectation'; readonly expectation: UserTurnExpectation }
  /** How long the user may be silent before it is told; 0 or less: for ever. */
  | { readonly type: 'idleTimeout'; readonly timeoutSecs: number }
  /** From the end of speech to the final transcript, 99th percentile. */
  | { readonly type: 'sttLatency'; readonly latencySecs: number }
  | { readonly type: 'toolCallsStarted'; readonly toolCallIds: readonly string[] }
  /** A call gave its last result, or was cancelled. */
  | { readonly type: 'toolCallSettled'; readonly toolCallId: string }
  /** The attached part of the strategy of this name came to a judgement. */
  | { readonly type: 'verdict'; readonly strategy: string; readonly complete: boolean }
  /** The attached part of the strategy of this name cannot judge, or not in time. */
  | { readonly type: 'noVerdict'; readonly strategy: string }
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
    case 'ProposedUserStartedSpeakingFrame':
      return { type: 'proposedStarted' }
    case 'ProposedUserStoppedSpeakingFrame':
      return { type: 'proposedStopped' }
    case 'InterimTranscriptionFrame':
      return { type: 'interimTranscript', text: frame.text }
    case 'TranscriptionFrame':
      return { type: 'transcript', text: frame.text, finalized: frame.finalized }
    case 'EagerEndOfTurnFrame':
      return { type: 'eagerStopped' }
    case 'TurnResumedFrame':
      return { type: 'turnResumed' }
    case 'BotStartedSpeakingFrame':
      return { type: 'botStarted' }
    case 'BotSpeakingFrame':
      return { type: 'botSpeaking' }
    case 'BotStoppedSpeakingFrame':
      return { type: 'botStopped' }
    case 'UserTurnInferenceCompletedFrame':
      return { type: 'inferenceCompleted' }
    case 'UserTurnExpectationFrame':
      return { type: 'expectation', expectation: frame.expectation }
    case 'UserIdleTimeoutUpdateFrame':
      return { type: 'idleTimeout', timeoutSecs: frame.timeoutSecs }
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

/** @internal A turn frame of another part of the pipeline, with the strategy that has taken the turn over from it. */
export function withStrategy(frame: AnyFrame, effects: readonly TurnEffect[]): AnyFrame {
  if (frame.type !== 'UserStartedSpeakingFrame' && frame.type !== 'UserStoppedSpeakingFrame') return frame
  for (const effect of effects) {
    if (effect.type === 'startTurn' || effect.type === 'stopTurn') return frame.with({ strategy: effect.strategy })
  }
  return frame
}
