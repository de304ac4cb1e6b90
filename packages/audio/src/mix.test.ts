import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AudioError } from './errors.ts'
import { mixAudio } from './mix.ts'

test('tracks are summed, and shorter ones count as silence after their end', () => {
  expect([...mixAudio([{ pcm: Int16Array.of(1, 2, 3) }, { pcm: Int16Array.of(10) }])]).toEqual([11, 2, 3])
})

test('the sum is clipped once, at the end', () => {
  const loud = { pcm: Int16Array.of(32767, -32768) }
  expect([...mixAudio([loud, loud])]).toEqual([32767, -32768])
  expect([...mixAudio([loud, loud, { pcm: Int16Array.of(-32767, 32767) }])]).toEqual([32767, -32768])
  expect([...mixAudio([loud, loud, { ...loud, gain: -1.5 }])]).toEqual([16384, -16384])
})

test('gain scales a track before it is added', () => {
  expect([...mixAudio([{ pcm: Int16Array.of(100, -100), gain: 0.4 }, { pcm: Int16Array.of(1, 1) }])]).toEqual([41, -39])
  expect([...mixAudio([{ pcm: Int16Array.of(20_000, -20_000), gain: 3 }])]).toEqual([32767, -32768])
})

test('one track at gain 1 is itself, and the order of two is of no effect', () => {
  fc.assert(
    fc.property(fc.int16Array(), fc.int16Array(), fc.double({ min: -2, max: 2, noNaN: true }), (a, b, gain) => {
      expect(mixAudio([{ pcm: a }])).toEqual(a)
      expect(mixAudio([{ pcm: a }, { pcm: b, gain }])).toEqual(mixAudio([{ pcm: b, gain }, { pcm: a }]))
    }),
  )
})

test('no track gives no audio, and a gain that is no number is refused', () => {
  expect(mixAudio([])).toHaveLength(0)
  expect(() => mixAudio([{ pcm: Int16Array.of(1), gain: NaN }])).toThrow(AudioError)
})
