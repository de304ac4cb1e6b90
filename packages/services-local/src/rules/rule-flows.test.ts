import { describe, expect, test } from 'vitest'
import { Talk, tool } from '../../test/rule-talk.ts'
import type { RuleTool } from './tool-subject.ts'

/** A node of a flow: what to do, with which functions, and where each of them leads. */
interface Node {
  task: string
  tools: readonly RuleTool[]
  next: (name: string, values: Record<string, unknown>) => { result: unknown; to?: string }
}

/** Plays a flow as a flow manager does: results, then the next node's task and tools, then the model again. */
function play(nodes: Record<string, Node>, persona: string, users: readonly string[]): string[] {
  const lines: string[] = []
  const talk = new Talk([], persona)
  let node = nodes['start']
  if (node === undefined) return lines
  talk.messages.push({ role: 'system', content: node.task })
  talk.tools = node.tools
  const follow = (reply: string): void => {
    lines.push(reply)
    const call = /^(\w+) (\{.*\})$/.exec(reply)
    if (call === null || node === undefined) return
    const [, name = '', values = '{}'] = call
    const { result, to } = node.next(name, JSON.parse(values))
    const next = to === undefined ? undefined : nodes[to]
    node = next ?? node
    follow(talk.result(result, next))
  }
  follow(talk.run())
  for (const user of users) follow(talk.say(user))
  return lines
}

const done = (to: string) => () => ({ result: { status: 'success' }, to })
const end = (task: string): Node => ({ task, tools: [], next: () => ({ result: {} }) })

describe('a food order', () => {
  const persona =
    'You are an order-taking assistant. You must ALWAYS use the available functions to progress the conversation.'
  const start: Node = {
    task: 'For this step, ask the user if they want pizza or sushi, and wait for them to use a function to choose. Start off by greeting them.',
    tools: [
      tool('choose_pizza', "User wants to order pizza. Let's get that order started."),
      tool('choose_sushi', 'User wants to order sushi.'),
    ],
    next: (name) => ({ result: { status: 'success' }, to: name === 'choose_pizza' ? 'pizza' : 'sushi' }),
  }
  const nodes: Record<string, Node> = {
    start,
    pizza: {
      task: 'You are handling a pizza order. Use the available functions:\n- Use select_pizza_order when the user specifies both size AND type\n\nPricing:\n- Small: $10\n- Large: $20',
      tools: [
        tool('select_pizza_order', 'Record the pizza order details', {
          size: { type: 'string', enum: ['small', 'medium', 'large'], description: 'Size of the pizza' },
          type: {
            type: 'string',
            enum: ['pepperoni', 'cheese', 'supreme', 'vegetarian'],
            description: 'Type of pizza',
          },
        }),
      ],
      next: done('confirm'),
    },
    sushi: {
      task: 'You are handling a sushi order.',
      tools: [
        tool('select_sushi_order', 'Record the sushi order details', {
          count: { type: 'integer', minimum: 1, maximum: 10, description: 'Number of rolls to order' },
          type: { type: 'string', enum: ['california', 'spicy tuna', 'rainbow'], description: 'Type of sushi roll' },
        }),
      ],
      next: done('confirm'),
    },
    confirm: {
      task: 'Read back the complete order details to the user and ask if they want anything else or if they want to make changes.\n- Use complete_order when the user confirms that the order is correct',
      tools: [
        tool('complete_order', 'User confirms the order is correct'),
        tool('revise_order', 'User wants to make changes to their order'),
      ],
      next: (name) => ({ result: { status: 'success' }, to: name === 'complete_order' ? 'end' : 'start' }),
    },
    end: end('Thank the user for their order and end the conversation politely and concisely.'),
  }

  test('goes through when one thing is said at a time', () => {
    expect(play(nodes, persona, ["I'd like pizza please", 'large', 'pepperoni', 'yes that is right'])).toEqual([
      'Hello! Do you want pizza or sushi?',
      'choose_pizza {}',
      'Which size would you like: small, medium or large?',
      'Which type of pizza would you like: pepperoni, cheese, supreme or vegetarian?',
      'select_pizza_order {"size":"large","type":"pepperoni"}',
      'I have size large and type pepperoni. Is that right?',
      'complete_order {}',
      'Thank you for your order. Goodbye!',
    ])
  })

  test('uses at its next step what was said at the first', () => {
    expect(play(nodes, persona, ['a large pepperoni pizza'])).toEqual([
      'Hello! Do you want pizza or sushi?',
      'choose_pizza {}',
      'select_pizza_order {"size":"large","type":"pepperoni"}',
      'I have size large and type pepperoni. Is that right?',
    ])
  })

  test('can be changed on the way', () => {
    const lines = play(nodes, persona, [
      'sushi',
      'two spicy tuna rolls',
      'no i want to change it',
      'pizza',
      'a small cheese one',
      'yes',
    ])
    expect(lines.filter((line) => line.endsWith('}'))).toEqual([
      'choose_sushi {}',
      'select_sushi_order {"count":2,"type":"spicy tuna"}',
      'revise_order {}',
      'choose_pizza {}',
      'select_pizza_order {"size":"small","type":"cheese"}',
      'complete_order {}',
    ])
  })

  test('comes back to its question after small talk and nonsense', () => {
    expect(
      play(nodes, persona, ['how are you', 'blah blah', "let's do sushi", 'california', 'thirty', 'three']),
    ).toEqual([
      'Hello! Do you want pizza or sushi?',
      expect.stringMatching(/well.*Do you want pizza or sushi\?$/),
      'Sorry, I did not get that. Do you want pizza or sushi?',
      'choose_sushi {}',
      'How many rolls?',
      'How many rolls?',
      'It has to be from 1 to 10. How many rolls?',
      'select_sushi_order {"count":3,"type":"california"}',
      'I have count 3 and type california. Is that right?',
    ])
  })
})

