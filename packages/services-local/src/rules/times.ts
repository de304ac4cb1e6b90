import { numberAt } from './numbers.ts'
import type { Span } from './numbers.ts'
import type { Word } from './words.ts'

/** A time of day that was said; 24 hours. */
export interface SpokenTime extends Span {
  hour: number
  minute: number
  /** Whether morning or evening was left to the listener. */
  isOpen: boolean
}

const clockMinutes = new Set([10, 15, 20, 30, 40, 45, 50])
const afterTime =
  /^(a\.?m|p\.?m|on|in|tomorrow|today|tonight|please|and|with|for|this|next|sharp|if|or|is|would|mon.*day|.*day)$/

/**
 * Finds times of day in an utterance: `7:30 pm`, `8pm`, `half past seven`, `quarter to nine`, `eight o'clock`,
 * `seven thirty`, `noon`, `at seven`, `in twenty minutes`. Without `am`, `pm` or a part of the day, 1 to 7 is in the
 * afternoon or evening, 8 to 11 in the morning; words such as `breakfast`, `wake` and `dinner` decide first.
 */
export function timesIn(words: readonly Word[], now: Date): SpokenTime[] {
  const found: SpokenTime[] = []
  const part = partOfDay(words)
  for (let index = 0; index < words.length;) {
    const time = fixedTime(words, index) ?? relativeTime(words, index, now) ?? clockTime(words, index, part)
    if (time === undefined) index += 1
    else {
      found.push(time)
      index = time.to
    }
  }
  return found
}

/** Reads a bare number as an hour, as in the answer `seven` or `seven thirty`. */
export function hourIn(words: readonly Word[]): SpokenTime | undefined {
  for (let index = 0; index < words.length; index += 1) {
    const hour = numberAt(words, index)
    if (hour === undefined) continue
    if (!isHour(hour.value) || hour.ordinal) return undefined
    const minute = numberAt(words, hour.to)
    const spoken = minute !== undefined && clockMinutes.has(minute.value) ? minute : undefined
    const to = spoken?.to ?? hour.to
    return { ...clock(hour.value, spoken?.value ?? 0, partOfDay(words)), from: index, to }
  }
  return undefined
}

type PartOfDay = 'am' | 'pm' | undefined

function partOfDay(words: readonly Word[]): PartOfDay {
  for (const { lower } of words) {
    if (/^(morning|breakfast|wake|alarm|dawn)$/.test(lower)) return 'am'
    if (/^(afternoon|evening|night|tonight|dinner|supper|lunch)$/.test(lower)) return 'pm'
  }
  return undefined
}

function fixedTime(words: readonly Word[], from: number): SpokenTime | undefined {
  const lower = words[from]?.lower
  if (lower === 'noon' || lower === 'midday') return { hour: 12, minute: 0, isOpen: false, from, to: from + 1 }
  return lower === 'midnight' ? { hour: 0, minute: 0, isOpen: false, from, to: from + 1 } : undefined
}

function relativeTime(words: readonly Word[], from: number, now: Date): SpokenTime | undefined {
  if (words[from]?.lower !== 'in') return undefined
  const half =
    words
      .slice(from + 1, from + 4)
      .map((word) => word.lower)
      .join(' ') === 'half an hour'
  const count = numberAt(words, from + 1)
  const article = /^(a|an)$/.test(words[from + 1]?.lower ?? '')
  const at = count?.to ?? (article ? from + 2 : words.length)
  const unit = words[at]?.stem
  const minutes = half
    ? 30
    : unit === 'minut'
      ? (count?.value ?? 1)
      : unit === 'hour'
        ? (count?.value ?? 1) * 60
        : undefined
  if (minutes === undefined || minutes > 1440) return undefined
  const then = (now.getHours() * 60 + now.getMinutes() + Math.round(minutes)) % 1440
  return { hour: Math.floor(then / 60), minute: then % 60, isOpen: false, from, to: half ? from + 4 : at + 1 }
}

function clockTime(words: readonly Word[], from: number, part: PartOfDay): SpokenTime | undefined {
  return writtenTime(words, from, part) ?? pastOrTo(words, from, part) ?? hourTime(words, from, part)
}

