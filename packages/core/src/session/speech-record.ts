import { SpokenText } from '../context/spoken-text.ts'
import { Utterance } from '../context/utterance.ts'
import type { AnyFrame } from '../frames/frame.ts'
import type { AggregatedTextFrame, TTSTextFrame } from '../frames/text.ts'
import type { BotSpeechHeardFrame } from '../frames/transport.ts'
import { joinHeard } from '../transport/spoken-words.ts'

/** What was heard of one speech: by the same rules as the assistant's message in the context. */
export class SpeechRecord {
  readonly #parts: (SpokenText | Utterance)[] = []
  readonly #utterances = new Map<string, Utterance>()

  get heard(): string {
    return this.#parts.reduce((text, part) => joinHeard(text, part.text), '')
  }

  /** A frame that left the output while the speech was being played. True when it is text or the begin of it. */
  take(frame: AnyFrame): boolean {
    switch (frame.type) {
      case 'TTSStartedFrame':
        if (frame.contextId !== undefined) this.#utterance(frame.contextId)
        return true
      case 'AggregatedTextFrame':
        this.#announce(frame)
        return true
      case 'TTSTextFrame':
        this.#play(frame)
        return true
      case 'TextFrame':
      case 'LLMTextFrame':
        this.#show(frame.text, frame.includesInterFrameSpaces)
        return true
      default:
        return false
    }
  }

  /** The verdict on an utterance that was cut; false when it is none of this speech. */
  cut(frame: BotSpeechHeardFrame): boolean {
    const utterance = this.#utterances.get(frame.contextId)
    utterance?.cut(frame)
    return utterance !== undefined
  }

  #announce(frame: AggregatedTextFrame): void {
    const { contextId, willBeSpoken, appendToContext, text, rawText = text } = frame
    if (contextId !== undefined && (willBeSpoken || appendToContext)) this.#utterance(contextId).announce(frame)
    else if (contextId === undefined && !willBeSpoken) this.#show(rawText, frame.includesInterFrameSpaces)
  }

  #play(frame: TTSTextFrame): void {
    // A word with an offset was not played yet: no output transport stands in this pipeline.
    if (frame.offsetUs !== undefined) return
    if (frame.contextId !== undefined) this.#utterance(frame.contextId).play(frame)
    else this.#show(frame.rawText ?? frame.text, frame.includesInterFrameSpaces)
  }

  #show(text: string, ownSpaces: boolean): void {
    const last = this.#parts.at(-1)
    const target = last instanceof SpokenText ? last : new SpokenText()
    if (target !== last) this.#parts.push(target)
    target.append(text, ownSpaces)
  }

  #utterance(contextId: string): Utterance {
    const known = this.#utterances.get(contextId)
    if (known !== undefined) return known
    const utterance = new Utterance()
    this.#utterances.set(contextId, utterance)
    this.#parts.push(utterance)
    return utterance
  }
}
