import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cut, noise, sine } from '../test/signals.ts'
import { AudioError } from './errors.ts'
import { LoudnessMeter, kWeighting } from './loudness-meter.ts'

const loudnessOf = (pcm: Int16Array, sampleRate: number): number => {
  const meter = new LoudnessMeter()
  meter.process(pcm, sampleRate)
  return meter.loudness
}

test('the filters at 48 kHz have the coefficients that BS.1770 tabulates', () => {
  const [shelf, highPass] = kWeighting(48000)
  expect(shelf.b0).toBeCloseTo(1.53512485958697, 12)
  expect(shelf.b1).toBeCloseTo(-2.69169618940638, 12)
  expect(shelf.b2).toBeCloseTo(1.19839281085285, 12)
  expect(shelf.a1).toBeCloseTo(-1.69065929318241, 12)
  expect(shelf.a2).toBeCloseTo(0.73248077421585, 12)
  expect([highPass.b0, highPass.b1, highPass.b2]).toEqual([1, -2, 1])
  expect(highPass.a1).toBeCloseTo(-1.99004745483398, 12)
  expect(highPass.a2).toBeCloseTo(0.99007225036621, 12)
})

test('a full-scale 997 Hz sine in one channel measures -3.01 LUFS, as BS.1770 says', () => {
  expect(loudnessOf(sine(997, 48000, 48000, 32767), 48000)).toBeCloseTo(-3.01, 2)
})

test.each([8000, 11025, 16000, 24000, 44100])('at %i Hz the same sine measures the same within 0.1 LU', (rate) => {
  expect(Math.abs(loudnessOf(sine(997, rate, rate, 32767), rate) + 3.01)).toBeLessThan(0.1)
})

test('rumble counts for less than speech, treble for more', () => {
  const reference = loudnessOf(sine(997, 16000, 16000), 16000)
  expect(loudnessOf(sine(25, 16000, 32000), 16000)).toBeLessThan(reference - 6)
  expect(loudnessOf(sine(4000, 16000, 16000), 16000)).toBeGreaterThan(reference + 2.5)
})

test('volume is 0 until 400 ms were heard', () => {
  const meter = new LoudnessMeter()
  const tone = sine(997, 16000, 6400)
  expect(meter.process(tone.subarray(0, 6399), 16000)).toBe(0)
  expect(meter.loudness).toBe(-Infinity)
  expect(meter.process(tone.subarray(6399), 16000)).toBeGreaterThan(0)
  expect(meter.loudness).toBeGreaterThan(-20)
})

test('each call moves the volume a fifth of the way to the loudness mapped from -110..-10 LUFS', () => {
  const meter = new LoudnessMeter()
  meter.process(sine(997, 16000, 16000, 3277), 16000)
  const target = (meter.loudness + 110) / 100
  expect(target).toBeCloseTo(0.87, 2)
  expect(meter.volume).toBeCloseTo(0.2 * target, 10)
  const before = meter.volume
  // Whole periods, so that the loudness stays as it is.
  const after = meter.process(sine(997, 16000, 16000, 3277), 16000)
  expect(after).toBeCloseTo(before + 0.2 * (target - before), 4)
  for (let i = 0; i < 40; i++) meter.process(sine(997, 16000, 16000, 3277), 16000)
  expect(meter.volume).toBeCloseTo(target, 3)
})

test('volume stays within 0 and 1 for any samples, and an empty chunk changes nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.int16Array({ maxLength: 4000 }), { maxLength: 6 }), (chunks) => {
      const meter = new LoudnessMeter()
      for (const chunk of chunks) {
        const volume = meter.process(chunk, 4000)
        expect(volume).toBeGreaterThanOrEqual(0)
        expect(volume).toBeLessThanOrEqual(1)
        expect(meter.process(new Int16Array(0), 4000)).toBe(volume)
      }
    }),
  )
})

test('loudness is that of the last 400 ms only, however the audio is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 }), (lengths) => {
      const meter = new LoudnessMeter()
      const loudThenQuiet = Int16Array.from([...noise(1, 4000, 32_000), ...noise(2, 9000, 30)])
      for (const piece of cut(loudThenQuiet, lengths)) meter.process(piece, 8000)
      expect(meter.loudness).toBeCloseTo(loudnessOf(noise(2, 9000, 30), 8000), 1)
    }),
    { numRuns: 20 },
  )
})

test('digital silence after loud audio is -Infinity and the volume sinks to 0', () => {
  const meter = new LoudnessMeter()
  meter.process(noise(4, 16000, 32_000), 16000)
  for (let i = 0; i < 400; i++) meter.process(new Int16Array(1600), 16000)
  expect(meter.loudness).toBe(-Infinity)
  expect(meter.volume).toBeLessThan(1e-9)
})

test('another rate or a reset starts anew', () => {
  const meter = new LoudnessMeter()
  expect(meter.process(sine(997, 16000, 8000), 16000)).toBeGreaterThan(0)
  expect(meter.process(sine(997, 8000, 3199), 8000)).toBe(0)
  expect(meter.process(sine(997, 8000, 1), 8000)).toBeGreaterThan(0)
  meter.reset()
  expect(meter.volume).toBe(0)
  expect(meter.loudness).toBe(-Infinity)
})

test('an impossible rate is refused and loses nothing', () => {
  const meter = new LoudnessMeter()
  const volume = meter.process(sine(997, 16000, 8000), 16000)
  expect(() => meter.process(Int16Array.of(1), 0)).toThrow(AudioError)
  expect(meter.volume).toBe(volume)
})
