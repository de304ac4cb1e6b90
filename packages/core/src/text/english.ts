import { cardinal, decimal, ordinal, spellDigits, year } from './english-numbers.ts'
import type { SpokenLanguage, SpokenRule } from './voice-normalizer.ts'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const MONTH = `(${MONTHS.join('|')}|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)`
/** Of a number: not glued to letters, digits or a separator before it. */
const BEFORE = String.raw`(?<![\p{L}\p{N}_.,$€£¥/:-]|[\p{L}\p{N}]')`
const AFTER = String.raw`(?![\p{L}\p{N}_]|[.,:/-]\d)`
const NUMBER = String.raw`(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)`

type Currency = { readonly unit: readonly [string, string]; readonly part: readonly [string, string] | undefined }
const CENTS = ['cent', 'cents'] as const
const CURRENCIES: Readonly<Record<string, Currency>> = {
  $: { unit: ['dollar', 'dollars'], part: CENTS },
  '€': { unit: ['euro', 'euros'], part: CENTS },
  '£': { unit: ['pound', 'pounds'], part: ['penny', 'pence'] },
  '¥': { unit: ['yen', 'yen'], part: undefined },
}
const MARKS: Readonly<Record<string, string>> = {
  '.': 'dot',
  '@': 'at',
  '-': 'dash',
  _: 'underscore',
  '/': 'slash',
  '+': 'plus',
  ':': 'colon',
  '?': 'question mark',
  '=': 'equals',
  '&': 'and',
  '#': 'hash',
  '%': 'percent',
  '~': 'tilde',
}

