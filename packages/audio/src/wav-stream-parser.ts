import { AudioError } from './errors.ts'
import { parseWavFormat, wavSamplesToPcm } from './wav-format.ts'
import type { WavFormat } from './wav-format.ts'

const UNKNOWN_SIZE = 0xffffffff
// The largest `fmt ` chunk in use has 40 bytes; the bound keeps a hostile size from being buffered.
const MAX_FORMAT_BYTES = 1024

const tagAt = (bytes: Uint8Array, offset: number): string => String.fromCharCode(...bytes.subarray(offset, offset + 4))

type ParserState =
  | { at: 'riff' | 'chunk' | 'end' }
  | { at: 'format'; bytes: number }
  | { at: 'skip'; bytes: number }
  | { at: 'data'; bytes: number; format: WavFormat }
  | { at: 'failed'; error: AudioError }

/**
 * Reads a WAV file that arrives in chunks cut anywhere, and returns its samples as they come.
 *
 * Accepts PCM of 8, 16 and 24 bits and 32-bit float, plain or extensible, any number of channels up to 64. Other
 * chunks before the audio are skipped; what follows it is ignored. A data size of 0 or 0xFFFFFFFF, which servers write
 * when they stream, means until the end; so does a size larger than what arrives.
 */
export class WavStreamParser {
  #state: ParserState = { at: 'riff' }
  #pending: Uint8Array = new Uint8Array(0)
  #format: WavFormat | undefined

  /** The format of the file, once its `fmt ` chunk was read. */
  get format(): WavFormat | undefined {
    return this.#format
  }

  /**
   * The samples that `bytes` completes, interleaved, in whole frames; empty while the header is read. They may share the
   * memory of `bytes`.
   *
   * @throws {@link AudioError} `not-wav` or `unsupported-wav`, and the same again at every later call.
   */
  process(bytes: Uint8Array): Int16Array {
    if (this.#state.at === 'failed') throw this.#state.error
    let rest = bytes
    if (this.#pending.length > 0) {
      rest = new Uint8Array(this.#pending.length + bytes.length)
      rest.set(this.#pending)
      rest.set(bytes, this.#pending.length)
    }
    try {
      return this.#read(rest)
    } catch (error) {
      if (error instanceof AudioError) this.#state = { at: 'failed', error }
      throw error
    }
  }

  /**
   * Says that no more bytes come, and returns the format.
   *
   * @throws {@link AudioError} `truncated-wav` when the audio had not begun, and what {@link process} threw before.
   */
  finish(): WavFormat {
    if (this.#state.at === 'failed') throw this.#state.error
    if (this.#format !== undefined && (this.#state.at === 'data' || this.#state.at === 'end')) return this.#format
    throw new AudioError('truncated-wav', 'WAV: the file ended before its audio began; fetch it again')
  }

  #read(input: Uint8Array): Int16Array {
    let rest = input
    for (;;) {
      const state = this.#state
      switch (state.at) {
        case 'riff':
          if (rest.length < 12) return this.#waitWith(rest)
          if (tagAt(rest, 0) !== 'RIFF' || tagAt(rest, 8) !== 'WAVE') {
            throw new AudioError('not-wav', 'WAV: no RIFF/WAVE header; is this raw PCM or another container?')
          }
          this.#state = { at: 'chunk' }
          rest = rest.subarray(12)
          break
        case 'chunk':
          if (rest.length < 8) return this.#waitWith(rest)
          this.#state = this.#openChunk(rest)
          rest = rest.subarray(8)
          break
        case 'format':
          if (rest.length < state.bytes) return this.#waitWith(rest)
          this.#format = parseWavFormat(rest.subarray(0, state.bytes))
          this.#state = { at: 'chunk' }
          rest = rest.subarray(state.bytes)
          break
        case 'skip':
          if (rest.length < state.bytes) {
            this.#state = { at: 'skip', bytes: state.bytes - rest.length }
            return this.#waitWith(rest.subarray(rest.length))
          }
          this.#state = { at: 'chunk' }
          rest = rest.subarray(state.bytes)
          break
        case 'data':
          return this.#readData(rest, state.bytes, state.format)
        case 'end':
        case 'failed':
          return this.#waitWith(rest.subarray(rest.length))
      }
    }
  }

  #openChunk(header: Uint8Array): ParserState {
    const tag = tagAt(header, 0)
    const size = new DataView(header.buffer, header.byteOffset, 8).getUint32(4, true)
    // Chunks start on even offsets.
    const padded = size + (size % 2)
    if (tag === 'fmt ') {
      if (size >= 16 && size <= MAX_FORMAT_BYTES) return { at: 'format', bytes: padded }
      throw new AudioError('not-wav', `WAV: a format chunk of ${size} bytes; the file is damaged`)
    }
    if (tag !== 'data') return { at: 'skip', bytes: padded }
    if (this.#format === undefined) throw new AudioError('not-wav', 'WAV: audio before its format; the file is damaged')
    return { at: 'data', bytes: size === 0 || size === UNKNOWN_SIZE ? Infinity : size, format: this.#format }
  }

  #readData(rest: Uint8Array, bytes: number, format: WavFormat): Int16Array {
    const frameBytes = (format.channels * format.bitsPerSample) / 8
    const available = Math.min(rest.length, bytes)
    const whole = available - (available % frameBytes)
    if (available === bytes) {
      this.#state = { at: 'end' }
      this.#waitWith(rest.subarray(rest.length))
    } else {
      this.#state = { at: 'data', bytes: bytes - whole, format }
      this.#waitWith(rest.subarray(whole))
    }
    return wavSamplesToPcm(rest.subarray(0, whole), format)
  }

  #waitWith(rest: Uint8Array): Int16Array {
    this.#pending = new Uint8Array(rest)
    return new Int16Array(0)
  }
}
