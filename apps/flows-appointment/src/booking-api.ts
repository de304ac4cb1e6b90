/** An appointment as a caller wants it. */
export interface Booking {
  readonly service_type: string
  readonly date: string
  readonly time: string
  readonly customer_name: string
}

/** Where appointments are kept. */
export interface BookingApi {
  /**
   * @throws SlotTaken when the time is not free; anything else when the calendar does not work.
   */
  book(
    booking: Booking,
    request: { readonly attempt: number; readonly idempotencyKey: string },
  ): Promise<{ readonly id: string }>
  cancel(id: string): Promise<void>
}

/** The message is for the caller. */
export class SlotTaken extends Error {}

/** Three o'clock on Friday is taken, and on Mondays the calendar fails the first time: a demo needs a little trouble. */
export function demoCalendar(): BookingApi {
  const bookings = new Map<string, Booking>()
  return {
    book: async (booking, { attempt, idempotencyKey }) => {
      const { date, time } = booking
      if (date === 'Monday' && attempt === 1) throw new Error('503 Service Unavailable')
      if (date === 'Friday' && time === '15:00') throw new SlotTaken('Three on Friday is taken. Four is free.')
      const id = `appointment-${idempotencyKey}`
      bookings.set(id, booking)
      return { id }
    },
    cancel: async (id) => {
      bookings.delete(id)
    },
  }
}
