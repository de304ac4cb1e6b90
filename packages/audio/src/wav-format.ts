import { AudioError } from './errors.ts'
import { bytesToPcm, floatToPcm } from './pcm.ts'

/** How the samples of a WAV file are stored, as its `fmt ` chunk says. */
export interface WavFormat {
  /** Frames per second in Hz. */
  readonly sampleRate: number
  /** Interleaved channels, 1 to 64. */
  readonly channels: number
  /** Whole numbers (8 bits unsigned, 16 and 24 bits signed) or 32-bit IEEE floats. */
  readonly encoding: 'int' | 'float'
  readonly bitsPerSample: 8 | 16 | 24 | 32
}

const FORMAT_PCM = 1
const FORMAT_FLOAT = 3
const FORMAT_EXTENSIBLE = 0xfffe

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const supportedSample = (code: number, bits: number): Pick<WavFormat, 'encoding' | 'bitsPerSample'> | undefined => {
  if (code === FORMAT_PCM && (bits === 8 || bits === 16 || bits === 24)) return { encoding: 'int', bitsPerSample: bits }
  if (code === FORMAT_FLOAT && bits === 32) return { encoding: 'float', bitsPerSample: bits }
  return undefined
}

/** @internal Reads the body of a `fmt ` chunk of 16 bytes or more. */
export const parseWavFormat = (chunk: Uint8Array): WavFormat => {
  const view = viewOf(chunk)
  const tag = view.getUint16(0, true)
  // An extensible format keeps the real code in the first two bytes of its sub-format identifier.
  const code = tag === FORMAT_EXTENSIBLE && chunk.length >= 26 ? view.getUint16(24, true) : tag
  const channels = view.getUint16(2, true)
  const sampleRate = view.getUint32(4, true)
  const frameBytes = view.getUint16(12, true)
  const bits = view.getUint16(14, true)
  const sample = supportedSample(code, bits)
  if (sample === undefined) {
    throw new AudioError(
      'unsupported-wav',
      `WAV: format ${code} with ${bits} bits is not supported; ask for 8, 16 or 24 bit PCM or 32 bit float`,
    )
  }
  if (channels < 1 || channels > 64 || sampleRate === 0 || frameBytes !== (channels * bits) / 8) {
    throw new AudioError(
      'unsupported-wav',
      `WAV: ${channels} channels, ${sampleRate} Hz and ${frameBytes} bytes a frame do not make a playable format`,
    )
  }
  return { sampleRate, channels, ...sample }
}

/** @internal Converts stored samples, a whole number of them, to 16 bits; finer ones are rounded. */
export const wavSamplesToPcm = (bytes: Uint8Array, { encoding, bitsPerSample }: WavFormat): Int16Array => {
  if (bitsPerSample === 16) return bytesToPcm(bytes)
  const view = viewOf(bytes)
  if (encoding === 'float') {
    return floatToPcm(Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true)))
  }
  const sampleBytes = bitsPerSample / 8
  const pcm = new Int16Array(bytes.length / sampleBytes)
  for (let i = 0; i < pcm.length; i++) {
    const at = i * sampleBytes
    if (bitsPerSample === 8) {
      pcm[i] = (view.getUint8(at) - 128) << 8
    } else {
      const rounded = ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) + 128
      pcm[i] = Math.min(32767, rounded >> 8)
    }
  }
  return pcm
}
