const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))
const uint16 = (value: number): number[] => [value & 255, value >> 8]
const uint32 = (value: number): number[] => [...uint16(value & 0xffff), ...uint16(value >>> 16)]

// What follows the two bytes of the code in the sub-format identifier.
const SUBFORMAT_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]

/** A RIFF chunk, padded to an even length; `size` overrides the size that it declares. */
export const chunk = (tag: string, body: ArrayLike<number>, size: number = body.length): number[] => [
  ...ascii(tag),
  ...uint32(size),
  ...Array.from(body),
  ...(body.length % 2 === 1 ? [0] : []),
]

export interface FormatFields {
  code?: number
  channels?: number
  sampleRate?: number
  bits?: number
  frameBytes?: number
}

/** The body of a plain 16-byte `fmt ` chunk. */
export const formatBody = ({
  code = 1,
  channels = 1,
  sampleRate = 16000,
  bits = 16,
  ...rest
}: FormatFields): number[] => {
  const frameBytes = rest.frameBytes ?? (channels * bits) / 8
  return [
    ...uint16(code),
    ...uint16(channels),
    ...uint32(sampleRate),
    ...uint32(sampleRate * frameBytes),
    ...uint16(frameBytes),
    ...uint16(bits),
  ]
}

/** The body of a 40-byte extensible `fmt ` chunk. */
export const extensibleFormatBody = (fields: FormatFields): number[] => [
  ...formatBody({ ...fields, code: 0xfffe }),
  ...uint16(22),
  ...uint16(fields.bits ?? 16),
  ...uint32(4),
  ...uint16(fields.code ?? 1),
  ...SUBFORMAT_TAIL,
]

/** A RIFF/WAVE file of the given chunks. */
export const riff = (...chunks: number[][]): Uint8Array => {
  const body = chunks.flat()
  return Uint8Array.from([...ascii('RIFF'), ...uint32(body.length + 4), ...ascii('WAVE'), ...body])
}
