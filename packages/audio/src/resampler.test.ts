import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, decibels, fitSine, join, noise, sine } from '../test/signals.ts'
import { AudioError } from './errors.ts'
import { polyphaseBank } from './polyphase-bank.ts'
import { StreamResampler, resample } from './resampler.ts'

const stream = (pieces: readonly Int16Array[], fromRate: number, toRate: number): Int16Array => {
  const resampler = new StreamResampler(fromRate, toRate)
  return join([...pieces.map((piece) => resampler.process(piece)), resampler.flush()])
}

const middleRms = (pcm: Int16Array): number => {
  const middle = pcm.subarray(Math.floor(pcm.length * 0.1), Math.floor(pcm.length * 0.9))
  return Math.sqrt(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length)
}

const pairs: [number, number][] = [
  [48000, 16000],
  [24000, 16000],
  [16000, 24000],
  [16000, 8000],
  [8000, 16000],
  [24000, 48000],
  [44100, 16000],
  [22050, 16000],
  [16000, 22050],
  [11025, 16000],
  [48000, 11025],
  [8000, 44100],
  [44101, 16000],
  [16000, 44101],
]

describe.each(pairs)('from %i to %i Hz', (fromRate, toRate) => {
  const slowRate = Math.min(fromRate, toRate)
  const unevenly = [1, 0, 333, 7, 480, 2500]

  test('a 1 kHz tone streamed in uneven blocks has a signal to noise ratio of 80 dB', () => {
    const output = stream(cut(sine(1000, fromRate, fromRate / 4), unevenly), fromRate, toRate)
    const { amplitude, restRms } = fitSine(output, 1000, toRate)
    expect(decibels(amplitude / Math.SQRT2 / restRms)).toBeGreaterThan(80)
  })

  test('a tone at 0.4 of the slower rate passes within 0.2 dB', () => {
    const { amplitude } = fitSine(
      resample(sine(0.4 * slowRate, fromRate, fromRate / 4), fromRate, toRate),
      0.4 * slowRate,
      toRate,
    )
    expect(Math.abs(decibels(amplitude / 16_000))).toBeLessThan(0.2)
  })

  test('aliases and images lie 80 dB below the tone', () => {
    const isDown = toRate < fromRate
    // Down: tones of the stop band must vanish. Up: nothing but the tone may appear.
    const tones = isDown ? [0.585, 0.6, 0.65, 0.75, 0.9, 0.99] : [0.05, 0.13, 0.21, 0.3, 0.35, 0.4]
    for (const share of tones.filter((each) => !isDown || each * slowRate < fromRate / 2)) {
      const hz = share * slowRate
      const output = resample(sine(hz, fromRate, fromRate / 4, 32_000), fromRate, toRate)
      const unwanted = isDown ? middleRms(output) : fitSine(output, hz, toRate).restRms
      expect(decibels(unwanted / (32_000 / Math.SQRT2))).toBeLessThan(-80)
    }
  })

  test('a constant passes unchanged', () => {
    const output = resample(new Int16Array(fromRate / 10).fill(12_345), fromRate, toRate)
    const middle = output.subarray(output.length * 0.2, output.length * 0.8)
    expect(new Set(middle)).toEqual(new Set([12_345]))
  })

  test('n samples become ceil(n * to / from)', () => {
    for (const n of [1, 2, 159, 160, 441, 1024, 5000]) {
      expect(resample(noise(n, n), fromRate, toRate)).toHaveLength(Math.ceil((n * toRate) / fromRate))
    }
  })
})

test('the output is bit-identical however the input is cut', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<[number, number]>([24000, 16000], [16000, 24000], [44100, 16000], [11025, 48000], [44101, 16000]),
      fc.array(fc.nat(900), { minLength: 1, maxLength: 12 }),
      fc.nat(3000),
      ([fromRate, toRate], lengths, length) => {
        const input = noise(length, length, 32_767)
        expect(stream(cut(input, lengths), fromRate, toRate)).toEqual(resample(input, fromRate, toRate))
      },
    ),
    { numRuns: 60 },
  )
})

