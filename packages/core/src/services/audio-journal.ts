/** The newest audio of a stream, by sample number. What was read stays until it is trimmed, to be read again. */
export class AudioJournal {
  readonly #chunks: Int16Array[] = []
  #waiting: (() => void)[] = []
  #start = 0
  #end = 0

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
    this.wake()
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
    return new JournalReader(this, from)
  }

  /** The rest of the chunk that holds a sample, or the oldest chunk when that sample is gone. */
  at(sample: number): Int16Array | undefined {
    if (sample < this.#start) return this.#chunks[0]
    let start = this.#end
    // Readers are mostly at the newest chunk.
    for (let i = this.#chunks.length - 1; i >= 0 && sample < this.#end; i--) {
      const chunk = this.#chunks[i] ?? new Int16Array(0)
      start -= chunk.length
      if (sample >= start) return sample === start ? chunk : chunk.subarray(sample - start)
    }
    return undefined
  }

  /** Calls `fn` once, when something was appended or a reader ended. */
  onceChanged(fn: () => void): void {
    this.#waiting.push(fn)
  }

  wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const fn of waiting) fn()
  }
}

/** One way through an {@link AudioJournal}. */
export class JournalReader implements AsyncIterable<Int16Array>, AsyncIterator<Int16Array> {
  readonly #journal: AudioJournal
  #position: number
  #given = 0
  #endsAt = Infinity

  constructor(journal: AudioJournal, from: number) {
    this.#journal = journal
    this.#position = from
  }

  /** The number of the sample that it reads next. */
  get position(): number {
    return this.#position
  }

  /** How many samples it gave. */
  get given(): number {
    return this.#given
  }

  [Symbol.asyncIterator](): AsyncIterator<Int16Array> {
    return this
  }

  next(): Promise<IteratorResult<Int16Array>> {
    return new Promise((resolve) => this.#answer(resolve))
  }

  /** One promise a chunk: this runs for all audio of all sessions. */
  #answer(resolve: (result: IteratorResult<Int16Array>) => void): void {
    if (this.#position >= this.#endsAt) {
      resolve({ done: true, value: undefined })
      return
    }
    const audio = this.#journal.at(this.#position)
    if (audio === undefined) {
      this.#journal.onceChanged(() => this.#answer(resolve))
      return
    }
    this.#position = Math.max(this.#position, this.#journal.start) + audio.length
    this.#given += audio.length
    resolve({ done: false, value: audio })
  }

  return(): Promise<IteratorResult<Int16Array>> {
    this.#endsAt = 0
    this.#journal.wake()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Lets the reader come to an end behind the audio that is there now. */
  end(): void {
    this.#endsAt = Math.min(this.#endsAt, this.#journal.end)
    this.#journal.wake()
  }
}
