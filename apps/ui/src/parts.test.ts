import { describe, expect, test } from 'vitest'
import { followLevel } from './meter.tsx'
import { splitLastWord } from './transcript.tsx'

describe('the meter', () => {
  test('rises within 30 ms and falls within 180 ms by about two thirds', () => {
    expect(followLevel(0, 1, 30)).toBeCloseTo(1 - Math.exp(-1))
    expect(followLevel(1, 0, 180)).toBeCloseTo(Math.exp(-1))
  })

  test('does not move while no time passes', () => {
    expect(followLevel(0.4, 1, 0)).toBe(0.4)
  })
})

describe('the word being spoken', () => {
  test.each([
    ['One two', ['One ', 'two']],
    ['One two ', ['One ', 'two ']],
    ['One', ['', 'One']],
    ['', ['', '']],
    ['  ', ['  ', '']],
    ['Gr\u00fc\u00df Gott,', ['Gr\u00fc\u00df ', 'Gott,']],
  ])('of "%s" is the last', (said, expected) => {
    expect(splitLastWord(said)).toEqual(expected)
  })
})
