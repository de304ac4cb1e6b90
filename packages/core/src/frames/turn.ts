import type { TurnCompletionConfig } from '../turns/turn-completion.ts'
import type { UserTurnExpectation } from '../turns/user-turn-expectation.ts'
import type { VADParams } from '../turns/vad-analyzer.ts'
import { defineFrame, Frame } from './frame.ts'

/** Voice activity began. Raw: whether a turn starts is the turn processor's decision. */
export class VADUserStartedSpeakingFrame extends Frame<'VADUserStartedSpeakingFrame'> {
  /** How much speech it took to be sure, seconds. */
  declare readonly startSecs: number
  /** When it was decided, milliseconds on the task's clock. */
  declare readonly atMs: number
  constructor(startSecs = 0, atMs = 0) {
    super()
    this.startSecs = startSecs
    this.atMs = atMs
  }
  static {
    defineFrame(this, 'VADUserStartedSpeakingFrame', { lane: 'system' })
  }
}

/** Voice activity ended; speech itself ended `stopSecs` before `atMs`. */
export class VADUserStoppedSpeakingFrame extends Frame<'VADUserStoppedSpeakingFrame'> {
  declare readonly stopSecs: number
  declare readonly atMs: number
  constructor(stopSecs = 0, atMs = 0) {
    super()
    this.stopSecs = stopSecs
    this.atMs = atMs
  }
  static {
    defineFrame(this, 'VADUserStoppedSpeakingFrame', { lane: 'system' })
  }
}

/** The user's turn began, as the turn processor decided. */
export class UserStartedSpeakingFrame extends Frame<'UserStartedSpeakingFrame'> {
  /** The name of the strategy that decided; `undefined` from whoever is no turn processor. */
  declare readonly strategy: string | undefined
  constructor(strategy?: string) {
    super()
    this.strategy = strategy
  }
  static {
    defineFrame(this, 'UserStartedSpeakingFrame', { lane: 'system' })
  }
}

/** The user's turn ended, as the turn processor decided. */
export class UserStoppedSpeakingFrame extends Frame<'UserStoppedSpeakingFrame'> {
  /** The name of the strategy that decided; `undefined` for the stop timeout and the end of the session. */
  declare readonly strategy: string | undefined
  constructor(strategy?: string) {
    super()
    this.strategy = strategy
  }
  static {
    defineFrame(this, 'UserStoppedSpeakingFrame', { lane: 'system' })
  }
}

/**
 * The user's words so far ask for an answer: the user aggregator commits them and runs the model. It keeps its place
 * behind the transcriptions it covers.
 */
export class UserTurnInferenceFrame extends Frame<'UserTurnInferenceFrame'> {
  /** Counts up per turn. */
  declare readonly turn: number
  /** The name of the strategy that decided; `undefined` for the stop timeout. */
  declare readonly strategy: string | undefined
  constructor(turn = 0, strategy?: string) {
    super()
    this.turn = turn
    this.strategy = strategy
  }
  static {
    defineFrame(this, 'UserTurnInferenceFrame', { sticky: true })
  }
}

/**
 * The user's turn is not over, but worth an answer already: the user aggregator has the model answer the context as it
 * would be if the turn ended with these words. `undefined` takes that back.
 */
export class UserTurnSpeculationFrame extends Frame<'UserTurnSpeculationFrame'> {
  /** What the recogniser may still revise; empty when all it said is final. */
  declare readonly text: string | undefined
  constructor(text: string | undefined) {
    super()
    this.text = text
  }
  static {
    defineFrame(this, 'UserTurnSpeculationFrame')
  }
}

/** A recogniser with a turn detection of its own expects the user's turn to end with the words so far; it may be wrong. */
export class EagerEndOfTurnFrame extends Frame<'EagerEndOfTurnFrame'> {
  static {
    defineFrame(this, 'EagerEndOfTurnFrame')
  }
}

/** The end that an {@link EagerEndOfTurnFrame} expected did not come: the user goes on. */
export class TurnResumedFrame extends Frame<'TurnResumedFrame'> {
  static {
    defineFrame(this, 'TurnResumedFrame')
  }
}

/** A service with a turn detection of its own proposes that the user's turn began. Strategies of the turn processor decide. */
export class ProposedUserStartedSpeakingFrame extends Frame<'ProposedUserStartedSpeakingFrame'> {
  static {
    defineFrame(this, 'ProposedUserStartedSpeakingFrame', { lane: 'system' })
  }
}

/** A service with a turn detection of its own proposes that the user's turn ended. */
export class ProposedUserStoppedSpeakingFrame extends Frame<'ProposedUserStoppedSpeakingFrame'> {
  static {
    defineFrame(this, 'ProposedUserStoppedSpeakingFrame', { lane: 'system' })
  }
}

/**
 * Whoever answers the user's words so far takes them for a complete turn: the turn processor ends the turn, if its stop
 * strategies wait for that.
 */
export class UserTurnInferenceCompletedFrame extends Frame<'UserTurnInferenceCompletedFrame'> {
  static {
    defineFrame(this, 'UserTurnInferenceCompletedFrame', { lane: 'system' })
  }
}

/** What the user is expected to say, until the next of these frames; endpointing is as patient as that takes. */
export class UserTurnExpectationFrame extends Frame<'UserTurnExpectationFrame'> {
  declare readonly expectation: UserTurnExpectation
  constructor(expectation: UserTurnExpectation) {
    super()
    this.expectation = expectation
  }
  static {
    defineFrame(this, 'UserTurnExpectationFrame', { lane: 'system', sticky: true })
  }
}

