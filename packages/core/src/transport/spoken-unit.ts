import type { AggregatedBy } from '../frames/text.ts'
import type { HeardSegment } from '../frames/transport.ts'
import type { MappedText } from '../text/mapped-text.ts'
import { WordFinder, wordEnds } from './spoken-words.ts'

/** How fast speech is taken to be while nothing better is known. */
const CHARS_PER_SEC = 15

/** What a speech service announced of a unit. */
export interface UnitText {
  readonly segmentId: number | undefined
  /** The announced text. */
  readonly text: string
  /** The model's own text, where `text` was changed for speaking. */
  readonly rawText: string | undefined
  /** For every character of `text`, how much of `rawText` is covered up to it. Default: found by proportion. */
  readonly rawEnds?: readonly number[] | undefined
  /** What is really spoken where it is not `text`, with the way back to `text`. */
  readonly spoken?: MappedText | undefined
  readonly aggregatedBy: AggregatedBy
}

/** How far an utterance was played. */
export interface PlayoutPosition {
  /** Samples of the utterance that were played. */
  readonly position: number
  /** Samples of the utterance that the provider has given so far. */
  readonly received: number
  /** Hz. */
  readonly sampleRate: number
}

type TimedWord = { readonly startSample: number; readonly endChar: number }

/**
 * One unit of an utterance, a sentence as a rule: which samples speak which of its words. Word times of the provider
 * decide; without them words share the audio of the unit by their number of characters. What counts as heard never
 * shrinks.
 */
export class SpokenUnit implements UnitText {
  readonly segmentId: number | undefined
  readonly aggregatedBy: AggregatedBy
  /** Where its audio begins in the audio of its utterance. */
  readonly startSample: number
  /** Where its audio ends, once the provider said so. */
  endSample: number | undefined = undefined
  /** Where its audio broke off: the next unit began, or the utterance ended, before the provider said that it was complete. */
  brokenSample: number | undefined = undefined
  text: string
  rawText: string | undefined
  readonly #rawEnds: readonly number[] | undefined
  readonly #spoken: MappedText | undefined
  /** How many characters of `text` were heard. */
  heardChars = 0
  /** How many characters of `rawText` were heard. */
  heardRawChars = 0
  /** It had no announcement: its text is what its words were. */
  readonly #growing: boolean
  #ends: readonly number[] | undefined = undefined
  #spokenEnds: readonly number[] | undefined = undefined
  #finder: WordFinder | undefined = undefined
  readonly #words: TimedWord[] = []

  constructor(startSample: number, unit: UnitText | undefined) {
    this.startSample = startSample
    this.#growing = unit === undefined
    this.segmentId = unit?.segmentId
    this.aggregatedBy = unit?.aggregatedBy ?? 'word'
    this.text = unit?.text ?? ''
    this.rawText = unit?.rawText === this.text ? undefined : unit?.rawText
    this.#rawEnds = unit?.rawEnds?.length === this.text.length ? unit.rawEnds : undefined
    this.#spoken = unit?.spoken?.ends?.length === unit?.spoken?.text.length ? unit?.spoken : undefined
  }

  /** The ends of its words, as character offsets. */
  get wordEnds(): readonly number[] {
    return (this.#ends ??= wordEnds(this.text))
  }

  /** The text that the audio follows. */
  get #voiced(): string {
    return this.#spoken?.text ?? this.text
  }

