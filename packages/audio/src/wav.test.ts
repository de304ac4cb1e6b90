import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, join, noise } from '../test/signals.ts'
import { chunk, extensibleFormatBody, formatBody, riff } from '../test/wav-files.ts'
import { AudioError } from './errors.ts'
import { pcmToBytes } from './pcm.ts'
import { WavStreamParser } from './wav-stream-parser.ts'
import { decodeWav, encodeWav } from './wav.ts'

const codeOf = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    if (error instanceof AudioError) return error.code
    throw error
  }
  return 'no error'
}

const lengths = fc.array(fc.nat(30), { minLength: 1, maxLength: 10 })

describe('encodeWav', () => {
  test('writes the plain 44-byte header and the samples', () => {
    const file = encodeWav(Int16Array.of(1, -1, 2, -2), 24000, 2)
    expect(file).toEqual(
      riff(
        chunk('fmt ', formatBody({ channels: 2, sampleRate: 24000 })),
        chunk('data', [1, 0, 255, 255, 2, 0, 254, 255]),
      ),
    )
    expect(file).toHaveLength(44 + 8)
  })

  test('drops a trailing partial frame', () => {
    expect(encodeWav(Int16Array.of(1, 2, 3), 8000, 2)).toEqual(encodeWav(Int16Array.of(1, 2), 8000, 2))
  })

  test('refuses rates and channel counts that have no place in the header', () => {
    for (const rate of [0, -1, 0.5, NaN, 2 ** 32]) {
      expect(codeOf(() => encodeWav(Int16Array.of(1), rate))).toBe('invalid-argument')
    }
    expect(codeOf(() => encodeWav(Int16Array.of(1), 8000, 0))).toBe('invalid-argument')
  })
})

