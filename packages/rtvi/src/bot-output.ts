import type { AggregatedTextFrame, AggregatedTextProgressFrame, HeardSegment, TTSTextFrame } from '@pc/core'
import type { BotOutputData, BotOutputDataV1 } from './messages.ts'
import type { RTVILink } from './rtvi-link.ts'

/** Which output a client gets to see, and how. */
export interface BotOutputOptions {
  /** Kinds of units that are not shown, for example `code`. */
  readonly withheld: readonly string[]
  /** Changes of the shown text by kind of unit; `*` is for all others. */
  readonly transforms: Readonly<Record<string, (text: string) => string>>
}

interface Segment {
  readonly id: number
  /** As it was announced to the client. */
  readonly text: string
  readonly aggregatedBy: string
  completed: boolean
}

/** Segments remembered for progress and for what was heard; older ones are over long since. */
const REMEMBERED = 200

/**
 * Tells a client what the agent says: every segment is announced once with `new`, then moves on word by word until it
 * is `completed`. Ids are this class's own, so that two speech services cannot use the same one.
 */
export class BotOutput {
  readonly #link: RTVILink
  readonly #options: BotOutputOptions
  readonly #segments = new Map<string, Segment>()
  /** What waits for the agent's first sound. */
  #held: BotOutputData[] = []
  #speaking = false
  #lastId = 0

  constructor(link: RTVILink, options: BotOutputOptions) {
    this.#link = link
    this.#options = options
  }

  /** A unit leaves the output transport: its audio begins, or it will not be spoken at all. */
  announce(frame: AggregatedTextFrame): void {
    if (!frame.willBeSpoken) this.showUnspoken(frame.text, frame.aggregatedBy)
    else this.#announce(keyOf(frame.contextId, frame.segmentId), frame.text, frame.aggregatedBy)
  }

  /** Some of a unit was played. */
  progress(frame: AggregatedTextProgressFrame): void {
    if (this.#link.clientMajor === 1) return
    const key = keyOf(frame.contextId, frame.segmentId)
    const segment = this.#segments.get(key) ?? this.#announce(key, frame.text, frame.aggregatedBy)
    if (segment === undefined || segment.completed) return
    segment.completed = frame.remainingText === ''
    const length = segment.completed ? segment.text.length : shownLength(segment.text, frame)
    this.#sendOrHold({
      text: segment.text,
      aggregated_by: segment.aggregatedBy,
      segment_id: segment.id,
      will_be_spoken: true,
      spoken_status: segment.completed ? 'completed' : 'in-progress',
      spoken_progress: {
        accumulated_text: segment.text.slice(0, length),
        remaining_text: segment.text.slice(length),
      },
    })
  }

  /** A word was played: clients of protocol 1 get it as output of its own. */
  speakWord(frame: TTSTextFrame): void {
    const text = this.shown(frame.text, frame.aggregatedBy)
    if (text === undefined || this.#link.clientMajor === 2) return
    this.#sendV1({ text, aggregated_by: frame.aggregatedBy, spoken: true })
  }

  /** Text reaches the client without a voice. */
  showUnspoken(text: string, aggregatedBy: string): void {
    const shown = this.shown(text, aggregatedBy)
    if (shown === undefined) return
    if (this.#link.clientMajor === 1) {
      this.#sendV1({ text: shown, aggregated_by: aggregatedBy, spoken: false })
      return
    }
    if (isTooSmall(aggregatedBy)) return
    this.#sendOrHold({ text: shown, aggregated_by: aggregatedBy, segment_id: ++this.#lastId, will_be_spoken: false })
  }

  /** The agent is audible: what waited for it goes out. */
  botStarted(): void {
    this.#speaking = true
    for (const data of this.#held.splice(0)) this.#link.send('bot-output', data)
  }

  botStopped(): void {
    this.#speaking = false
  }

  /** What waits will never be spoken. */
  interrupted(): void {
    this.#held = []
  }

  /** The text as the client may see it; `undefined` when it may not. */
  shown(text: string, aggregatedBy: string): string | undefined {
    const { withheld, transforms } = this.#options
    if (withheld.includes(aggregatedBy)) return undefined
    const transform = transforms[aggregatedBy] ?? transforms['*']
    const shown = transform === undefined ? text : transform(text)
    return shown === '' ? undefined : shown
  }

  /** The heard and unheard parts of segments, under the ids that the client knows. */
  heardSegments(contextId: string, segments: readonly HeardSegment[]): readonly HeardSegment[] {
    return segments.map((segment) => ({
      ...segment,
      segmentId: this.#segments.get(keyOf(contextId, segment.segmentId))?.id,
    }))
  }

  #announce(key: string, rawText: string, aggregatedBy: string): Segment | undefined {
    const text = this.shown(rawText, aggregatedBy)
    if (text === undefined) return undefined
    if (this.#link.clientMajor === 1) {
      this.#sendV1({ text, aggregated_by: aggregatedBy, spoken: false })
      return undefined
    }
    if (isTooSmall(aggregatedBy) || this.#segments.has(key)) return undefined
    const segment: Segment = { id: ++this.#lastId, text, aggregatedBy, completed: false }
    this.#remember(key, segment)
    const data: BotOutputData = {
      text,
      aggregated_by: aggregatedBy,
      segment_id: segment.id,
      will_be_spoken: true,
      spoken_status: 'new',
      spoken_progress: { accumulated_text: '', remaining_text: text },
    }
    if (this.#speaking) this.#sendOrHold(data)
    else this.#held.push(data)
    return segment
  }

  #remember(key: string, segment: Segment): void {
    this.#segments.set(key, segment)
    if (this.#segments.size <= REMEMBERED) return
    for (const oldest of this.#segments.keys()) {
      this.#segments.delete(oldest)
      break
    }
  }

  /** Keeps its place behind what is held. */
  #sendOrHold(data: BotOutputData): void {
    if (this.#held.length > 0) this.#held.push(data)
    else this.#link.send('bot-output', data)
  }

  #sendV1(data: BotOutputDataV1): void {
    this.#link.send('bot-output', data)
  }
}

/** Words and tokens reach clients of protocol 2 as progress, never as output of their own. */
function isTooSmall(aggregatedBy: string): boolean {
  return aggregatedBy === 'word' || aggregatedBy === 'token'
}

function keyOf(contextId: string | undefined, segmentId: number | undefined): string {
  return `${segmentId ?? ''}/${contextId ?? ''}`
}

/** How much of the announced text is spoken, so that it stays a prefix even of a changed text. */
function shownLength(text: string, { text: spoken, accumulatedText }: AggregatedTextProgressFrame): number {
  if (text === spoken || spoken === '') return Math.min(accumulatedText.length, text.length)
  return Math.min(text.length, Math.floor((accumulatedText.length / spoken.length) * text.length))
}
