import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cut, decibels, noise, seededRandom, sine } from '../test/signals.ts'
import { DtmfDetector } from './dtmf-detector.ts'
import { generateDtmf } from './dtmf.ts'
import { AudioError } from './errors.ts'
import { peak, rms } from './level.ts'
import { mixAudio } from './mix.ts'

const KEYS = '123A456B789C*0#D'
const frequencies: Record<string, [number, number]> = {
  1: [697, 1209],
  5: [770, 1336],
  9: [852, 1477],
  '*': [941, 1209],
  '#': [941, 1477],
  D: [941, 1633],
}

const detect = (pcm: Int16Array, sampleRate: number): string => new DtmfDetector(sampleRate).process(pcm)

const toneOf = (
  rowHz: number,
  columnHz: number,
  [rowLevel, columnLevel]: [number, number] = [8000, 8000],
): Int16Array => mixAudio([{ pcm: sine(rowHz, 8000, 800, rowLevel) }, { pcm: sine(columnHz, 8000, 800, columnLevel) }])

describe('generateDtmf', () => {
  test('a key is the two sines that Q.23 gives it, at the level asked for', () => {
    for (const [key, [row, column]] of Object.entries(frequencies)) {
      const pcm = generateDtmf(key, 16000, { toneSecs: 0.05, gapSecs: 0, levelDbfs: -20 })
      const expected = mixAudio([{ pcm: sine(row, 16000, 800, 3276.7) }, { pcm: sine(column, 16000, 800, 3276.7) }])
      const difference = mixAudio([{ pcm }, { pcm: expected, gain: -1 }])
      expect(pcm).toHaveLength(800)
      expect(peak(difference)).toBeLessThanOrEqual(2)
    }
  })

  test('tones and gaps have the lengths asked for, at any rate', () => {
    const pcm = generateDtmf('12', 22050, { toneSecs: 0.08, gapSecs: 0.06 })
    expect(pcm).toHaveLength(2 * (1764 + 1323))
    expect(peak(pcm.subarray(1764, 1764 + 1323))).toBe(0)
    expect(rms(pcm.subarray(1764 + 1323, 2 * 1764 + 1323))).toBeGreaterThan(1000)
    expect(generateDtmf('1', 8000)).toHaveLength(1600)
  })

  test('the loudest level does not clip', () => {
    const pcm = generateDtmf(KEYS, 48000, { levelDbfs: -7 })
    expect(peak(pcm)).toBeGreaterThan(28_000)
    expect(pcm.filter((sample) => Math.abs(sample) >= 32_767)).toHaveLength(0)
  })

  test('what is no key, rate, duration or level is refused by name', () => {
    for (const keys of ['E', '1 2', '-', '１']) expect(() => generateDtmf(keys, 8000)).toThrow(/is no DTMF key/)
    expect(() => generateDtmf('1', 0)).toThrow(AudioError)
    expect(() => generateDtmf('1', 8000, { toneSecs: -1 })).toThrow(/toneSecs -1/)
    expect(() => generateDtmf('1', 8000, { gapSecs: NaN })).toThrow(/gapSecs NaN/)
    expect(() => generateDtmf('1', 8000, { levelDbfs: 0 })).toThrow(/levelDbfs 0/)
    expect(generateDtmf('', 8000)).toHaveLength(0)
    expect(generateDtmf('a', 8000)).toEqual(generateDtmf('A', 8000))
  })
})

