import { encodeWav } from '@pc/audio'
import type { AudioRaw } from '../frames/audio.ts'
import type { ImageRaw } from '../frames/image.ts'
import { PcError } from '../runtime/errors.ts'
import type { ContentPart, StandardMessage } from './messages.ts'

/** What goes with a picture or a sound. */
export interface MediaMessageOptions {
  /** Stands ahead of it. */
  readonly text?: string | undefined
  /** Whose message it is. Default `user`. */
  readonly role?: 'user' | 'assistant' | undefined
}

/**
 * A message with a picture. An encoded file goes as it is, raw pixels as PNG.
 *
 * @throws PcError `invalid-image` when raw pixels do not fit their size, or the format is neither.
 */
export async function createImageMessage(image: ImageRaw, options: MediaMessageOptions = {}): Promise<StandardMessage> {
  const url = image.format.startsWith('image/')
    ? dataUrl(image.format, image.image)
    : dataUrl('image/png', await encodePng(image))
  return message({ type: 'image_url', image_url: { url } }, options)
}

/** A message with a sound, as WAV. */
export function createAudioMessage(audio: AudioRaw, options: MediaMessageOptions = {}): StandardMessage {
  const wav = encodeWav(audio.audio, audio.sampleRate, audio.numChannels)
  return message({ type: 'input_audio', input_audio: { data: base64(wav), format: 'wav' } }, options)
}

function message(part: ContentPart, { text, role = 'user' }: MediaMessageOptions): StandardMessage {
  return { role, content: text === undefined || text === '' ? [part] : [{ type: 'text', text }, part] }
}

function dataUrl(mimeType: string, bytes: Uint8Array): string {
  return `data:${mimeType};base64,${base64(bytes)}`
}

function base64(bytes: Uint8Array): string {
  let binary = ''
  // Not all at once: the arguments of a call are limited.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(binary)
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10]

/** PNG as of ISO/IEC 15948: eight bits a channel, no filter; the platform compresses off the event loop. */
async function encodePng({ image, size: [width, height], format }: ImageRaw): Promise<Uint8Array> {
  const channels = format === 'RGB' ? 3 : format === 'RGBA' ? 4 : 0
  const rowBytes = width * channels
  if (channels === 0 || width < 1 || height < 1 || image.length !== rowBytes * height) {
    const message = `A picture of ${width} x ${height} as ${format} cannot have ${image.length} bytes: use RGB or RGBA pixels, or an encoded file with its MIME type.`
    throw new PcError(message, { code: 'invalid-image', kind: 'invalid-request' })
  }
  const rows = new Uint8Array((rowBytes + 1) * height)
  for (let y = 0; y < height; y++) rows.set(image.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1)
  const packed = new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream('deflate')))
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint8(8, 8)
  header.setUint8(9, channels === 3 ? 2 : 6)
  return concat([
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', new Uint8Array(await packed.arrayBuffer())),
    chunk('IEND', new Uint8Array(0)),
  ])
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, data.length)
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i)
  bytes.set(data, 8)
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)))
  return bytes
}

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
