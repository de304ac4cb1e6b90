import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { CodecError, decodeFrame, encodeFrame, type WireFrame } from './codec.ts'

const { root } = protobuf.parse(
  `syntax = "proto3";
   package pipecat;
   message TextFrame { uint64 id = 1; string name = 2; string text = 3; }
   message AudioRawFrame { uint64 id = 1; string name = 2; bytes audio = 3; uint32 sample_rate = 4; uint32 num_channels = 5; optional uint64 pts = 6; }
   message TranscriptionFrame { uint64 id = 1; string name = 2; string text = 3; string user_id = 4; string timestamp = 5; }
   message MessageFrame { string data = 1; }
   message InterruptionFrame { uint64 id = 1; string name = 2; }
   message Frame { oneof frame { TextFrame text = 1; AudioRawFrame audio = 2; TranscriptionFrame transcription = 3; MessageFrame message = 4; InterruptionFrame interruption = 5; } }
   message Stranger { string note = 900; fixed64 big = 901; fixed32 small = 902; uint64 count = 903; Frame inner = 904; }`,
  { keepCase: false },
)
const Frame = root.lookupType('pipecat.Frame')
const Stranger = root.lookupType('pipecat.Stranger')

const id = fc.nat(Number.MAX_SAFE_INTEGER)
const text = fc.string({ unit: 'grapheme', maxLength: 40 })
const frames: fc.Arbitrary<WireFrame> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), id, name: text, text }),
  fc.record({
    kind: fc.constant('audio' as const),
    id,
    name: text,
    audio: fc.uint8Array({ maxLength: 2000 }),
    sampleRate: fc.nat(384_000),
    numChannels: fc.nat(8),
  }),
  fc.record({
    kind: fc.constant('audio' as const),
    id,
    name: text,
    audio: fc.uint8Array({ maxLength: 20 }),
    sampleRate: fc.nat(384_000),
    numChannels: fc.nat(8),
    pts: fc.nat(Number.MAX_SAFE_INTEGER),
  }),
  fc.record({ kind: fc.constant('transcription' as const), id, name: text, text, userId: text, timestamp: text }),
  fc.record({ kind: fc.constant('message' as const), data: text }),
  fc.record({ kind: fc.constant('interruption' as const), id, name: text }),
)

describe('against protobufjs', () => {
  test('any frame written here is read there', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const { kind, ...fields } = frame
        const read = Frame.toObject(Frame.decode(encodeFrame(frame)), { longs: Number, defaults: true, bytes: Array })
        expect(read[kind]).toMatchObject('audio' in fields ? { ...fields, audio: [...fields.audio] } : fields)
      }),
      { numRuns: 500 },
    )
  })

  test('any frame written there is read here', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const { kind, ...fields } = frame
        const bytes = new Uint8Array(Frame.encode(Frame.fromObject({ [kind]: fields })).finish())
        expect(decodeFrame(bytes)).toEqual(frame)
      }),
      { numRuns: 500 },
    )
  })

  test('unknown fields of every type are skipped', () => {
    fc.assert(
      fc.property(frames, text, fc.nat(), (frame, note, count) => {
        const stranger = Stranger.encode(Stranger.fromObject({ note, big: 7, small: 8, count, inner: {} })).finish()
        const bytes = Uint8Array.of(...stranger, ...encodeFrame(frame), ...stranger)
        expect(decodeFrame(bytes)).toEqual(frame)
      }),
      { numRuns: 100 },
    )
  })
})

test('a frame of an unknown kind, or of none, is undefined', () => {
  expect(decodeFrame(new Uint8Array(0))).toBeUndefined()
  expect(decodeFrame(Uint8Array.of(6 * 8 + 2, 1, 0))).toBeUndefined()
})

test('a position of zero is told from no position', () => {
  const audio = {
    kind: 'audio',
    id: 0,
    name: 'a',
    audio: new Uint8Array(2),
    sampleRate: 24_000,
    numChannels: 1,
  } as const
  expect(decodeFrame(encodeFrame({ ...audio, pts: 0 }))).toMatchObject({ pts: 0 })
  expect(decodeFrame(encodeFrame(audio))).not.toHaveProperty('pts')
})

describe('damaged bytes', () => {
  const codeOf = (bytes: Uint8Array): string | undefined => {
    try {
      decodeFrame(bytes)
    } catch (error) {
      if (error instanceof CodecError) return error.code
      throw error
    }
    return undefined
  }

  test('that end too soon, hold endless numbers or types that do not exist, are told apart', () => {
    const whole = encodeFrame({ kind: 'text', id: 7, name: 'n', text: 'hello' })
    expect(codeOf(whole.subarray(0, whole.length - 1))).toBe('truncated')
    expect(codeOf(Uint8Array.of(0x80))).toBe('truncated')
    expect(codeOf(new Uint8Array(20).fill(0xff))).toBe('varint-too-long')
    expect(codeOf(Uint8Array.of(3))).toBe('unknown-wire-type')
    expect(codeOf(Uint8Array.of(1 * 8 + 2, 0xff, 0xff, 0xff, 0xff, 0x7f))).toBe('truncated')
  })

  test('of any other sort give a frame, nothing, or this error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        codeOf(bytes)
      }),
      { numRuns: 2000 },
    )
  })
})
