import { endConversation, flowKit, say, to } from '@pc/flows'
import * as z from 'zod'

const beaches = ['Hawaii', 'Mexico', 'Greece'] as const
const mountains = ['Switzerland', 'Canada', 'Norway'] as const
const months = [
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
const activities = ['hiking', 'swimming', 'sightseeing', 'dancing'] as const

/** In dollars, a night. */
const nightPrice = 120

const f = flowKit({
  state: z.object({
    destination: z.enum([...beaches, ...mountains]).optional(),
    month: z.enum(months).optional(),
    nights: z.number().optional(),
    activities: z.array(z.enum(activities)).default([]),
    price: z.number().optional(),
    isBooked: z.boolean().default(false),
  }),
})

const chooseBeach = f.fn({
  name: 'choose_beach',
  description: 'The traveler wants to go to the beach: Hawaii, Mexico or Greece',
  transitionTo: 'beach',
})

const chooseMountain = f.fn({
  name: 'choose_mountain',
  description: 'The traveler wants to go to the mountains: Switzerland, Canada or Norway',
  transitionTo: 'mountain',
})

/** One name in two nodes, with other places in each. */
const selectDestination = <const Places extends typeof beaches | typeof mountains>(places: Places) =>
  f.fn({
    name: 'select_destination',
    description: 'Record where the trip goes',
    parameters: z.object({ destination: z.enum(places).describe('Where the trip goes') }),
    transitionTo: 'dates',
    handler: ({ destination }, { state }) => {
      state.destination = destination
      return { status: 'success', destination }
    },
  })

const recordDates = f.fn({
  name: 'record_dates',
  description: 'Record when the trip is to be, and for how long',
  parameters: z.object({
    month: z.enum(months).describe('In which month would you like to travel?'),
    nights: z.number().int().min(1).max(21).describe('Number of nights'),
  }),
  transitionTo: 'activities',
  handler: ({ month, nights }, { state }) => {
    state.month = month
    state.nights = nights
    return { status: 'success', month, nights }
  },
})

const recordActivities = f.fn({
  name: 'record_activities',
  description: 'Record what the traveler wants to do there',
  parameters: z.object({ activities: z.array(z.enum(activities)).min(1).describe('What to do there') }),
  transitionTo: 'verify',
  handler: ({ activities: chosen }, { state }) => {
    state.activities = chosen
    return { status: 'success' }
  },
})

const confirmPlan = f.fn({
  name: 'confirm_plan',
  description: 'The traveler confirms that the plan is right',
  transitionTo: 'booking',
  handler: (_, { state }) => {
    const price = (state.nights ?? 1) * nightPrice
    state.price = price
    return to('booking', { input: { price } })
  },
})

const revisePlan = f.fn({
  name: 'revise_plan',
  description: 'The traveler wants to change the plan',
  transitionTo: 'dates',
})

const bookTrip = f.fn({
  name: 'book_trip',
  description: 'The traveler wants to book the trip',
  transitionTo: 'end',
  handler: (_, { state }) => {
    state.isBooked = true
    return { status: 'success' }
  },
})

/** A trip to the sea or to the mountains, planned step by step, read back, and booked. */
export const travelPlanner = f.flow({
  id: 'travel-planner',
  initialNode: 'start',
  nodes: {
    start: f.node({
      role: `You plan trips for the travel agency Blue Door. Travelers hear you, so answer in one or two short sentences, without
lists or symbols. Always use the functions to go on.`,
      before: [say('Welcome to Blue Door Travel.')],
      task: 'Ask if they want to go to the beach or to the mountains.',
      functions: [chooseBeach, chooseMountain],
    }),
    beach: f.node({
      task: 'Ask which destination they want: Hawaii, Mexico or Greece.',
      functions: [selectDestination(beaches)],
    }),
    mountain: f.node({
      task: 'Ask which destination they want: Switzerland, Canada or Norway.',
      functions: [selectDestination(mountains)],
    }),
    dates: f.node({
      task: 'Ask in which month they want to travel, and for how many nights.',
      functions: [recordDates],
    }),
    activities: f.node({
      task: 'Ask what they want to do there: hiking, swimming, sightseeing or dancing.',
      functions: [recordActivities],
    }),
    verify: (_input: undefined, state) =>
      f.node({
        task: `Tell the traveler: "I have ${state.destination} in ${state.month}, for ${state.nights} nights, with ${state.activities.join(' and ')}."
Ask if that is right.`,
        expects: 'yesNo',
        functions: [confirmPlan, revisePlan],
      }),
    booking: (input: { price: number }) =>
      f.node({
        task: `Tell the traveler: "That is ${input.price} dollars." Ask if they want to book the trip.`,
        expects: 'yesNo',
        functions: [bookTrip, revisePlan],
      }),
    end: f.node({
      task: 'Thank the traveler for booking. Wish them a good trip. Say goodbye.',
      after: [endConversation()],
    }),
  },
})
