import { joinHeard } from '../transport/spoken-words.ts'
import type { LLMContext, MessagePlace } from './llm-context.ts'
import { SpokenText } from './spoken-text.ts'
import type { Utterance } from './utterance.ts'

interface Marker {
  readonly text: string
  readonly isMarker: true
}

/**
 * One message of the assistant in the making. Its place in the context is taken when it begins, so that it stands
 * before the calls that the model made in the same response, and is kept up to date from then on.
 */
export class AssistantTurn {
  /** A model's response, or speech of the application's own. */
  readonly kind: 'response' | 'speech'
  /** ISO 8601. */
  readonly timestamp: string
  /** An interruption or the cancellation of the task ended it. */
  interrupted = false
  /** Nothing is added any more; corrections may still come. */
  closed = false
  /** Its end was made known. */
  reported = false
  readonly #context: LLMContext
  readonly #parts: (SpokenText | Utterance | Marker)[] = []
  #place: MessagePlace
  #written = ''

  constructor(context: LLMContext, kind: 'response' | 'speech', timestamp: string) {
    this.#context = context
    this.#place = context.addPlace()
    this.kind = kind
    this.timestamp = timestamp
  }

  /** What was said, or generated where nothing is spoken, without markers. */
  get text(): string {
    return this.#parts.reduce((text, part) => ('isMarker' in part ? text : joinHeard(text, part.text)), '')
  }

  /** Adds text that is not spoken. */
  append(text: string, ownSpaces: boolean): void {
    const last = this.#parts.at(-1)
    const target = last instanceof SpokenText ? last : new SpokenText()
    if (target !== last) this.#parts.push(target)
    target.append(text, ownSpaces)
    this.write()
  }

  /** Adds a marker of the model. */
  mark(marker: string): void {
    this.#parts.push({ text: marker, isMarker: true })
    this.write()
  }

  /** What comes into the context before it is written stands before it. */
  giveWay(): void {
    if (this.#written === '') this.#place = this.#context.addPlace()
  }

  /** Adds an utterance; its text grows as it is played. */
  speak(utterance: Utterance): void {
    if (!this.#parts.includes(utterance)) this.#parts.push(utterance)
  }

  /** Brings the message up to date; true when it changed. */
  write(): boolean {
    const content = this.#parts.reduce((text, part) => joinHeard(text, part.text), '')
    if (content === this.#written) return false
    const message = content === '' ? undefined : ({ role: 'assistant', content } as const)
    if (!this.#place.set(message)) {
      // The application replaced the messages. What is still being said belongs to the new ones.
      if (this.closed) return false
      this.#place = this.#context.addPlace(message)
    }
    this.#written = content
    return true
  }
}
