import type { MappedText } from '../text/mapped-text.ts'
import { defineFrame, Frame } from './frame.ts'

/** How a text frame is spoken and remembered. */
export interface TextOptions {
  /** Not to be spoken; `undefined` leaves it to the speech service. */
  skipTts?: boolean | undefined
  /** The text already holds the spaces around it. */
  includesInterFrameSpaces?: boolean | undefined
  /** Whether the assistant aggregator records it. Default true. */
  appendToContext?: boolean | undefined
}

/** Text on its way to speech, context or client. */
export class TextFrame<T extends string = 'TextFrame'> extends Frame<T> {
  declare readonly isA: { readonly TextFrame: true }
  declare readonly text: string
  declare readonly skipTts: boolean | undefined
  declare readonly includesInterFrameSpaces: boolean
  declare readonly appendToContext: boolean
  constructor(text: string, options?: TextOptions) {
    super()
    this.text = text
    this.skipTts = options?.skipTts
    this.includesInterFrameSpaces = options?.includesInterFrameSpaces ?? false
    this.appendToContext = options?.appendToContext ?? true
  }
  static {
    defineFrame(this, 'TextFrame')
  }
}

/** A piece of a language model's answer, spaces included. */
export class LLMTextFrame extends TextFrame<'LLMTextFrame'> {
  constructor(text: string, options?: TextOptions) {
    super(text, { includesInterFrameSpaces: true, ...options })
  }
  static {
    defineFrame(this, 'LLMTextFrame')
  }
}

/** What cut the text: a sentence, a word, a token, or a name of your own. */
export type AggregatedBy = 'sentence' | 'word' | 'token' | (string & {})

/** The fields of {@link AggregatedTextFrame} beside text and aggregation. */
export interface AggregatedTextOptions extends TextOptions {
  /** The utterance it belongs to. */
  contextId?: string | undefined
  /** Counts up per announced segment; progress and spoken words carry the same number. */
  segmentId?: number | undefined
  /** The model's own text where `text` was changed for speaking. */
  rawText?: string | undefined
  /** For every character of `text`, how much of `rawText` it covers with those before it; see {@link MappedText}. */
  rawEnds?: readonly number[] | undefined
  /** What the provider is asked to say where it is not `text`, with the way back to `text`. */
  spoken?: MappedText | undefined
  willBeSpoken?: boolean | undefined
}

/** Text cut into units: a speech service announces each unit with one before its audio. */
export class AggregatedTextFrame<T extends string = 'AggregatedTextFrame'> extends TextFrame<T> {
  declare readonly isA: { readonly TextFrame: true; readonly AggregatedTextFrame: true }
  declare readonly aggregatedBy: AggregatedBy
  declare readonly contextId: string | undefined
  declare readonly segmentId: number | undefined
  declare readonly rawText: string | undefined
  declare readonly rawEnds: readonly number[] | undefined
  declare readonly spoken: MappedText | undefined
  declare readonly willBeSpoken: boolean
  constructor(text: string, aggregatedBy: AggregatedBy, options?: AggregatedTextOptions) {
    super(text, options)
    this.aggregatedBy = aggregatedBy
    this.contextId = options?.contextId
    this.segmentId = options?.segmentId
    this.rawText = options?.rawText
    this.rawEnds = options?.rawEnds
    this.spoken = options?.spoken
    this.willBeSpoken = options?.willBeSpoken ?? false
  }
  static {
    defineFrame(this, 'AggregatedTextFrame')
  }
}

/** The fields of {@link TTSTextFrame} beside text and aggregation. */
export interface TTSTextOptions extends AggregatedTextOptions {
  /** Where the word begins in the audio of its utterance, microseconds; absent: the unit ends here. */
  offsetUs?: number | undefined
}

/**
 * Spoken text. Between a speech service and the output transport it maps text to audio: a word with `offsetUs`, or the
 * end of a unit without. Leaving the output transport it is a word that was played.
 */
