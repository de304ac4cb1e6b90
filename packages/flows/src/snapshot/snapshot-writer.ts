/** Writes snapshots one after another; of those that come while one is written, only the last. */
export class SnapshotWriter {
  readonly #write: (snapshot: string) => Promise<void>
  readonly #failed: (error: unknown) => void
  #next: (() => string) | undefined = undefined
  #writing: Promise<void> | undefined = undefined

  constructor(write: (snapshot: string) => Promise<void>, failed: (error: unknown) => void) {
    this.#write = write
    this.#failed = failed
  }

  /** Writes what `take` gives, as soon as the one before is written. */
  save(take: () => string): void {
    this.#next = take
    this.#writing ??= this.#drain().finally(() => (this.#writing = undefined))
  }

  /** Settles when nothing is left to be written. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  async #drain(): Promise<void> {
    for (let take = this.#next; take !== undefined; take = this.#next) {
      this.#next = undefined
      try {
        await this.#write(take())
      } catch (error) {
        this.#failed(error)
      }
    }
  }
}
