/** What a user, or the application, waits for before it acts. */
export type Cue =
  /** The act before is over. */
  | 'previous'
  | 'botStarted'
  | 'botStopped'
  /** The model was asked. */
  | 'asked'
  /** A function runs. */
  | 'called'
  | 'turnStopped'

/** Somebody speaks. Words are made up when the act is played, each once in a conversation. */
export interface SpeakAct {
  readonly type: 'speak'
  readonly words: number
  /** Who; several may speak at once. */
  readonly user: number
  readonly msPerWord: number
  /** The words come in so many final transcripts; none: they are never recognised. */
  readonly finals: number
  /** From the end of speech to the last of them. */
  readonly finalAfterMs: number
  /** Whether the last of them is marked as final for good. */
  readonly finalized: boolean
  /** Whether there are interim transcripts, up to all the words of each final one. */
  readonly interims: boolean
  /** The last interim transcript has a word that the final one has not. */
  readonly misheard: boolean
  /** Final transcripts are written out: with a capital letter and a full stop. */
  readonly written: boolean
  /** The recogniser expects the turn to end when the voice does. */
  readonly eager: boolean
  /** The words are such as say that one listens, where the agent knows such words. */
  readonly backchannel: boolean
  /** What the detector of voice makes of it. */
  readonly voice: 'heard' | 'missed' | 'endMissed'
  /** The next act does not wait for its end. */
  readonly overlap: boolean
}

/**
 * The agent's own latest words come back as a transcript, so many at most, and the user's behind them; where no echo gate
 * is to be relied on, only the user's.
 */
export interface EchoAct {
  readonly type: 'echo'
  readonly words: number
  readonly userWords: number
  readonly interim: boolean
}

/** What happens from outside. */
export type Act =
  | SpeakAct
  /** Sound that passes for a voice and holds no words. */
  | { readonly type: 'noise'; readonly durationMs: number }
  | { readonly type: 'silence'; readonly durationMs: number }
  /** A typed message, that may cut the agent. */
  | { readonly type: 'type'; readonly words: number; readonly interrupts: boolean }
  /** The application has a text of its own spoken. */
  | { readonly type: 'announce'; readonly words: number; readonly appendToContext: boolean }
  | EchoAct
  /** The application interrupts. */
  | { readonly type: 'interrupt' }
  /** The application has the model run. */
  | { readonly type: 'run' }

/** An act and when it is done: `delayMs` after its cue, which is waited for 4 s at most. */
export interface TimedAct {
  readonly cue: Cue
  readonly delayMs: number
  readonly act: Act
}

/** How a provider misbehaves. */
export interface Fault {
  readonly kind:
    | 'neverBegins'
    /** Falls silent and stays open. */
    | 'stalls'
    /** Ends without having said that it is complete. */
    | 'closes'
    | 'throws'
    /** Fails in a way that may pass. */
    | 'throwsTransient'
    /** Fails for good. */
    | 'throwsPermanent'
    | 'garbage'
    /** Succeeds with nothing. */
    | 'empty'
  /** After so many pieces of output. */
  readonly afterPieces: number
}

/** One request to the language model. */
export interface AnswerPlan {
  readonly firstAfterMs: number
  /** Words per sentence. */
  readonly sentences: readonly number[]
  readonly pieceChars: number
  readonly pieceEveryMs: number
  readonly calls: readonly ToolName[]
  readonly fault: Fault | undefined
  /** Takes no notice of an abort. */
  readonly deaf: boolean
}

/** One request to the speech service. */
export interface SpeechPlan {
  readonly firstAfterMs: number
  readonly pieceMs: number
  readonly pieceEveryMs: number
  readonly fault: Fault | undefined
  readonly deaf: boolean
}

/**
 * The functions: `look` ends at an interruption, `keep` goes on, `leave` goes on in the background, `hurry` has a limit of
 * 2 s, `watch` runs in the background from its beginning.
 */
export type ToolName = 'look' | 'keep' | 'leave' | 'hurry' | 'watch'

/** One run of a function. */
export interface CallPlan {
  readonly takesMs: number
  readonly how: 'returns' | 'callsBack' | 'answersTwice' | 'throws' | 'hangs'
  /** Takes no notice of an abort. */
  readonly deaf: boolean
}

/** One connection of speech recognition, where the user is heard as audio. */
export interface ConnectionPlan {
  readonly openAfterMs: number
  /** It is lost, in this way, after this long. */
  readonly fault: { readonly kind: 'closes' | 'throws'; readonly afterMs: number } | undefined
}

/** How the agent's audio gets to the listener. */
export interface ClientPlan {
  /**
   * `plain`: played as it is written. `ahead`: buffered, and a cut cannot empty the buffer. `clears`: a cut empties it.
   * `reports`: it empties it and says what was played.
   */
  readonly kind: 'plain' | 'ahead' | 'clears' | 'reports'
  readonly leadMs: number
  /** From a cut to the client's report. */
  readonly reportAfterMs: number
  /** Writes fail in this stretch of time. */
  readonly fault:
    | { readonly kind: 'throws' | 'rejects' | 'hangs'; readonly fromMs: number; readonly untilMs: number }
    | undefined
}

/** What the turn processor does beside deciding turns; `undefined`: it does not. Durations in seconds. */
export interface PolicyPlan {
  readonly falseInterruptions: { readonly timeoutSecs: number; readonly longestSecs: number } | undefined
  readonly preemptiveGeneration:
    | { readonly stableSecs: number; readonly maxTries: number; readonly limitSecs: number }
    | undefined
  readonly echoGate: { readonly tailSecs: number; readonly minWords: number } | undefined
  readonly latencyBudget:
    | {
        readonly budgetSecs: number
        /** Words of each filler. */
        readonly fillerWords: number
      }
    | undefined
}

/** How the conversation ends. */
export interface EndingPlan {
  readonly how: 'end' | 'endTask' | 'cancel' | 'abort'
  /** When everything has come to rest, or so long after the last act. */
  readonly afterMs: 'calm' | number
}

/** A whole conversation as data: the same scenario gives the same run. Lists of plans are used up in order, then repeat. */
export interface Scenario {
  readonly seed: number
  /** The user reaches the pipeline as audio through detection and recognition, or as the frames that these would give. */
  readonly hearing: 'frames' | 'audio'
  readonly allowInterruptions: boolean
  readonly speechTimeoutSecs: number
  readonly policies: PolicyPlan
  /** From the end of speech to the transcript, where the user is heard as audio. */
  readonly recognitionMs: number
  /** Whether the speech service gives the times of its words. */
  readonly wordTimes: boolean
  readonly charsPerSec: number
  readonly parallelCalls: boolean
  /** A processor behind the model thinks so long about every piece of text, deaf to aborts; 0: there is none. */
  readonly dawdleMs: number
  readonly client: ClientPlan
  readonly acts: readonly TimedAct[]
  readonly answers: readonly AnswerPlan[]
  readonly speeches: readonly SpeechPlan[]
  readonly calls: readonly CallPlan[]
  readonly connections: readonly ConnectionPlan[]
  readonly ending: EndingPlan
}
