import type { LLMContext } from '../../context/llm-context.ts'
import { isSpecificMessage, type Message, messageText } from '../../context/messages.ts'
import { wordsOf } from '../../text/words.ts'
import type { Source, Word } from './lexicon.ts'
import type { ToolName } from './scenario.ts'

/** A request to the language model. */
export interface RequestFact extends Source {
  readonly kind: 'answer'
  readonly number: number
  readonly signal: AbortSignal
  /**
   * `ahead`: it answers what nobody has asked yet, and nothing of it may leave. `withdrawn`: and nobody will. `asked`:
   * it answers what stands in the context.
   */
  standing: 'ahead' | 'withdrawn' | 'asked'
  /** When it was asked, in the order of what happened. */
  order: number
  /** What the context held beside the agent's own words, as JSON. */
  question: string
  /** All that the context held, the user's last words without punctuation, as JSON. */
  readonly wording: string
  readonly askedMs: number
  /** `failed`: by a fault of its own. */
  outcome: 'live' | 'done' | 'failed' | 'aborted'
  /** It repeats one that failed before it gave anything. */
  readonly retry: boolean
  /** Something was yielded. */
  begun: boolean
  /** It was to hold words. */
  wordy: boolean
  /** When the latest output came, or the request began. */
  lastMs: number
}

/** A text that the application had spoken. */
export interface AnnouncementFact extends Source {
  readonly kind: 'announcement'
  readonly appendToContext: boolean
}

/** A text that is said when an answer is late. */
export interface FillerFact extends Source {
  readonly kind: 'filler'
  readonly appendToContext: false
  /** `due`: it was asked for when nothing else had been said, so that it has to be heard. */
  standing: 'unused' | 'asked' | 'due'
  /** It was said; a speech service that fails may say it again. */
  said: boolean
}

/** A text that was sent to the speech service. */
export interface SpeechFact {
  /** `undefined`: its words are none. */
  readonly source: Source | undefined
  readonly signal: AbortSignal
  begun: boolean
  live: boolean
  /** Nobody asks it for more: what it gave last has yet to be taken. */
  held: boolean
  /** When the latest output came, or was taken, or the request began. */
  lastMs: number
}

/** An utterance: words, and the samples that speak each. */
export interface UtteranceFact {
  readonly contextId: string
  /** In the order of speaking; the samples are those that were planned. */
  readonly words: Map<Word, number>
  /** Some of its speech went wrong: its provider failed, or its audio did not get out. */
  faulty: boolean
  /** It was said to its end, or cut. */
  over: boolean
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
  readonly fillers: FillerFact[] = []
  readonly speeches: SpeechFact[] = []
  readonly utterances: Map<string, UtteranceFact> = new Map<string, UtteranceFact>()
  readonly calls: CallFact[] = []
  /** The ids of the calls that the model made, and the answer that each was part of. */
  readonly requestedCalls: Map<string, RequestFact> = new Map<string, RequestFact>()
  /** The user's words that recognition delivered, in order. */
  readonly recognised: Word[] = []
  /** Those of them that say no more than that the user listens, and were taken so. */
  readonly aside: Set<Word> = new Set<Word>()
  /** How many of them came before the end was asked for. */
  recognisedInTime: number = Infinity
  /** The user's words that were spoken as audio. */
  readonly spoken: Word[] = []
  readonly typed: Word[] = []
  /** Words that only say that the user listens, for use. */
  readonly backchannels: Word[] = []
  /** Samples of each word that reached the listener. */
  readonly heard: Map<Word, number> = new Map<Word, number>()
  /** When each of the agent's words is over for who stands beside the player. */
  readonly audibleMs: Map<Word, number> = new Map<Word, number>()
  /** Utterances of which the client has yet to say what was played. */
  readonly unreported: Set<string> = new Set<string>()
  /** Words whose audio was given to a client that failed. */
  readonly uncertain: Set<Word> = new Set<Word>()
  /** Answers that a turn of the user cut, and whether it is certain that they were not at their end. */
  readonly broken: Map<RequestFact, boolean> = new Map<RequestFact, boolean>()
  /** What came last, as numbers that count up: an interruption by the application, */
  interrupted = 0
  /** a turn of the user that cut the agent, */
  bargedIn = 0
  /** something that wants an answer, */
  questioned = 0
  /** the end of the user's words that are answered, */
  committed = 0
  /** the beginning of an answer to them that is spoken. */
  answered = 0
  /** Something was said since the user's turn began, or the agent was cut. */
  saidSince = false
  /** Since when the agent is held because of a voice. */
  heldSinceMs: number | undefined = undefined
  /** Until when it was held last. */
  heldUntilMs: number = -Infinity
  /** Since when the agent speaks, or is silent. */
  botSpeaking: { readonly is: boolean; readonly sinceMs: number } = { is: false, sinceMs: -Infinity }
  /** A turn of the user is open. */
  turnOpen = false
  /** The application asked for a run of the model. */
  runsAskedFor = 0
  /** The client took nothing when the conversation ended. */
  clientHungAtEnd = false
  /** The speech service was out of order for a while. */
  voiceFailed = false
  /** Recognition was given up. */
  earsFailed = false
  #sayings: readonly Source[] | undefined = undefined
  #committedWords = 0
  #events = 0

