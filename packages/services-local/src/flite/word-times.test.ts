import { expect, test } from 'vitest'
import { alignWords, parseTimedPhones, parseWordPhones } from './word-times.ts'

test('phones are read with their times and pauses are left out', () => {
  expect(parseTimedPhones('pau:0.100 hh:0.200 ax:0.300 pau:0.500 l:0.600 \n')).toEqual([
    { name: 'hh', startSecs: 0.1, endSecs: 0.2 },
    { name: 'ax', startSecs: 0.2, endSecs: 0.3 },
    { name: 'l', startSecs: 0.5, endSecs: 0.6 },
  ])
})

test('the phones of single words are read line by line, silent words included', () => {
  expect(parseWordPhones('pau hh ax pau \npau \npau ey pau \n')).toEqual([['hh', 'ax'], [], ['ey']])
})

test('a sound that changes or appears in the sentence stays with its word', () => {
  const words = [
    { text: 'the', phones: ['dh', 'ax'] },
    { text: '—', phones: [] },
    { text: 'apple', phones: ['ae', 'p', 'ax', 'l'] },
  ]
  const heard = parseTimedPhones('pau:0.1 dh:0.2 iy:0.3 ae:0.4 p:0.5 p:0.6 ax:0.7 l:0.8 pau:1.0')
  expect(alignWords(words, heard)).toEqual([
    { text: 'the', startSecs: 0.1, endSecs: 0.3 },
    { text: '—', startSecs: 0.3, endSecs: 0.3 },
    { text: 'apple', startSecs: 0.3, endSecs: 0.8 },
  ])
})

test('words without any sound heard are empty spans, and nothing is invented', () => {
  expect(alignWords([{ text: 'a', phones: ['ey'] }], [])).toEqual([{ text: 'a', startSecs: 0, endSecs: 0 }])
  expect(alignWords([], parseTimedPhones('ey:0.2'))).toEqual([])
})
