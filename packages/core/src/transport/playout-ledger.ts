import type { HeardSegment } from '../frames/transport.ts'
import { Fifo } from '../runtime/fifo.ts'
import { type PlayoutPosition, SpokenUnit, type UnitText } from './spoken-unit.ts'
import { joinHeard } from './spoken-words.ts'

/** Utterances that are over and may still be corrected by a late report. */
const KEPT = 8
/** Utterances it knows at all; more means that a speech service never ends them. */
const MOST = 64
/** How much of what was played last it remembers, characters. */
const RECENT_CHARS = 400
/** How much of what comes next may be heard already, characters. */
const UPCOMING_CHARS = 40

/** A word that was played. */
export interface HeardWord {
  /** A slice of the unit's text, without the spaces around it. */
  readonly text: string
  /** The model's own words for it, where they differ from what was spoken; may be empty. */
  readonly rawText: string | undefined
  readonly unit: UnitText
  /** The unit's text up to the end of this word. */
  readonly accumulatedText: string
  readonly remainingText: string
}

/** What was heard of an utterance, in the model's own words. */
export interface HeardSpeech {
  readonly text: string
  readonly segments: readonly HeardSegment[]
}

/** Which samples of an utterance speak which text. */
export interface TextSpan extends UnitText {
  readonly startSample: number
  /** `undefined` while the provider has not said where it ends. */
  readonly endSample: number | undefined
  /** How many characters of `text` were heard so far. */
  readonly heardChars: number
}

/** An utterance as the ledger sees it; positions in samples of its own audio. */
export interface Playout {
  readonly contextId: string
  /** What the provider gave. */
  readonly receivedSamples: number
  /** What was written to the wire. */
  readonly sentSamples: number
  /** What has been played, by the transport's clock. */
  readonly playedSamples: number
  /** The provider gives no more audio. */
  readonly ended: boolean
  readonly spans: readonly TextSpan[]
}

class Utterance implements Playout {
  readonly contextId: string
  readonly appendToContext: boolean
  receivedSamples = 0
  sentSamples = 0
  playedSamples = 0
  ended = false
  readonly spans: SpokenUnit[] = []
  /** Units before this one were heard in full. */
  current = 0

  constructor(contextId: string, appendToContext: boolean) {
    this.contextId = contextId
    this.appendToContext = appendToContext
  }

  get over(): boolean {
    return this.ended && this.playedSamples >= this.receivedSamples
  }

  /** The unit of a number, or the latest. */
  unit(segmentId: number | undefined): SpokenUnit | undefined {
    if (segmentId === undefined) return this.spans.at(-1)
    return this.spans.findLast((unit) => unit.segmentId === segmentId)
  }
}

/**
 * Knows, for every utterance of one output track, which text its samples speak and how many of them were received,
 * sent and played; so it can say what a listener has heard. Pure bookkeeping: it has no clock.
 */
export class PlayoutLedger {
  readonly #sampleRate: number
  readonly #utterances = new Map<string, Utterance>()
  /** The last words that were played, and how long they are with a space each. */
  readonly #recent = new Fifo<string>()
  #recentChars = 0

  /** @param sampleRate - Hz of the audio that is counted. */
  constructor(sampleRate: number) {
    this.#sampleRate = sampleRate
  }

