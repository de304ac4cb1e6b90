/** Runs the work of one key in the order in which it is given; other keys do not wait for it. @internal */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<void>>()

  /** Starts `work` when all earlier work of `key` has settled. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(key) ?? Promise.resolve()).then(work)
    const forget = (): void => {
      if (this.#last.get(key) === settled) this.#last.delete(key)
    }
    const settled: Promise<void> = mine.then(forget, forget)
    this.#last.set(key, settled)
    return mine
  }
}
