import { addDays, dayOf, isBefore, isDay, monthNames, weekdayNames, weekdayOf } from './calendar.ts'
import type { CalendarDay } from './calendar.ts'
import { numberAt } from './numbers.ts'
import type { Span } from './numbers.ts'
import type { Word } from './words.ts'

/** A day that was said. */
export interface SpokenDay extends Span, CalendarDay {
  /** False when the year was left to the listener. */
  yearSaid: boolean
}

const weekdayIndex: ReadonlyMap<string, number> = new Map(
  weekdayNames.flatMap((name, index) =>
    [name, `${name}s`, name.slice(0, 3)].map((form): [string, number] => [form.toLowerCase(), index]),
  ),
)
const monthIndex: ReadonlyMap<string, number> = new Map([
  ...monthNames.flatMap((name, index) =>
    [name, name.slice(0, 3)].map((form): [string, number] => [form.toLowerCase(), index + 1]),
  ),
  ['sept', 9],
])
const fixedDays: ReadonlyMap<string, number> = new Map([
  ['today', 0],
  ['tonight', 0],
  ['tomorrow', 1],
  ['yesterday', -1],
])

/**
 * Finds days in an utterance: `tomorrow`, `next friday`, `the 3rd of May`, `May third 1985`, `in two weeks`,
 * `2027-05-03`, `5/3/2027` (month first, unless the first number is above 12). A day without a year is the next one
 * that comes, counted from `now`.
 */
export function daysIn(words: readonly Word[], now: Date): SpokenDay[] {
  const today = dayOf(now)
  const found: SpokenDay[] = []
  for (let index = 0; index < words.length;) {
    const day = dayAt(words, index, today)
    if (day !== undefined && isDay(day)) found.push(day)
    index = day === undefined ? index + 1 : day.to
  }
  return found
}

function dayAt(words: readonly Word[], from: number, today: CalendarDay): SpokenDay | undefined {
  return (
    relativeDay(words, from, today) ??
    weekday(words, from, today) ??
    writtenDay(words, from, today) ??
    namedDay(words, from, today)
  )
}

function relativeDay(words: readonly Word[], from: number, today: CalendarDay): SpokenDay | undefined {
  const said = (count: number): string =>
    words
      .slice(from, from + count)
      .map((word) => word.lower)
      .join(' ')
  const relative = (days: number, length: number): SpokenDay => ({
    ...addDays(today, days),
    from,
    to: from + length,
    yearSaid: true,
  })
  if (said(4) === 'the day after tomorrow') return relative(2, 4)
  if (said(3) === 'day after tomorrow') return relative(2, 3)
  if (said(2) === 'next week') return relative(7, 2)
  const fixed = fixedDays.get(said(1))
  if (fixed !== undefined) return relative(fixed, 1)
  if (said(1) !== 'in') return undefined
  const article = /^(a|an)$/.test(words[from + 1]?.lower ?? '')
  const count = numberAt(words, from + 1)
  const at = count?.to ?? (article ? from + 2 : words.length)
  const unit = words[at]?.stem
  const amount = count?.value ?? 1
  if (!Number.isInteger(amount) || Math.abs(amount) > 5000) return undefined
  if (unit === 'day') return relative(amount, at + 1 - from)
  if (unit === 'week') return relative(amount * 7, at + 1 - from)
  return undefined
}

function weekday(words: readonly Word[], from: number, today: CalendarDay): SpokenDay | undefined {
  const lower = words[from]?.lower ?? ''
  const isNext = lower === 'next'
  const at = isNext || lower === 'this' || lower === 'coming' ? from + 1 : from
  const name = words[at]?.lower ?? ''
  const index = weekdayIndex.get(name)
  // `sun`, `sat` and `wed` are words of their own.
  if (index === undefined || (at === from && /^(sun|sat|wed|mon)$/.test(name))) return undefined
  const current = weekdayOf(today)
  const ahead = (index - current + 7) % 7 || 7
  const restOfWeek = current === 0 ? 0 : 7 - current
  return { ...addDays(today, isNext && ahead <= restOfWeek ? ahead + 7 : ahead), from, to: at + 1, yearSaid: true }
}

