import { describe, expect, it } from 'vitest'
import { AudioWindows } from './audio-windows.ts'

const ramp = Int16Array.from({ length: 3000 }, (_, index) => index)

function cut(windows: AudioWindows, audio: Int16Array, chunk: number, sampleRate: number, numChannels = 1): number[][] {
  const seen: number[][] = []
  for (let at = 0; at < audio.length; at += chunk) {
    windows.push({ audio: audio.subarray(at, at + chunk), sampleRate, numChannels }, (window) => seen.push([...window]))
  }
  return seen
}

describe('AudioWindows', () => {
  it.each([1, 160, 512, 1000, 3000])('gives the same windows for chunks of %i samples', (chunk) => {
    const seen = cut(new AudioWindows(16_000, 512), ramp, chunk, 16_000)
    expect(seen).toEqual([0, 1, 2, 3, 4].map((index) => [...ramp.subarray(index * 512, index * 512 + 512)]))
  })

  it('resamples other rates and mixes channels to one', () => {
    const stereo = new Int16Array(48_000 * 2)
    for (let i = 0; i < 48_000; i++) {
      stereo[2 * i] = 2000 * Math.sin(i / 20)
      stereo[2 * i + 1] = -2000 * Math.sin(i / 20)
    }
    const seen = cut(new AudioWindows(16_000, 512), stereo, 1920, 48_000, 2)
    expect(seen).toHaveLength(Math.floor((16_000 - 16) / 512))
    expect(Math.max(...seen.flat().map(Math.abs))).toBeLessThanOrEqual(1)
  })

  it('follows a change of the input rate', () => {
    const windows = new AudioWindows(16_000, 512)
    expect(cut(windows, new Int16Array(24_000), 480, 24_000).length).toBe(31)
    windows.reset()
    expect(cut(windows, new Int16Array(8000), 160, 8000).length).toBe(31)
  })

  it('drops an unfinished window at a break', () => {
    const windows = new AudioWindows(16_000, 512)
    expect(cut(windows, ramp.subarray(0, 500), 500, 16_000)).toEqual([])
    windows.reset()
    expect(cut(windows, ramp.subarray(1000, 1512), 512, 16_000)).toEqual([[...ramp.subarray(1000, 1512)]])
  })
})