describe('decodeWav', () => {
  test('reads back what encodeWav wrote', () => {
    fc.assert(
      fc.property(
        fc.int16Array(),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(8000, 24000, 44100),
        (pcm, channels, sampleRate) => {
          const whole = pcm.subarray(0, pcm.length - (pcm.length % channels))
          // A length of zero means "until the end", which here is the same.
          expect(decodeWav(encodeWav(pcm, sampleRate, channels))).toEqual({ pcm: whole, sampleRate, channels })
        },
      ),
    )
  })

  test('takes a file at an odd offset of a larger buffer', () => {
    const file = encodeWav(Int16Array.of(5, -6), 8000)
    const moved = new Uint8Array(file.length + 1)
    moved.set(file, 1)
    expect([...decodeWav(moved.subarray(1)).pcm]).toEqual([5, -6])
  })

  test.each([
    ['8 bit', { bits: 8 }, [128, 255, 0, 129], [0, 32512, -32768, 256]],
    ['16 bit', { bits: 16 }, [1, 0, 0, 128], [1, -32768]],
    ['24 bit', { bits: 24 }, [0, 1, 0, 128, 1, 0, 127, 1, 0, 255, 255, 127, 0, 0, 128], [1, 2, 1, 32767, -32768]],
    [
      '32 bit float',
      { code: 3, bits: 32 },
      [0, 0, 0, 63, 0, 0, 128, 191, 0, 0, 0, 64, 0, 0, 192, 127],
      [16384, -32768, 32767, 0],
    ],
  ])('converts %s samples, plain and extensible', (_, fields, data, expected) => {
    for (const format of [formatBody(fields), extensibleFormatBody(fields)]) {
      expect([...decodeWav(riff(chunk('fmt ', format), chunk('data', data))).pcm]).toEqual(expected)
    }
  })

  test('skips unknown chunks before the audio, odd ones with their padding, and ignores what follows it', () => {
    const file = riff(
      chunk('LIST', [1, 2, 3]),
      chunk('fmt ', formatBody({})),
      chunk('fact', []),
      chunk('junk', [9]),
      chunk('data', [7, 0, 8, 0]),
      chunk('LIST', [1, 0, 1, 0]),
    )
    expect([...decodeWav(file).pcm]).toEqual([7, 8])
  })

  test.each([0, 0xffffffff, 1000])('a declared data size of %i reads to the end', (size) => {
    const file = riff(chunk('fmt ', formatBody({})), chunk('data', [7, 0, 8, 0], size))
    expect([...decodeWav(file).pcm]).toEqual([7, 8])
  })

  test('a data size that cuts a frame drops the rest of that frame', () => {
    const file = riff(chunk('fmt ', formatBody({ channels: 2 })), chunk('data', [1, 0, 2, 0, 3, 0]))
    expect([...decodeWav(file).pcm]).toEqual([1, 2])
  })

  test('bytes that are no WAV file are refused', () => {
    const format = chunk('fmt ', formatBody({}))
    expect(codeOf(() => decodeWav(pcmToBytes(noise(1, 100))))).toBe('not-wav')
    expect(codeOf(() => decodeWav(Uint8Array.from('{"error":"no credits"}', (c) => c.charCodeAt(0))))).toBe('not-wav')
    expect(codeOf(() => decodeWav(riff(chunk('data', [1, 0]), format)))).toBe('not-wav')
    expect(codeOf(() => decodeWav(riff(chunk('fmt ', [1, 0]))))).toBe('not-wav')
    expect(codeOf(() => decodeWav(riff(chunk('fmt ', [1, 0], 0xfffffff0))))).toBe('not-wav')
  })

  test('formats that cannot be played are refused', () => {
    const refused = [
      { code: 7, bits: 8 },
      { code: 3, bits: 64 },
      { bits: 12 },
      { channels: 0 },
      { channels: 65 },
      { sampleRate: 0 },
      { frameBytes: 3 },
    ]
    for (const fields of refused) {
      expect(codeOf(() => decodeWav(riff(chunk('fmt ', formatBody(fields)), chunk('data', [1, 0]))))).toBe(
        'unsupported-wav',
      )
    }
    expect(() => decodeWav(riff(chunk('fmt ', formatBody({ code: 7, bits: 8 }))))).toThrow(/format 7 with 8 bits/)
  })

  test('a file that ends before its audio is refused', () => {
    const file = encodeWav(Int16Array.of(1, 2), 8000)
    for (let length = 0; length < 44; length++) {
      expect(codeOf(() => decodeWav(file.subarray(0, length)))).toBe('truncated-wav')
    }
    expect([...decodeWav(file.subarray(0, 47)).pcm]).toEqual([1])
  })

  test('arbitrary bytes after a valid start give audio or a typed error, never another', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(60), (bytes, at) => {
        const file = encodeWav(noise(1, 40), 16000)
        file.set(bytes.subarray(0, file.length - at), at)
        expect(codeOf(() => decodeWav(file))).toMatch(/^(no error|not-wav|unsupported-wav|truncated-wav)$/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('WavStreamParser', () => {
  test('a file cut anywhere yields the same samples in whole frames, for every sample size', () => {
    const formats = [{ bits: 8 }, { bits: 16 }, { bits: 24 }, { code: 3, bits: 32 }]
    fc.assert(
      fc.property(
        fc.constantFrom(...formats),
        fc.integer({ min: 1, max: 3 }),
        fc.uint8Array({ maxLength: 90 }),
        lengths,
        (fields, channels, data, cuts) => {
          const file = riff(
            chunk('odd ', [1, 2, 3]),
            chunk('fmt ', formatBody({ ...fields, channels })),
            chunk('data', data),
          )
          const parser = new WavStreamParser()
          const pieces = cut(file, cuts).map((piece) => parser.process(piece))
          for (const piece of pieces) expect(piece.length % channels).toBe(0)
          expect(parser.finish()).toMatchObject({ channels, sampleRate: 16000, bitsPerSample: fields.bits })
          expect(join(pieces)).toEqual(decodeWav(file).pcm)
        },
      ),
    )
  })

  test('the format is known as soon as its chunk was read, before any audio', () => {
    const parser = new WavStreamParser()
    const file = encodeWav(Int16Array.of(1, 2), 22050)
    expect(parser.process(file.subarray(0, 35))).toHaveLength(0)
    expect(parser.format).toBeUndefined()
    parser.process(file.subarray(35, 36))
    expect(parser.format).toEqual({ sampleRate: 22050, channels: 1, encoding: 'int', bitsPerSample: 16 })
    expect([...parser.process(file.subarray(36, 47))]).toEqual([1])
    expect([...parser.process(file.subarray(47))]).toEqual([2])
    parser.finish()
  })

  test('a pending sample survives the reuse of the chunk buffer', () => {
    const parser = new WavStreamParser()
    const file = encodeWav(Int16Array.of(0x1234), 8000)
    const buffer = file.slice(0, 45)
    parser.process(buffer)
    buffer.fill(0)
    expect([...parser.process(file.subarray(45))]).toEqual([0x1234])
  })

  test('an unknown chunk larger than memory is skipped, not stored', () => {
    const parser = new WavStreamParser()
    parser.process(riff(chunk('junk', [], 3_000_000)))
    for (let i = 0; i < 3; i++) expect(parser.process(new Uint8Array(1_000_000))).toHaveLength(0)
    parser.process(Uint8Array.from(chunk('fmt ', formatBody({}))))
    expect([...parser.process(Uint8Array.from(chunk('data', [7, 0])))]).toEqual([7])
  })

  test('after an error every call gives the same error', () => {
    const parser = new WavStreamParser()
    expect(codeOf(() => parser.process(new Uint8Array(12)))).toBe('not-wav')
    expect(codeOf(() => parser.process(encodeWav(Int16Array.of(1), 8000)))).toBe('not-wav')
    expect(codeOf(() => parser.finish())).toBe('not-wav')
  })
})