function writtenTime(words: readonly Word[], from: number, part: PartOfDay): SpokenTime | undefined {
  const match = /^(\d{1,2})(?:([:.])(\d{2}))?(?:([ap])\.?m)?$/.exec(words[from]?.lower ?? '')
  if (match === null) return undefined
  const [, hour = '', mark, minute, letter] = match
  const following = meridiemAt(words, from + 1)
  const meridiem: PartOfDay = letter === undefined ? following : letter === 'a' ? 'am' : 'pm'
  if (minute === undefined && letter === undefined) return undefined
  if (mark === '.' && meridiem === undefined && words[from - 1]?.lower !== 'at') return undefined
  if (Number(hour) > 23 || Number(minute ?? 0) > 59) return undefined
  const to = letter === undefined && following !== undefined ? from + 2 : from + 1
  const isExact = meridiem === undefined && (hour.startsWith('0') || Number(hour) > 12)
  const time = isExact
    ? { hour: Number(hour), minute: Number(minute ?? 0), isOpen: false }
    : clock(Number(hour), Number(minute ?? 0), meridiem ?? part)
  return { ...time, from, to }
}

function pastOrTo(words: readonly Word[], from: number, part: PartOfDay): SpokenTime | undefined {
  const start = words[from]?.lower === 'a' ? from + 1 : from
  const said = words[start]?.lower
  const count = numberAt(words, start)
  const offset = said === 'half' ? 30 : said === 'quarter' ? 15 : count?.value
  let at = said === 'half' || said === 'quarter' ? start + 1 : (count?.to ?? words.length)
  if (words[at]?.stem === 'minut') at += 1
  const direction = words[at]?.lower
  if (offset === undefined || offset < 1 || offset > 30 || direction === undefined) return undefined
  const isTo = direction === 'to' || direction === 'before' || direction === 'till'
  if (!isTo && direction !== 'past' && direction !== 'after') return undefined
  const hour = numberAt(words, at + 1)
  if (hour === undefined || !isHour(hour.value)) return undefined
  if (said !== 'half' && said !== 'quarter' && isTo && offset % 5 !== 0) return undefined
  const { meridiem, to } = afterHour(words, hour.to)
  const time = clock(hour.value, 0, meridiem ?? part)
  const minutes = (time.hour * 60 + (isTo ? -offset : offset) + 1440) % 1440
  return { ...time, hour: Math.floor(minutes / 60), minute: minutes % 60, from, to }
}

function hourTime(words: readonly Word[], from: number, part: PartOfDay): SpokenTime | undefined {
  const hour = numberAt(words, from)
  if (hour === undefined || hour.ordinal || !isHour(hour.value)) return undefined
  const zero = words[hour.to]?.lower === 'oh'
  const next = numberAt(words, zero ? hour.to + 1 : hour.to)
  const isMinute = next !== undefined && !next.ordinal && (zero ? next.value < 10 : clockMinutes.has(next.value))
  const { meridiem, to, oClock } = afterHour(words, isMinute ? next.to : hour.to)
  const minute = isMinute ? next.value : 0
  const before = words[from - 1]?.lower ?? ''
  const led = /^(at|around|about|by|until|till|before|after|from)$/.test(before)
  const ends = to >= words.length || words[to - 1]?.endsPhrase === true || afterTime.test(words[to]?.lower ?? '')
  const isTime =
    meridiem !== undefined ||
    oClock ||
    (isMinute && !/^\d/.test(words[from]?.lower ?? '')) ||
    (led && before !== 'from' && ends)
  return isTime ? { ...clock(hour.value, minute, meridiem ?? part), from, to } : undefined
}

function afterHour(words: readonly Word[], from: number): { meridiem: PartOfDay; to: number; oClock: boolean } {
  const oClock = words[from]?.lower === "o'clock"
  const at = oClock ? from + 1 : from
  const meridiem = meridiemAt(words, at)
  return { meridiem, to: meridiem === undefined ? at : at + 1, oClock }
}

function meridiemAt(words: readonly Word[], at: number): PartOfDay {
  const lower = words[at]?.lower ?? ''
  if (/^a\.?m$/.test(lower) && !(lower === 'am' && /^(i|looking)$/.test(words[at + 1]?.lower ?? ''))) return 'am'
  return /^p\.?m$/.test(lower) ? 'pm' : undefined
}

function isHour(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 12
}

function clock(hour: number, minute: number, part: PartOfDay): Pick<SpokenTime, 'hour' | 'minute' | 'isOpen'> {
  if (hour > 12) return { hour, minute, isOpen: false }
  if (part === 'am') return { hour: hour % 12, minute, isOpen: false }
  if (part === 'pm') return { hour: (hour % 12) + 12, minute, isOpen: false }
  return { hour: hour < 8 ? hour + 12 : hour, minute, isOpen: hour < 12 }
}
