import type { UserTurnExpectation } from './user-turn-expectation.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnNotice } from './turn-strategy.ts'

/** What a strategy remembers, and when it wants to be asked again. */
export interface StrategyMemory {
  readonly state: unknown
  readonly deadlineMs: number | undefined
}

/** What the machine knows in every state of a running session. */
export interface TurnFacts {
  /** How many turns were opened so far: the number of the open or the latest one. */
  readonly turns: number
  readonly botSpeaking: boolean
  /** From the end of speech to the final transcript, 99th percentile. */
  readonly sttLatencyMs: number
  readonly expectation: UserTurnExpectation
  /** The agent cut in on a turn that was too long: for a while no turn begins. */
  readonly cutIn: CutIn | undefined
  readonly starts: readonly StrategyMemory[]
}

/** The agent has the floor after a turn that was too long. */
export interface CutIn {
  /** When the user may take the floor again, at the latest. */
  readonly untilMs: number
  /** The latest words since: they begin a turn then. */
  readonly missed: TurnEvent | undefined
}

/** What the machine knows of a turn that is open. */
export interface OpenTurn {
  readonly stops: readonly StrategyMemory[]
  /** There were words in it. */
  readonly heard: boolean
  /** There are words that were not passed on for an answer. */
  readonly pending: boolean
  /** The latest of them: strategies that come later are told of it. */
  readonly unanswered: TurnEvent | undefined
  /** Words were passed on for an answer, and the turn is still open. */
  readonly answering: boolean
  /** When the turn is too long; `undefined`: never, or it has been told. */
  readonly limitAtMs: number | undefined
}

/** No turn is open. The user may be audible, if the start strategies want more than a voice. */
export interface ListeningState extends TurnFacts {
  readonly status: 'listening'
  /** Until when the voice is believed without a further sign; `undefined`: silence. */
  readonly voiceUntilMs: number | undefined
  /** When a `time` event is due; `undefined`: the machine may rest. */
  readonly deadlineMs: number | undefined
}

/** A turn is open and the user audible: it cannot end. */
export interface UserSpeakingState extends TurnFacts, OpenTurn {
  readonly status: 'userSpeaking'
  readonly voiceUntilMs: number
  readonly deadlineMs: number
}

/** A turn is open and the user silent: words may still come, or the user may go on. */
export interface UserPausingState extends TurnFacts, OpenTurn {
  readonly status: 'userPausing'
  /** When the turn ends though no strategy said so. */
  readonly watchdogMs: number
  readonly deadlineMs: number
}

/** The session is over; nothing changes it. */
export interface EndedState {
  readonly status: 'ended'
  readonly deadlineMs: undefined
}

/** Who has the floor. */
export type TurnState = ListeningState | UserSpeakingState | UserPausingState | EndedState

/** @internal Whether a turn is open. */
export function isOpen(state: TurnState): state is UserSpeakingState | UserPausingState {
  return state.status === 'userSpeaking' || state.status === 'userPausing'
}

/** What the host of the machine is to do, in order. */
export type TurnEffect =
  /** The transcript that the event came from goes no further. */
  | { readonly type: 'discardTranscript' }
  /** The same, but it may become an answer: keep it until the next that is kept. */
  | { readonly type: 'keepTranscript' }
  /** The transcript that was kept goes on after all. */
  | { readonly type: 'releaseTranscript' }
  /** A voice may want the floor: hold the agent until that is clear. */
  | { readonly type: 'pauseOutput'; readonly limitSecs: number }
  /** It did not: let the agent go on. */
  | { readonly type: 'resumeOutput' }
  /** Ask the model ahead of the end of the turn, taking this interim transcript for final. */
  | { readonly type: 'speculate'; readonly text: string }
  /** What the model was asked ahead is not what the user says. */
  | { readonly type: 'withdrawSpeculation' }
  /** The answer is late: say this in the meantime. */
  | { readonly type: 'fill'; readonly text: string }
  | {
      readonly type: 'startTurn'
      readonly turn: number
      readonly strategy: string
      readonly interrupt: boolean
      /** False: another part of the pipeline has said so already. */
      readonly announce: boolean
    }
  /** The user goes on in a turn whose words are being answered: that answer is not wanted any more. */
  | { readonly type: 'withdrawAnswer'; readonly turn: number }
  /** Ask for an answer to the user's words so far. `strategy` is `undefined` for the watchdog. */
  | { readonly type: 'commitTurn'; readonly turn: number; readonly strategy: string | undefined }
  /** `strategy` is `undefined` for the watchdog and the end of the session. */
  | {
      readonly type: 'stopTurn'
      readonly turn: number
      readonly strategy: string | undefined
      /** There were words in it. */
      readonly heard: boolean
      /** False: another part of the pipeline has said so already. */
      readonly announce: boolean
    }
  /** The turn is longer than allowed. `cutIn`: the agent takes the floor now. */
  | { readonly type: 'turnLimit'; readonly turn: number; readonly cutIn: boolean }
  /** No strategy ended the turn in time. */
  | { readonly type: 'stopTimeout'; readonly turn: number }
  /** A strategy has something to tell. */
  | { readonly type: 'notice'; readonly notice: TurnNotice }
  /** The user is ignored from now on. */
  | { readonly type: 'muteStarted' }
  /** The user counts again. */
  | { readonly type: 'muteStopped' }
  /** The user has said nothing for long. */
  | { readonly type: 'userIdle' }
  /** A strategy threw; it is treated as one that said nothing. */
  | { readonly type: 'strategyFailed'; readonly strategy: string; readonly error: unknown }
