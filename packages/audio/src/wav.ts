import { AudioError, assertChannels } from './errors.ts'
import { pcmToBytes } from './pcm.ts'
import { WavStreamParser } from './wav-stream-parser.ts'

/** What {@link decodeWav} returns. */
export interface WavAudio {
  /** 16-bit samples, interleaved when there are several channels. */
  readonly pcm: Int16Array
  /** Frames per second in Hz. */
  readonly sampleRate: number
  readonly channels: number
}

const HEADER_BYTES = 44
const FORMAT_PCM = 1
const MAX_UINT32 = 0xffffffff

const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))

/**
 * A complete 16-bit PCM WAV file with the plain 44-byte header. A trailing partial frame is left out.
 *
 * @param pcm - samples, interleaved when there are several channels
 * @param sampleRate - frames per second, whole Hz above 0
 * @param channels - 1 to 64, default 1
 * @throws {@link AudioError} `invalid-argument` for a rate or channel count outside its range, and for more than the
 * 4 GiB that a WAV file can hold.
 */
export const encodeWav = (pcm: Int16Array, sampleRate: number, channels = 1): Uint8Array => {
  assertChannels(channels, 'encodeWav')
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > MAX_UINT32 / (2 * channels)) {
    throw new AudioError('invalid-argument', `encodeWav: sample rate ${sampleRate} is not supported; pass whole hertz`)
  }
  const frameBytes = 2 * channels
  const dataBytes = Math.floor(pcm.length / channels) * frameBytes
  if (dataBytes > MAX_UINT32 - HEADER_BYTES) {
    throw new AudioError('invalid-argument', `encodeWav: ${dataBytes} bytes do not fit in a WAV file; split the audio`)
  }
  const file = new Uint8Array(HEADER_BYTES + dataBytes)
  const view = new DataView(file.buffer)
  file.set(ascii('RIFF'), 0)
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true)
  file.set(ascii('WAVEfmt '), 8)
  view.setUint32(16, 16, true)
  view.setUint16(20, FORMAT_PCM, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * frameBytes, true)
  view.setUint16(32, frameBytes, true)
  view.setUint16(34, 16, true)
  file.set(ascii('data'), 36)
  view.setUint32(40, dataBytes, true)
  file.set(pcmToBytes(pcm).subarray(0, dataBytes), HEADER_BYTES)
  return file
}

/**
 * Reads a complete WAV file; see {@link WavStreamParser} for what is accepted. A file cut short gives the audio it
 * has. The samples may share the memory of `file`.
 *
 * @throws {@link AudioError} `not-wav`, `unsupported-wav` or `truncated-wav`.
 */
export const decodeWav = (file: Uint8Array): WavAudio => {
  const parser = new WavStreamParser()
  const pcm = parser.process(file)
  const { sampleRate, channels } = parser.finish()
  return { pcm, sampleRate, channels }
}
