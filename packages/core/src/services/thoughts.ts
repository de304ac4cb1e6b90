import type { Frame } from '../frames/frame.ts'
import { LLMThoughtEndFrame, LLMThoughtStartFrame, LLMThoughtTextFrame } from '../frames/llm.ts'

/** Puts the pieces of a model's reasoning between start and end frames. */
export class Thoughts {
  readonly #llm: string | undefined
  readonly #push: (frame: Frame) => void
  #open = false
  #signature: string | undefined = undefined

  /** @param llm - the adapter that wants them back in the context; `undefined`: they are not kept. */
  constructor(llm: string | undefined, push: (frame: Frame) => void) {
    this.#llm = llm
    this.#push = push
  }

  /** A piece; the signature may come with any of them, and with an empty one. It completes the thought. */
  append(text: string, signature: string | undefined): void {
    if (!this.#open) this.#push(new LLMThoughtStartFrame({ appendToContext: this.#llm !== undefined, llm: this.#llm }))
    this.#open = true
    if (text !== '') this.#push(new LLMThoughtTextFrame(text))
    this.#signature = signature ?? this.#signature
    if (signature !== undefined) this.end()
  }

  /** Something else follows. */
  end(): void {
    if (!this.#open) return
    this.#open = false
    this.#push(new LLMThoughtEndFrame(this.#signature))
    this.#signature = undefined
  }
}