export class TTSTextFrame extends AggregatedTextFrame<'TTSTextFrame'> {
  declare readonly offsetUs: number | undefined
  constructor(text: string, aggregatedBy: AggregatedBy, options?: TTSTextOptions) {
    super(text, aggregatedBy, options)
    this.offsetUs = options?.offsetUs
  }
  static {
    defineFrame(this, 'TTSTextFrame')
  }
}

/** How far an announced segment has been spoken. */
export class AggregatedTextProgressFrame extends Frame<'AggregatedTextProgressFrame'> {
  declare readonly segmentId: number
  declare readonly contextId: string | undefined
  declare readonly text: string
  declare readonly aggregatedBy: AggregatedBy
  declare readonly accumulatedText: string
  declare readonly remainingText: string
  constructor(progress: {
    segmentId: number
    contextId?: string | undefined
    text: string
    aggregatedBy: AggregatedBy
    accumulatedText: string
    remainingText: string
  }) {
    super()
    this.segmentId = progress.segmentId
    this.contextId = progress.contextId
    this.text = progress.text
    this.aggregatedBy = progress.aggregatedBy
    this.accumulatedText = progress.accumulatedText
    this.remainingText = progress.remainingText
  }
  static {
    defineFrame(this, 'AggregatedTextProgressFrame')
  }
}

/** The fields of a transcription beside text, user and time. */
export interface TranscriptionOptions {
  /** BCP-47. */
  language?: string | undefined
  /** The provider's own result. */
  result?: unknown
  /** The recogniser will not revise or extend this utterance. */
  finalized?: boolean | undefined
}

/** What the user said. It survives interruptions: they cut the agent, never the user. */
export class TranscriptionFrame extends Frame<'TranscriptionFrame'> {
  declare readonly text: string
  declare readonly userId: string
  /** ISO 8601. */
  declare readonly timestamp: string
  declare readonly language: string | undefined
  declare readonly result: unknown
  declare readonly finalized: boolean
  constructor(text: string, userId = '', timestamp = '', options?: TranscriptionOptions) {
    super()
    this.text = text
    this.userId = userId
    this.timestamp = timestamp
    this.language = options?.language
    this.result = options?.result
    this.finalized = options?.finalized ?? false
  }
  static {
    defineFrame(this, 'TranscriptionFrame', { sticky: true })
  }
}

/** What the user seems to be saying; the next one or the final one replaces it. */
export class InterimTranscriptionFrame extends Frame<'InterimTranscriptionFrame'> {
  declare readonly text: string
  declare readonly userId: string
  declare readonly timestamp: string
  declare readonly language: string | undefined
  declare readonly result: unknown
  constructor(text: string, userId = '', timestamp = '', options?: TranscriptionOptions) {
    super()
    this.text = text
    this.userId = userId
    this.timestamp = timestamp
    this.language = options?.language
    this.result = options?.result
  }
  static {
    defineFrame(this, 'InterimTranscriptionFrame')
  }
}

/** What the user said, in another language. */
export class TranslationFrame extends Frame<'TranslationFrame'> {
  declare readonly text: string
  declare readonly userId: string
  declare readonly timestamp: string
  declare readonly language: string | undefined
  constructor(text: string, userId = '', timestamp = '', language?: string) {
    super()
    this.text = text
    this.userId = userId
    this.timestamp = timestamp
    this.language = language
  }
  static {
    defineFrame(this, 'TranslationFrame')
  }
}

/** Typed input for speech-to-speech services. */
export class InputTextRawFrame extends Frame<'InputTextRawFrame'> {
  declare readonly text: string
  constructor(text: string) {
    super()
    this.text = text
  }
  static {
    defineFrame(this, 'InputTextRawFrame', { lane: 'system' })
  }
}

declare module './frame.ts' {
  interface FrameTypes {
    TextFrame: TextFrame
    LLMTextFrame: LLMTextFrame
    AggregatedTextFrame: AggregatedTextFrame
    TTSTextFrame: TTSTextFrame
    AggregatedTextProgressFrame: AggregatedTextProgressFrame
    TranscriptionFrame: TranscriptionFrame
    InterimTranscriptionFrame: InterimTranscriptionFrame
    TranslationFrame: TranslationFrame
    InputTextRawFrame: InputTextRawFrame
  }
}
