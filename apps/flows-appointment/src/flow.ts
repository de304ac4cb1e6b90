import { endConversation, type FlowContext, flowKit, stay, to } from '@pc/flows'
import * as z from 'zod'
import { type Booking, type BookingApi, SlotTaken } from './booking-api.ts'

const services = ['haircut', 'massage', 'manicure'] as const
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

const booking = z.object({
  service_type: z.enum(services).describe('Which service would you like: a haircut, a massage or a manicure?'),
  date: z.enum(days).describe('On which day would you like to come?'),
  time: z
    .string()
    .regex(/^\d{2}:\d{2}$/)
    .describe('At what time? (as 24 hours, for example 14:30)'),
  customer_name: z.string().min(1).describe('What is your name?'),
})

const known = z.object({
  booking: booking.optional(),
  /** How often the calendar was asked for this booking. */
  attempts: z.number().default(0),
  appointmentId: z.string().optional(),
  confirmed: z.boolean().default(false),
})

/** The flow, on a calendar that may be full, or out of order. */
export function appointmentFlow(calendar: BookingApi) {
  const f = flowKit({ state: known })

  /** A time that is taken is told, and stays; a calendar that does not work leads to a node of its own. */
  async function book(wanted: Booking, { state, idempotencyKey }: FlowContext<z.infer<typeof known>>) {
    state.attempts += 1
    try {
      const { id } = await calendar.book(wanted, { attempt: state.attempts, idempotencyKey })
      state.appointmentId = id
      return to('confirmation', { input: { appointment: spoken(wanted) }, result: { appointment_id: id } })
    } catch (error) {
      if (error instanceof SlotTaken) return stay({ status: 'error', message: error.message })
      return to('trouble', { input: { reason: 'The calendar does not answer.' }, result: { status: 'error' } })
    }
  }

  const bookAppointment = f.fn({
    name: 'book_appointment',
    description: 'Book an appointment',
    parameters: booking,
    transitionTo: ['confirmation', 'trouble'],
    timeoutSecs: 10,
    handler: (wanted, ctx) => {
      ctx.state.booking = wanted
      ctx.state.attempts = 0
      return book(wanted, ctx)
    },
  })

  const tryAgain = f.fn({
    name: 'try_again',
    description: 'The caller agrees to try the same booking again',
    transitionTo: ['confirmation', 'trouble'],
    timeoutSecs: 10,
    handler: (_, ctx) => {
      const wanted = ctx.state.booking
      return wanted === undefined
        ? stay({ status: 'error', message: 'There is nothing to try again.' })
        : book(wanted, ctx)
    },
  })

  const giveUp = f.fn({
    name: 'cancel_booking',
    description: 'The caller gives up for today',
    transitionTo: 'no_appointment',
  })

  const confirmAppointment = f.fn({
    name: 'confirm_appointment',
    description: 'The caller confirms that the appointment is right',
    transitionTo: 'end',
    handler: (_, { state }) => {
      state.confirmed = true
      return { status: 'success' }
    },
  })

  const changeAppointment = f.fn({
    name: 'change_appointment',
    description: 'The caller wants something else about the appointment',
    transitionTo: 'start',
    handler: async (_, { state }) => {
      if (state.appointmentId !== undefined) await calendar.cancel(state.appointmentId)
      delete state.appointmentId
      return { status: 'success' }
    },
  })

  return f.flow({
    id: 'appointment',
    initialNode: 'start',
    nodes: {
      start: f.node({
        role: `You book appointments for Salon Iris. Callers hear you, so answer in one or two short sentences, without lists
or symbols. Always use the functions to go on, and tell what a function reports.`,
        task: `Greet the caller and ask which service they want: a haircut, a massage or a manicure.
Then find the day, the time and their name, one at a time. Use book_appointment when you have all of them.`,
        functions: [bookAppointment],
      }),
      trouble: (input: { reason: string }) =>
        f.node({
          task: `Apologize that ${input.reason.charAt(0).toLowerCase()}${input.reason.slice(1)} Ask if they want to try again.`,
          expects: 'yesNo',
          functions: [tryAgain, giveUp],
        }),
      confirmation: (input: { appointment: string }) =>
        f.node({
          task: `Tell the caller: "You have ${input.appointment}." Ask if that is right.`,
          expects: 'yesNo',
          functions: [confirmAppointment, changeAppointment],
        }),
      no_appointment: f.node({
        task: 'Tell the caller that they are welcome to call again. Say goodbye.',
        after: [endConversation()],
      }),
      end: f.node({
        task: 'Thank the caller. Say "We look forward to your visit." Say goodbye.',
        after: [endConversation()],
      }),
    },
  })
}

function spoken({ service_type, date, time, customer_name }: Booking): string {
  return `a ${service_type} on ${date} at ${time}, ${customer_name}`
}
