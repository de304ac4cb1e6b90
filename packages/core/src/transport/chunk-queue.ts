import type { SoundSource } from './chunker.ts'
import { Fifo } from '../runtime/fifo.ts'

/** A chunk whose turn has come. Positions and lengths count samples of one channel. */
export interface QueuedChunk {
  /** As long as every chunk. */
  readonly audio: Int16Array
  readonly source: SoundSource
  /** Where its first sample lies in the audio of its utterance. */
  readonly startSample: number
  /** Without the silence that pads it. */
  readonly samples: number
  readonly ptsUs: number | undefined
}

/** Whole chunks that follow one another without a gap; {@link QueuedChunk} says of all what it says of one. */
export interface ChunkRun {
  readonly audio: Int16Array
  readonly source: SoundSource
  readonly startSample: number
  readonly samples: number
  readonly ptsUs: number | undefined
}

interface Waiting {
  readonly source: SoundSource
  startSample: number
  samples: number
  ptsUs: number | undefined
}

/**
 * Chunks that wait for their time. A speech service may be half a minute ahead, in every session, so what waits is kept
 * as it came: one entry per stretch of an utterance, cut into chunks when they are taken.
 */
export class ChunkQueue {
  readonly #chunkSamples: number
  readonly #channels: number
  readonly #sampleRate: number
  readonly #runs = new Fifo<Waiting>()
  /** The audio of all of them. */
  readonly #pieces = new Fifo<Int16Array>()
  #size = 0
  /** Values of the first piece that were taken. */
  #taken = 0

  constructor(options: { readonly chunkSamples: number; readonly channels: number; readonly sampleRate: number }) {
    this.#chunkSamples = options.chunkSamples
    this.#channels = options.channels
    this.#sampleRate = options.sampleRate
  }

  /** How many chunks wait. */
  get size(): number {
    return this.#size
  }

  push({ audio, source, startSample, samples, ptsUs }: ChunkRun): void {
    this.#size += audio.length / (this.#chunkSamples * this.#channels)
    this.#pieces.push(audio)
    const last = this.#runs.last
    const whole = last !== undefined && last.samples % this.#chunkSamples === 0
    if (whole && last.source === source && ptsUs === undefined && last.startSample + last.samples === startSample) {
      last.samples += samples
      return
    }
    this.#runs.push({ source, startSample, samples, ptsUs })
  }

  shift(): QueuedChunk | undefined {
    const run = this.#runs.first
    const piece = this.#pieces.first
    if (run === undefined || piece === undefined) return undefined
    const length = this.#chunkSamples * this.#channels
    const { source, startSample, ptsUs } = run
    const samples = Math.min(this.#chunkSamples, run.samples)
    const audio = piece.length === length ? piece : piece.subarray(this.#taken, this.#taken + length)
    this.#size--
    this.#taken += length
    if (this.#taken === piece.length) {
      this.#taken = 0
      this.#pieces.shift()
    }
    run.startSample += samples
    run.samples -= samples
    if (ptsUs !== undefined) run.ptsUs = ptsUs + Math.round((samples * 1_000_000) / this.#sampleRate)
    if (run.samples === 0) this.#runs.shift()
    return { audio, source, startSample, samples, ptsUs }
  }

  clear(): void {
    this.#runs.clear()
    this.#pieces.clear()
    this.#size = 0
    this.#taken = 0
  }
}
