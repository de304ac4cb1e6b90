import type { AggregatedBy } from '../frames/text.ts'
import type { ProcessorEvents } from '../processor/frame-processor.ts'
import type { MappedText } from '../text/mapped-text.ts'
import type { TextAggregator } from '../text/text-aggregator.ts'
import type { TextFilter } from '../text/text-filter.ts'
import type { TTSSettings } from './settings.ts'

/** What a synthesis provider yields: audio, as samples or as little-endian 16-bit bytes cut anywhere, and word times. */
export type TTSEvent =
  | Int16Array
  | Uint8Array
  | {
      readonly type: 'audio'
      readonly audio: Int16Array | Uint8Array
      /** Hz. Default: the rate that was asked for. */
      readonly sampleRate?: number | undefined
    }
  | {
      readonly type: 'word'
      readonly text: string
      /** Where the word begins in the audio of this text, microseconds. */
      readonly startUs: number
    }

/** What {@link TTSService.synthesize} gets beside the text. */
export interface SynthesisOptions {
  /** Aborts when nobody wants the audio any more. */
  readonly signal: AbortSignal
  /** The utterance: several texts of one answer share it. */
  readonly contextId: string
  /** The rate to ask for, Hz. Another rate is resampled. */
  readonly sampleRate: number
  readonly settings: Readonly<TTSSettings>
}

/**
 * Changes what is sent to the provider, and nothing else. A transform that says where its text came from keeps the
 * timing of words exact; after one that does not, words share the audio as if the text had been sent unchanged.
 */
export type TextTransform = (text: string, type: AggregatedBy) => string | MappedText | Promise<string | MappedText>

/** Events of a synthesis service. */
export interface TTSServiceEvents extends ProcessorEvents {
  /** A text goes to the provider. */
  ttsRequest: [contextId: string, text: string]
  usableChanged: [usable: boolean]
}

/** The options of every synthesis service. */
export interface TTSServiceOptions {
  name?: string | undefined
  settings?: TTSSettings | undefined
  /** The rate to ask the provider for, Hz. Default: the task's `audioOutSampleRate`, to which all audio is resampled. */
  sampleRate?: number | undefined
  /**
   * `sentence` sends whole sentences; `token` sends every piece as it comes, which suits providers without a cost per
   * request. Default `sentence`.
   */
  textAggregationMode?: 'sentence' | 'token' | undefined
  /** Cuts the model's text into units. Default: sentences. */
  textAggregator?: TextAggregator | undefined
  /** Units of these types are shown and remembered, not spoken. */
  skipAggregatorTypes?: readonly AggregatedBy[] | undefined
  textFilters?: readonly TextFilter[] | undefined
  textTransforms?: readonly TextTransform[] | undefined
  /** Waiting for the first audio of a text, seconds; then it is asked for once more. Default 5. */
  firstAudioTimeoutSecs?: number | undefined
  /** Waiting for more audio of a text, seconds; then the text counts as spoken as far as it came. Default 3. */
  idleTimeoutSecs?: number | undefined
  /** Text outside a response is spoken to its end after this long without more, seconds. Default 1. */
  stopFrameTimeoutSecs?: number | undefined
  /** This many answers in a row without any audio make the service unusable; 0 never. Default 3. */
  maxConsecutiveZeroAudioContexts?: number | undefined
}
