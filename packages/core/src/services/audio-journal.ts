/** A way to read a {@link AudioJournal} from some point on. */
export interface JournalReader extends AsyncIterable<Int16Array> {
  /** The sample that it reads next, counted from the beginning of the journal. */
  readonly position: number
  /** Lets the reader come to an end behind the audio that is there now. */
  end(): void
}

/**
 * The newest audio of a stream, by sample number. What was read stays until it is trimmed, so that another reader can
 * read it again.
 */
export class AudioJournal {
  #chunks: Int16Array[] = []
  /** Number of the first sample held. */
  #start = 0
  /** Number of the sample that comes next. */
  #end = 0
  readonly #waiting = new Set<() => void>()

  /** The number of the oldest sample held. */
  get start(): number {
    return this.#start
  }

  /** The number that the next sample will have. */
  get end(): number {
    return this.#end
  }

  append(audio: Int16Array): void {
    if (audio.length === 0) return
    this.#chunks.push(audio)
    this.#end += audio.length
    this.#wake()
  }

  /** Forgets the chunks that lie wholly before a sample. */
  trimTo(sample: number): void {
    let count = 0
    for (const { length } of this.#chunks) {
      if (this.#start + length > sample) break
      this.#start += length
      count++
    }
    if (count > 0) this.#chunks.splice(0, count)
  }

  /** Reads from a sample on, or from the oldest one held, and then waits for more until it is ended. */
  read(from: number): JournalReader {
    const journal = this
    let position = from
    let endsAt = Infinity
    const next = async (): Promise<IteratorResult<Int16Array>> => {
      while (position < endsAt) {
        const audio = journal.#at(position)
        if (audio !== undefined) {
          position = Math.max(position, journal.#start) + audio.length
          return { done: false, value: audio }
        }
        await new Promise<void>((resolve) => journal.#waiting.add(resolve))
      }
      return { done: true, value: undefined }
    }
    return {
      get position() {
        return position
      },
      end() {
        endsAt = Math.min(endsAt, journal.#end)
        journal.#wake()
      },
      [Symbol.asyncIterator]: () => ({
        next,
        return: () => {
          endsAt = 0
          journal.#wake()
          return Promise.resolve({ done: true, value: undefined })
        },
      }),
    }
  }

  /** The rest of the chunk that holds a sample, or the oldest chunk when that sample is gone. */
  #at(position: number): Int16Array | undefined {
    if (position < this.#start) return this.#chunks[0]
    let start = this.#end
    // Readers are mostly at the newest chunk.
    for (let i = this.#chunks.length - 1; i >= 0 && position < this.#end; i--) {
      const chunk = this.#chunks[i] ?? new Int16Array(0)
      start -= chunk.length
      if (position >= start) return position === start ? chunk : chunk.subarray(position - start)
    }
    return undefined
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}
