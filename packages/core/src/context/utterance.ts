import type { AggregatedTextFrame, TTSTextFrame } from '../frames/text.ts'
import { SpokenText } from './spoken-text.ts'

interface Segment {
  /** The model's own words, known from the announcement. */
  raw: string | undefined
  readonly spoken: SpokenText
}

/** What is known of one utterance: its announced segments, the words played so far, and the verdict if it was cut. */
export class Utterance {
  readonly #segments = new Map<number | undefined, Segment>()
  #heard: string | undefined = undefined
  /** All of its audio was played. */
  complete = false

  announce(frame: AggregatedTextFrame<string>): void {
    this.#segment(frame.segmentId).raw = frame.rawText ?? frame.text
  }

  /** A word was played, or a unit. */
  play(frame: TTSTextFrame): void {
    this.#segment(frame.segmentId).spoken.append(frame.rawText ?? frame.text, frame.includesInterFrameSpaces)
  }

  /** It was cut: this and no more was heard. */
  cut(heard: string): void {
    this.#heard = heard
  }

  /** What was heard, in the model's own words as far as whole segments were. */
  get text(): string {
    if (this.#heard !== undefined) return this.#heard
    const played = [...this.#segments.values()].filter(({ spoken }) => spoken.text !== '')
    const joined = new SpokenText()
    for (const [index, { raw, spoken }] of played.entries()) {
      const whole = this.complete || index < played.length - 1
      joined.append(whole && raw !== undefined ? raw : spoken.text)
    }
    return joined.text
  }

  #segment(id: number | undefined): Segment {
    const known = this.#segments.get(id)
    if (known !== undefined) return known
    const segment: Segment = { raw: undefined, spoken: new SpokenText() }
    this.#segments.set(id, segment)
    return segment
  }
}