  get #voicedEnds(): readonly number[] {
    if (this.#spoken === undefined) return this.wordEnds
    return (this.#spokenEnds ??= wordEnds(this.#spoken.text))
  }

  /** No more of its audio comes. One without an announcement is complete by that. */
  close(sample: number): void {
    if (this.endSample !== undefined || this.brokenSample !== undefined) return
    if (this.#growing) this.endSample = sample
    else this.brokenSample = sample
  }

  /** A word of the provider that begins at this sample of the utterance. */
  addWord(word: string, startSample: number): void {
    const latest = this.#words.at(-1)?.startSample ?? this.startSample
    this.#words.push({ startSample: Math.max(startSample, latest), endChar: this.#place(word) })
  }

  #place(word: string): number {
    if (this.#growing) {
      this.text += this.text === '' ? word : ` ${word}`
      this.#ends = undefined
      return this.text.length
    }
    this.#finder ??= new WordFinder(this.#voiced, this.#voicedEnds)
    return this.#finder.advance(word)
  }

  /** Says that the utterance was played up to this place. */
  play(at: PlayoutPosition): void {
    const chars = this.#charsAt(at)
    if (chars <= this.heardChars) return
    this.heardChars = chars
    this.heardRawChars = Math.max(this.heardRawChars, this.#rawCharsAt(chars))
  }

  /**
   * What is heard of it when the utterance is played up to this place, in the model's own words.
   *
   * @param atLeast - count what was found to be heard before, although the place says less.
   */
  heardAt(at: PlayoutPosition, atLeast: boolean): HeardSegment {
    const text = this.rawText ?? this.text
    const end = Math.max(this.#rawCharsAt(this.#charsAt(at)), atLeast ? this.heardRawChars : 0)
    return { segmentId: this.segmentId, heard: text.slice(0, end), unheard: text.slice(end) }
  }

  #charsAt(at: PlayoutPosition): number {
    const voiced = this.#voicedAt(at)
    const { text, wordEnds: ends } = this
    if (this.#spoken === undefined) return voiced
    if (voiced === this.#spoken.text.length) return text.length
    const shown = voiced === 0 ? 0 : (this.#spoken.ends?.[voiced - 1] ?? 0)
    // A word whose spoken form was not heard to its end was not heard.
    return endBefore(ends, shown, text.length)
  }

  #voicedAt({ position: reached, received: given, sampleRate }: PlayoutPosition): number {
    const { startSample, endSample, brokenSample = Infinity } = this
    const position = Math.min(reached, brokenSample)
    const received = Math.min(given, brokenSample)
    if (position <= startSample || endSample === startSample) return 0
    const { length } = this.#voiced
    if (endSample !== undefined && position >= endSample) return length
    if (this.#words.length > 0) return this.#timedChars(position, sampleRate)
    const estimate = (length / CHARS_PER_SEC) * sampleRate
    const samples = endSample === undefined ? Math.max(received - startSample, estimate) : endSample - startSample
    const chars = ((position - startSample) / samples) * length
    // The last word waits for the end of the audio, which is not known here.
    return endBefore(this.#voicedEnds, chars, length)
  }

  #timedChars(position: number, sampleRate: number): number {
    let chars = 0
    for (const [index, word] of this.#words.entries()) {
      if (word.startSample >= position) break
      const next = this.#words[index + 1]
      const spoken = ((word.endChar - chars) / CHARS_PER_SEC) * sampleRate
      const endSample = next?.startSample ?? Math.min(this.endSample ?? Infinity, word.startSample + spoken)
      if (endSample > position) break
      chars = word.endChar
    }
    return chars
  }

  /** Exact where the way is known or both texts are the same so far, else in proportion, at the end of a word. */
  #rawCharsAt(chars: number): number {
    const { text, rawText } = this
    if (rawText === undefined) return chars
    if (chars === text.length) return rawText.length
    if (this.#rawEnds !== undefined) return chars === 0 ? 0 : this.#rawEnds[chars - 1]!
    if (rawText.startsWith(text.slice(0, chars))) return chars
    const share = (chars / text.length) * rawText.length
    return wordEnds(rawText).findLast((end) => end <= share) ?? 0
  }
}

/** The last end of a word that is reached; the end of the text never is. */
function endBefore(ends: readonly number[], reached: number, length: number): number {
  let last = 0
  for (const end of ends) {
    if (end > reached || end >= length) break
    last = end
  }
  return last
}
