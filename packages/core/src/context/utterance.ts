import type { AggregatedTextFrame, TTSTextFrame } from '../frames/text.ts'
import type { BotSpeechHeardFrame } from '../frames/transport.ts'
import { joinHeard } from '../transport/spoken-words.ts'
import { SpokenText } from './spoken-text.ts'

interface Segment {
  /** The model's own words, from the announcement. */
  raw: string | undefined
  /** What was played. */
  readonly played: SpokenText
  /** As it was spoken, from the announcement. */
  spoken: string | undefined
  /** How many letters were played, and how many `raw` and `spoken` have: counts are cheap to keep and to compare. */
  playedLetters: number
  wholeLetters: readonly number[]
  /** All of it was played. */
  complete: boolean
  /** Shown and not spoken. */
  silent: boolean
  /** What was heard of it, once it was cut. */
  heard: string | undefined
}

/** What is known of one utterance: its announced segments, the words played so far, and the verdict if it was cut. */
export class Utterance {
  readonly #segments = new Map<number | undefined, Segment>()
  #heard: string | undefined = undefined

  /** A segment begins, spoken or only shown. */
  announce(frame: AggregatedTextFrame<string>): void {
    const segment = this.#segment(frame.segmentId)
    segment.raw = frame.rawText ?? frame.text
    segment.spoken = frame.text
    segment.wholeLetters = [letters(segment.raw).length, letters(frame.text).length]
    segment.complete = isComplete(segment)
    segment.silent = !frame.willBeSpoken
  }

  /** A word was played, or a whole unit. */
  play(frame: TTSTextFrame): void {
    const segment = this.#segment(frame.segmentId)
    const word = frame.rawText ?? frame.text
    segment.played.append(word, frame.includesInterFrameSpaces)
    segment.playedLetters += letters(word).length
    segment.complete = isComplete(segment)
  }

  /** It was cut: this and no more was heard. */
  cut(frame: BotSpeechHeardFrame): void {
    this.#heard = frame.text
    for (const { segmentId, heard } of frame.segments) {
      const segment = this.#segments.get(segmentId)
      if (segment !== undefined) segment.heard = heard
    }
  }

  /** What was heard, in the model's own words as far as whole segments were. */
  get text(): string {
    const segments = [...this.#segments.values()]
    if (this.#heard !== undefined && !segments.some(({ silent }) => silent)) return this.#heard
    return segments.reduce((text, segment) => joinHeard(text, this.#textOf(segment)), '')
  }

  #textOf({ raw, played, complete, silent, heard }: Segment): string {
    if (silent) return raw ?? ''
    if (this.#heard !== undefined) return heard ?? ''
    return raw !== undefined && complete ? raw : played.text
  }

  #segment(id: number | undefined): Segment {
    const known = this.#segments.get(id)
    if (known !== undefined) return known
    const segment: Segment = {
      raw: undefined,
      played: new SpokenText(),
      spoken: undefined,
      playedLetters: 0,
      wholeLetters: [],
      complete: false,
      silent: false,
      heard: undefined,
    }
    this.#segments.set(id, segment)
    return segment
  }
}

/** Whether the words that were played are all of the segment: those of the model, or what was spoken for them. */
function isComplete({ played, raw, spoken, playedLetters, wholeLetters }: Segment): boolean {
  if (!wholeLetters.includes(playedLetters)) return false
  const words = letters(played.text)
  return (raw !== undefined && letters(raw) === words) || (spoken !== undefined && letters(spoken) === words)
}

/** Words are compared without what speech services leave out: spaces, punctuation, case. */
function letters(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}\p{M}]/gu, '')
}
