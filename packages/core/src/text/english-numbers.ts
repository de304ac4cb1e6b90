const SMALL = (
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen ' +
  'eighteen nineteen'
).split(' ')
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const POWERS = ['', 'thousand', 'million', 'billion', 'trillion', 'quadrillion']
const IRREGULAR: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
}

/** A whole number of up to 18 digits in words; longer ones digit by digit. */
export function cardinal(digits: string): string {
  const bare = digits.replace(/^0+(?=\d)/, '')
  if (bare.length > 18) return spellDigits(bare)
  const groups: string[] = []
  for (let end = bare.length, power = 0; end > 0; end -= 3, power++) {
    const value = Number(bare.slice(Math.max(0, end - 3), end))
    if (value > 0) groups.unshift(power === 0 ? belowThousand(value) : `${belowThousand(value)} ${POWERS[power]}`)
  }
  return groups.length === 0 ? 'zero' : groups.join(' ')
}

function belowThousand(value: number): string {
  const hundreds = Math.floor(value / 100)
  const rest = value % 100
  const parts: string[] = []
  if (hundreds > 0) parts.push(`${SMALL[hundreds]} hundred`)
  if (rest > 0) parts.push(belowHundred(rest))
  return parts.join(' ')
}

function belowHundred(value: number): string {
  if (value < 20) return SMALL[value] ?? ''
  const tens = TENS[Math.floor(value / 10) - 2] ?? ''
  return value % 10 === 0 ? tens : `${tens} ${SMALL[value % 10]}`
}

/** `21` as `twenty first`. */
export function ordinal(digits: string): string {
  const words = cardinal(digits).split(' ')
  const last = words.pop() ?? ''
  words.push(IRREGULAR[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`))
  return words.join(' ')
}

/** `407` as `four zero seven`. */
export function spellDigits(digits: string): string {
  return Array.from(digits, (digit) => SMALL[Number(digit)] ?? digit).join(' ')
}

/** A number with thousands separators and decimals, as `1,234.50`. */
export function decimal(text: string): string {
  const [whole = '0', fraction] = text.replaceAll(',', '').split('.')
  const words = cardinal(whole === '' ? '0' : whole)
  return fraction === undefined ? words : `${words} point ${spellDigits(fraction)}`
}

/** A year from 1000 to 2099 as it is said: `1999`, `2008`, `2026`; others as numbers. */
export function year(digits: string): string {
  const value = Number(digits)
  if (value < 1000 || value > 2099 || (value >= 2000 && value < 2010)) return cardinal(digits)
  const century = belowHundred(Math.floor(value / 100))
  const rest = value % 100
  if (rest === 0) return value % 1000 === 0 ? cardinal(digits) : `${century} hundred`
  return rest < 10 ? `${century} oh ${SMALL[rest]}` : `${century} ${belowHundred(rest)}`
}