  /** The utterances it knows, oldest first. */
  get playouts(): readonly Playout[] {
    return [...this.#utterances.values()]
  }

  playout(contextId: string): Playout | undefined {
    return this.#utterances.get(contextId)
  }

  /** Whether what is heard of an utterance belongs into the conversation's context. Default true. */
  appendToContext(contextId: string): boolean {
    return this.#utterances.get(contextId)?.appendToContext ?? true
  }

  /** An utterance begins. Anything else of an unknown utterance begins it as well. */
  begin(contextId: string, options: { appendToContext?: boolean } = {}): void {
    if (this.#utterances.has(contextId)) return
    this.#utterances.set(contextId, new Utterance(contextId, options.appendToContext ?? true))
    if (this.#utterances.size > KEPT) this.#forgetOldest()
  }

  /** A unit's audio begins where the audio received so far ends. */
  beginUnit(contextId: string, unit: UnitText): void {
    const utterance = this.#open(contextId)
    utterance.spans.at(-1)?.close(utterance.receivedSamples)
    utterance.spans.push(new SpokenUnit(utterance.receivedSamples, unit))
  }

  /** Audio arrived from the provider. Returns where it begins in the utterance. */
  receive(contextId: string, samples: number): number {
    const utterance = this.#open(contextId)
    const position = utterance.receivedSamples
    utterance.receivedSamples += samples
    return position
  }

  /** A word begins `offsetUs` after the beginning of the utterance's audio. */
  word(contextId: string, word: { text: string; offsetUs: number; segmentId?: number | undefined }): void {
    const utterance = this.#open(contextId)
    let unit = utterance.unit(word.segmentId)
    if (unit === undefined || (unit.endSample !== undefined && word.segmentId === undefined)) {
      unit = new SpokenUnit(unit?.endSample ?? 0, undefined)
      utterance.spans.push(unit)
    }
    unit.addWord(word.text, Math.round((word.offsetUs * this.#sampleRate) / 1_000_000))
  }

  /** A unit's audio ends where the audio received so far ends. One that was never announced began at the last end. */
  endUnit(contextId: string, end: UnitText): void {
    const utterance = this.#open(contextId)
    let unit = utterance.unit(end.segmentId)
    if (unit === undefined || unit.endSample !== undefined) {
      unit = new SpokenUnit(utterance.spans.at(-1)?.endSample ?? 0, end)
      utterance.spans.push(unit)
    }
    unit.endSample = unit.brokenSample ?? utterance.receivedSamples
    unit.brokenSample = undefined
  }

  /** The provider has no more audio for this utterance. */
  end(contextId: string): void {
    const utterance = this.#utterances.get(contextId)
    if (utterance === undefined) return
    utterance.ended = true
    utterance.spans.at(-1)?.close(utterance.receivedSamples)
  }

  /** Audio up to this sample of the utterance was written. */
  send(contextId: string, position: number): void {
    const utterance = this.#open(contextId)
    utterance.sentSamples = Math.max(utterance.sentSamples, position)
  }

  /** Audio up to this sample of the utterance was played. Returns the words that became heard by it, in order. */
  play(contextId: string, position: number): readonly HeardWord[] {
    const utterance = this.#utterances.get(contextId)
    if (utterance === undefined) return NO_WORDS
    utterance.playedSamples = Math.max(utterance.playedSamples, position)
    let words: HeardWord[] | undefined
    const at = this.#at(utterance, utterance.playedSamples)
    for (; utterance.current < utterance.spans.length; utterance.current++) {
      const unit = utterance.spans[utterance.current]!
      const before = unit.heardChars
      const rawBefore = unit.heardRawChars
      unit.play(at)
      if (unit.heardChars > before) (words ??= []).push(...wordsOf(unit, before, rawBefore))
      if ((unit.endSample ?? unit.brokenSample ?? Infinity) > utterance.playedSamples) break
    }
    if (words === undefined) return NO_WORDS
    for (const { text } of words) this.#remember(text)
    return words
  }

  /**
   * What is heard of an utterance when it is played up to this sample.
   *
   * @param position - default: as far as it was played.
   */
  heard(contextId: string, position?: number): HeardSpeech {
    const utterance = this.#utterances.get(contextId)
    if (utterance === undefined) return { text: '', segments: [] }
    const at = this.#at(utterance, position ?? utterance.playedSamples)
    const segments = utterance.spans.map((unit) => unit.heardAt(at, at.position >= utterance.playedSamples))
    return { text: segments.reduce((text, { heard }) => joinHeard(text, heard), ''), segments }
  }

  /** What was played last, of all utterances, and the words that come next: what an echo would repeat. */
  get recentText(): string {
    let upcoming = ''
    for (const { playedSamples, receivedSamples, spans, current } of this.#utterances.values()) {
      const unit = spans[current]
      if (unit === undefined || playedSamples === 0 || playedSamples >= receivedSamples) continue
      upcoming = unit.text.slice(unit.heardChars, unit.heardChars + UPCOMING_CHARS)
    }
    const recent = Array.from({ length: this.#recent.size }, (_, i) => this.#recent.at(i)).join(' ')
    return `${recent.slice(-RECENT_CHARS)} ${upcoming}`.trim()
  }

  /** The utterances that an interruption cuts: all that were not played to their end. */
  unfinished(): readonly string[] {
    return [...this.#utterances.values()].filter((utterance) => !utterance.over).map(({ contextId }) => contextId)
  }

  /** Nothing of the utterance is wanted any more. */
  forget(contextId: string): void {
    this.#utterances.delete(contextId)
  }

  #remember(word: string): void {
    this.#recent.push(word)
    this.#recentChars += word.length + 1
    for (let first = this.#recent.first; first !== undefined; first = this.#recent.first) {
      if (this.#recentChars - first.length - 1 < RECENT_CHARS) return
      this.#recentChars -= first.length + 1
      this.#recent.shift()
    }
  }

  #at(utterance: Utterance, position: number): PlayoutPosition {
    return { position, received: utterance.receivedSamples, sampleRate: this.#sampleRate }
  }

  #open(contextId: string): Utterance {
    this.begin(contextId)
    return this.#utterances.get(contextId)!
  }

  #forgetOldest(): void {
    const utterances = [...this.#utterances.values()]
    const oldest =
      utterances.find((utterance) => utterance.over) ?? (utterances.length > MOST ? utterances[0] : undefined)
    if (oldest !== undefined) this.#utterances.delete(oldest.contextId)
  }
}

const NO_WORDS: readonly HeardWord[] = []

function wordsOf(unit: SpokenUnit, from: number, rawFrom: number): HeardWord[] {
  const to = unit.heardChars
  const ends = unit.wordEnds.filter((end) => end > from && end < to)
  ends.push(to)
  let start = from
  let rawStart = rawFrom
  return ends.map((end, index) => {
    const text = unit.text.slice(start, end).trim()
    start = end
    let rawText: string | undefined
    if (unit.rawText !== undefined) {
      // The last of them takes what of the model's text belongs to all.
      const rawEnd = index === ends.length - 1 ? unit.heardRawChars : rawStart
      rawText = unit.rawText.slice(rawStart, rawEnd).trim()
      rawStart = rawEnd
    }
    return { text, rawText, unit, accumulatedText: unit.text.slice(0, end), remainingText: unit.text.slice(end) }
  })
}
