/**
 * The protobuf `Frame` of Pipecat's WebSocket transport, as much of it as a page needs: a oneof with `audio` in field 2
 * (id 1, name 2, audio 3, sample_rate 4, num_channels 5, pts 6) and `message` in field 4 (data 1).
 */

/** A frame as the page understands it; kinds it has no use for arrive as `other`. */
export type WireFrame =
  | {
      kind: 'audio'
      /** The utterance the audio belongs to; "audio" when the server names none. */
      name: string
      /** 16-bit little-endian samples. */
      audio: Uint8Array
      sampleRate: number
      numChannels: number
      /** Position of the first sample within the utterance, in nanoseconds. */
      ptsNs: number | undefined
    }
  | { kind: 'message'; data: string }
  | { kind: 'other' }

type Value = number | Uint8Array

const utf8 = new TextDecoder()
const toUtf8 = new TextEncoder()

function fieldsOf(bytes: Uint8Array): Map<number, Value> {
  const fields = new Map<number, Value>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new RangeError('A frame ends inside a number.')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('A frame ends inside a field.')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wireType = tag % 8
    if (wireType === 0) fields.set(field, varint())
    else if (wireType === 1) fields.set(field, take(8))
    else if (wireType === 2) fields.set(field, take(varint()))
    else if (wireType === 5) fields.set(field, take(4))
    else throw new RangeError(`A frame has a field of the unknown wire type ${wireType}.`)
  }
  return fields
}

function bytesOf(value: Value | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

function numberOf(value: Value | undefined): number {
  return typeof value === 'number' ? value : 0
}

/** Reads one frame. Throws RangeError when the bytes are not a protobuf message. */
export function decodeFrame(bytes: Uint8Array): WireFrame {
  const frame = fieldsOf(bytes)
  const message = frame.get(4)
  if (message instanceof Uint8Array) return { kind: 'message', data: utf8.decode(bytesOf(fieldsOf(message).get(1))) }
  const audio = frame.get(2)
  if (!(audio instanceof Uint8Array)) return { kind: 'other' }
  const fields = fieldsOf(audio)
  const pts = fields.get(6)
  return {
    kind: 'audio',
    name: utf8.decode(bytesOf(fields.get(2))),
    audio: bytesOf(fields.get(3)),
    sampleRate: numberOf(fields.get(4)),
    numChannels: numberOf(fields.get(5)),
    ptsNs: typeof pts === 'number' ? pts : undefined,
  }
}

function pushVarint(out: number[], value: number): void {
  let rest = value
  while (rest >= 128) {
    out.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  out.push(rest)
}

function join(parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function header(field: number, wireType: number, value: number): number[] {
  const out: number[] = []
  pushVarint(out, field * 8 + wireType)
  pushVarint(out, value)
  return out
}

function delimited(field: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return join([header(field, 2, body.length), body])
}

/** Writes a message frame. */
export function encodeMessage(data: string): Uint8Array<ArrayBuffer> {
  return delimited(4, delimited(1, toUtf8.encode(data)))
}

/** Writes an audio frame of 16-bit little-endian samples; `ptsNs` is left out when undefined. */
export function encodeAudio(frame: {
  name: string
  audio: Uint8Array
  sampleRate: number
  numChannels: number
  ptsNs?: number
}): Uint8Array<ArrayBuffer> {
  return delimited(
    2,
    join([
      delimited(2, toUtf8.encode(frame.name)),
      delimited(3, frame.audio),
      header(4, 0, frame.sampleRate),
      header(5, 0, frame.numChannels),
      frame.ptsNs === undefined ? [] : header(6, 0, frame.ptsNs),
    ]),
  )
}
