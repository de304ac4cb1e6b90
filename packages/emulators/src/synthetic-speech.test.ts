import { peak, rms } from '@pc/audio'
import { describe, expect, it } from 'vitest'
import { isLoud } from './energy.ts'
import { speechAt, SPEECH_SAMPLE_RATE, synthesizeBuzz } from './synthetic-speech.ts'

const character = (pcm: Int16Array, index: number): Int16Array => pcm.slice(index * 1440, (index + 1) * 1440)

describe('the buzz', () => {
  it('is sound where there are letters and digits and silence elsewhere', () => {
    const pcm = synthesizeBuzz('ab 7.é')
    expect(pcm.length).toBe(6 * 1440)
    expect([0, 1, 2, 3, 4, 5].map((index) => isLoud(character(pcm, index)))).toEqual([
      true,
      true,
      false,
      true,
      false,
      true,
    ])
    expect(rms(character(pcm, 2))).toBe(0)
  })

  it('peaks at half of full scale, so that it never clips', () => {
    expect(peak(synthesizeBuzz('Hello world, how are you?')) / 32_767).toBeCloseTo(0.5, 3)
  })

  it('differs by text and is silent for text without letters', () => {
    expect(synthesizeBuzz('one')).not.toEqual(synthesizeBuzz('two'))
    expect(peak(synthesizeBuzz('...'))).toBe(0)
    expect(synthesizeBuzz('').length).toBe(0)
  })

  it('counts characters, not code units', () => {
    expect(synthesizeBuzz('😀').length).toBe(1440)
  })
})

describe('speech of a test', () => {
  it('is taken for 24 kHz unless it says otherwise', () => {
    const audio = new Int16Array(240)
    expect(speechAt(audio, SPEECH_SAMPLE_RATE).length).toBe(240)
    expect(speechAt(audio, 8000).length).toBe(80)
    expect(speechAt({ audio, sampleRate: 8000 }, 16_000).length).toBe(480)
  })
})
