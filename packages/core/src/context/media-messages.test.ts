import { inflateSync } from 'node:zlib'
import { decodeWav } from '@pc/audio'
import { expect, test } from 'vitest'
import { LLMContext } from './llm-context.ts'
import { createAudioMessage, createImageMessage } from './media-messages.ts'
import type { StandardMessage } from './messages.ts'

const bytesOf = (message: StandardMessage, prefix: string): Buffer => {
  const [part] = Array.isArray(message.content) ? message.content : []
  const text =
    part?.type === 'image_url' ? part.image_url.url : part?.type === 'input_audio' ? part.input_audio.data : ''
  expect(text.startsWith(prefix)).toBe(true)
  return Buffer.from(text.slice(prefix.length), 'base64')
}

test('an encoded picture goes as it is, behind its text', async () => {
  const image = { image: new Uint8Array([1, 2, 255]), size: [4, 4], format: 'image/jpeg' } as const
  expect(await createImageMessage(image, { text: 'What is this?' })).toEqual({
    role: 'user',
    content: [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AQL/' } },
    ],
  })
})

test.each([
  ['RGB', 3, 2],
  ['RGBA', 4, 6],
])('raw %s pixels go as a PNG that holds the same pixels', async (format, channels, colorType) => {
  const pixels = Uint8Array.from({ length: 5 * 3 * channels }, (_, i) => (i * 37) % 256)
  const png = bytesOf(await createImageMessage({ image: pixels, size: [5, 3], format }), 'data:image/png;base64,')
  expect(png.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]))
  expect([png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]).toEqual([5, 3, 8, colorType])
  const length = png.readUInt32BE(33)
  expect(png.toString('latin1', 37, 41)).toBe('IDAT')
  const rows = inflateSync(png.subarray(41, 41 + length))
  const row = 5 * channels
  const unfiltered = [0, 1, 2].flatMap((y) => [...rows.subarray(y * (row + 1) + 1, (y + 1) * (row + 1))])
  expect(unfiltered).toEqual([...pixels])
  // The checksum of an empty IEND chunk is a known constant.
  expect(png.subarray(-12).toString('hex')).toBe('0000000049454e44ae426082')
})

test('pixels that do not fit their size are refused', async () => {
  const image = { image: new Uint8Array(10), size: [2, 2], format: 'RGB' } as const
  await expect(createImageMessage(image)).rejects.toThrow('2 x 2 as RGB')
  await expect(createImageMessage({ ...image, format: 'YUV' })).rejects.toMatchObject({ code: 'invalid-image' })
})

test('a sound goes as WAV', () => {
  const audio = Int16Array.from([0, 1000, -1000, 32767])
  const message = createAudioMessage({ audio, sampleRate: 16_000, numChannels: 2 })
  expect(decodeWav(bytesOf(message, ''))).toMatchObject({ pcm: audio, sampleRate: 16_000, channels: 2 })
})

test('a context takes pictures and sounds, and a picture keeps its place while it is encoded', async () => {
  const context = new LLMContext()
  const added = context.addImageMessage({ image: new Uint8Array(3), size: [1, 1], format: 'RGB' })
  context.addAudioMessage({ audio: new Int16Array(1), sampleRate: 8000, numChannels: 1 })
  await added
  const parts = context.messages.map((message) => ('content' in message ? message.content : null))
  expect(parts).toMatchObject([[{ type: 'image_url' }], [{ type: 'input_audio' }]])
})
