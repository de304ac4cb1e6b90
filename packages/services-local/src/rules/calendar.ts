/** A day of the calendar; `month` and `day` count from 1. */
export interface CalendarDay {
  year: number
  month: number
  day: number
}

/** The day that a moment falls on, in local time. */
export function dayOf(moment: Date): CalendarDay {
  return { year: moment.getFullYear(), month: moment.getMonth() + 1, day: moment.getDate() }
}

/** A day some days later, or earlier when negative. */
export function addDays(from: CalendarDay, days: number): CalendarDay {
  const moment = new Date(Date.UTC(from.year, from.month - 1, from.day + days))
  return { year: moment.getUTCFullYear(), month: moment.getUTCMonth() + 1, day: moment.getUTCDate() }
}

/** 0 is Sunday, as in `Date`. */
export function weekdayOf(day: CalendarDay): number {
  return new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay()
}

/** Whether such a day exists. */
export function isDay({ year, month, day }: CalendarDay): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Whether one day comes before another. */
export function isBefore(left: CalendarDay, right: CalendarDay): boolean {
  return (left.year - right.year || left.month - right.month || left.day - right.day) < 0
}

/** `2027-05-03`. */
export function isoDay({ year, month, day }: CalendarDay): string {
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `07`. */
export function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** Names as they are said, Sunday first. */
export const weekdayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

/** Names as they are said, January first. */
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
