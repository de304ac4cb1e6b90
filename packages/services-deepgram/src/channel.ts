/** Values handed from callbacks to one reader, in order. */
export class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = []
  #ended = false
  #failure: unknown
  #wake: () => void = () => {}

  push(value: T): void {
    if (this.#ended) return
    this.#values.push(value)
    this.#wake()
  }

  /** Ends the reading behind what was pushed; with a failure it then throws. */
  end(failure?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      while (this.#values.length > 0) yield* this.#values.splice(0)
      if (this.#ended) break
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    if (this.#failure !== undefined) throw this.#failure
  }
}
