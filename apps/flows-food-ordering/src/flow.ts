import { endConversation, flowKit, runFunction, stay, to } from '@pc/flows'
import * as z from 'zod'

const sizes = ['small', 'medium', 'large'] as const
const toppings = ['cheese', 'mushrooms', 'pepperoni'] as const
const rolls = ['salmon', 'spicy tuna', 'california'] as const

/** In dollars. */
const pizzaPrices = { small: 10, medium: 15, large: 20 } as const
const rollPrice = 8

const order = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pizza'), size: z.enum(sizes), topping: z.enum(toppings).optional(), price: z.number() }),
  z.object({ kind: z.literal('sushi'), roll: z.enum(rolls), count: z.number(), price: z.number() }),
])

const f = flowKit({
  state: z.object({
    order: order.optional(),
    confirmed: z.boolean().default(false),
    /** How long the kitchen and the driver need. */
    minutes: z.number().optional(),
  }),
})

const deliveryEstimate = f.fn({
  name: 'delivery_estimate',
  description: 'Tell how long the delivery takes',
  handler: (_, { state: { minutes = 30 } }) =>
    stay({ minutes, message: `The delivery takes about ${minutes} minutes.` }),
})

const choosePizza = f.fn({
  name: 'choose_pizza',
  description: 'The caller wants to order a pizza: with cheese, mushrooms or pepperoni',
  transitionTo: 'pizza_size',
})

const chooseSushi = f.fn({
  name: 'choose_sushi',
  description: 'The caller wants to order sushi: rolls with salmon, spicy tuna or california',
  transitionTo: 'sushi',
})

const selectPizzaSize = f.fn({
  name: 'select_pizza_size',
  description: 'Select the size of pizza the customer wants',
  parameters: z.object({ size: z.enum(sizes).describe('Pizza size selection') }),
  transitionTo: 'toppings',
  handler: ({ size }, { state }) => {
    state.order = { kind: 'pizza', size, price: pizzaPrices[size] }
    return { status: 'success', data: { selected_size: size } }
  },
})

const selectTopping = f.fn({
  name: 'select_topping',
  description: 'Record what the caller wants on the pizza',
  parameters: z.object({ topping: z.enum(toppings).describe('What goes on the pizza') }),
  transitionTo: 'confirm',
  handler: ({ topping }, { state }) => {
    if (state.order?.kind !== 'pizza') return stay({ error: 'There is no pizza yet: ask for the size first.' })
    const { size, price } = state.order
    state.order.topping = topping
    return to('confirm', { input: { order: `a ${size} pizza with ${topping}`, price } })
  },
})

const selectSushi = f.fn({
  name: 'select_sushi_order',
  description: 'Record which sushi rolls the caller wants, and how many',
  parameters: z.object({
    roll: z.enum(rolls).describe('Kind of sushi roll'),
    count: z.number().int().min(1).max(10).describe('Number of rolls'),
  }),
  transitionTo: 'confirm',
  handler: ({ roll, count }, { state }) => {
    const price = count * rollPrice
    state.order = { kind: 'sushi', roll, count, price }
    return to('confirm', { input: { order: count === 1 ? `one ${roll} roll` : `${count} ${roll} rolls`, price } })
  },
})

const completeOrder = f.fn({
  name: 'complete_order',
  description: 'The caller confirms that the order is right',
  transitionTo: 'end',
  handler: (_, { state }) => {
    state.confirmed = true
    return { status: 'success', order: state.order ?? null }
  },
})

const reviseOrder = f.fn({
  name: 'revise_order',
  description: 'The caller wants to change the order',
  transitionTo: 'start',
  handler: (_, { state }) => {
    delete state.order
    return { status: 'success' }
  },
})

/** Pizza or sushi, by way of its size or its rolls, to an order that the caller has confirmed. */
export const foodOrdering = f.flow({
  id: 'food-ordering',
  initialNode: 'start',
  globalFunctions: [deliveryEstimate],
  nodes: {
    start: f.node({
      role: `You take orders by phone for Corner Kitchen, a small restaurant with delivery. Callers hear you, so answer in one
or two short sentences, without lists or symbols. Always use the functions to go on.`,
      before: [runFunction((_action, { state }) => void (state['minutes'] = 30))],
      task: 'Greet the caller and ask if they want pizza or sushi.',
      functions: [choosePizza, chooseSushi],
    }),
    pizza_size: f.node({
      task: 'Ask which size they want: small, medium or large. They are 10, 15 and 20 dollars.',
      functions: [selectPizzaSize],
    }),
    toppings: f.node({
      task: 'Ask which topping they want: cheese, mushrooms or pepperoni.',
      functions: [selectTopping],
    }),
    sushi: f.node({
      task: 'Ask which rolls they want, salmon, spicy tuna or california, and how many. A roll is 8 dollars, and 10 is the most.',
      functions: [selectSushi],
    }),
    confirm: (input: { order: string; price: number }) =>
      f.node({
        task: `Tell the caller: "I have ${input.order}, for ${input.price} dollars." Ask if that is right.`,
        expects: 'yesNo',
        functions: [completeOrder, reviseOrder],
      }),
    end: f.node({
      task: 'Thank the caller for the order. Tell them that it comes in half an hour. Say goodbye.',
      after: [endConversation()],
    }),
  },
})
