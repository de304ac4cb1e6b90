import type { ProcessorEvents } from '../processor/frame-processor.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnEffect, TurnState } from './turn-state.ts'

/** What the events of a turn tell. */
export interface UserTurn {
  /** Counts up from 1. */
  readonly turn: number
  /** The name of the strategy that decided; `undefined` for the stop timeout and the end of the session. */
  readonly strategy: string | undefined
}

/** The events of {@link UserTurnProcessor}. */
export interface UserTurnEvents extends ProcessorEvents {
  /** The user took the floor. */
  userTurnStarted: [turn: UserTurn]
  /** The words so far were passed on for an answer. */
  userTurnInferenceTriggered: [turn: UserTurn]
  /** The user gave the floor up. */
  userTurnStopped: [turn: UserTurn]
  /** No strategy ended the turn; it is ended now. */
  userTurnStopTimeout: [turn: UserTurn]
  /** A turn is longer than `maxUserTurnSecs`. */
  userTurnLimit: [turn: UserTurn]
  /** The user has said nothing for `userIdleTimeoutSecs` after the agent; once per wait. */
  userTurnIdle: []
  /** The user is ignored from now on. */
  userMuteStarted: []
  /** The user counts again. */
  userMuteStopped: []
  /** The wake phrase was heard, in the spelling of its option. */
  wakePhraseDetected: [phrase: string]
  /** The wake phrase is wanted again. */
  wakePhraseTimeout: []
  /** A voice held the agent and did not want the floor: the agent goes on. */
  falseInterruption: []
  /** A transcript, or the beginning of one, repeated what the agent was saying and was dropped. */
  echoDropped: [text: string]
  /** The answer is late: this is said in the meantime. */
  latencyBudgetExceeded: [filler: string]
  /** The machine took a step: for tracing and for tests. */
  turnEvent: [event: TurnEvent, state: TurnState, effects: readonly TurnEffect[]]
}
