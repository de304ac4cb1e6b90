import type { Overtaken } from './overtaken.ts'

/** One stretch of speech with its own `contextId`: an answer of the model, or a text of the application. */
export class Utterance implements Overtaken {
  readonly contextId: string
  readonly appendToContext: boolean
  /** It was cut. */
  stale = false
  /** TTSStartedFrame went out. */
  started = false
  /** Units that were sent to the provider. */
  units = 0
  /** Samples that were pushed, at the output rate. */
  samples = 0
  /** A unit could not be spoken and said so. */
  failed = false
  #onCut: (() => void) | undefined = undefined

  constructor(contextId: string, appendToContext: boolean) {
    this.contextId = contextId
    this.appendToContext = appendToContext
  }

  /** Calls `fn` when it is cut, at once if it already is. One at a time: units are spoken one after another. */
  onAbort(fn: () => void): () => void {
    if (this.stale) fn()
    else this.#onCut = fn
    return () => {
      if (this.#onCut === fn) this.#onCut = undefined
    }
  }

  cut(): void {
    if (this.stale) return
    this.stale = true
    this.#onCut?.()
    this.#onCut = undefined
  }
}
