import type { AggregatedTextFrame, TTSTextFrame } from '../frames/text.ts'
import type { BotSpeechHeardFrame } from '../frames/transport.ts'
import { AssistantTurn } from './assistant-turn.ts'
import type { LLMContext } from './llm-context.ts'
import { Utterance } from './utterance.ts'

/** What a {@link TurnRecorder} tells its aggregator. */
export interface TurnRecorderHost {
  readonly context: LLMContext
  /** Whether pieces come without spaces around them; `undefined`: each says so itself. */
  readonly expectStrippedWords: boolean | undefined
  /** ISO 8601. */
  now(): string
  started(): void
  /** The message is complete. */
  stopped(turn: AssistantTurn): void
  /** A message that was complete has changed. */
  corrected(turn: AssistantTurn): void
}

interface UtteranceEntry {
  readonly utterance: Utterance
  /** The message it belongs to, once it has begun. */
  turn: AssistantTurn | undefined
}

/** How many utterances may still be corrected. */
const CORRECTABLE = 16

/** Writes what the agent says into the context, message by message, as it is generated or heard. */
export class TurnRecorder {
  readonly #host: TurnRecorderHost
  readonly #utterances = new Map<string, UtteranceEntry>()
  /** Utterances that are not to be recorded. */
  readonly #unrecorded = new Set<string>()
  #turn: AssistantTurn | undefined = undefined

  constructor(host: TurnRecorderHost) {
    this.#host = host
  }

  /** The message in the making. */
  get turn(): AssistantTurn | undefined {
    return this.#turn
  }

  /** A response of the model begins: what was open is complete. */
  begin(): void {
    this.finish()
    this.#open('response')
  }

  /** Text that is not spoken. */
  say(text: string, ownSpaces: boolean): void {
    const { expectStrippedWords } = this.#host
    const turn = this.#turn ?? this.#open('response')
    turn.append(text, expectStrippedWords === undefined ? ownSpaces : !expectStrippedWords)
  }

  /** A marker of the model: part of the message, and not of what is reported. */
  mark(marker: string): void {
    const turn = this.#turn ?? this.#open('response')
    turn.mark(marker)
  }

  /** Speech of the application that is on its way to the speech service. */
  sayAside(text: string): void {
    const within = this.#turn !== undefined
    this.#turn ??= this.#open('speech')
    this.#turn.append(text, false)
    if (!within) this.finish()
  }

  /** A segment begins, spoken or only shown. */
  announce(frame: AggregatedTextFrame): void {
    const { contextId, willBeSpoken, appendToContext, text, rawText = text } = frame
    if (contextId === undefined) {
      if (appendToContext && !willBeSpoken) this.say(rawText, frame.includesInterFrameSpaces)
    } else if (!this.#unrecorded.has(contextId) && (willBeSpoken || appendToContext)) {
      if (!willBeSpoken) this.#startUtterance(contextId)
      const { utterance, turn } = this.#utterance(contextId)
      utterance.announce(frame)
      turn?.write()
    }
  }

  /** A word was played, or a whole unit. */
  play(frame: TTSTextFrame): void {
    const contextId = frame.contextId ?? ''
    // A word with an offset is still on its way to the output transport.
    if (frame.offsetUs !== undefined || !frame.appendToContext || this.#unrecorded.has(contextId)) return
    const entry = this.#utterances.get(contextId)
    if (entry?.turn === undefined) {
      this.say(frame.rawText ?? frame.text, frame.includesInterFrameSpaces)
    } else if (!entry.turn.interrupted) {
      entry.utterance.play(frame)
      entry.turn.write()
    }
  }

  /** An utterance begins. */
  speak(contextId: string, appendToContext: boolean): void {
    if (appendToContext) this.#startUtterance(contextId)
    else this.#unrecorded.add(contextId)
  }

  /** An utterance is over. */
  stopSpeaking(contextId: string): void {
    if (this.#unrecorded.delete(contextId)) return
    const turn = this.#utterances.get(contextId)?.turn
    if (turn !== undefined && turn === this.#turn && turn.kind === 'speech') this.finish()
  }

  /** The record of a cut utterance becomes what was heard, wherever it stands. */
  correct(frame: BotSpeechHeardFrame): void {
    const entry = this.#utterances.get(frame.contextId)
    if (entry === undefined) {
      if (frame.appendToContext && frame.text !== '') this.#recordCut(frame)
      return
    }
    entry.utterance.cut(frame)
    if (entry.turn?.write() && entry.turn.reported) this.#host.corrected(entry.turn)
  }

  /** It was sent ahead, and cut before its beginning was reached: nothing was known of it here. */
  #recordCut(frame: BotSpeechHeardFrame): void {
    const entry = this.#utterance(frame.contextId)
    const turn = new AssistantTurn(this.#host.context, 'speech', this.#host.now())
    this.#host.started()
    entry.turn = turn
    turn.interrupted = true
    turn.speak(entry.utterance)
    entry.utterance.cut(frame)
    turn.write()
    turn.closed = true
    this.#report(turn)
  }

  /** The message in the making is complete, if there is one. */
  finish(): void {
    const turn = this.#turn
    if (turn === undefined) return
    this.#close(turn)
    this.#report(turn)
  }

  /** The user cut in. */
  interrupted(): void {
    this.#unrecorded.clear()
    const turn = this.#turn
    if (turn === undefined) return
    turn.interrupted = true
    this.#close(turn)
    // The verdict on what was heard comes right behind the interruption.
    void Promise.resolve().then(() => this.#report(turn))
  }

  /** The task is over before its time. */
  cancelled(): void {
    if (this.#turn !== undefined) this.#turn.interrupted = true
    this.finish()
  }

  #open(kind: AssistantTurn['kind']): AssistantTurn {
    this.#turn = new AssistantTurn(this.#host.context, kind, this.#host.now())
    this.#host.started()
    return this.#turn
  }

  #utterance(contextId: string): UtteranceEntry {
    const known = this.#utterances.get(contextId)
    if (known !== undefined && known.turn?.closed !== true) return known
    const entry: UtteranceEntry = { utterance: new Utterance(), turn: undefined }
    this.#utterances.delete(contextId)
    this.#utterances.set(contextId, entry)
    const [oldest] = this.#utterances.keys()
    if (this.#utterances.size > CORRECTABLE && oldest !== undefined) this.#utterances.delete(oldest)
    return entry
  }

  #startUtterance(contextId: string): void {
    const entry = this.#utterance(contextId)
    entry.turn ??= this.#turn ?? this.#open('speech')
    entry.turn.speak(entry.utterance)
  }

  #close(turn: AssistantTurn): void {
    this.#turn = undefined
    turn.write()
    turn.closed = true
  }

  #report(turn: AssistantTurn): void {
    turn.reported = true
    this.#host.stopped(turn)
  }
}
