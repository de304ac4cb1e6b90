import type { Clock } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import type { AudioMixer } from './audio-parts.ts'
import { ChunkQueue, type QueuedChunk } from './chunk-queue.ts'
import { CHUNK_MS, Chunker, type SoundSource } from './chunker.ts'
import type { OutputChunk } from './output-chunk.ts'

/** A write that takes longer is given up, milliseconds. */
const WRITE_LIMIT_MS = 5000
/** An unfinished chunk waits so long for the rest of its audio, milliseconds. */
const PARTIAL_WAIT_MS = 100
/** Audio that is later than this is played later instead of being hurried after, milliseconds. */
const CATCH_UP_MS = 100

/** The settings of a {@link PacedWriter}. */
export interface PacedWriterOptions {
  readonly destination: string | undefined
  /** Hz. */
  readonly sampleRate: number
  readonly channels: number
  readonly leadMs: number
  readonly mixer: AudioMixer | undefined
}

/** What a {@link PacedWriter} needs. */
export interface PacedWriterHost {
  readonly clock: Clock
  /** Writes a chunk whose playing begins at `playsAtMs`. */
  write(chunk: OutputChunk, playsAtMs: number): void | Promise<void>
  /** A queued chunk went out, at this place of the wire. */
  written(chunk: QueuedChunk, wireStart: number): void
  report(error: unknown): void
  /** A write that was waited for has settled. */
  wake(): void
}

/**
 * Writes chunks at their absolute times: up to the lead ahead when speech starts, then one per 20 ms. With a mixer the
 * wire never pauses. Positions count samples of one channel, on the wire or in the queue of what is to be played.
 */
export class PacedWriter {
  readonly #host: PacedWriterHost
  readonly #options: PacedWriterOptions
  readonly #chunker: Chunker
  readonly #msPerSample: number
  readonly #chunks: ChunkQueue
  /** When sample 0 of the wire was played, or would have been. */
  #originMs = 0
  #wire = 0
  #queued = 0
  #sent = 0
  /** There was nothing to write when something could have been. */
  #idle = true
  #openedMs = 0
  #writing: { readonly sinceMs: number; readonly lose: () => void } | undefined = undefined
  /** Chunks of an older era were dropped while they were being written. */
  #era = 0
  #mixing = false
  #paused = false
  /** The last write failed: the next failure is no news. */
  #failing = false

