/** The mu-law byte of silence (sample 0). */
export const MULAW_SILENCE = 0xff

/** The A-law byte of silence (the code next to sample 0; A-law has no zero and decodes it as 8). */
export const ALAW_SILENCE = 0xd5

// A negative sample takes the code of its ones' complement, as in the ITU-T software tool library (G.191): sample s
// stands for the values s to s + 1, so the two halves of the scale mirror each other.
const magnitudeOf = (sample: number): number => (sample < 0 ? ~sample : sample)

const segmentOf = (value: number, lowestBit: number): number => 31 - Math.clz32(value) - lowestBit

const mulawCode = (sample: number): number => {
  const biased = Math.min((magnitudeOf(sample) >> 2) + 33, 0x1fff)
  const segment = segmentOf(biased, 5)
  const code = (segment << 4) | ((biased >> (segment + 1)) & 15)
  return (sample < 0 ? 0x7f : 0xff) ^ code
}

const mulawSample = (byte: number): number => {
  const code = ~byte & 0x7f
  const magnitude = ((((code & 15) << 3) + 132) << (code >> 4)) - 132
  return byte < 128 ? 0 - magnitude : magnitude
}

const alawCode = (sample: number): number => {
  const step = magnitudeOf(sample) >> 4
  const segment = Math.max(0, segmentOf(step, 3))
  const code = segment < 2 ? step : (segment << 4) | ((step >> (segment - 1)) & 15)
  return (sample < 0 ? 0x55 : 0xd5) ^ code
}

const alawSample = (byte: number): number => {
  const code = (byte ^ 0x55) & 0x7f
  const segment = code >> 4
  const step = ((code & 15) << 4) + 8
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1)
  return byte < 128 ? -magnitude : magnitude
}

interface Law {
  readonly encoded: Uint8Array
  readonly decoded: Int16Array
}

const buildLaw = (codeOf: (sample: number) => number, sampleOf: (byte: number) => number): Law => {
  const encoded = new Uint8Array(65536)
  for (let sample = -32768; sample < 32768; sample++) encoded[sample & 0xffff] = codeOf(sample)
  return { encoded, decoded: Int16Array.from({ length: 256 }, (_, byte) => sampleOf(byte)) }
}

let mulaw: Law | undefined
let alaw: Law | undefined
const mulawTables = (): Law => (mulaw ??= buildLaw(mulawCode, mulawSample))
const alawTables = (): Law => (alaw ??= buildLaw(alawCode, alawSample))

const encode = (pcm: Int16Array, table: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(pcm.length)
  for (let i = 0; i < pcm.length; i++) bytes[i] = table[(pcm[i] ?? 0) & 0xffff] ?? 0
  return bytes
}

const decode = (bytes: Uint8Array, table: Int16Array): Int16Array => {
  const pcm = new Int16Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) pcm[i] = table[bytes[i] ?? 0] ?? 0
  return pcm
}

/**
 * Encodes 16-bit samples as mu-law (PCMU), one byte each, by ITU-T G.711 table 2. The law has 14 bits of range, so
 * louder samples than 32635 take the outermost code.
 */
export const encodeMulaw = (pcm: Int16Array): Uint8Array => encode(pcm, mulawTables().encoded)

/** Decodes mu-law (PCMU) bytes to 16-bit samples from -32124 to 32124, by ITU-T G.711 table 2. */
export const decodeMulaw = (bytes: Uint8Array): Int16Array => decode(bytes, mulawTables().decoded)

/** Encodes 16-bit samples as A-law (PCMA, even bits inverted), one byte each, by ITU-T G.711 table 1. */
export const encodeAlaw = (pcm: Int16Array): Uint8Array => encode(pcm, alawTables().encoded)

/** Decodes A-law (PCMA) bytes to 16-bit samples from -32256 to 32256, by ITU-T G.711 table 1. */
export const decodeAlaw = (bytes: Uint8Array): Int16Array => decode(bytes, alawTables().decoded)
