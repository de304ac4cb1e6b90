import type { LLMContext } from '../../context/llm-context.ts'
import { isSpecificMessage } from '../../context/messages.ts'
import type { Source, Word } from './lexicon.ts'
import type { ToolName } from './scenario.ts'

/** A request to the language model. */
export interface RequestFact extends Source {
  readonly kind: 'answer'
  readonly number: number
  readonly signal: AbortSignal
  /** What the context held beside the agent's own words, as JSON. */
  readonly question: string
  /** `failed`: by a fault of its own. */
  outcome: 'live' | 'done' | 'failed' | 'aborted'
  /** It repeats one that failed before it gave anything. */
  readonly retry: boolean
  /** Something was yielded. */
  begun: boolean
  /** When the latest output came, or the request began. */
  lastMs: number
}

/** A text that the application had spoken. */
export interface AnnouncementFact extends Source {
  readonly kind: 'announcement'
  readonly appendToContext: boolean
}

/** A text that was sent to the speech service. */
export interface SpeechFact {
  readonly signal: AbortSignal
  begun: boolean
  live: boolean
  lastMs: number
}

/** An utterance: words, and the samples that speak each. */
export interface UtteranceFact {
  readonly contextId: string
  /** In the order of speaking; the samples are those that were planned. */
  readonly words: Map<Word, number>
  /** Some of its speech went wrong: its provider failed, or its audio did not get out. */
  faulty: boolean
}

/** A run of a function. */
export interface CallFact {
  readonly id: string
  readonly name: ToolName
  readonly signal: AbortSignal
  readonly startedMs: number
  /** What it answered, if it answered while it was wanted. */
  answer: string | undefined
  open: boolean
}

/** Everything that the parts outside the pipeline know of a conversation. */
export class Facts {
  readonly requests: RequestFact[] = []
  readonly announcements: AnnouncementFact[] = []
  readonly speeches: SpeechFact[] = []
  readonly utterances: Map<string, UtteranceFact> = new Map<string, UtteranceFact>()
  readonly calls: CallFact[] = []
  /** The ids of the calls that the model made, and the answer that each was part of. */
  readonly requestedCalls: Map<string, RequestFact> = new Map<string, RequestFact>()
  /** The user's words that recognition delivered, in order. */
  readonly recognised: Word[] = []
  /** How many of them came before the end was asked for. */
  recognisedInTime: number = Infinity
  /** How many answers were asked for before the end was. */
  requestedInTime: number = Infinity
  /** The user's words that were spoken as audio. */
  readonly spoken: Word[] = []
  readonly typed: Word[] = []
  /** Samples of each word that reached the listener. */
  readonly heard: Map<Word, number> = new Map<Word, number>()
  /** Utterances of which the client has yet to say what was played. */
  readonly unreported: Set<string> = new Set<string>()
  /** Words whose audio was given to a client that failed. */
  readonly uncertain: Set<Word> = new Set<Word>()
  /** What came last, as numbers that count up: an interruption by the application, */
  interrupted = 0
  /** a turn of the user that cut the agent, */
  bargedIn = 0
  /** something that wants an answer. */
  questioned = 0
  /** The application asked for a run of the model. */
  runsAskedFor = 0
  /** The client took nothing when the conversation ended. */
  clientHungAtEnd = false
  /** The speech service was out of order for a while. */
  voiceFailed = false
  /** Recognition was given up. */
  earsFailed = false
  #committedWords = 0
  #events = 0

  /** Something happened whose order matters: counts up. */
  next(): number {
    return ++this.#events
  }

  /** The words so far were put to the model, if there are any. */
  commit(): void {
    if (this.recognised.length > this.#committedWords) this.questioned = this.next()
    this.#committedWords = this.recognised.length
  }

  utterance(contextId: string): UtteranceFact {
    const known = this.utterances.get(contextId)
    if (known !== undefined) return known
    const made: UtteranceFact = { contextId, words: new Map(), faulty: false }
    this.utterances.set(contextId, made)
    return made
  }

  /** Everything that was being said or on its way is cut. */
  cut(nowMs: number): void {
    for (const source of [...this.requests, ...this.announcements]) source.cutMs ??= nowMs
  }

  /** How many samples of an utterance were heard. */
  position(utterance: UtteranceFact): number {
    let position = 0
    for (const word of utterance.words.keys()) position += this.heard.get(word) ?? 0
    return position
  }
}

/** What the context holds beside the agent's own words, as JSON. */
export function questionOf({ messages }: LLMContext): string {
  return JSON.stringify(messages.filter((message) => isSpecificMessage(message) || message.role !== 'assistant'))
}
