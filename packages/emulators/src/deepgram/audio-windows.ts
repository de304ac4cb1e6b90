import {
  AudioError,
  decodeAlaw,
  decodeMulaw,
  floatToPcm,
  PcmByteStream,
  splitChannels,
  WavStreamParser,
} from '@pc/audio'
import { isLoud } from '../energy.ts'

/** Length of the windows in which speech is looked for. */
export const WINDOW_SECS = 0.02

/** Encodings whose samples are looked at. */
export const SAMPLE_ENCODINGS = ['linear16', 'linear32', 'mulaw', 'alaw'] as const

/** Compressed encodings: each message counts as one window. */
export const PACKET_ENCODINGS = ['flac', 'amr-nb', 'amr-wb', 'opus', 'ogg-opus', 'speex', 'g729'] as const

/** An encoding that the query parameter may name. */
type AudioEncoding = (typeof SAMPLE_ENCODINGS)[number] | (typeof PACKET_ENCODINGS)[number]

/** What the query says about the audio. */
export interface InputFormat {
  /** Absent for audio in a container. */
  readonly encoding?: AudioEncoding
  readonly sampleRate: number
  readonly channels: number
}

/** Thrown for audio that is neither in the announced encoding nor in a known container. */
export class UndecodableAudio extends Error {}

// A packet of a codec that says "silence" is a few bytes long.
const SPEECH_PACKET_BYTES = 16
const CONTAINER_SIGNATURES = ['OggS', 'fLaC', 'ID3', '\x1a\x45\xdf\xa3', '\xff\xfb', '\xff\xf3']

type Decode = (bytes: Uint8Array) => Int16Array

const floatDecoder = (): Decode => {
  let rest = new Uint8Array(0)
  return (bytes) => {
    const joined = new Uint8Array(rest.length + bytes.length)
    joined.set(rest)
    joined.set(bytes, rest.length)
    const count = joined.length >> 2
    rest = joined.slice(count * 4)
    const view = new DataView(joined.buffer)
    return floatToPcm(Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * 4, true)))
  }
}

const linear16Decoder = (): Decode => {
  const stream = new PcmByteStream()
  return (bytes) => stream.process(bytes)
}

/**
 * Cuts incoming audio into windows of 20 ms and tells for each channel whether it is loud. Compressed audio is not
 * decoded: there each message is one window, loud unless it is very short.
 */
export class AudioWindows {
  #source: { readonly decode: Decode | undefined; readonly wav?: WavStreamParser } | undefined
  #format: InputFormat
  #pending = new Int16Array(0)

  constructor(format: InputFormat) {
    this.#format = format
    if (format.encoding === 'linear16') this.#source = { decode: linear16Decoder() }
    else if (format.encoding === 'linear32') this.#source = { decode: floatDecoder() }
    else if (format.encoding === 'mulaw') this.#source = { decode: decodeMulaw }
    else if (format.encoding === 'alaw') this.#source = { decode: decodeAlaw }
    else if (format.encoding) this.#source = { decode: undefined }
  }

  /**
   * The windows that these bytes complete: one array each, with one entry for each channel.
   *
   * @throws {@link UndecodableAudio} when the query named no encoding and the audio has no container.
   */
  push(bytes: Uint8Array): readonly boolean[][] {
    const source = (this.#source ??= openContainer(bytes))
    if (!source.decode) return [Array.from({ length: this.#format.channels }, () => bytes.length > SPEECH_PACKET_BYTES)]
    const samples = this.#decode(source.decode, bytes)
    const wavFormat = source.wav?.format
    if (wavFormat) this.#format = { sampleRate: wavFormat.sampleRate, channels: wavFormat.channels }
    return this.#cut(samples)
  }

  #decode(decode: Decode, bytes: Uint8Array): Int16Array {
    try {
      return decode(bytes)
    } catch (error) {
      if (error instanceof AudioError) throw new UndecodableAudio(error.message, { cause: error })
      throw error
    }
  }

  #cut(samples: Int16Array): readonly boolean[][] {
    const { sampleRate, channels } = this.#format
    const joined = new Int16Array(this.#pending.length + samples.length)
    joined.set(this.#pending)
    joined.set(samples, this.#pending.length)
    const size = Math.max(1, Math.round(sampleRate * WINDOW_SECS)) * channels
    const windows: boolean[][] = []
    let start = 0
    for (; start + size <= joined.length; start += size) {
      windows.push(splitChannels(joined.subarray(start, start + size), channels).map(isLoud))
    }
    this.#pending = joined.slice(start)
    return windows
  }
}

const openContainer = (bytes: Uint8Array): { decode: Decode | undefined; wav?: WavStreamParser } => {
  const start = String.fromCharCode(...bytes.subarray(0, 4))
  if (start === 'RIFF') {
    const wav = new WavStreamParser()
    return { decode: (chunk) => wav.process(chunk), wav }
  }
  if (CONTAINER_SIGNATURES.some((signature) => start.startsWith(signature))) return { decode: undefined }
  throw new UndecodableAudio('The audio has no container; raw audio needs the parameters encoding and sample_rate.')
}