  /** Something happened whose order matters: counts up. */
  next(): number {
    return ++this.#events
  }

  /** The requests whose answers may be heard. */
  get answers(): readonly RequestFact[] {
    return this.requests.filter(({ standing }) => standing === 'asked')
  }

  /** The answer that may be asked for. */
  get guess(): RequestFact | undefined {
    return this.requests.findLast(({ standing }) => standing === 'ahead')
  }

  /** The words so far were put to the model, if there are any. */
  commit(): void {
    this.committed = this.next()
    const words = this.recognised.filter((word) => !this.aside.has(word)).length
    if (words > this.#committedWords) this.questioned = this.committed
    this.#committedWords = words
  }

  utterance(contextId: string): UtteranceFact {
    const known = this.utterances.get(contextId)
    if (known !== undefined) return known
    const made: UtteranceFact = { contextId, words: new Map(), faulty: false, over: false }
    this.utterances.set(contextId, made)
    return made
  }

  /** Everything that was being said or on its way is cut. */
  cut(nowMs: number): void {
    const fillers = this.fillers.filter(({ standing }) => standing !== 'unused')
    for (const source of [...this.requests, ...this.announcements, ...fillers]) source.cutMs ??= nowMs
    for (const utterance of this.utterances.values()) utterance.over = true
    this.withdraw()
    this.answered = 0
    this.saidSince = false
    this.letGo(nowMs)
  }

  /** The agent is held no longer. */
  letGo(nowMs: number): void {
    if (this.heldSinceMs !== undefined) this.heldUntilMs = nowMs
    this.heldSinceMs = undefined
  }

  /** The application cuts the agent; in a turn of the user it may count as cut by that. */
  interrupt(nowMs: number): void {
    const last = this.answers.at(-1)
    if (this.turnOpen && last !== undefined && last.cutMs === undefined) this.broken.set(last, false)
    this.cut(nowMs)
    this.interrupted = this.next()
  }

  /** A turn of the user cuts the agent, words or no words. */
  bargeIn(nowMs: number, words: readonly Word[]): void {
    const last = this.answers.at(-1)
    if (last !== undefined && last.cutMs === undefined) {
      const unheard = words.some((word) => word.source === last && !this.heard.has(word))
      const calls = this.calls.some(({ id, answer }) => answer === undefined && this.requestedCalls.get(id) === last)
      const faulty = [...this.utterances.values()].some((utterance) => utterance.faulty)
      const saying = this.botSpeaking.is && last.outcome === 'done' && unheard && !faulty
      const certain = last.outcome === 'live' || saying
      // What is being said holds back the end of an answer, of an empty one too.
      const held = !(last.wordy && this.#saidAll) && (this.botSpeaking.is || this.speeches.some(({ live }) => live))
      if (last.outcome === 'live' || unheard || calls || held) this.broken.set(last, certain)
    }
    this.cut(nowMs)
    this.bargedIn = this.next()
  }

  /** What was asked ahead is not what the user says. */
  withdraw(): void {
    for (const request of this.requests) if (request.standing === 'ahead') request.standing = 'withdrawn'
  }

  /** Whether words of the agent are still to come, for all that is known outside. */
  awaitsAnswer(nowMs: number): boolean {
    if (this.calls.some(({ open }) => open)) return true
    // An answer from before the last may still be on its way to the voice.
    const isSpoken = (request: RequestFact): boolean => this.speeches.some(({ source }) => source === request)
    if (
      this.answers.some((each) => each.outcome === 'done' && each.wordy && each.cutMs === undefined && !isSpoken(each))
    )
      return true
    const last = this.answers.at(-1)
    if (last === undefined || last.order < this.committed) return this.questioned >= this.committed
    if (last.cutMs !== undefined) return last.cutMs === nowMs
    return last.outcome !== 'done' || last.wordy || last.lastMs === nowMs
  }

  /** An answer to the user is being made, or will be. */
  get answerIsDue(): boolean {
    const last = this.answers.at(-1)
    if (last === undefined || last.order < this.committed) return this.questioned >= this.committed
    return last.outcome === 'live'
  }

  /** What was said, and is not cut, has to be heard. */
  get sayings(): readonly Source[] {
    if (this.#sayings !== undefined) return this.#sayings
    const fillers = this.fillers.filter(({ standing }) => standing === 'due')
    return [...this.answers, ...this.announcements, ...fillers]
  }

  /** What comes later may be too late. */
  endAskedFor(): void {
    this.recognisedInTime = this.recognised.length
    this.#sayings = this.sayings
  }

  /** Nothing that was begun to be said goes on. */
  get #saidAll(): boolean {
    for (const { over, words } of this.utterances.values()) if (!over && words.size > 0) return false
    return true
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

/** What the context holds, as JSON; how the user's last words are written makes no difference. */
export function wordingOf({ messages }: LLMContext): string {
  const plain = (message: Message): unknown =>
    !isSpecificMessage(message) && message.role === 'user' ? wordsOf(messageText(message)) : message
  return JSON.stringify(messages.map((message, at) => (at === messages.length - 1 ? plain(message) : message)))
}
