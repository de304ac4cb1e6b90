import { defineFunction } from '@pc/core'
import * as z from 'zod'

const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const

const wish = {
  day: z.enum(days).describe('the day of the week'),
  time: z
    .string()
    .regex(/^\d{2}:\d{2}$/)
    .describe('the time, as 24 hours, for example 19:30'),
  people: z.number().int().min(1).max(12).describe('the number of people'),
}

/** Why a table is not free. Half past seven is always full on Fridays: a demo needs a little trouble. */
function trouble(day: string, time: string): string | undefined {
  if (day === 'Monday') return 'I am sorry, we are closed on Mondays.'
  return day === 'Friday' && time === '19:30' ? 'I am sorry, we are full then. A table is free at 20:15.' : undefined
}

export const openingHours = defineFunction({
  name: 'opening_hours',
  description: 'Tell when the restaurant is open',
  parameters: z.object({}),
  handler: () => ({ message: 'We are open from six to eleven in the evening, every day but Monday.' }),
})

export const checkTable = defineFunction({
  name: 'check_table',
  description: 'Check whether a table is free',
  parameters: z.object(wish),
  handler: ({ day, time }) => {
    const message = trouble(day, time)
    return message === undefined ? { free: true, message: 'Yes, a table is free then.' } : { free: false, message }
  },
})

export const bookTable = defineFunction({
  name: 'book_table',
  description: 'Book a table under a name',
  parameters: z.object({ ...wish, name: z.string().describe('the name for the booking') }),
  handler: ({ day, time, people, name }) => {
    const message = trouble(day, time)
    if (message !== undefined) return { booked: false, message }
    return { booked: true, message: `Done, a table for ${people} on ${day} at ${time}, for ${name}. See you then.` }
  },
})