function writtenDay(words: readonly Word[], from: number, today: CalendarDay): SpokenDay | undefined {
  const lower = words[from]?.lower ?? ''
  const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/.exec(lower)
  if (iso !== null) {
    const [, year, month, day] = iso.map(Number)
    return { year: year ?? 0, month: month ?? 0, day: day ?? 0, from, to: from + 1, yearSaid: true }
  }
  const slashed = /^(\d{1,2})[-/.](\d{1,2})(?:[-/.](\d{4}))?$/.exec(lower)
  if (slashed === null || (slashed[3] === undefined && !lower.includes('/'))) return undefined
  const [first, second] = [Number(slashed[1]), Number(slashed[2])]
  const [month, day] = first > 12 ? [second, first] : [first, second]
  return dated(
    { month, day, year: slashed[3] === undefined ? undefined : Number(slashed[3]) },
    { from, to: from + 1 },
    today,
  )
}

function namedDay(words: readonly Word[], from: number, today: CalendarDay): SpokenDay | undefined {
  const month = monthIndex.get(words[from]?.lower ?? '')
  if (month !== undefined) {
    const day = numberAt(words, words[from + 1]?.lower === 'the' ? from + 2 : from + 1)
    if (day === undefined || !isDayNumber(day.value)) return undefined
    return withYear(words, { month, day: day.value, from, to: day.to }, today)
  }
  const start = words[from]?.lower === 'the' ? from + 1 : from
  const day = numberAt(words, start)
  if (day === undefined || !isDayNumber(day.value)) return undefined
  const at = words[day.to]?.lower === 'of' ? day.to + 1 : day.to
  const named = monthIndex.get(words[at]?.lower ?? '')
  if (named !== undefined) return withYear(words, { month: named, day: day.value, from, to: at + 1 }, today)
  return start > from && day.ordinal ? dayOfMonth(words, { day: day.value, from, to: day.to }, today) : undefined
}

/** `the 15th`: of this month or the next. */
function dayOfMonth(words: readonly Word[], said: Span & { day: number }, today: CalendarDay): SpokenDay | undefined {
  const last = words[said.to - 1]
  if (last === undefined || (!/^\d/.test(last.lower) && said.day < 4)) return undefined
  if (said.to < words.length && !last.endsPhrase && !/^(at|for|in|please|and)$/.test(words[said.to]?.lower ?? ''))
    return undefined
  const here = { year: today.year, month: today.month, day: said.day }
  const isPast = isBefore(here, today)
  const year = isPast && today.month === 12 ? today.year + 1 : today.year
  return { ...said, year, month: isPast ? (today.month % 12) + 1 : today.month, yearSaid: true }
}

function withYear(words: readonly Word[], said: Span & { month: number; day: number }, today: CalendarDay): SpokenDay {
  const year = yearAt(words, said.to)
  return dated({ ...said, year: year?.value }, { from: said.from, to: year?.to ?? said.to }, today)
}

function dated(
  said: { month: number; day: number; year: number | undefined },
  span: Span,
  today: CalendarDay,
): SpokenDay {
  const { month, day } = said
  if (said.year !== undefined) return { year: said.year, month, day, ...span, yearSaid: true }
  const isPast = isBefore({ year: today.year, month, day }, today)
  return { year: today.year + (isPast ? 1 : 0), month, day, ...span, yearSaid: false }
}

/** `1985`, `nineteen eighty five`, `two thousand five`, `twenty twenty six`. */
function yearAt(words: readonly Word[], from: number): (Span & { value: number }) | undefined {
  const start = /^(in|of)$/.test(words[from]?.lower ?? '') ? from + 1 : from
  const first = numberAt(words, start)
  if (first === undefined || first.ordinal) return undefined
  if (first.value >= 1900 && first.value <= 2100 && Number.isInteger(first.value))
    return { value: first.value, from, to: first.to }
  if (first.value !== 19 && first.value !== 20) return undefined
  const at = words[first.to]?.lower === 'oh' ? first.to + 1 : first.to
  const second = numberAt(words, at)
  if (second === undefined || second.value > 99 || !Number.isInteger(second.value)) return undefined
  return { value: first.value * 100 + second.value, from, to: second.to }
}

function isDayNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 31
}