test('a patient intake collects lists of things with their doses', () => {
  const items = (...fields: string[]) => ({
    type: 'array',
    items: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
      required: fields,
    },
  })
  const nodes: Record<string, Node> = {
    start: {
      task: 'Start by introducing yourself to Chad Bailey, then ask for their date of birth, including the year. Once they provide their birthday, use verify_birthday to check it.',
      tools: [
        tool('verify_birthday', 'Verify the user has provided their correct birthday.', {
          birthday: { type: 'string', description: "The user's birthdate (convert to YYYY-MM-DD format)" },
        }),
      ],
      next: done('prescriptions'),
    },
    prescriptions: {
      task: "This step is for collecting prescriptions. Ask them what prescriptions they're taking, including the dosage.",
      tools: [
        tool('record_prescriptions', "Record the user's prescriptions", {
          prescriptions: items('medication', 'dosage'),
        }),
      ],
      next: done('allergies'),
    },
    allergies: {
      task: 'Collect allergy information. Ask about any allergies they have. After recording allergies (or confirming none), proceed.',
      tools: [tool('record_allergies', "Record the user's allergies", { allergies: items('name') })],
      next: done('reasons'),
    },
    reasons: {
      task: 'Collect information about the reason for their visit. Ask what brings them to the doctor today.',
      tools: [tool('record_visit_reasons', 'Record the reasons for their visit', { visit_reasons: items('name') })],
      next: done('verify'),
    },
    verify: {
      task: 'Review all collected information with the patient. Follow these steps:\n1. Summarize their prescriptions and allergies\n2. Ask if everything is correct',
      tools: [
        tool('revise_information', 'Return to prescriptions to revise information'),
        tool('confirm_information', 'Proceed with confirmed information'),
      ],
      next: (name) => ({ result: { status: 'success' }, to: name === 'confirm_information' ? 'end' : 'prescriptions' }),
    },
    end: end('Thank them for their time and end the conversation.'),
  }
  const persona =
    'You are Jessica, an agent for Tri-County Health Services. Your job is to collect important information from the user before their doctor visit.'
  const users = [
    'march 5th',
    'January first nineteen eighty three',
    'I take ibuprofen 200 milligrams and vitamin d 50 units',
    'none',
    'headaches, and a cough',
    'yes',
  ]
  expect(play(nodes, persona, users)).toEqual([
    'I am Jessica, an agent for Tri-County Health Services. What is your date of birth, including the year?',
    'Sorry, I did not get that. What is your date of birth, including the year?',
    'verify_birthday {"birthday":"1983-01-01"}',
    'What prescriptions are you taking, including the dosage?',
    'record_prescriptions {"prescriptions":[{"medication":"ibuprofen","dosage":"200 milligrams"},{"medication":"vitamin d","dosage":"50 units"}]}',
    'Can you tell me about any allergies you have?',
    'record_allergies {"allergies":[]}',
    'What brings you to the doctor today?',
    'record_visit_reasons {"visit_reasons":[{"name":"headaches"},{"name":"cough"}]}',
    expect.stringMatching(/ibuprofen 200 milligrams and vitamin d 50 units.*Is that right\?$/),
    'confirm_information {}',
    'Thank you for your time. Goodbye!',
  ])
})