test('an impulse comes out at its own time', () => {
  const input = new Int16Array(480)
  input[240] = 20_000
  const output = resample(input, 24000, 16000)
  expect(output.indexOf(Math.max(...output))).toBe(160)
  const up = resample(input, 24000, 48000)
  expect(up.indexOf(Math.max(...up))).toBe(480)
})

test('the delay is what the stream holds back: 1 ms at 16 kHz', () => {
  const resampler = new StreamResampler(24000, 16000)
  expect(resampler.delaySecs).toBe(0.001)
  expect(resampler.process(new Int16Array(24))).toHaveLength(0)
  expect(resampler.process(new Int16Array(1))).toHaveLength(1)
  expect(resampler.process(new Int16Array(480))).toHaveLength(320)
  expect(resampler.flush()).toHaveLength(16)
})

test('full-scale input is clipped at the peaks, never wrapped', () => {
  const square = Int16Array.from({ length: 4800 }, (_, i) => (i % 48 < 24 ? 32767 : -32768))
  const output = resample(square, 24000, 48000)
  for (let i = 24; i < output.length - 24; i++) {
    // Next to the middle of a half wave the sign must be that of the square.
    if (i % 96 === 24) expect(output[i]).toBeGreaterThan(30_000)
    if (i % 96 === 72) expect(output[i]).toBeLessThan(-30_000)
  }
  expect(Math.max(...output)).toBe(32767)
  expect(Math.min(...output)).toBe(-32768)
})

test('after a reset or flush nothing of the old stream is heard', () => {
  const fresh = resample(noise(2, 500), 16000, 24000)
  const resampler = new StreamResampler(16000, 24000)
  resampler.process(noise(1, 777, 32_000))
  resampler.reset()
  expect(join([resampler.process(noise(2, 500)), resampler.flush()])).toEqual(fresh)
  expect(join([resampler.process(noise(2, 500)), resampler.flush()])).toEqual(fresh)
  expect(resampler.flush()).toHaveLength(0)
})

test('equal rates return the input itself and hold nothing back', () => {
  const input = noise(3, 100)
  const resampler = new StreamResampler(16000, 16000)
  expect(resampler.process(input)).toBe(input)
  expect(resampler.flush()).toHaveLength(0)
  expect(resampler.delaySecs).toBe(0)
  expect(resample(input, 8000, 8000)).toBe(input)
})

test('more taps keep more of the top of the band', () => {
  const passOf = (taps: number): number =>
    fitSine(resample(sine(7200, 24000, 6000), 24000, 16000, { taps }), 7200, 16000).amplitude / 16_000
  expect(decibels(passOf(32))).toBeLessThan(-0.5)
  expect(decibels(passOf(64))).toBeGreaterThan(-0.1)
})

test('coefficients are shared by all resamplers of one ratio, and their size and number are bounded', () => {
  const first = polyphaseBank(48000, 16000, 32)
  expect(polyphaseBank(24000, 8000, 32)).toBe(first)
  expect(polyphaseBank(48000, 16000, 64)).not.toBe(first)
  for (let i = 0; i < 40; i++) expect(polyphaseBank(48001 + i, 16000, 8).coefficients.length).toBeLessThan(50_000)
  expect(polyphaseBank(383_999, 4000, 256).coefficients.length).toBeLessThan(1_000_000)
  expect(polyphaseBank(48000, 16000, 32)).not.toBe(first)
})

test('impossible rates and taps are refused by name', () => {
  for (const rate of [0, -8000, 16000.5, NaN, Infinity, 3999, 4_294_967_295]) {
    expect(() => new StreamResampler(rate, 16000)).toThrow(AudioError)
    expect(() => new StreamResampler(16000, rate)).toThrow(/toRate: sample rate .* pass whole hertz/)
  }
  expect(() => new StreamResampler(16000, 8000, { taps: 7 })).toThrow(/taps 7/)
})
