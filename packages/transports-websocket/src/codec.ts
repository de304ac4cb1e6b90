/**
 * The frames of Pipecat's WebSocket protocol (protobuf package `pipecat`, proto3), written by hand: `Frame` is a oneof
 * of text = 1, audio = 2, transcription = 3, message = 4, interruption = 5. No dependencies: it runs in a page as well.
 */

/** A frame on the wire. */
export type WireFrame = WireText | WireAudio | WireTranscription | WireMessage | WireInterruption

/** `TextFrame`: id = 1, name = 2, text = 3. */
export interface WireText {
  readonly kind: 'text'
  readonly id: number
  readonly name: string
  readonly text: string
}

/** `AudioRawFrame`: id = 1, name = 2, audio = 3, sample_rate = 4, num_channels = 5, pts = 6. */
export interface WireAudio {
  readonly kind: 'audio'
  readonly id: number
  readonly name: string
  /** Signed 16-bit little-endian samples. Decoded, it shares the memory of the message. */
  readonly audio: Uint8Array
  /** Hz. */
  readonly sampleRate: number
  readonly numChannels: number
  /** Nanoseconds. */
  readonly pts?: number | undefined
}

/** `TranscriptionFrame`: id = 1, name = 2, text = 3, user_id = 4, timestamp = 5. */
export interface WireTranscription {
  readonly kind: 'transcription'
  readonly id: number
  readonly name: string
  readonly text: string
  readonly userId: string
  /** ISO 8601. */
  readonly timestamp: string
}

/** `MessageFrame`: data = 1, the JSON of a message. */
export interface WireMessage {
  readonly kind: 'message'
  readonly data: string
}

/** `InterruptionFrame`: id = 1, name = 2. */
export interface WireInterruption {
  readonly kind: 'interruption'
  readonly id: number
  readonly name: string
}

/**
 * Why bytes are no frame: they end inside a field (`truncated`), hold a number of more than ten bytes
 * (`varint-too-long`), or a field of a type that proto3 does not have (`unknown-wire-type`).
 */
export type CodecErrorCode = 'truncated' | 'varint-too-long' | 'unknown-wire-type'

/** What {@link decodeFrame} throws for damaged bytes. */
export class CodecError extends Error {
  override readonly name: string = 'CodecError'
  readonly code: CodecErrorCode

  constructor(code: CodecErrorCode, offset: number) {
    super(`The bytes are no protobuf frame: ${code} at byte ${offset}.`)
    this.code = code
  }
}

const KINDS = ['text', 'audio', 'transcription', 'message', 'interruption'] as const

const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** The fields of a message that are numbers or bytes, by number; the last of several counts. */
class Fields {
  readonly #bytes: Uint8Array
  readonly #numbers: number[] = []
  readonly #parts: (Uint8Array | undefined)[] = []
  /** The number of the field read last. */
  last = 0
  #at = 0