test('an insurance quote is calculated from what other functions were given, and never in a circle', () => {
  const options = { coverage_amount: { type: 'integer' }, deductible: { type: 'integer' } }
  const status = { type: 'string', enum: ['single', 'married'] }
  const nodes: Record<string, Node> = {
    start: {
      task: "Start by asking for the customer's age.",
      tools: [tool('collect_age', "Record customer's age", { age: { type: 'integer' } })],
      next: done('marital'),
    },
    marital: {
      task: 'Ask about marital status. Use collect_marital_status to record it.',
      tools: [tool('collect_marital_status', 'Record marital status', { marital_status: status })],
      next: done('quote'),
    },
    quote: {
      task: 'Calculate a quote using the age and marital status. Use calculate_quote.',
      tools: [
        tool('calculate_quote', 'Calculate initial insurance quote', {
          age: { type: 'integer' },
          marital_status: status,
        }),
      ],
      next: done('results'),
    },
    results: {
      task: 'Explain these quote details to the customer. Ask if they would like to adjust the coverage.',
      tools: [
        tool('update_coverage', 'Recalculate quote with new coverage options', options),
        tool('end_quote', 'Complete the quote process when customer is satisfied'),
      ],
      next: (name) => ({ result: { monthly_premium: 99 }, to: name === 'end_quote' ? 'end' : 'results' }),
    },
    end: end(
      'Thank the customer for their time and end the conversation. Mention that a representative will contact them about the quote.',
    ),
  }
  const users = [
    'I am thirty four',
    "i'm married",
    'change the coverage amount to three hundred thousand with a deductible of 500',
    'no thank you',
  ]
  expect(play(nodes, 'You are a friendly insurance agent.', users)).toEqual([
    'What is your age?',
    'collect_age {"age":34}',
    'Can you tell me about marital status?',
    'collect_marital_status {"marital_status":"married"}',
    'calculate_quote {"age":34,"marital_status":"married"}',
    'Would you like to adjust the coverage?',
    'update_coverage {"coverage_amount":300000,"deductible":500}',
    'Would you like to adjust the coverage?',
    'end_quote {}',
    'Thank you for your time. A representative will contact you about the quote. Goodbye!',
  ])
})

describe('a table reservation', () => {
  const availability = tool('check_availability', 'Check availability for requested time.', {
    time: { type: 'string', description: "Reservation time in 24-hour format 'HH:MM'" },
    party_size: { type: 'integer' },
  })
  const hangUp = tool('end_conversation', 'End the conversation.')
  const nodes: Record<string, Node> = {
    start: {
      task: 'Warmly greet the customer and ask how many people are in their party. This is your only job for now.',
      tools: [
        tool('collect_party_size', 'Record the number of people in the party.', {
          size: { type: 'integer', minimum: 1, maximum: 12 },
        }),
      ],
      next: done('time'),
    },
    time: {
      task: "Ask what time they'd like to dine. Restaurant is open 5 PM to 10 PM.",
      tools: [availability],
      next: (_, { time }) => ({ result: { available: time !== '19:00' }, to: time === '19:00' ? 'full' : 'confirm' }),
    },
    full: {
      task: "Apologize that the requested time is not available. Suggest these alternative times: 18:00, 20:30. Ask if they'd like to try one of these times.",
      tools: [availability, hangUp],
      next: (name) => ({ result: { available: true }, to: name === 'end_conversation' ? 'end' : 'confirm' }),
    },
    confirm: {
      task: 'Confirm the reservation details and ask if they need anything else.',
      tools: [hangUp],
      next: done('end'),
    },
    end: end('Thank them and end the conversation.'),
  }
  const persona = 'You are a restaurant reservation assistant for La Maison, an upscale French restaurant.'

  test('offers other times and takes one of them', () => {
    expect(play(nodes, persona, ['we are four people', 'seven pm', 'eight thirty', 'no thanks'])).toEqual([
      'Hello! How many people are in your party?',
      'collect_party_size {"size":4}',
      'What time would you like to dine?',
      'check_availability {"time":"19:00","party_size":4}',
      'I am sorry, the requested time is not available. I can offer 18:00, 20:30. Would you like to try one of these times?',
      'check_availability {"time":"20:30","party_size":4}',
      'I have time 20:30 and party size 4. Is that right?',
      'end_conversation {}',
      'Thank you. Goodbye!',
    ])
  })

  test('skips what was already said', () => {
    expect(play(nodes, persona, ['a table for 4 at half past eight', 'nothing else']).slice(1)).toEqual([
      'collect_party_size {"size":4}',
      'check_availability {"time":"20:30","party_size":4}',
      'I have time 20:30 and party size 4. Is that right?',
      'end_conversation {}',
      'Thank you. Goodbye!',
    ])
  })
})

test('a call in the background is told when its result comes', () => {
  const talk = new Talk([tool('search_flights', 'Search flights')])
  expect(talk.say('search flights')).toBe('search_flights {}')
  expect(talk.result({ type: 'async_tool', status: 'running', tool_call_id: 'call-1', description: 'It runs.' })).toBe(
    'One moment, please.',
  )
  const state = { type: 'async_tool', status: 'finished', tool_call_id: 'call-1', result: ['Oslo', 'Rome'] }
  talk.messages.push({ role: 'developer', content: JSON.stringify(state) })
  expect(talk.run()).toBe('I found 2: Oslo and Rome.')
})

test('news about functions is not taken for a task', () => {
  const talk = new Talk([], 'Ask the user for their name.')
  talk.run()
  talk.messages.push(
    { role: 'user', content: 'hello' },
    { role: 'developer', content: 'You can now call: `ask_name`.' },
  )
  expect(talk.run()).toMatch(/^Hello/)
})
