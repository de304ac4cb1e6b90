import type { LLMThoughtStartFrame } from '../frames/llm.ts'
import type { LLMContext } from './llm-context.ts'

/** What the model thought before it spoke. */
export interface AssistantThought {
  readonly content: string
  /** When it began, ISO 8601. */
  readonly timestamp: string
}

/** Collects a thought of the model, and writes it into the context when its provider wants it back. */
export class ThoughtRecorder {
  readonly #context: LLMContext
  #open: { readonly start: LLMThoughtStartFrame; readonly timestamp: string; text: string } | undefined = undefined

  constructor(context: LLMContext) {
    this.#context = context
  }

  begin(start: LLMThoughtStartFrame, timestamp: string): void {
    this.#open = { start, timestamp, text: '' }
  }

  append(text: string): void {
    if (this.#open !== undefined) this.#open.text += text
  }

  /** `undefined` when none had begun. */
  end(signature: string | undefined): AssistantThought | undefined {
    const thought = this.#open
    this.#open = undefined
    if (thought === undefined) return undefined
    const { start, timestamp, text } = thought
    if (start.appendToContext && start.llm !== undefined) {
      const message = { type: 'thought', text, ...(signature !== undefined && { signature }) }
      this.#context.addMessage(this.#context.createSpecificMessage(start.llm, message))
    }
    return { content: text, timestamp }
  }

  /** What was not complete is forgotten. */
  interrupted(): void {
    this.#open = undefined
  }
}
