import { defineFunction } from '@pc/core'
import * as z from 'zod'

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

const wish = {
  day: z.enum(days).describe('the day of the week'),
  time: z
    .string()
    .regex(/^\d{2}:\d{2}$/)
    .describe('the time, as 24 hours, for example 19:30'),
  guests: z.number().int().min(1).max(12).describe('how many people come'),
}

/** Half past seven is always full on Fridays: a demo needs a little trouble. */
const isFull = (day: string, time: string): boolean => day === 'friday' && time === '19:30'

export const openingHours = defineFunction({
  name: 'opening_hours',
  description: 'When the restaurant is open',
  parameters: z.object({}),
  handler: () => ({ open: 'Tuesday to Sunday, from 18:00 to 23:00', closed: 'Monday' }),
})

export const checkTable = defineFunction({
  name: 'check_table',
  description: 'Check whether a table is free at a day and time',
  parameters: z.object(wish),
  handler: ({ day, time }) => {
    if (day === 'monday') return { free: false, reason: 'we are closed on Monday' }
    return isFull(day, time) ? { free: false, next_free: '20:15' } : { free: true }
  },
})

export const bookTable = defineFunction({
  name: 'book_table',
  description: 'Book a table under a name',
  parameters: z.object({ ...wish, name: z.string().describe('the name for the booking') }),
  handler: ({ day, time, guests, name }) =>
    day === 'monday' || isFull(day, time)
      ? { booked: false, reason: 'that table is not free' }
      : { booked: true, day, time, guests, name },
})
