import { TextAggregatorProcessor } from '../elements/text-aggregator-processor.ts'
import { isLetterOrDigit, sentenceEnd } from './sentence-end.ts'
import type { TextAggregator, TextUnit } from './text-aggregator.ts'

/** A unit never grows beyond this: speech must begin, and providers limit their input. */
const MAX_CHARACTERS = 600

/** The options of {@link SentenceAggregator}. */
export interface SentenceAggregatorOptions {
  /** Pairs of start and end tags: no sentence ends between them. */
  readonly tags?: readonly (readonly [start: string, end: string])[]
}

/**
 * Cuts text into sentences. A mark ends a sentence only once the next character that is not a space shows that it
 * does: `$29.95` and `Mr. Smith` stay whole, scripts without spaces are cut at their own marks, and so are blank lines
 * and list items.
 */
export class SentenceAggregator implements TextAggregator {
  readonly #tags: readonly (readonly [string, string])[]
  #text = ''
  /** How far the text is known to hold no end. */
  #searched = 0

  constructor(options: SentenceAggregatorOptions = {}) {
    this.#tags = options.tags ?? []
  }

  aggregate(text: string): readonly TextUnit[] {
    this.#text += text
    const units: TextUnit[] = []
    for (let end = this.#findEnd(); end > 0; end = this.#findEnd()) {
      const sentence = this.#text.slice(0, end).trim()
      this.#text = this.#text.slice(end)
      this.#searched = 0
      if (sentence !== '') units.push({ text: sentence, type: 'sentence' })
    }
    return units
  }

  flush(): readonly TextUnit[] {
    const rest = this.#text.trim()
    this.reset()
    return rest === '' ? [] : [{ text: rest, type: 'sentence' }]
  }

  reset(): void {
    this.#text = ''
    this.#searched = 0
  }

  /** What stands for it in a pipeline's list: text comes in in pieces and leaves in sentences. */
  toProcessor(): TextAggregatorProcessor {
    return new TextAggregatorProcessor(this)
  }

  #findEnd(): number {
    let end = sentenceEnd(this.#text, this.#searched)
    while (end > 0 && this.#insideTag(end)) end = sentenceEnd(this.#text, end)
    if (end > 0) return end
    if (this.#text.length > MAX_CHARACTERS && !this.#insideTag(this.#text.length)) return this.#softEnd()
    this.#searched = this.#undecidedFrom()
    return -1
  }

  #insideTag(end: number): boolean {
    const head = this.#text.slice(0, end)
    return this.#tags.some(([start, close]) => head.lastIndexOf(start) > head.lastIndexOf(close))
  }

  /** A text without marks is cut behind a comma, else behind a word, else anywhere. */
  #softEnd(): number {
    const head = this.#text.slice(0, MAX_CHARACTERS)
    const comma = Math.max(...[',', ';', ':', '،', '、', '，'].map((mark) => head.lastIndexOf(mark)))
    if (comma > MAX_CHARACTERS / 3) return comma + 1
    const space = head.lastIndexOf(' ')
    if (space > 0) return space
    // Not between the halves of a surrogate pair.
    return /[\uD800-\uDBFF]$/.test(head) ? MAX_CHARACTERS - 1 : MAX_CHARACTERS
  }

  /** Where the next search starts: at the marks whose surroundings are still open. */
  #undecidedFrom(): number {
    let from = this.#text.length
    while (from > 0 && !isLetterOrDigit(this.#text.charAt(from - 1))) from--
    return from
  }
}