describe('DtmfDetector', () => {
  test.each([8000, 11025, 16000, 24000, 44100, 48000])('recognises all keys at %i Hz', (rate) => {
    expect(detect(generateDtmf(KEYS, rate), rate)).toBe(KEYS)
  })

  test('recognises tones and gaps of 40 ms at every offset, repeated keys too', () => {
    const tones = generateDtmf('1133#0D', 8000, { toneSecs: 0.04, gapSecs: 0.04 })
    for (let offset = 0; offset < 102; offset++) {
      expect(detect(Int16Array.from([...new Int16Array(offset), ...tones, ...new Int16Array(320)]), 8000)).toBe(
        '1133#0D',
      )
    }
  })

  test('any key sequence is recognised, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...KEYS.split('')), maxLength: 6 }),
        fc.array(fc.nat(700), { minLength: 1, maxLength: 6 }),
        (keys, lengths) => {
          const detector = new DtmfDetector(8000)
          const found = cut(generateDtmf(keys, 8000), lengths).map((piece) => detector.process(piece))
          expect(found.join('')).toBe(keys)
        },
      ),
    )
  })

  test('a held key is reported once and counts as pressed until it ends', () => {
    const detector = new DtmfDetector(8000)
    const held = generateDtmf('7', 8000, { toneSecs: 2, gapSecs: 0.1 })
    expect(detector.process(held.subarray(0, 8000))).toBe('7')
    expect(detector.pressed).toBe('7')
    expect(detector.process(held.subarray(8000, 16000))).toBe('')
    expect(detector.pressed).toBe('7')
    expect(detector.process(held.subarray(16000))).toBe('')
    expect(detector.pressed).toBeUndefined()
  })

  test('a dropout of 10 ms does not press the key again', () => {
    for (let offset = 0; offset < 102; offset++) {
      const held = generateDtmf('7', 8000, { toneSecs: 0.3 })
      held.fill(0, 1000 + offset, 1080 + offset)
      expect(detect(held, 8000)).toBe('7')
    }
  })

  test('keys that follow without a gap are told apart', () => {
    expect(detect(generateDtmf('159', 8000, { gapSecs: 0 }), 8000)).toBe('159')
  })

  test('a tone too short to be a key is ignored', () => {
    for (let offset = 0; offset < 102; offset++) {
      const tone = generateDtmf('5', 8000, { toneSecs: 0.015 })
      expect(detect(Int16Array.from([...new Int16Array(offset), ...tone]), 8000)).toBe('')
    }
  })

  test('frequencies up to 1.5 % off and uneven levels are accepted, stronger twist is not', () => {
    for (const [key, [row, column]] of Object.entries(frequencies)) {
      for (const drift of [0.985, 1.015]) expect(detect(toneOf(row * drift, column * drift), 8000)).toBe(key)
      expect(detect(toneOf(row, column, [8000, 3600]), 8000)).toBe(key)
      expect(detect(toneOf(row, column, [5600, 8000]), 8000)).toBe(key)
      expect(detect(toneOf(row, column, [8000, 2500]), 8000)).toBe('')
      expect(detect(toneOf(row, column, [2500, 8000]), 8000)).toBe('')
    }
  })

  test('keys are recognised from -7 to -40 dBFS and in noise 15 dB below them', () => {
    for (const levelDbfs of [-7, -20, -40]) {
      const tones = generateDtmf(KEYS, 8000, { levelDbfs })
      expect(detect(tones, 8000)).toBe(KEYS)
      const loudness = rms(generateDtmf('5', 8000, { levelDbfs, gapSecs: 0 }))
      const hiss = noise(1, tones.length, loudness * Math.sqrt(3) * 10 ** (-15 / 20))
      expect(decibels(loudness / rms(hiss))).toBeGreaterThan(14.5)
      expect(detect(mixAudio([{ pcm: tones }, { pcm: hiss }]), 8000)).toBe(KEYS)
    }
  })

  test('silence, noise, single tones and voiced sounds are no keys', () => {
    expect(detect(new Int16Array(8000), 8000)).toBe('')
    expect(detect(noise(2, 8000 * 30), 8000)).toBe('')
    for (const hz of [697, 941, 1209, 1633, 440, 1000]) expect(detect(sine(hz, 8000, 8000), 8000)).toBe('')
    // A buzzing voice: all harmonics of a wandering pitch, falling by 6 dB an octave.
    const random = seededRandom(3)
    const voice = new Int16Array(8000 * 30)
    let pitch = 120
    let turn = 0
    for (let i = 0; i < voice.length; i++) {
      if (i % 80 === 0) pitch = Math.min(400, Math.max(80, pitch + 12 * (random() - 0.5)))
      turn += pitch / 8000
      voice[i] = Math.round(12_000 * (2 * (turn % 1) - 1))
    }
    expect(detect(voice, 8000)).toBe('')
  })

  test('reset forgets a held key', () => {
    const detector = new DtmfDetector(8000)
    const held = generateDtmf('3', 8000, { gapSecs: 0 })
    expect(detector.process(held)).toBe('3')
    detector.reset()
    expect(detector.pressed).toBeUndefined()
    expect(detector.process(held)).toBe('3')
  })

  test('an impossible rate is refused', () => {
    expect(() => new DtmfDetector(0)).toThrow(AudioError)
  })
})
