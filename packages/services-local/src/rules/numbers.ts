import type { Word } from './words.ts'

/** A run of words from `from` up to, not including, `to`. */
export interface Span {
  from: number
  to: number
}

/** A number that was said. */
export interface SpokenNumber extends Span {
  value: number
  /** `third`, `3rd`. */
  ordinal: boolean
}

const units = `zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen`
const small: ReadonlyMap<string, number> = new Map([
  ...units.split(' ').map((word, value): [string, number] => [word, value]),
  ['oh', 0],
  ['couple', 2],
  ['dozen', 12],
])
const tens: ReadonlyMap<string, number> = new Map(
  'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ').map((word, index) => [word, (index + 2) * 10]),
)
const scales: ReadonlyMap<string, number> = new Map([
  ['thousand', 1000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
])
const ordinalNames = `zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth
seventeenth eighteenth nineteenth twentieth`
const ordinals: ReadonlyMap<string, number> = new Map([
  ...ordinalNames.split(/\s+/).map((word, value): [string, number] => [word, value]),
  ['thirtieth', 30],
])

/** The value of one number word below twenty, `undefined` for any other word. `oh` counts only among digits. */
export function unitValue(lower: string): number | undefined {
  return small.get(lower)
}

/** Finds the numbers in an utterance, in digits and in words: `25`, `twenty-five`, `3rd`, `one and a half`, `minus two`. */
export function numbersIn(words: readonly Word[]): SpokenNumber[] {
  const found: SpokenNumber[] = []
  let index = 0
  while (index < words.length) {
    const number = numberAt(words, index)
    if (number === undefined || isPronoun(words, index)) {
      index += 1
      continue
    }
    const before = words[index - 1]
    const negative = before !== undefined && (before.lower === 'minus' || before.lower === 'negative')
    found.push(negative ? { ...number, value: -number.value, from: index - 1 } : number)
    index = number.to
  }
  return found
}

/** `one` in `that one` counts nothing. */
function isPronoun(words: readonly Word[], index: number): boolean {
  return (
    words[index]?.lower === 'one' &&
    /^(this|that|which|another|the|any|every|each|no)$/.test(words[index - 1]?.lower ?? '')
  )
}

/** Reads the number that starts at a word. */
export function numberAt(words: readonly Word[], from: number): SpokenNumber | undefined {
  const word = words[from]
  if (word === undefined) return undefined
  const written = /^(\d+(?:,\d{3})*(?:\.\d+)?)(st|nd|rd|th|k)?$/.exec(word.lower)
  if (written !== null) {
    const [, digits = '', suffix] = written
    const value = Number(digits.replaceAll(',', '')) * (suffix === 'k' ? 1000 : 1)
    if (!Number.isFinite(value)) return undefined
    return scaled(words, { value, from, to: from + 1, ordinal: suffix !== undefined && suffix !== 'k' })
  }
  return spelled(words, from)
}

function scaled(words: readonly Word[], number: SpokenNumber): SpokenNumber {
  const next = words[number.to]?.lower ?? ''
  const scale = next === 'hundred' ? 100 : scales.get(next)
  if (scale === undefined || number.ordinal) return withHalf(words, number)
  return { ...number, value: number.value * scale, to: number.to + 1 }
}

function spelled(words: readonly Word[], from: number): SpokenNumber | undefined {
  let total = 0
  let group: number | undefined
  let at = from
  // What the last word was decides what may follow it: twenty five, but not five twenty.
  let last: 'none' | 'unit' | 'tens' | 'hundred' = 'none'
  for (; at < words.length; at += 1) {
    const lower = words[at]?.lower ?? ''
    if (at > from && words[at - 1]?.endsPhrase === true) break
    const unit = lower === 'oh' ? undefined : small.get(lower)
    const ten = tens.get(lower)
    const ordinal = ordinals.get(lower)
    if (
      lower === 'a' &&
      last === 'none' &&
      /^(hundred|thousand|million|dozen|couple)$/.test(words[at + 1]?.lower ?? '')
    )
      continue
    if (unit !== undefined && (last === 'none' || last === 'hundred' || (last === 'tens' && unit > 0 && unit < 10))) {
      group = (group ?? 0) + unit
      last = 'unit'
    } else if (ten !== undefined && (last === 'none' || last === 'hundred')) {
      group = (group ?? 0) + ten
      last = 'tens'
    } else if (ordinal !== undefined && (last === 'none' || last === 'hundred' || (last === 'tens' && ordinal < 10))) {
      return { value: total + (group ?? 0) + ordinal, from, to: at + 1, ordinal: true }
    } else if (lower === 'hundred' && (last === 'unit' || (last === 'none' && at > from))) {
      group = (group ?? 1) * 100
      last = 'hundred'
    } else if (scales.has(lower) && (group !== undefined || at > from)) {
      total += (group ?? 1) * (scales.get(lower) ?? 1)
      group = 0
      last = 'hundred'
    } else if (lower === 'and' && last === 'hundred' && isUnitOrTen(words[at + 1]?.lower)) {
      continue
    } else break
  }
  if (group === undefined) return undefined
  return withHalf(words, { value: total + group, from, to: at, ordinal: false })
}

function isUnitOrTen(lower: string | undefined): boolean {
  return lower !== undefined && (small.has(lower) || tens.has(lower))
}

/** Adds what follows a whole number: `and a half`, `point five`. */
function withHalf(words: readonly Word[], number: SpokenNumber): SpokenNumber {
  const [first, second, third] = words.slice(number.to, number.to + 3).map((word) => word.lower)
  if (first === 'and' && second === 'a' && third === 'half')
    return { ...number, value: number.value + 0.5, to: number.to + 3 }
  if (first !== 'point') return number
  let digits = ''
  let to = number.to + 1
  for (; to < words.length; to += 1) {
    const lower = words[to]?.lower ?? ''
    const digit = /^\d+$/.test(lower) ? lower : String(small.get(lower) ?? '')
    if (!/^\d+$/.test(digit) || (digit.length > 1 && digits !== '')) break
    digits += digit
  }
  return digits === '' ? number : { ...number, value: Number(`${number.value}.${digits}`), to }
}

/** All digits of an utterance in order, said as digits or words: for phone numbers and codes. */
export function digitsIn(words: readonly Word[]): string {
  let digits = ''
  let times = 1
  for (const { lower } of words) {
    const unit = small.get(lower)
    const ten = tens.get(lower)
    if (lower === 'double' || lower === 'triple') {
      times = lower === 'double' ? 2 : 3
      continue
    }
    if (/^\d[\d.+/-]*$/.test(lower)) digits += lower.replace(/\D/g, '').repeat(times)
    else if (unit !== undefined && lower !== 'couple' && lower !== 'dozen') digits += String(unit).repeat(times)
    else if (ten !== undefined) digits += String(ten)
    times = 1
  }
  return digits
}
