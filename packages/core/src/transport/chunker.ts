import { StreamResampler, toMono } from '@pc/audio'
import type { AudioRaw } from '../frames/audio.ts'
import type { FrameExtras } from '../frames/frame.ts'
import type { ChunkRun, QueuedChunk } from './chunk-queue.ts'
import type { OutputChunk, SoundKind } from './output-chunk.ts'

/** The length of a chunk, milliseconds. */
export const CHUNK_MS = 20

/** Where audio came from. */
export interface SoundSource {
  readonly kind: SoundKind
  readonly contextId: string | undefined
  readonly ptsUs: number | undefined
  readonly extras: FrameExtras | undefined
}

type OpenChunk = {
  readonly audio: Int16Array
  readonly source: SoundSource
  readonly startSample: number
  filled: number
}

/** What a {@link Chunker} makes chunks for. */
export interface ChunkerOptions {
  /** Hz. */
  readonly sampleRate: number
  readonly channels: number
  readonly destination: string | undefined
}

/** Brings audio to the rate and channels of the wire and cuts it into chunks of 20 ms that know their source. */
export class Chunker {
  /** Samples of one channel in a chunk. */
  readonly chunkSamples: number
  readonly #options: ChunkerOptions
  readonly #emit: (run: ChunkRun) => void
  #resampler: StreamResampler | undefined = undefined
  #open: OpenChunk | undefined = undefined
  #latest: SoundSource | undefined = undefined

  constructor(options: ChunkerOptions, emit: (run: ChunkRun) => void) {
    this.#options = options
    this.#emit = emit
    this.chunkSamples = Math.round((options.sampleRate * CHUNK_MS) / 1000)
  }

  /** Samples that wait for the rest of their chunk. */
  get pending(): number {
    return this.#open?.filled ?? 0
  }

  /** The audio at the rate and channels of the wire; a resampler may hold back its last millisecond. */
  convert(frame: AudioRaw): Int16Array {
    const { sampleRate, channels } = this.#options
    if (frame.sampleRate === sampleRate && frame.numChannels === channels) {
      const { audio } = frame
      return audio.length % channels === 0 ? audio : audio.subarray(0, audio.length - (audio.length % channels))
    }
    const mono = toMono(frame.audio, frame.numChannels)
    return spread(frame.sampleRate === sampleRate ? mono : this.#resamplerFor(frame.sampleRate).process(mono), channels)
  }

  /** What {@link convert} held back, and where it belongs. */
  rest(): { readonly audio: Int16Array; readonly source: SoundSource } | undefined {
    const rest = this.#resampler?.flush()
    if (rest === undefined || rest.length === 0 || this.#latest === undefined) return undefined
    return { audio: spread(rest, this.#options.channels), source: { ...this.#latest, ptsUs: undefined } }
  }

  /** Takes converted audio whose first sample lies at `startSample` of its utterance. */
  add(audio: Int16Array, source: SoundSource, startSample: number): void {
    const { channels } = this.#options
    const length = this.chunkSamples * channels
    this.#latest = source
    const open = this.#open
    if (open !== undefined && (open.source.contextId !== source.contextId || open.source.kind !== source.kind))
      this.pad()
    let taken = this.#complete(audio)
    const whole = audio.length - taken - ((audio.length - taken) % length)
    if (whole > 0) {
      const offset = taken / channels
      this.#emit({
        audio: whole === audio.length ? audio : audio.subarray(taken, taken + whole),
        source,
        startSample: startSample + offset,
        samples: whole / channels,
        ptsUs: later(source, offset, this.#options.sampleRate).ptsUs,
      })
      taken += whole
    }
    if (taken === audio.length) return
    const rest = new Int16Array(length)
    rest.set(audio.subarray(taken))
    const offset = taken / channels
    this.#open = {
      audio: rest,
      source: later(source, offset, this.#options.sampleRate),
      startSample: startSample + offset,
      filled: (audio.length - taken) / channels,
    }
  }

  /** Fills the open chunk; returns how many values that took. */
  #complete(audio: Int16Array): number {
    const open = this.#open
    if (open === undefined) return 0
    const { channels } = this.#options
    const taken = Math.min(audio.length, open.audio.length - open.filled * channels)
    open.audio.set(audio.subarray(0, taken), open.filled * channels)
    open.filled += taken / channels
    if (open.filled === this.chunkSamples) this.pad()
    return taken
  }

  /** Sends the open chunk off with silence behind it. */
  pad(): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const { audio, source, startSample, filled } = open
    this.#emit({ audio, source, startSample, samples: filled, ptsUs: source.ptsUs })
  }

  /** Drops what waits. */
  reset(): void {
    this.#open = undefined
    this.#latest = undefined
    this.#resampler = undefined
  }

  /** What is written for a chunk; for none, silence. */
  output(chunk: QueuedChunk | undefined): OutputChunk {
    const { sampleRate, channels, destination } = this.#options
    const { contextId, extras } = chunk?.source ?? SILENCE
    return {
      audio: chunk?.audio ?? new Int16Array(this.chunkSamples * channels),
      sampleRate,
      numChannels: channels,
      contextId,
      positionUs:
        chunk === undefined || contextId === undefined ? 0 : Math.round((chunk.startSample * 1_000_000) / sampleRate),
      ptsUs: chunk?.ptsUs,
      extras,
      destination,
    }
  }

  #resamplerFor(sampleRate: number): StreamResampler {
    if (this.#resampler?.fromRate !== sampleRate)
      this.#resampler = new StreamResampler(sampleRate, this.#options.sampleRate)
    return this.#resampler
  }
}

/** Sound that nobody made. */
export const SILENCE: SoundSource = { kind: 'sound', contextId: undefined, ptsUs: undefined, extras: undefined }

function spread(mono: Int16Array, channels: number): Int16Array {
  if (channels === 1) return mono
  const audio = new Int16Array(mono.length * channels)
  for (let i = 0; i < audio.length; i++) audio[i] = mono[Math.floor(i / channels)]!
  return audio
}

function later(source: SoundSource, samples: number, sampleRate: number): SoundSource {
  if (source.ptsUs === undefined || samples === 0) return source
  return { ...source, ptsUs: source.ptsUs + Math.round((samples * 1_000_000) / sampleRate) }
}