/** How English is read. Dates with slashes are month first where both ways are possible. */
export const ENGLISH: SpokenLanguage = {
  code: 'en',
  rules: [
    rule('url', String.raw`\b(?:(?:https?|ftp):\/\/|www\.)[^\s<>"'()]*[^\s<>"'().,;:!?]`, ([url]) =>
      address(url.replace(/^(?:https?|ftp):\/\//i, '').replace(/\/$/, '')),
    ),
    rule(
      'email',
      String.raw`[\p{L}\p{N}._%+-]*[\p{L}\p{N}_%+-]@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`,
      ([mail]) => address(mail),
    ),
    rule(
      'url',
      String.raw`(?<![\p{L}\p{N}@.-])(?:[\p{L}\p{N}-]+\.)+(?:com|org|net|io|dev|ai|app|edu|gov|co\.uk|info|eu)(?:\/[^\s<>"'()]*[^\s<>"'().,;:!?])?(?![\p{L}\p{N}-]|\.\p{L})`,
      ([url]) => address(url),
    ),
    rule('date', String.raw`${BEFORE}(\d{4})-(\d{2})-(\d{2})${AFTER}`, ([, y = '', m = '', d = '']) =>
      date(Number(m), d, y),
    ),
    rule('date', String.raw`${BEFORE}(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})${AFTER}`, slashDate),
    rule(
      'date',
      String.raw`\b${MONTH}\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,?\s+(\d{4}))?${AFTER}`,
      ([, m = '', d = '', y]) => date(monthNumber(m), d, y),
    ),
    rule(
      'date',
      String.raw`${BEFORE}(\d{1,2})(?:st|nd|rd|th)?\s+(of\s+)?${MONTH}\b\.?(?:,?\s+(\d{4})${AFTER})?`,
      ([, d = '', of, m = '', y]) => date(monthNumber(m), d, y, of !== undefined),
    ),
    rule('time', String.raw`${BEFORE}(\d{1,2}):(\d{2})(?::\d{2})?(?:\s*([ap])\.?m\b\.?)?${AFTER}`, time),
    rule('time', String.raw`${BEFORE}(\d{1,2})\s*([ap])\.?m\b(?:\.(?=\s+\p{Ll}))?`, ([, hour = '', half = '']) =>
      Number(hour) >= 1 && Number(hour) <= 12 ? `${cardinal(hour)} ${half} m` : undefined,
    ),
    rule('money', String.raw`([$€£¥])\s?${NUMBER}(?:\s?(thousand|million|billion|trillion|[kKMB])\b)?${AFTER}`, money),
    rule(
      'phone',
      String.raw`(?<![\p{L}\p{N}_.,$-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)|\d{1,4})(?:[ .-]?\d{2,4}){2,4}|(?:1[ .-])?(?:\(\d{3}\)\s?|\d{3}[.-])\d{3}[.-]\d{4}|\d{3}-\d{4})${AFTER}`,
      ([phone]) => phoneNumber(phone),
    ),
    rule(
      'percent',
      String.raw`${BEFORE}(-)?${NUMBER}\s?%`,
      ([, minus, number = '']) => `${minus === undefined ? '' : 'minus '}${decimal(number)} percent`,
    ),
    rule('ordinal', String.raw`${BEFORE}(\d{1,3}(?:,\d{3})+|\d+)(?:st|nd|rd|th)\b`, ([, number = '']) =>
      ordinal(number.replaceAll(',', '')),
    ),
    rule(
      'number',
      String.raw`(?<=\p{L}\s)#(\d+)${AFTER}|^#(\d+)${AFTER}`,
      ([, inner, first]) => `number ${cardinal(inner ?? first ?? '')}`,
    ),
    rule(
      'year',
      String.raw`(?<=\b(?:in|since|until|year|from|by|of|before|after)\s)(1[1-9]\d\d|20\d\d)${AFTER}`,
      ([, y = '']) => year(y),
    ),
    rule('range', String.raw`${BEFORE}(\d{1,4})\s?[–-]\s?(\d{1,4})${AFTER}`, ([, from = '', to = '']) =>
      Number(from) < Number(to) ? `${cardinal(from)} to ${cardinal(to)}` : undefined,
    ),
    // A zero in front, or more digits than one counts with: a code, read digit by digit.
    rule('number', String.raw`${BEFORE}(0\d+|\d{7,})${AFTER}`, ([, digits = '']) => spellDigits(digits)),
    rule(
      'number',
      String.raw`(?<![\p{L}\p{N}_.,$€£¥/:]|[\p{L}\p{N}]')(-)?(?<!\d-)${NUMBER}${AFTER}`,
      ([, minus, number = '']) => `${minus === undefined ? '' : 'minus '}${decimal(number)}`,
    ),
  ],
}

function rule(kind: string, pattern: string, speak: SpokenRule['speak']): SpokenRule {
  return { kind, pattern: new RegExp(pattern, 'giu'), speak }
}

/** Words stay words; marks and digits are named. */
function address(text: string): string {
  const parts = text.match(/[\p{L}]+|\d|[^\p{L}\d]/gu) ?? []
  return parts
    .map((part) =>
      /^\d$/.test(part) ? spellDigits(part) : (MARKS[part] ?? (part.toLowerCase() === 'www' ? 'w w w' : part)),
    )
    .join(' ')
}

/** 0 for a word that only looks like a month: they are written with a capital. */
function monthNumber(name: string): number {
  return MONTHS.findIndex((month) => month.startsWith(name.slice(0, 3))) + 1
}

// oxlint-disable-next-line max-params -- the parts of a date
function date(month: number, day: string, inYear: string | undefined, dayFirst = false): string | undefined {
  const name = MONTHS[month - 1]
  if (name === undefined || Number(day) < 1 || Number(day) > 31) return undefined
  const spoken = dayFirst ? `${ordinal(day)} of ${name}` : `${name} ${ordinal(day)}`
  return inYear === undefined ? spoken : `${spoken}, ${year(inYear)}`
}

function slashDate([, first = '', second = '', y = '']: RegExpExecArray): string | undefined {
  const dayFirst = Number(first) > 12
  const full = y.length === 4 ? y : `20${y}`
  return dayFirst ? date(Number(second), first, full) : date(Number(first), second, full)
}

function time([, hour = '', minute = '', half]: RegExpExecArray): string | undefined {
  if (Number(hour) > 23 || Number(minute) > 59) return undefined
  const suffix = half === undefined ? '' : ` ${half.toLowerCase()} m`
  if (minute === '00') return half === undefined ? `${cardinal(hour)} o'clock` : `${cardinal(hour)}${suffix}`
  const minutes = minute.startsWith('0') ? `oh ${cardinal(minute)}` : cardinal(minute)
  return `${cardinal(hour)} ${minutes}${suffix}`
}

const SCALES: Readonly<Record<string, string>> = { k: 'thousand', m: 'million', b: 'billion' }

function money([, sign = '', number = '', scale]: RegExpExecArray): string | undefined {
  const currency = CURRENCIES[sign]
  if (currency === undefined) return undefined
  const { unit, part } = currency
  if (scale !== undefined) {
    const lower = scale.toLowerCase()
    return `${decimal(number)} ${SCALES[lower] ?? lower} ${unit[1]}`
  }
  const [whole = '0', fraction] = number.replaceAll(',', '').split('.')
  const units = `${cardinal(whole === '' ? '0' : whole)} ${unit[Number(whole) === 1 ? 0 : 1]}`
  if (fraction === undefined || /^0+$/.test(fraction)) return units
  if (part === undefined || fraction.length !== 2) return `${decimal(number)} ${unit[1]}`
  const parts = `${cardinal(fraction)} ${part[Number(fraction) === 1 ? 0 : 1]}`
  return Number(whole) === 0 ? parts : `${units} and ${parts}`
}

/** Group by group, so that the voice pauses where the writer did. */
function phoneNumber(text: string): string {
  const plus = text.startsWith('+') ? 'plus ' : ''
  return plus + (text.match(/\d+/g) ?? []).map(spellDigits).join(', ')
}
