import { Fifo } from '../runtime/fifo.ts'

/** The newest audio of a stream, by sample number. What was read stays until it is trimmed, to be read again. */
export class AudioJournal {
  readonly #chunks = new Fifo<Int16Array>()
  readonly #readers: JournalReader[] = []
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
    for (const reader of this.#readers) reader.wake()
  }

  /** Forgets the chunks that lie wholly before a sample. */
  trimTo(sample: number): void {
    for (let first = this.#chunks.first; first !== undefined; first = this.#chunks.first) {
      if (this.#start + first.length > sample) return
      this.#start += first.length
      this.#chunks.shift()
    }
  }

  /** Reads from a sample on, or from the oldest one held, and then waits for more until it is ended. */
  read(from: number): JournalReader {
    const reader = new JournalReader(this, from)
    this.#readers.push(reader)
    return reader
  }

  /** The reader wants nothing more. */
  release(reader: JournalReader): void {
    const index = this.#readers.indexOf(reader)
    if (index >= 0) this.#readers.splice(index, 1)
  }

  /** The rest of the chunk that holds a sample, or the oldest chunk when that sample is gone. */
  at(sample: number): Int16Array | undefined {
    if (sample < this.#start) return this.#chunks.first
    let start = this.#end
    // Readers are mostly at the newest chunk.
    for (let i = this.#chunks.size - 1; i >= 0 && sample < this.#end; i--) {
      const chunk = this.#chunks.at(i) ?? new Int16Array(0)
      start -= chunk.length
      if (sample >= start) return sample === start ? chunk : chunk.subarray(sample - start)
    }
    return undefined
  }
}

type Answer = (result: IteratorResult<Int16Array>) => void

/** One way through an {@link AudioJournal}. */
export class JournalReader implements AsyncIterable<Int16Array>, AsyncIterator<Int16Array> {
  readonly #journal: AudioJournal
  /** Who waits, and those who asked before that was answered: hardly anybody does. */
  #waiting: Answer | undefined = undefined
  readonly #behind: Answer[] = []
  /** One function for all promises: this runs for all audio of all sessions. */
  readonly #ask: (answer: Answer) => void
  #position: number
  #given = 0
  #endsAt = Infinity

  constructor(journal: AudioJournal, from: number) {
    this.#journal = journal
    this.#position = from
    this.#ask = (answer) => {
      if (this.#waiting !== undefined) {
        this.#behind.push(answer)
        return
      }
      const result = this.#take()
      if (result === undefined) this.#waiting = answer
      else answer(result)
    }
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
    return new Promise(this.#ask)
  }

  return(): Promise<IteratorResult<Int16Array>> {
    this.#end(0)
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Lets the reader come to an end behind the audio that is there now. */
  end(): void {
    this.#end(Math.min(this.#endsAt, this.#journal.end))
  }

  /** There may be something for those who wait. */
  wake(): void {
    for (let answer = this.#waiting; answer !== undefined; answer = this.#waiting) {
      const result = this.#take()
      if (result === undefined) return
      this.#waiting = this.#behind.shift()
      answer(result)
    }
  }

  #end(sample: number): void {
    this.#endsAt = sample
    this.#journal.release(this)
    this.wake()
  }

  /** The next audio, the end, or `undefined` while there is neither. */
  #take(): IteratorResult<Int16Array> | undefined {
    if (this.#position >= this.#endsAt) return { done: true, value: undefined }
    const audio = this.#journal.at(this.#position)
    if (audio === undefined) return undefined
    this.#position = Math.max(this.#position, this.#journal.start) + audio.length
    this.#given += audio.length
    return { done: false, value: audio }
  }
}
