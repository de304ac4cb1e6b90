import { expect, test } from 'vitest'
import { sine } from '../test/signals.ts'
import { isSilence, peak, rms, toDbfs } from './level.ts'

test('a sine has its amplitude as peak and 3.01 dB less as RMS', () => {
  const tone = sine(1000, 16000, 16000, 32767)
  expect(peak(tone)).toBe(32767)
  expect(toDbfs(peak(tone))).toBeCloseTo(0, 3)
  expect(toDbfs(rms(tone))).toBeCloseTo(-3.01, 2)
})

test('the most negative sample is full scale', () => {
  expect(peak(Int16Array.of(5, -32768))).toBe(32768)
  expect(toDbfs(32768)).toBe(0)
  expect(rms(Int16Array.of(-32768, -32768))).toBe(32768)
})

test('no samples are level 0, which is -Infinity dBFS', () => {
  const none = new Int16Array(0)
  expect(peak(none)).toBe(0)
  expect(rms(none)).toBe(0)
  expect(toDbfs(0)).toBe(-Infinity)
  expect(isSilence(none)).toBe(true)
})

test('silence ends above 20 steps, on either side', () => {
  expect(isSilence(Int16Array.of(0, 20, -20))).toBe(true)
  expect(isSilence(Int16Array.of(0, 21))).toBe(false)
  expect(isSilence(Int16Array.of(-21, 0))).toBe(false)
})