  constructor(host: PacedWriterHost, options: PacedWriterOptions) {
    this.#host = host
    this.#options = options
    this.#msPerSample = 1000 / options.sampleRate
    this.#chunker = new Chunker(options, (run) => {
      this.#chunks.push(run)
      this.#queued += run.audio.length / options.channels
    })
    this.#chunks = new ChunkQueue({ ...options, chunkSamples: this.#chunker.chunkSamples })
  }

  /** The chunks' maker, for what has to be converted first. */
  get chunker(): Chunker {
    return this.#chunker
  }

  /** The place in the queue behind all audio. */
  get queued(): number {
    return this.#queued + this.#chunker.pending
  }

  /** The place in the queue up to which audio was written. */
  get sent(): number {
    return this.#sent
  }

  /** How much waits, milliseconds. */
  get waitingMs(): number {
    return (this.queued - this.#sent) * this.#msPerSample
  }

  /** Whether whole chunks wait for their time. */
  get hasChunks(): boolean {
    return this.#chunks.size > 0
  }

  /** Whether a write has not settled. */
  get writing(): boolean {
    return this.#writing !== undefined
  }

  /** When all that was written will have been played. */
  get playedOutMs(): number {
    return this.#originMs + this.#wire * this.#msPerSample
  }

  /** How much of the wire was played at this time. */
  playedAt(nowMs: number): number {
    // A thousandth of a sample against rounding.
    const samples = Math.floor((nowMs - this.#originMs) / this.#msPerSample + 0.001)
    return Math.max(0, Math.min(this.#wire, samples))
  }

  /** When there is something to do next. */
  get nextMs(): number {
    if (this.#writing !== undefined) return this.#writing.sinceMs + WRITE_LIMIT_MS
    const ready = this.#chunks.size > 0 && !this.#paused
    if (ready || this.#mixing) return this.playedOutMs - this.#options.leadMs
    return this.#paused ? Infinity : this.#partialDueMs
  }

  /** While it is paused nothing that is queued goes out; the background goes on. */
  set paused(paused: boolean) {
    this.#paused = paused
  }

  /** Queues converted audio. */
  add(audio: Int16Array, source: SoundSource, startSample: number): void {
    this.#chunker.add(audio, source, startSample)
    if (this.#chunker.pending > 0) this.#openedMs = this.#host.clock.nowMs()
  }

  async startMixer(): Promise<void> {
    const { mixer, sampleRate } = this.#options
    if (mixer === undefined) return
    try {
      await mixer.start(sampleRate, this.#options.channels)
      this.#mixing = true
    } catch (error) {
      this.#host.report(PcError.from(error, { code: 'audio-mixer-failed', kind: 'config' }))
    }
  }

  async stopMixer(): Promise<void> {
    if (!this.#mixing) return
    this.#mixing = false
    await this.#options.mixer?.stop()
  }

  /** Drops what was not written. */
  drop(): void {
    this.#era++
    this.#chunks.clear()
    this.#chunker.reset()
    this.#queued = this.#sent
  }

  /** The player dropped what it had not played. */
  playerEmptied(nowMs: number): void {
    const droppedMs = this.playedOutMs - nowMs
    if (droppedMs <= 0) return
    this.#originMs -= droppedMs
    if (this.#mixing) this.#options.mixer?.rewind?.(Math.round(droppedMs / this.#msPerSample))
  }

  /** Writes everything that is due. */
  writeDue(nowMs: number): void {
    this.#giveUpWrite(nowMs)
    while (this.#writing === undefined) {
      if (!this.#paused && this.#chunks.size === 0 && this.#partialDueMs <= nowMs) this.#chunker.pad()
      if ((this.#paused || this.#chunks.size === 0) && !this.#mixing) {
        this.#idle = true
        return
      }
      const { leadMs } = this.#options
      const lateMs = nowMs - this.playedOutMs
      if (lateMs > 0 && (this.#idle || lateMs > Math.max(leadMs, CATCH_UP_MS))) this.#originMs += lateMs
      this.#idle = false
      if (this.playedOutMs - leadMs > nowMs) return
      this.#write(nowMs)
    }
  }

  get #partialDueMs(): number {
    if (this.#chunker.pending === 0) return Infinity
    return Math.max(this.#openedMs + PARTIAL_WAIT_MS, this.playedOutMs - Math.min(this.#options.leadMs, CHUNK_MS))
  }

  #write(nowMs: number): void {
    const queued = this.#paused ? undefined : this.#chunks.shift()
    const era = this.#era
    try {
      const result = this.#host.write(this.#mixed(this.#chunker.output(queued)), this.playedOutMs)
      if (result !== undefined) {
        this.#await(result, (arrived) => this.#written(queued, era, arrived), nowMs)
        return
      }
      this.#failing = false
    } catch (error) {
      this.#failed(error)
    }
    this.#written(queued, era)
  }

  #failed(error: unknown): void {
    if (!this.#failing) this.#host.report(error)
    this.#failing = true
  }

  #mixed(chunk: OutputChunk): OutputChunk {
    const { mixer } = this.#options
    if (!this.#mixing || mixer === undefined) return chunk
    try {
      return { ...chunk, audio: mixer.mix(chunk.audio) }
    } catch (error) {
      // Speech matters more than its background.
      this.#mixing = false
      this.#host.report(PcError.from(error, { code: 'audio-mixer-failed' }))
      return chunk
    }
  }

  #await(result: Promise<void>, written: (arrived: boolean) => void, nowMs: number): void {
    const writing = { sinceMs: nowMs, lose: () => written(false) }
    this.#writing = writing
    const settle = (): void => {
      if (this.#writing !== writing) return
      this.#writing = undefined
      written(true)
      this.#host.wake()
    }
    result.then(
      () => {
        this.#failing = false
        settle()
      },
      (error: unknown) => {
        this.#failed(error)
        settle()
      },
    )
  }

  /** A client that is gone must not hold the track for ever: the chunk counts as lost. */
  #giveUpWrite(nowMs: number): void {
    const writing = this.#writing
    if (writing === undefined || nowMs < writing.sinceMs + WRITE_LIMIT_MS) return
    this.#writing = undefined
    const message = `A write to the client did not settle within ${WRITE_LIMIT_MS / 1000} s; its audio counts as lost.`
    this.#failed(new PcError(message, { code: 'write-timeout', kind: 'timeout' }))
    writing.lose()
  }

  /** Without a queued chunk it was silence for the background. One that was lost keeps its place in the queue. */
  #written(queued: QueuedChunk | undefined, era: number, arrived = true): void {
    const wireStart = this.#wire
    const samples = this.#chunker.chunkSamples
    this.#wire += samples
    if (queued === undefined || era !== this.#era) return
    if (arrived) this.#host.written(queued, wireStart)
    this.#sent += samples
  }
}
