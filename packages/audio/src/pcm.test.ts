import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, join } from '../test/signals.ts'
import { AudioError } from './errors.ts'
import {
  PcmByteStream,
  bytesToPcm,
  floatToPcm,
  interleaveChannels,
  pcmToBytes,
  pcmToFloat,
  readLittleEndian,
  splitChannels,
  toMono,
  writeLittleEndian,
} from './pcm.ts'

const lengths = fc.array(fc.nat(7), { minLength: 1, maxLength: 20 })

test('samples are little-endian bytes', () => {
  expect([...pcmToBytes(Int16Array.of(1, -2, 0x1234))]).toEqual([1, 0, 0xfe, 0xff, 0x34, 0x12])
  expect([...bytesToPcm(Uint8Array.of(1, 0, 0xfe, 0xff, 0x34, 0x12))]).toEqual([1, -2, 0x1234])
})

test('samples survive bytes at any offset, by the fast and by the portable way', () => {
  fc.assert(
    fc.property(fc.int16Array(), fc.nat(3), (pcm, offset) => {
      const bytes = pcmToBytes(pcm)
      expect(bytes).toEqual(writeLittleEndian(pcm))
      const moved = new Uint8Array(bytes.length + offset).subarray(offset)
      moved.set(bytes)
      expect(bytesToPcm(moved)).toEqual(pcm)
      expect(readLittleEndian(moved)).toEqual(pcm)
    }),
  )
})

test('aligned bytes are viewed, not copied, and only the given part of the buffer is seen', () => {
  const buffer = new Uint8Array(12).map((_, i) => i)
  const part = buffer.subarray(4, 8)
  const pcm = bytesToPcm(part)
  expect([...pcm]).toEqual([0x0504, 0x0706])
  expect(pcm.buffer).toBe(buffer.buffer)
  expect(pcmToBytes(pcm).buffer).toBe(buffer.buffer)
  expect([...pcmToBytes(pcm)]).toEqual([4, 5, 6, 7])
})

test('misaligned bytes of a subclass whose slice is a view are read all the same', () => {
  class SharingBytes extends Uint8Array {
    override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
      return new Uint8Array(
        this.buffer as ArrayBuffer,
        this.byteOffset + (start ?? 0),
        (end ?? this.length) - (start ?? 0),
      )
    }
  }
  const bytes = new SharingBytes(Uint8Array.of(9, 1, 0, 2, 0).buffer, 1)
  expect([...bytesToPcm(bytes)]).toEqual([1, 2])
})

test('a trailing half sample is left out', () => {
  expect([...bytesToPcm(Uint8Array.of(1, 0, 2))]).toEqual([1])
  expect([...bytesToPcm(Uint8Array.of(9, 1, 0, 2).subarray(1))]).toEqual([1])
})

test('every sample survives the way over floats', () => {
  const all = Int16Array.from({ length: 65536 }, (_, i) => i - 32768)
  const floats = pcmToFloat(all)
  expect(floats[0]).toBe(-1)
  expect(floats[32768]).toBe(0)
  expect(floatToPcm(floats)).toEqual(all)
})

test('floats beyond full scale are clipped and NaN is silence', () => {
  expect([...floatToPcm(Float32Array.of(1, 2, Infinity, -1, -2, -Infinity, NaN))]).toEqual([
    32767, 32767, 32767, -32768, -32768, -32768, 0,
  ])
})

test('a byte stream cut anywhere yields the same samples', () => {
  fc.assert(
    fc.property(fc.int16Array({ maxLength: 60 }), lengths, (pcm, cuts) => {
      const stream = new PcmByteStream()
      const pieces = cut(pcmToBytes(pcm), cuts).map((piece) => stream.process(piece))
      expect(join(pieces)).toEqual(pcm)
      expect(stream.pendingBytes).toBe(0)
    }),
  )
})

test('a byte stream keeps half a sample, and forgets it on reset', () => {
  const stream = new PcmByteStream()
  expect([...stream.process(Uint8Array.of(1, 0, 2))]).toEqual([1])
  expect(stream.pendingBytes).toBe(1)
  stream.reset()
  expect(stream.pendingBytes).toBe(0)
  expect([...stream.process(Uint8Array.of(3, 0))]).toEqual([3])
})

test('channels survive interleaving and splitting', () => {
  fc.assert(
    fc.property(fc.array(fc.int16Array({ minLength: 5, maxLength: 5 }), { minLength: 1, maxLength: 6 }), (channels) => {
      expect(splitChannels(interleaveChannels(channels), channels.length)).toEqual(channels)
    }),
  )
})

test('interleaving cuts to the shortest channel, splitting drops a partial frame', () => {
  expect([...interleaveChannels([Int16Array.of(1, 2, 3), Int16Array.of(10, 20)])]).toEqual([1, 10, 2, 20])
  expect(splitChannels(Int16Array.of(1, 10, 2), 2)).toEqual([Int16Array.of(1), Int16Array.of(10)])
})

test('mono is the rounded mean and cannot overflow', () => {
  expect([...toMono(Int16Array.of(32767, 32767, -32768, -32768, 1, 2, 5), 2)]).toEqual([32767, -32768, 2])
  const single = Int16Array.of(1, 2)
  expect(toMono(single, 1)).toBe(single)
})

test('impossible channel counts are refused by name', () => {
  for (const call of [
    () => toMono(Int16Array.of(1), 0),
    () => splitChannels(Int16Array.of(1), 1.5),
    () => interleaveChannels([]),
  ]) {
    expect(call).toThrow(AudioError)
    expect(call).toThrow(/channel count .* pass 1 to 64/)
  }
})
