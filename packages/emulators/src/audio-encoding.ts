import { encodeAlaw, encodeMulaw, encodeWav, pcmToBytes } from '@pc/audio'

/** Speech in the form that goes over the wire. */
export interface EncodedSpeech {
  readonly bytes: Uint8Array
  readonly bytesPerSec: number
}

const STREAMED_LENGTH = 0xffff_ffff

/** Signed 16-bit little-endian samples without a header. */
export const encodeLinear16 = (pcm: Int16Array, sampleRate: number): EncodedSpeech => ({
  bytes: pcmToBytes(pcm),
  bytesPerSec: sampleRate * 2,
})

/** G.711 samples without a header. */
export const encodeG711 = (pcm: Int16Array, law: 'mulaw' | 'alaw', sampleRate: number): EncodedSpeech => ({
  bytes: law === 'mulaw' ? encodeMulaw(pcm) : encodeAlaw(pcm),
  bytesPerSec: sampleRate,
})

/** A WAV file as a live stream has it: the lengths in the header are 0xFFFFFFFF, because they are not known yet. */
export const encodeStreamedWav = (pcm: Int16Array, sampleRate: number): EncodedSpeech => {
  const bytes = encodeWav(pcm, sampleRate, 1)
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  header.setUint32(4, STREAMED_LENGTH, true)
  header.setUint32(40, STREAMED_LENGTH, true)
  return { bytes, bytesPerSec: sampleRate * 2 }
}

const WAV_HEADER_BYTES = 44
const WAV_FORMAT_CODES = { alaw: 6, mulaw: 7 }

/** G.711 samples in a WAV file of unknown length, see {@link encodeStreamedWav}. */
export const encodeStreamedG711Wav = (pcm: Int16Array, law: 'mulaw' | 'alaw', sampleRate: number): EncodedSpeech => {
  const { bytes, bytesPerSec } = encodeG711(pcm, law, sampleRate)
  const file = new Uint8Array(WAV_HEADER_BYTES + bytes.length)
  file.set(encodeStreamedWav(new Int16Array(0), sampleRate).bytes)
  file.set(bytes, WAV_HEADER_BYTES)
  const header = new DataView(file.buffer)
  header.setUint16(20, WAV_FORMAT_CODES[law], true)
  header.setUint32(28, bytesPerSec, true)
  header.setUint16(32, 1, true)
  header.setUint16(34, 8, true)
  return { bytes: file, bytesPerSec }
}

const MP3_FRAME_BYTES = 96
const MP3_SAMPLES_PER_FRAME = 576
const MP3_SAMPLE_RATE = 24_000

/**
 * A valid MP3 of the given duration that plays silence, because there is no MP3 encoder here: MPEG-2 layer III, 32 kbit/s,
 * 24 kHz mono, every frame with empty side information (ISO/IEC 13818-3).
 */
export const silentMp3 = (durationSecs: number): EncodedSpeech => {
  const frames = Math.ceil((durationSecs * MP3_SAMPLE_RATE) / MP3_SAMPLES_PER_FRAME)
  const bytes = new Uint8Array(frames * MP3_FRAME_BYTES)
  for (let frame = 0; frame < frames; frame++) bytes.set([0xff, 0xf3, 0x44, 0xc0], frame * MP3_FRAME_BYTES)
  return { bytes, bytesPerSec: (MP3_SAMPLE_RATE / MP3_SAMPLES_PER_FRAME) * MP3_FRAME_BYTES }
}
