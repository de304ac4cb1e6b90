import type { Frame } from '../frames/frame.ts'
import type { TTSStartedFrame } from '../frames/speech.ts'
import { type AggregatedTextFrame, AggregatedTextProgressFrame, TTSTextFrame } from '../frames/text.ts'
import { BotSpeechHeardFrame, type PlayoutReportFrame } from '../frames/transport.ts'
import { type HeardWord, PlayoutLedger } from './playout-ledger.ts'
import { isUnspaced } from './spoken-words.ts'

/** How long a cut waits for the report of a client that announced reports, milliseconds. */
const REPORT_WAIT_MS = 500
/** Cut utterances whose stragglers are still told from new speech. */
const CUT_KEPT = 32

/** What {@link SpeechPlayout} needs of its sender. */
export interface SpeechPlayoutOptions {
  /** Hz of the audio that is counted. */
  readonly sampleRate: number
  readonly push: (frame: Frame) => void
}

/**
 * Turns the playing of samples into the playing of words: feeds the ledger from what the speech service sends, tells
 * the words that were played, and says after a cut what was heard.
 */
export class SpeechPlayout {
  readonly ledger: PlayoutLedger
  readonly #sampleRate: number
  readonly #push: (frame: Frame) => void
  readonly #cut = new Set<string>()
  /** Cut utterances whose report is awaited, with the time at which it is given up. */
  readonly #awaited = new Map<string, number>()
  #clientReports = false
  /** Changes at every cut: what was computed before it is void. */
  #era = 0

  constructor(options: SpeechPlayoutOptions) {
    this.#sampleRate = options.sampleRate
    this.#push = options.push
    this.ledger = new PlayoutLedger(options.sampleRate)
  }

  /** The client said that it reports what it plays; it drops the rest of its buffer at an interruption. */
  get clientReports(): boolean {
    return this.#clientReports
  }

  /** When the wait for a report ends. */
  get dueMs(): number {
    let dueMs = Infinity
    if (this.#awaited.size === 0) return dueMs
    for (const atMs of this.#awaited.values()) dueMs = Math.min(dueMs, atMs)
    return dueMs
  }

  /** Whether a frame belongs to an utterance that was cut before, and so must not be heard. */
  isCut(contextId: string | undefined): boolean {
    return contextId !== undefined && this.#cut.has(contextId)
  }

  started(frame: TTSStartedFrame): void {
    if (frame.contextId !== undefined) this.ledger.begin(frame.contextId, frame)
  }

  /** An announced unit, a word with its time, or the end of a unit. */
  text(frame: AggregatedTextFrame | TTSTextFrame): void {
    const { contextId, text, segmentId } = frame
    if (contextId === undefined) return
    if (frame.type === 'AggregatedTextFrame') {
      if (frame.willBeSpoken) this.ledger.beginUnit(contextId, frame)
    } else if (frame.offsetUs === undefined) this.ledger.endUnit(contextId, frame)
    else this.ledger.word(contextId, { text, offsetUs: frame.offsetUs, segmentId })
  }

  /** The utterance was played up to this sample; without one, as far as it had been played. */
  played(contextId: string, position = 0): void {
    const words = this.ledger.play(contextId, position)
    if (words.length === 0) return
    const era = this.#era
    const appendToContext = this.ledger.appendToContext(contextId)
    for (const word of words) {
      if (era !== this.#era) return
      this.#push(spoken(word, contextId, appendToContext))
      if (era !== this.#era || word.unit.segmentId === undefined) continue
      this.#push(progress(word, contextId, word.unit.segmentId))
    }
  }

  /**
   * These utterances were cut: says what was heard of them.
   *
   * @param cleared - the player's buffer was emptied, so that only what was played counts, not all that was sent.
   */
  cut(contextIds: readonly string[], cleared: boolean, nowMs: number): void {
    this.#era++
    for (const contextId of contextIds) {
      if (this.#awaited.has(contextId)) continue
      this.#remember(contextId)
      const { playedSamples = 0, sentSamples = 0 } = this.ledger.playout(contextId) ?? {}
      const final = cleared || !this.#clientReports || sentSamples === 0
      const position = cleared ? playedSamples : sentSamples
      if (final) this.#settle(contextId, position)
      else {
        this.#awaited.set(contextId, nowMs + REPORT_WAIT_MS)
        this.#tell(contextId, position, false)
      }
    }
  }

  /** What a client's player says. */
  report(frame: PlayoutReportFrame): void {
    const { contextId, playedMs, flushed } = frame
    if (contextId === undefined) {
      this.#clientReports = true
      return
    }
    const playout = this.ledger.playout(contextId)
    if (playout === undefined || !flushed) return
    const finished = playout.ended && playout.playedSamples >= playout.receivedSamples
    const position = Math.min((playedMs * this.#sampleRate) / 1000, playout.sentSamples)
    // Before the cut is known here, the report says nothing that lasts.
    if (this.#awaited.has(contextId) || (finished && position < playout.sentSamples)) this.#settle(contextId, position)
  }

  /** Gives up waiting for reports that are overdue. */
  tick(nowMs: number): void {
    if (this.#awaited.size === 0) return
    for (const [contextId, dueMs] of this.#awaited) {
      if (nowMs >= dueMs) this.#settle(contextId, this.ledger.playout(contextId)?.sentSamples ?? 0)
    }
  }

  #settle(contextId: string, position: number): void {
    this.#awaited.delete(contextId)
    this.#tell(contextId, position, true)
    this.ledger.forget(contextId)
  }

  #tell(contextId: string, position: number, final: boolean): void {
    const { text, segments } = this.ledger.heard(contextId, position)
    const appendToContext = this.ledger.appendToContext(contextId)
    this.#push(new BotSpeechHeardFrame(contextId, text, segments, final, appendToContext))
  }

  #remember(contextId: string): void {
    this.#cut.add(contextId)
    const [oldest] = this.#cut
    if (this.#cut.size > CUT_KEPT && oldest !== undefined) this.#cut.delete(oldest)
  }
}

function spoken(word: HeardWord, contextId: string, appendToContext: boolean): TTSTextFrame {
  return new TTSTextFrame(word.text, 'word', {
    contextId,
    segmentId: word.unit.segmentId,
    rawText: word.rawText,
    includesInterFrameSpaces: isUnspaced(word.text),
    appendToContext,
  })
}

function progress(word: HeardWord, contextId: string, segmentId: number): AggregatedTextProgressFrame {
  const { accumulatedText, remainingText } = word
  const { text, aggregatedBy } = word.unit
  return new AggregatedTextProgressFrame({ segmentId, contextId, text, aggregatedBy, accumulatedText, remainingText })
}
