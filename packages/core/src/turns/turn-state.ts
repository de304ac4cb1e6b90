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
  readonly starts: readonly StrategyMemory[]
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
export interface UserSpeakingState extends TurnFacts {
  readonly status: 'userSpeaking'
  readonly voiceUntilMs: number
  readonly stops: readonly StrategyMemory[]
  readonly deadlineMs: number
}

/** A turn is open and the user silent: words may still come, or the user may go on. */
export interface UserPausingState extends TurnFacts {
  readonly status: 'userPausing'
  /** When the turn ends though no strategy said so. */
  readonly watchdogMs: number
  readonly stops: readonly StrategyMemory[]
  readonly deadlineMs: number
}

/** The session is over; nothing changes it. */
export interface EndedState {
  readonly status: 'ended'
  readonly deadlineMs: undefined
}

/** Who has the floor. */
export type TurnState = ListeningState | UserSpeakingState | UserPausingState | EndedState

/** What the host of the machine is to do, in order. */
export type TurnEffect =
  /** The transcript that the event came from goes no further. */
  | { readonly type: 'discardTranscript' }
  | { readonly type: 'startTurn'; readonly turn: number; readonly strategy: string; readonly interrupt: boolean }
  /** Ask for an answer to the user's words so far. `strategy` is `undefined` for the watchdog. */
  | { readonly type: 'commitTurn'; readonly turn: number; readonly strategy: string | undefined }
  /** `strategy` is `undefined` for the watchdog and the end of the session. */
  | { readonly type: 'stopTurn'; readonly turn: number; readonly strategy: string | undefined }
  /** No strategy ended the turn in time. */
  | { readonly type: 'stopTimeout'; readonly turn: number }
  /** A strategy threw; it is treated as one that said nothing. */
  | { readonly type: 'strategyFailed'; readonly strategy: string; readonly error: unknown }
