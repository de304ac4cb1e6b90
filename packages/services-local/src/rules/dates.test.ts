import { expect, test } from 'vitest'
import { isoDay } from './calendar.ts'
import { daysIn } from './dates.ts'
import { timesIn } from './times.ts'
import { wordsOf } from './words.ts'

/** A Friday. */
const now = new Date(2026, 10, 20, 14, 5)

test.each([
  ['today', ['2026-11-20']],
  ['tonight at eight', ['2026-11-20']],
  ['tomorrow', ['2026-11-21']],
  ['the day after tomorrow', ['2026-11-22']],
  ['yesterday', ['2026-11-19']],
  ['on monday', ['2026-11-23']],
  ['friday 8 pm', ['2026-11-27']],
  ['next monday', ['2026-11-23']],
  ['next saturday', ['2026-11-28']],
  ['this saturday', ['2026-11-21']],
  ['the 3rd of May', ['2027-05-03']],
  ['may third', ['2027-05-03']],
  ['December 24', ['2026-12-24']],
  ['24 december 2030', ['2030-12-24']],
  ['January first nineteen eighty three', ['1983-01-01']],
  ['march 5th two thousand and one', ['2001-03-05']],
  ['may 3rd twenty twenty eight', ['2028-05-03']],
  ['2027-05-03', ['2027-05-03']],
  ['5/3/2027', ['2027-05-03']],
  ['24/12/2026', ['2026-12-24']],
  ['in three days', ['2026-11-23']],
  ['in a week', ['2026-11-27']],
  ['in two weeks', ['2026-12-04']],
  ['next week', ['2026-11-27']],
  ['the 15th', ['2026-12-15']],
  ['the 25th', ['2026-11-25']],
  ['from december 1st to december 5th', ['2026-12-01', '2026-12-05']],
  ['february 30', []],
  ['you may sit down', []],
  ['the first one', []],
  ['I sat in the sun', []],
])('%j names the days %j', (text, days) => {
  expect(daysIn(wordsOf(text), now).map(isoDay)).toEqual(days)
})

test.each([
  ['half past seven', ['19:30']],
  ['half past seven in the morning', ['07:30']],
  ['quarter to nine pm', ['20:45']],
  ['a quarter past ten', ['10:15']],
  ['ten to six', ['17:50']],
  ['twenty five minutes past four', ['16:25']],
  ["eight o'clock", ['08:00']],
  ["eight o'clock tonight", ['20:00']],
  ['8pm', ['20:00']],
  ['8 p.m.', ['20:00']],
  ['7:30', ['19:30']],
  ['07:30', ['07:30']],
  ['19:30', ['19:30']],
  ['7:30 am', ['07:30']],
  ['seven thirty pm', ['19:30']],
  ['eight oh five in the morning', ['08:05']],
  ['noon', ['12:00']],
  ['midnight', ['00:00']],
  ['12 am', ['00:00']],
  ['at seven', ['19:00']],
  ['wake me at seven', ['07:00']],
  ['at seven tomorrow', ['19:00']],
  ['in twenty minutes', ['14:25']],
  ['in half an hour', ['14:35']],
  ['in two hours', ['16:05']],
  ['between six pm and nine pm', ['18:00', '21:00']],
  ['a table for four people', []],
  ['seven dwarfs', []],
  ['I am four', []],
  ['25:70', []],
])('%j names the times %j', (text, times) => {
  const clock = timesIn(wordsOf(text), now).map(
    ({ hour, minute }) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`,
  )
  expect(clock).toEqual(times)
})
