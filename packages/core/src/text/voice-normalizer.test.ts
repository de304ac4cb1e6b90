import { describe, expect, test } from 'vitest'
import { ENGLISH } from './english.ts'
import { type SpokenLanguage, voiceNormalizer } from './voice-normalizer.ts'
import type { MappedText } from './mapped-text.ts'

function normalize(text: string, options = {}): MappedText {
  const result = voiceNormalizer(options)(text, 'sentence')
  if (typeof result === 'string' || result instanceof Promise) throw new Error('The way back is missing.')
  return result
}

describe('English', () => {
  test.each([
    // numbers
    ['I have 5 apples.', 'I have five apples.'],
    ['It is 1,234,567 long.', 'It is one million two hundred thirty four thousand five hundred sixty seven long.'],
    ['Pi is 3.14.', 'Pi is three point one four.'],
    ['It is -5 degrees.', 'It is minus five degrees.'],
    ['Take 0.5 or .25 of it.', 'Take zero point five or zero point two five of it.'],
    ['The code is 004217.', 'The code is zero zero four two one seven.'],
    ['Your order is 48201377.', 'Your order is four eight two zero one three seven seven.'],
    ['Wait 5-7 days.', 'Wait five to seven days.'],
    ['We are #1, take room #12.', 'We are number one, take room number twelve.'],
    ['The 1st, 22nd and 30th one.', 'The first, twenty second and thirtieth one.'],
    ['It rose 12.5% and fell 3 %.', 'It rose twelve point five percent and fell three percent.'],
    ['100 and 1000 and 0.', 'one hundred and one thousand and zero.'],
    [
      'Since 1999, and in 2008, until 2026.',
      'Since nineteen ninety nine, and in two thousand eight, until twenty twenty six.',
    ],
    // money
    ['It costs $29.95 a month.', 'It costs twenty nine dollars and ninety five cents a month.'],
    ['$1 or £1.01 or €0.50', 'one dollar or one pound and one penny or fifty cents'],
    [
      'They paid $2.5 million, ¥300 and $5k.',
      'They paid two point five million dollars, three hundred yen and five thousand dollars.',
    ],
    ['It is $1,200.00.', 'It is one thousand two hundred dollars.'],
    // dates and times
    ['On 2026-03-01.', 'On March first, twenty twenty six.'],
    ['On 3/14/2026 or 14/3/26.', 'On March fourteenth, twenty twenty six or March fourteenth, twenty twenty six.'],
    ['On March 3, 2005 or Dec. 25th.', 'On March third, two thousand five or December twenty fifth.'],
    ['On 4 July or the 1st of May 1905.', 'On July fourth or the first of May, nineteen oh five.'],
    ['At 5:30 pm, 9:05 a.m. or 17:10.', 'At five thirty p m, nine oh five a m or seventeen ten.'],
    ['At 9:00 or 3pm.', "At nine o'clock or three p m."],
    ['You may 3 times.', 'You may three times.'],
    // phones and addresses
    ['Call 555-0123 now.', 'Call five five five, zero one two three now.'],
    ['Call (555) 123-4567.', 'Call five five five, one two three, four five six seven.'],
    ['Call +1 555 123 4567.', 'Call plus one, five five five, one two three, four five six seven.'],
    ['Mail ann.lee7@example.com.', 'Mail ann dot lee seven at example dot com.'],
    ['See https://www.example.com/help-me.', 'See w w w dot example dot com slash help dash me.'],
    ['See example.org, please.', 'See example dot org, please.'],
  ])('%j is said as %j', (text, spoken) => {
    expect(normalize(text).text).toBe(spoken)
  })

  test.each([
    'Nothing to do here.',
    'Take the A4 and the B2B plan, v2 and MP3.',
    'Wait <break time="5s"/> here.',
    'Spell <spell>A42 17</spell> it.',
    'Version 2.0.1 of node 10.0.0.1',
    'You may or may not march.',
  ])('leaves %j alone', (text) => {
    expect(normalize(text)).toEqual({ text, ends: undefined })
  })
})

test('every word knows how much of the written text it covers', () => {
  const text = 'It costs $29.95 today.'
  const { text: spoken, ends } = normalize(text)
  const covered = (word: string): string => text.slice(0, ends?.[spoken.indexOf(word) + word.length - 1])
  expect(covered('costs')).toBe('It costs')
  expect(covered('twenty')).toBe('It costs ')
  expect(covered('ninety five')).toBe('It costs ')
  expect(covered('cents')).toBe('It costs $29.95')
  expect(covered('today.')).toBe(text)
  expect(ends).toHaveLength(spoken.length)
})

test('kinds can be left out, and a language is a list of rules', () => {
  expect(normalize('5 for $3', { except: ['money', 'number'] }).text).toBe('5 for $3')
  const german: SpokenLanguage = {
    code: 'de',
    rules: [{ kind: 'time', pattern: /(\d+):30 Uhr/, speak: ([, hour]) => `halb ${Number(hour) + 1}` }],
  }
  expect(normalize('Um 7:30 Uhr und um 9:30 Uhr.', { language: german }).text).toBe('Um halb 8 und um halb 10.')
  expect(new Set(ENGLISH.rules.map(({ kind }) => kind)).size).toBeGreaterThan(8)
})

test('texts that nearly match everywhere do not make it hang', () => {
  for (const text of [
    'word '.repeat(2000),
    '1'.repeat(5000),
    '1-'.repeat(2500),
    'a.'.repeat(2500),
    '<a '.repeat(1500),
  ]) {
    expect(normalize(text).text.length).toBeGreaterThan(0)
  }
})
