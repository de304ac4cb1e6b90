import { describe, expect, test } from 'vitest'
import { Downsampler } from './downsampler.ts'

function sine(hz: number, rateHz: number, samples: number): Float32Array {
  return Float32Array.from({ length: samples }, (_, at) => Math.sin((2 * Math.PI * hz * at) / rateHz))
}

function run(downsampler: Downsampler, input: Float32Array, blockSamples: number): Float32Array {
  const output: number[] = []
  for (let at = 0; at < input.length; at += blockSamples)
    output.push(...downsampler.push(input.subarray(at, at + blockSamples)))
  return Float32Array.from(output)
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)
}

describe.each([48_000, 44_100, 32_000])('from %i Hz to 16 kHz', (fromHz) => {
  test('gives a third of a second for a third of a second', () => {
    const output = run(new Downsampler(fromHz, 16_000), sine(440, fromHz, fromHz), 128)
    expect(Math.abs(output.length - 16_000)).toBeLessThan(20)
  })

  test('keeps speech and drops what would fold into it', () => {
    const kept = run(new Downsampler(fromHz, 16_000), sine(1000, fromHz, fromHz / 2), 128).subarray(100, -100)
    expect(rms(kept)).toBeCloseTo(Math.SQRT1_2, 2)
    const folded = run(new Downsampler(fromHz, 16_000), sine(10_500, fromHz, fromHz / 2), 128).subarray(100, -100)
    expect(rms(folded)).toBeLessThan(0.003)
  })

  test('block borders leave no seam', () => {
    const input = sine(700, fromHz, 9600)
    const whole = run(new Downsampler(fromHz, 16_000), input, 9600)
    const blocks = run(new Downsampler(fromHz, 16_000), input, 128)
    expect(blocks.length).toBe(whole.length)
    expect(blocks.every((sample, at) => Math.abs(sample - (whole[at] ?? 9)) < 1e-6)).toBe(true)
  })
})

test('equal rates pass through', () => {
  const input = sine(300, 16_000, 512)
  expect(run(new Downsampler(16_000, 16_000), input, 128)).toEqual(input)
})

test('raising a rate is refused', () => {
  expect(() => new Downsampler(8000, 16_000)).toThrow(RangeError)
})
