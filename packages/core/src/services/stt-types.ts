import type { ProcessorEvents } from '../processor/frame-processor.ts'
import type { UserTurnStrategies } from '../turns/turn-strategy.ts'
import type { STTSettings } from './settings.ts'

/** Words that a recogniser gives. */
export interface Transcript {
  readonly text: string
  /** BCP-47, as recognised. */
  readonly language?: string | undefined
  /** The provider's own result. */
  readonly result?: unknown
}

/** What a streaming recogniser yields. */
export type STTEvent =
  /** The connection is open. */
  | { readonly type: 'open' }
  /** What the user seems to be saying; replaces the one before. */
  | ({ readonly type: 'interim' } & Transcript)
  | ({
      readonly type: 'final'
      /** The recogniser will neither revise nor extend the utterance. */
      readonly finalized?: boolean | undefined
      /** Where it ends in the audio of this run, seconds. Audio before it is not sent again after a reconnect. */
      readonly endSecs?: number | undefined
    } & Transcript)
  /** The recogniser's own detection of speech. */
  | { readonly type: 'speechStarted' }
  | { readonly type: 'utteranceEnd' }
  /** For recognisers that decide turns themselves: the user's turn began. Yield it ahead of the words. */
  | { readonly type: 'turnStarted' }
  /** The turn may end with the words so far: it is worth an answer ahead of its end. Yield it behind the words. */
  | { readonly type: 'eagerTurnEnd' }
  /** It did not: the user goes on. */
  | { readonly type: 'turnResumed' }
  /** The turn ended. Yield it behind the final words. */
  | { readonly type: 'turnEnded' }

/** What {@link STTService.transcribe} gets beside the audio. */
export interface TranscribeOptions {
  /** Aborts when the task ends: close the connection without ceremony. */
  readonly signal: AbortSignal
  /** Hz, mono. */
  readonly sampleRate: number
  readonly settings: Readonly<STTSettings>
  /** Calls `fn` each time the user stops speaking: a recogniser that can give its result at once should. */
  readonly onFinalize: (fn: () => void) => void
}

/** Events of a recognition service. */
export interface STTServiceEvents extends ProcessorEvents {
  /** The connection is open. */
  connected: []
  /** The connection is gone. */
  disconnected: []
  speechStarted: []
  utteranceEnd: []
  usableChanged: [usable: boolean]
}

/** The options of every recognition service. */
export interface STTServiceBaseOptions {
  name?: string | undefined
  settings?: STTSettings | undefined
  /** The rate to send, Hz. Default: the task's `audioInSampleRate`. Other input is resampled. */
  sampleRate?: number | undefined
  /** Whether audio goes on downstream. Default true. */
  audioPassthrough?: boolean | undefined
  /** From the end of speech to the final transcript, 99th percentile, seconds. Default 1. */
  ttfsP99LatencySecs?: number | undefined
  /** How long after the end of speech a transcript still counts as its answer, seconds. Default 2. */
  sttTtfbTimeoutSecs?: number | undefined
}

/** The options of every streaming recognition service. */
export interface STTServiceOptions extends STTServiceBaseOptions {
  /** Audio of an unfinished utterance that is kept for a reconnect, seconds. Default 20. */
  replaySecs?: number | undefined
  /**
   * How turns are decided with it where the application has not said how: `new ExternalUserTurnStrategies()` for a
   * recogniser that decides them itself. Default: as with any recogniser.
   */
  userTurnStrategies?: UserTurnStrategies | undefined
}

/** The options of every recognition service that works on whole segments. */
export interface SegmentedSTTServiceOptions extends STTServiceBaseOptions {
  /** Audio from before the start of speech that belongs to a segment, seconds. Default 1. */
  preRollSecs?: number | undefined
  /** A longer segment is cut, seconds. Default 60. */
  maxSegmentSecs?: number | undefined
  /** Waiting for a transcript, seconds; then it is asked for once more. Default 10. */
  timeoutSecs?: number | undefined
}
