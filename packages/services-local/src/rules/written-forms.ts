import { dayOf, isBefore, isoDay, monthNames, two } from './calendar.ts'
import type { CalendarDay } from './calendar.ts'
import type { Json, Parameter } from './json-schema.ts'
import { agrees } from './schema-check.ts'

/** A time of day. */
export interface TimeOfDay {
  hour: number
  minute: number
}

/** The first of several forms of a value that the parameter's schema takes. */
export function fitting(forms: readonly Json[], parameter: Parameter): Json | undefined {
  return forms.find((form) => agrees(form, parameter.schema))
}

/** A day in the form that a parameter wants: ISO 8601 unless its description shows another. */
export function dayFor(parameter: Parameter, day: CalendarDay): Json | undefined {
  const { year, month, day: date } = day
  const american = `${two(month)}/${two(date)}/${year}`
  const european = `${two(date)}/${two(month)}/${year}`
  const forms = [isoDay(day), american, european, `${monthNames[month - 1]} ${date}, ${year}`]
  const { description } = parameter
  if (/MM\/DD/i.test(description)) forms.unshift(american)
  else if (/DD\/MM/i.test(description)) forms.unshift(european)
  return fitting(forms, parameter)
}

/** A time in the form that a parameter wants: `19:30` unless its description shows `7:30 PM`. */
export function timeFor(parameter: Parameter, time: TimeOfDay): Json | undefined {
  const exact = `${two(time.hour)}:${two(time.minute)}`
  const spoken = `${time.hour % 12 || 12}:${two(time.minute)} ${time.hour < 12 ? 'AM' : 'PM'}`
  const wantsSpoken = /\b\d{1,2}(?::\d\d)? ?[ap]\.?m\b/i.test(parameter.description)
  const forms = [exact, spoken, `${exact}:00`, `${exact}:00Z`]
  return fitting(wantsSpoken ? [spoken, ...forms] : forms, parameter)
}

/**
 * A day and time in the form that a parameter wants. A time alone means the next such time; a day alone is enough
 * only for a parameter without a format of its own.
 */
export function momentFor(
  parameter: Parameter,
  said: { day: CalendarDay | undefined; time: TimeOfDay | undefined; now: Date },
): Json | undefined {
  const { time, now } = said
  if (time === undefined) return said.day === undefined ? undefined : dayFor(parameter, said.day)
  const today = dayOf(now)
  const isOver = time.hour * 60 + time.minute <= now.getHours() * 60 + now.getMinutes()
  const tomorrow = dayOf(new Date(today.year, today.month - 1, today.day + 1))
  const day = said.day ?? (isOver ? tomorrow : today)
  const local = `${isoDay(day)}T${two(time.hour)}:${two(time.minute)}:00`
  const moment = new Date(day.year, day.month - 1, day.day, time.hour, time.minute)
  const universal = Number.isNaN(moment.getTime()) ? local : moment.toISOString().replace('.000Z', 'Z')
  const spaced = local.replace('T', ' ').slice(0, -3)
  const isFormal = parameter.plain['format'] === 'date-time'
  return fitting(isFormal ? [universal, local] : [local, spaced, universal], parameter)
}

/** Whether a day can be a birthday: its year was said and it is over. */
export function isPastDay(day: CalendarDay & { yearSaid: boolean }, now: Date): boolean {
  return day.yearSaid && isBefore(day, dayOf(now))
}
