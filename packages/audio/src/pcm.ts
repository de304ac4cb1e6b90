import { assertChannels } from './errors.ts'

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** @internal Reads samples one by one, on a host of either byte order. */
export const readLittleEndian = (bytes: Uint8Array): Int16Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const pcm = new Int16Array(bytes.byteLength >> 1)
  for (let i = 0; i < pcm.length; i++) pcm[i] = view.getInt16(2 * i, true)
  return pcm
}

/** @internal Writes samples one by one, on a host of either byte order. */
export const writeLittleEndian = (pcm: Int16Array): Uint8Array => {
  const bytes = new Uint8Array(pcm.byteLength)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < pcm.length; i++) view.setInt16(2 * i, pcm[i] ?? 0, true)
  return bytes
}

/**
 * Reads signed 16-bit little-endian PCM bytes as samples. Works at any byte offset.
 *
 * Bytes that begin on an even address of a little-endian host are not copied: the result then shares their memory.
 * A trailing half sample is left out; use {@link PcmByteStream} for chunks that may split a sample.
 */
export const bytesToPcm = (bytes: Uint8Array): Int16Array => {
  if (!HOST_IS_LITTLE_ENDIAN) return readLittleEndian(bytes)
  const length = bytes.byteLength >> 1
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, length)
  // A copy by constructor: `slice` of some subclasses (Node's Buffer) returns a view, which stays misaligned.
  return new Int16Array(new Uint8Array(bytes.subarray(0, 2 * length)).buffer)
}

/** Signed 16-bit little-endian bytes of the samples. On a little-endian host they share the samples' memory. */
export const pcmToBytes = (pcm: Int16Array): Uint8Array =>
  HOST_IS_LITTLE_ENDIAN ? new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength) : writeLittleEndian(pcm)

/** Samples scaled by 1/32768 to floats from -1 to just under 1. */
export const pcmToFloat = (pcm: Int16Array): Float32Array => {
  const float = new Float32Array(pcm.length)
  for (let i = 0; i < pcm.length; i++) float[i] = (pcm[i] ?? 0) / 32768
  return float
}

/**
 * Floats scaled by 32768 and rounded to the nearest sample; what lies outside -1..1 is clipped, NaN becomes 0.
 * The exact inverse of {@link pcmToFloat}.
 */
export const floatToPcm = (float: Float32Array): Int16Array => {
  const pcm = new Int16Array(float.length)
  for (let i = 0; i < float.length; i++) {
    pcm[i] = Math.max(-32768, Math.min(32767, Math.round((float[i] ?? 0) * 32768)))
  }
  return pcm
}

/**
 * Turns a stream of byte chunks, cut anywhere, into samples: a byte that is half a sample waits for the next chunk.
 *
 * Give each stream its own instance. Samples may share the memory of the chunk they came from (see
 * {@link bytesToPcm}), so copy them if the chunk's buffer is to be used again.
 */
export class PcmByteStream {
  #half: number | undefined

  /** Bytes that wait for the rest of their sample: 0 or 1. */
  get pendingBytes(): number {
    return this.#half === undefined ? 0 : 1
  }

  /** The whole samples that `bytes` completes; empty when there is none. */
  process(bytes: Uint8Array): Int16Array {
    if (bytes.byteLength === 0) return new Int16Array(0)
    let joined = bytes
    if (this.#half !== undefined) {
      joined = new Uint8Array(bytes.byteLength + 1)
      joined[0] = this.#half
      joined.set(bytes, 1)
    }
    this.#half = joined.byteLength % 2 === 1 ? joined[joined.byteLength - 1] : undefined
    return bytesToPcm(joined)
  }

  /** Forgets a pending half sample, for instance after an interruption. */
  reset(): void {
    this.#half = undefined
  }
}

/**
 * Splits interleaved samples into one array per channel; a trailing partial frame is left out.
 *
 * @throws {@link AudioError} `invalid-argument` for a channel count that is not 1 to 64.
 */
export const splitChannels = (interleaved: Int16Array, channels: number): Int16Array[] => {
  assertChannels(channels, 'splitChannels')
  const frames = Math.floor(interleaved.length / channels)
  return Array.from({ length: channels }, (_, channel) => {
    const single = new Int16Array(frames)
    for (let i = 0; i < frames; i++) single[i] = interleaved[i * channels + channel] ?? 0
    return single
  })
}

/**
 * Interleaves one array per channel (left, right, ...) into one, cut to the shortest.
 *
 * @throws {@link AudioError} `invalid-argument` for no channel or more than 64.
 */
export const interleaveChannels = (channels: readonly Int16Array[]): Int16Array => {
  assertChannels(channels.length, 'interleaveChannels')
  const frames = Math.min(...channels.map((channel) => channel.length))
  const interleaved = new Int16Array(frames * channels.length)
  channels.forEach((channel, offset) => {
    for (let i = 0; i < frames; i++) interleaved[i * channels.length + offset] = channel[i] ?? 0
  })
  return interleaved
}

/**
 * The mean of all channels, rounded; a trailing partial frame is left out. One channel returns the input itself.
 *
 * @throws {@link AudioError} `invalid-argument` for a channel count that is not 1 to 64.
 */
export const toMono = (interleaved: Int16Array, channels: number): Int16Array => {
  assertChannels(channels, 'toMono')
  if (channels === 1) return interleaved
  const mono = new Int16Array(Math.floor(interleaved.length / channels))
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0
    for (let channel = 0; channel < channels; channel++) sum += interleaved[frame * channels + channel] ?? 0
    mono[frame] = Math.round(sum / channels)
  }
  return mono
}
