import { expect, test } from 'vitest'
import { digitsIn, numbersIn } from './numbers.ts'
import { wordsOf } from './words.ts'

test.each([
  ['four people', [4]],
  ['twenty-five', [25]],
  ['twenty five', [25]],
  ['five twenty', [5, 20]],
  ['one hundred and five', [105]],
  ['a hundred', [100]],
  ['three hundred thousand', [300_000]],
  ['two thousand and six', [2006]],
  ['one million two hundred thousand', [1_200_000]],
  ['1,250 dollars', [1250]],
  ['$3.50', [3.5]],
  ['3 and a half', [3.5]],
  ['two and a half hours', [2.5]],
  ['three point one four', [3.14]],
  ['minus five', [-5]],
  ['the third of june', [3]],
  ['21st', [21]],
  ['a dozen eggs', [12]],
  ['a couple of beers', [2]],
  ['five hundred k', [500]],
  ['20k', [20_000]],
  ['I want that one', []],
  ['no numbers here', []],
  ['one, two', [1, 2]],
])('%j holds the numbers %j', (text, numbers) => {
  expect(numbersIn(wordsOf(text)).map((number) => number.value)).toEqual(numbers)
})

test.each([
  ['five five five one two one two', '5551212'],
  ['555 double two 34', '5552234'],
  ['oh seven seven', '077'],
  ['my number is +49 170 12345', '4917012345'],
  ['nothing', ''],
])('%j spells the digits %j', (text, digits) => {
  expect(digitsIn(wordsOf(text))).toBe(digits)
})
