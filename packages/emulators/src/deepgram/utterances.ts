import { reached, SpeechOnset } from './speech-onset.ts'
import { splitWords, spreadWords } from './words.ts'
import type { TimedWord } from './words.ts'

/** Something the recognizer reports about one channel. */
export type Recognition =
  | { readonly kind: 'speechStarted'; readonly atSecs: number }
  | {
      readonly kind: 'results'
      readonly words: readonly TimedWord[]
      readonly startSecs: number
      readonly endSecs: number
      readonly isFinal: boolean
      readonly speechFinal: boolean
      readonly fromFinalize: boolean
    }
  | { readonly kind: 'utteranceEnd'; readonly lastWordEndSecs: number }

/** Hears one channel of a stream. */
export interface Recognizer {
  /** Takes the next 20 ms. */
  hear(loud: boolean): void
  /** The client asked for what is pending. */
  flush(trigger: 'Finalize' | 'CloseStream'): void
}

/** How utterances are cut. */
export interface UtteranceOptions {
  /** Silence that ends an utterance with `speech_final`; absent when endpointing is off. */
  readonly endpointingSecs?: number
  /** Silence after the last word that gives an `UtteranceEnd`; absent for none. */
  readonly utteranceEndSecs?: number
  readonly interimResults: boolean
  /** What the next utterance says. */
  readonly sentence: (startSecs: number) => string
  readonly emit: (recognition: Recognition) => void
}

// Natural speech has pauses of this length inside a sentence; a shorter endpointing would cut every script to pieces.
const SHORTEST_PAUSE_SECS = 0.2
const PAUSE_WITHOUT_ENDPOINTING_SECS = 0.5
const WORD_SECS = 0.3
const INTERIM_SECS = 0.3
const SEGMENT_SECS = 5

interface Speech {
  readonly startSecs: number
  readonly words: readonly string[]
  lastLoudSecs: number
  /** Words that are final already, and where the last of them ended. */
  finalWords: number
  finalSecs: number
  nextInterimSecs: number
}

/**
 * Turns loud and quiet windows into results: every stretch of sound is an utterance that says the next sentence, one
 * word for each 0.3 s in the interim results, all of it when it ends. Final segments follow each other without a gap,
 * as long silence and long speech give one every 5 s.
 */
export class UtteranceRecognizer implements Recognizer {
  readonly #options: UtteranceOptions
  readonly #onset = new SpeechOnset()
  #speech: Speech | undefined
  #segmentStartSecs = 0
  #unreportedEndSecs: number | undefined

  constructor(options: UtteranceOptions) {
    this.#options = options
  }

  hear(loud: boolean): void {
    const beganSecs = this.#onset.next(loud)
    if (this.#speech) {
      if (loud) this.#speech.lastLoudSecs = this.#onset.positionSecs
      this.#continueSpeech(this.#speech)
    } else if (beganSecs === undefined) {
      this.#continueSilence()
    } else {
      this.#startSpeech(beganSecs)
    }
  }

  flush(trigger: 'Finalize' | 'CloseStream'): void {
    const fromFinalize = trigger === 'Finalize'
    if (this.#speech) this.#endSpeech(this.#speech, { speechFinal: false, fromFinalize })
    else if (this.#onset.positionSecs > this.#segmentStartSecs) this.#emitFinal([], { fromFinalize })
  }

  #startSpeech(startSecs: number): void {
    const { emit, sentence } = this.#options
    this.#unreportedEndSecs = undefined
    this.#speech = {
      startSecs,
      words: splitWords(sentence(startSecs)),
      lastLoudSecs: this.#onset.positionSecs,
      finalWords: 0,
      finalSecs: startSecs,
      nextInterimSecs: startSecs + INTERIM_SECS,
    }
    emit({ kind: 'speechStarted', atSecs: startSecs })
  }

  #continueSpeech(speech: Speech): void {
    const { endpointingSecs, utteranceEndSecs = Infinity, interimResults } = this.#options
    const nowSecs = this.#onset.positionSecs
    const pauseSecs = nowSecs - speech.lastLoudSecs
    const endpointSecs = Math.max(SHORTEST_PAUSE_SECS, endpointingSecs ?? PAUSE_WITHOUT_ENDPOINTING_SECS)
    if (reached(pauseSecs, Math.min(endpointSecs, utteranceEndSecs))) {
      const speechFinal = endpointingSecs !== undefined && endpointSecs <= utteranceEndSecs
      this.#endSpeech(speech, { speechFinal, fromFinalize: false })
      this.#continueSilence()
    } else if (reached(nowSecs - this.#segmentStartSecs, SEGMENT_SECS)) {
      const words = this.#wordsSaid(speech)
      speech.finalWords += words.length
      speech.finalSecs = speech.lastLoudSecs
      this.#emitFinal(words, {})
    } else if (interimResults && reached(nowSecs, speech.nextInterimSecs)) {
      speech.nextInterimSecs += INTERIM_SECS
      this.#emit(this.#wordsSaid(speech), { isFinal: false })
    }
  }

  #wordsSaid(speech: Speech): readonly TimedWord[] {
    const count = 1 + Math.floor((speech.lastLoudSecs - speech.startSecs) / WORD_SECS)
    return spreadWords(speech.words.slice(speech.finalWords, count), speech.finalSecs, speech.lastLoudSecs)
  }

  #endSpeech(speech: Speech, marks: { speechFinal: boolean; fromFinalize: boolean }): void {
    this.#speech = undefined
    if (speech.words.length > 0) this.#unreportedEndSecs = speech.lastLoudSecs
    this.#emitFinal(spreadWords(speech.words.slice(speech.finalWords), speech.finalSecs, speech.lastLoudSecs), marks)
  }

  #continueSilence(): void {
    const { utteranceEndSecs = Infinity, emit } = this.#options
    const nowSecs = this.#onset.positionSecs
    const lastWordEndSecs = this.#unreportedEndSecs
    if (lastWordEndSecs !== undefined && reached(nowSecs - lastWordEndSecs, utteranceEndSecs)) {
      this.#unreportedEndSecs = undefined
      emit({ kind: 'utteranceEnd', lastWordEndSecs })
    }
    if (reached(nowSecs - this.#segmentStartSecs, SEGMENT_SECS)) this.#emitFinal([], {})
  }

  #emitFinal(words: readonly TimedWord[], marks: { speechFinal?: boolean; fromFinalize?: boolean }): void {
    this.#emit(words, { isFinal: true, ...marks })
    this.#segmentStartSecs = this.#onset.positionSecs
  }

  #emit(words: readonly TimedWord[], marks: { isFinal: boolean; speechFinal?: boolean; fromFinalize?: boolean }): void {
    this.#options.emit({
      kind: 'results',
      words,
      startSecs: this.#segmentStartSecs,
      endSecs: this.#onset.positionSecs,
      speechFinal: false,
      fromFinalize: false,
      ...marks,
    })
  }
}