  constructor(bytes: Uint8Array, highest: number) {
    this.#bytes = bytes
    while (this.#at < bytes.length) this.#field(highest)
  }

  number(field: number): number {
    return this.#numbers[field] ?? 0
  }

  has(field: number): boolean {
    return this.#numbers[field] !== undefined
  }

  part(field: number): Uint8Array {
    return this.#parts[field] ?? EMPTY
  }

  text(field: number): string {
    const part = this.#parts[field]
    return part === undefined ? '' : utf8.decode(part)
  }

  #field(highest: number): void {
    const tag = this.#varint()
    const field = Math.floor(tag / 8)
    const known = field <= highest
    switch (tag % 8) {
      case VARINT: {
        const value = this.#varint()
        if (known) this.#numbers[field] = value
        return
      }
      case BYTES: {
        const part = this.#take(this.#varint())
        if (!known) return
        this.#parts[field] = part
        this.last = field
        return
      }
      case FIXED64:
        this.#take(8)
        return
      case FIXED32:
        this.#take(4)
        return
      default:
        throw new CodecError('unknown-wire-type', this.#at)
    }
  }

  /** Up to 64 bits; beyond 53 the low ones are rounded. */
  #varint(): number {
    let value = 0
    let scale = 1
    for (let length = 0; length < 10; length++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new CodecError('truncated', this.#bytes.length)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    throw new CodecError('varint-too-long', this.#at)
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new CodecError('truncated', this.#bytes.length)
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }
}

const EMPTY = new Uint8Array(0)
const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/**
 * Reads one frame. Unknown fields are skipped; a frame of an unknown kind gives `undefined`.
 *
 * @throws {@link CodecError} for bytes that are no protobuf message.
 */
export function decodeFrame(bytes: Uint8Array): WireFrame | undefined {
  const frame = new Fields(bytes, KINDS.length)
  const kind = KINDS[frame.last - 1]
  if (kind === undefined) return undefined
  const fields = new Fields(frame.part(frame.last), 6)
  if (kind === 'message') return { kind, data: fields.text(1) }
  const id = fields.number(1)
  const name = fields.text(2)
  switch (kind) {
    case 'interruption':
      return { kind, id, name }
    case 'text':
      return { kind, id, name, text: fields.text(3) }
    case 'transcription':
      return { kind, id, name, text: fields.text(3), userId: fields.text(4), timestamp: fields.text(5) }
    case 'audio': {
      const audio = { audio: fields.part(3), sampleRate: fields.number(4), numChannels: fields.number(5) }
      return fields.has(6) ? { kind, id, name, ...audio, pts: fields.number(6) } : { kind, id, name, ...audio }
    }
  }
}

/** Writes one frame, in bytes of their own. Zeros and empty texts are left out, as proto3 does. */
export function encodeFrame(frame: WireFrame): Uint8Array<ArrayBuffer> {
  switch (frame.kind) {
    case 'text':
      return encode(1, [frame.id, bytesOf(frame.name), bytesOf(frame.text)])
    case 'audio':
      return encode(2, [frame.id, bytesOf(frame.name), frame.audio, frame.sampleRate, frame.numChannels, frame.pts])
    case 'transcription':
      return encode(3, [
        frame.id,
        bytesOf(frame.name),
        bytesOf(frame.text),
        bytesOf(frame.userId),
        bytesOf(frame.timestamp),
      ])
    case 'message':
      return encode(4, [bytesOf(frame.data)])
    case 'interruption':
      return encode(5, [frame.id, bytesOf(frame.name)])
  }
}

type Value = number | Uint8Array | undefined

/** The sixth field of audio is optional, so that its zero is told from its absence. */
const isLeftOut = (value: Value, index: number): value is undefined =>
  value === undefined || (typeof value === 'number' ? value === 0 && index !== 5 : value.length === 0)

function encode(kind: number, values: readonly Value[]): Uint8Array<ArrayBuffer> {
  let size = 0
  for (const [index, value] of values.entries()) {
    if (isLeftOut(value, index)) continue
    size += typeof value === 'number' ? 1 + varintSize(value) : 1 + varintSize(value.length) + value.length
  }
  const out = new Uint8Array(1 + varintSize(size) + size)
  let at = putVarint(out, putVarint(out, 0, kind * 8 + BYTES), size)
  for (const [index, value] of values.entries()) {
    if (isLeftOut(value, index)) continue
    const field = (index + 1) * 8
    if (typeof value === 'number') at = putVarint(out, putVarint(out, at, field + VARINT), value)
    else {
      at = putVarint(out, putVarint(out, at, field + BYTES), value.length)
      out.set(value, at)
      at += value.length
    }
  }
  return out
}

function bytesOf(text: string): Uint8Array {
  return text === '' ? EMPTY : encoder.encode(text)
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

function putVarint(out: Uint8Array, at: number, value: number): number {
  let rest = value
  let index = at
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[index++] = (rest % 128) | 0x80
  out[index++] = rest
  return index
}
