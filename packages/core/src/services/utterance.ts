import type { FrameContext } from '../processor/frame-context.ts'

/** One stretch of speech with its own `contextId`: an answer of the model, or a text of the application. */
export class Utterance {
  readonly contextId: string
  readonly appendToContext: boolean
  readonly #controller = new AbortController()
  /** TTSStartedFrame went out. */
  started = false
  /** Units that were sent to the provider. */
  units = 0
  /** Samples that were pushed, at the output rate. */
  samples = 0
  /** A unit could not be spoken and said so. */
  failed = false

  constructor(contextId: string, appendToContext: boolean) {
    this.contextId = contextId
    this.appendToContext = appendToContext
  }

  /** Aborts when the utterance is cut. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Ties the utterance to the work that speaks it; returns the remover. */
  follow(ctx: FrameContext): () => void {
    return ctx.onAbort(() => this.cut())
  }

  cut(): void {
    this.#controller.abort()
  }
}
