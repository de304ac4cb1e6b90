import { ProtobufFrameSerializer } from '@pipecat-ai/websocket-transport'
import { expect, test } from 'vitest'
import { decodeFrame, encodeAudio, encodeMessage } from './protobuf.ts'

const stock = new ProtobufFrameSerializer()

test('audio written here reads back with its name, position and samples', () => {
  const audio = Uint8Array.of(1, 2, 253, 254)
  const frame = decodeFrame(
    encodeAudio({ name: 'turn-7', audio, sampleRate: 24_000, numChannels: 1, ptsNs: 20_000_000 }),
  )
  expect(frame).toEqual({ kind: 'audio', name: 'turn-7', audio, sampleRate: 24_000, numChannels: 1, ptsNs: 20_000_000 })
})

test('a position of days in nanoseconds survives', () => {
  const ptsNs = 3 * 24 * 3600 * 1e9
  const frame = decodeFrame(
    encodeAudio({ name: 'a', audio: Uint8Array.of(0, 0), sampleRate: 24_000, numChannels: 1, ptsNs }),
  )
  expect(frame).toMatchObject({ ptsNs })
})

test('audio without a position has none', () => {
  const frame = decodeFrame(
    encodeAudio({ name: 'audio', audio: Uint8Array.of(0, 0), sampleRate: 16_000, numChannels: 1 }),
  )
  expect(frame).toMatchObject({ ptsNs: undefined })
})

test('the official client writes audio that reads back here', () => {
  const bytes = stock.serializeAudio(Int16Array.of(1, -2, 300).buffer, 16_000, 1)
  expect(decodeFrame(bytes)).toEqual({
    kind: 'audio',
    name: 'audio',
    audio: new Uint8Array(Int16Array.of(1, -2, 300).buffer),
    sampleRate: 16_000,
    numChannels: 1,
    ptsNs: undefined,
  })
})

test('the official client reads messages and audio written here', async () => {
  const message = {
    id: '1',
    label: 'rtvi-ai',
    type: 'bot-ready',
    data: { version: '2.1.0', text: 'gr\u00fc\u00df dich' },
  }
  expect(await stock.deserialize(new Blob([encodeMessage(JSON.stringify(message))]))).toEqual({
    type: 'message',
    message,
  })
  const samples = Int16Array.of(5, -6)
  const audio = encodeAudio({
    name: 'x',
    audio: new Uint8Array(samples.buffer),
    sampleRate: 24_000,
    numChannels: 1,
    ptsNs: 9,
  })
  expect(await stock.deserialize(new Blob([audio]))).toEqual({ type: 'audio', audio: samples })
})

test('messages of the official client read back here', () => {
  const message = { id: '1', label: 'rtvi-ai', type: 'client-ready', data: {} }
  expect(decodeFrame(stock.serializeMessage(message))).toEqual({ kind: 'message', data: JSON.stringify(message) })
})

test('frames of other kinds are told apart, and unknown fields skipped', () => {
  expect(decodeFrame(Uint8Array.of(0x2a, 0x00))).toEqual({ kind: 'other' })
  expect(decodeFrame(new Uint8Array())).toEqual({ kind: 'other' })
  const withFuture = Uint8Array.of(0x78, 0x05, ...encodeMessage('{}'))
  expect(decodeFrame(withFuture)).toEqual({ kind: 'message', data: '{}' })
})

test('a frame that was cut off is refused', () => {
  const whole = encodeMessage('{"label":"rtvi-ai"}')
  for (let length = 1; length < whole.length; length++) {
    expect(() => decodeFrame(whole.subarray(0, length))).toThrow(RangeError)
  }
})