/** Has language models begin every answer with a mark that says whether the user has finished; `undefined` ends that. */
export class LLMTurnCompletionFrame extends Frame<'LLMTurnCompletionFrame'> {
  declare readonly config: TurnCompletionConfig | undefined
  constructor(config: TurnCompletionConfig | undefined) {
    super()
    this.config = config
  }
  static {
    defineFrame(this, 'LLMTurnCompletionFrame', { lane: 'system', sticky: true })
  }
}

/** Changes how long the user may be silent before `userTurnIdle`, seconds; 0 or less turns it off. */
export class UserIdleTimeoutUpdateFrame extends Frame<'UserIdleTimeoutUpdateFrame'> {
  declare readonly timeoutSecs: number
  constructor(timeoutSecs: number) {
    super()
    this.timeoutSecs = timeoutSecs
  }
  static {
    defineFrame(this, 'UserIdleTimeoutUpdateFrame', { lane: 'system', sticky: true })
  }
}

/** The user is speaking right now; at most every 0.2 s. */
export class UserSpeakingFrame extends Frame<'UserSpeakingFrame'> {
  static {
    defineFrame(this, 'UserSpeakingFrame', { lane: 'system' })
  }
}

/** The parameters of voice activity detection, at start and on change. */
export class SpeechControlParamsFrame extends Frame<'SpeechControlParamsFrame'> {
  declare readonly vadParams: VADParams | undefined
  constructor(vadParams?: VADParams) {
    super()
    this.vadParams = vadParams
  }
  static {
    defineFrame(this, 'SpeechControlParamsFrame', { lane: 'system' })
  }
}

/** Changes the parameters of voice activity detection. */
export class VADParamsUpdateFrame extends Frame<'VADParamsUpdateFrame'> {
  declare readonly params: Partial<VADParams>
  constructor(params: Partial<VADParams>) {
    super()
    this.params = params
  }
  static {
    defineFrame(this, 'VADParamsUpdateFrame')
  }
}

/** The agent's audio began to play. */
export class BotStartedSpeakingFrame extends Frame<'BotStartedSpeakingFrame'> {
  static {
    defineFrame(this, 'BotStartedSpeakingFrame', { lane: 'system' })
  }
}

/** The agent's audio stopped playing. */
export class BotStoppedSpeakingFrame extends Frame<'BotStoppedSpeakingFrame'> {
  static {
    defineFrame(this, 'BotStoppedSpeakingFrame', { lane: 'system' })
  }
}

/** The agent is speaking right now; at most every 0.2 s. */
export class BotSpeakingFrame extends Frame<'BotSpeakingFrame'> {
  static {
    defineFrame(this, 'BotSpeakingFrame', { lane: 'system' })
  }
}

/** The user's audio is being ignored from now on. */
export class UserMuteStartedFrame extends Frame<'UserMuteStartedFrame'> {
  static {
    defineFrame(this, 'UserMuteStartedFrame', { lane: 'system' })
  }
}

/** The user's audio counts again. */
export class UserMuteStoppedFrame extends Frame<'UserMuteStoppedFrame'> {
  static {
    defineFrame(this, 'UserMuteStoppedFrame', { lane: 'system' })
  }
}

/** Makes speech recognition drop audio while muted. */
export class STTMuteFrame extends Frame<'STTMuteFrame'> {
  declare readonly mute: boolean
  constructor(mute: boolean) {
    super()
    this.mute = mute
  }
  static {
    defineFrame(this, 'STTMuteFrame', { lane: 'system' })
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    VADUserStartedSpeakingFrame: VADUserStartedSpeakingFrame
    VADUserStoppedSpeakingFrame: VADUserStoppedSpeakingFrame
    UserStartedSpeakingFrame: UserStartedSpeakingFrame
    UserStoppedSpeakingFrame: UserStoppedSpeakingFrame
    UserTurnInferenceFrame: UserTurnInferenceFrame
    UserTurnSpeculationFrame: UserTurnSpeculationFrame
    EagerEndOfTurnFrame: EagerEndOfTurnFrame
    TurnResumedFrame: TurnResumedFrame
    ProposedUserStartedSpeakingFrame: ProposedUserStartedSpeakingFrame
    ProposedUserStoppedSpeakingFrame: ProposedUserStoppedSpeakingFrame
    UserTurnInferenceCompletedFrame: UserTurnInferenceCompletedFrame
    UserTurnExpectationFrame: UserTurnExpectationFrame
    LLMTurnCompletionFrame: LLMTurnCompletionFrame
    UserIdleTimeoutUpdateFrame: UserIdleTimeoutUpdateFrame
    UserSpeakingFrame: UserSpeakingFrame
    SpeechControlParamsFrame: SpeechControlParamsFrame
    VADParamsUpdateFrame: VADParamsUpdateFrame
    BotStartedSpeakingFrame: BotStartedSpeakingFrame
    BotStoppedSpeakingFrame: BotStoppedSpeakingFrame
    BotSpeakingFrame: BotSpeakingFrame
    UserMuteStartedFrame: UserMuteStartedFrame
    UserMuteStoppedFrame: UserMuteStoppedFrame
    STTMuteFrame: STTMuteFrame
  }
}
