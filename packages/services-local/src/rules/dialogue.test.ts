import { describe, expect, test } from 'vitest'
import { Talk, tool } from '../../test/rule-talk.ts'
import { RuleModel } from './rule-model.ts'

/** What is done about an answer to the question of a task. */
function answerTo(task: string, tools: Talk['tools'], answer: string): string {
  const talk = new Talk(tools, task)
  talk.run()
  return talk.say(answer)
}

describe('a yes or no', () => {
  const repair = [tool('try_again', 'Try the same once more'), tool('cancel_visit', 'The guest gives up')]

  test.each([
    ['yes please', 'try_again {}'],
    ['no thanks', 'cancel_visit {}'],
  ])('to a question about one function, %j, allows it or not, whatever else its name says', (answer, done) => {
    expect(answerTo('Ask if they want to try again.', repair, answer)).toBe(done)
  })

  test.each([
    ['yes', 'change_seat {}'],
    ['no', 'confirm_seat {}'],
  ])('to whether something is to be changed, %j, changes it or confirms the rest', (answer, done) => {
    const tools = [tool('change_seat', 'Take another seat'), tool('confirm_seat', 'Keep the seat')]
    expect(answerTo('Ask if they want to change anything.', tools, answer)).toBe(done)
  })

  test.each(['yes', 'I am hungry', 'sure'])('chooses nothing where several things are offered: %j', (answer) => {
    const tools = [tool('choose_train', 'By train'), tool('choose_boat', 'By boat')]
    expect(answerTo('Ask if they want the train or the boat.', tools, answer)).toMatch(/the train or the boat\?$/)
  })
})

test('where several things are offered, one word of a description points to its function', () => {
  const tools = [
    tool('choose_train', 'The guest goes by rail, through the tunnel'),
    tool('choose_boat', 'The guest goes by sea, over the waves'),
  ]
  expect(answerTo('Ask if they want the train or the boat.', tools, 'over the waves please')).toBe('choose_boat {}')
  expect(answerTo('Ask how they feel.', tools, 'the waves scare me')).not.toMatch(/choose_/)
})

describe('after a call that failed', () => {
  const rent = tool('rent_room', 'Rent a room', {
    day: { type: 'string', enum: ['Monday', 'Tuesday'] },
    time: { type: 'string', description: 'HH:MM' },
  })

  test('a new value makes the call again', () => {
    const talk = new Talk([rent], 'Ask for the day and the time.')
    talk.run()
    expect(talk.say('rent a room on Monday at ten')).toBe('rent_room {"day":"Monday","time":"10:00"}')
    expect(talk.result({ status: 'error', message: 'Ten is taken.' })).toMatch(/Ten is taken\.$/)
    expect(talk.say('eleven fifteen then')).toBe('rent_room {"day":"Monday","time":"11:15"}')
  })

  test('what has nothing to do with it does not', () => {
    const talk = new Talk([rent], 'Ask for the day and the time.')
    talk.run()
    talk.say('rent a room on Monday at ten')
    talk.result({ status: 'error', message: 'Ten is taken.' })
    expect(talk.say('tell me a joke')).not.toMatch(/rent_room/)
  })
})

describe('a question that is answered by a function', () => {
  const tools = [
    tool('parking_fee', 'Tell what parking costs'),
    tool('set_color', 'Record the color', { color: { type: 'string', enum: ['red', 'blue'] } }),
  ]

  test('is followed by the question that waited', () => {
    const talk = new Talk(tools, 'Ask which color they want: red or blue.')
    expect(talk.run()).toBe('Which color do you want: red or blue?')
    expect(talk.say('what does parking cost')).toBe('parking_fee {}')
    expect(talk.result({ message: 'Parking is free.' })).toBe('Parking is free. Which color do you want: red or blue?')
    expect(talk.say('blue')).toBe('set_color {"color":"blue"}')
  })

  test('is not, where the call was the answer', () => {
    const talk = new Talk(tools, 'Ask which color they want: red or blue.')
    talk.run()
    talk.say('red')
    expect(talk.result({ message: 'Red it is.' })).toBe('Red it is.')
  })
})

describe('speech of a task', () => {
  test('keeps a quotation of several sentences and lines together', () => {
    expect(new Talk([], 'Tell them: "One is here. Two\nis there." Ask if that is right.').run()).toBe(
      'One is here. Two is there. Is that right?',
    )
  })

  test('greets nobody twice', () => {
    const talk = new Talk([], 'Greet the user and ask for their name.')
    expect(talk.run()).toBe('Hello! What is your name?')
    talk.messages.push(
      { role: 'user', content: 'Ann' },
      { role: 'system', content: 'Greet the user and ask for their age.' },
    )
    expect(talk.run()).toBe('What is your age?')
  })

  test('introduces nobody twice, but the next one', () => {
    const talk = new Talk([], 'You are Ann, a guide. Introduce yourself and ask for their age.')
    expect(talk.run()).toBe('I am Ann, a guide. What is your age?')
    talk.messages.push(
      { role: 'user', content: 'ten' },
      { role: 'system', content: 'Introduce yourself and ask for their name.' },
    )
    expect(talk.run()).toBe('What is your name?')
    const first = talk.messages[0]
    if (first !== undefined) first.content = 'You are Bob, a driver.'
    talk.messages.push({ role: 'user', content: 'Eve' }, { role: 'system', content: 'Introduce yourself.' })
    expect(talk.run()).toBe('I am Bob, a driver.')
  })

  test.each([
    ['it works now', 'Does it work now?'],
    ['the door closes well', 'Does the door close well?'],
    ['she teaches', 'Does she teach?'],
  ])('asks if %s', (statement, question) => {
    expect(new Talk([], `Ask if ${statement}.`).run()).toBe(question)
  })

  test('thanks travelers as it does guests', () => {
    expect(new Talk([], 'Thank the traveler for booking.').run()).toBe('Thank you for booking.')
  })
})

test('small talk puts the question that waits in place of its own', () => {
  const tools = [tool('set_color', 'Record the color', { color: { type: 'string', enum: ['red', 'blue'] } })]
  expect(answerTo('Ask which color they want: red or blue.', tools, 'hello')).toBe(
    'Hello again! Which color do you want: red or blue?',
  )
})

test.each([
  ['for two weeks', 14],
  ['three weeks', 21],
  ['five nights', 5],
])('%j are so many nights', (said, nights) => {
  const stay = tool('record_stay', 'Record the stay', { nights: { type: 'integer', description: 'Number of nights' } })
  expect(answerTo('Ask for the number of nights.', [stay], said)).toBe(`record_stay {"nights":${nights}}`)
})

test('what somebody is allergic to is listed without the words around it', () => {
  const record = tool('record_allergies', 'Record allergies', {
    allergies: { type: 'array', items: { type: 'string' } },
  })
  expect(answerTo('Ask what allergies they have.', [record], 'I am allergic to nuts and a pollen')).toBe(
    'record_allergies {"allergies":["nuts","pollen"]}',
  )
})

test('what a function records is told as what it does', () => {
  expect(
    answerTo('Ask what they want.', [tool('note', 'Record what the guest wants to do there')], 'what can you do'),
  ).toMatch(/^I can record what you want to do there\./)
})

describe('a summary', () => {
  const ask = { role: 'system', content: 'Summarize the conversation.' }

  test('of a transcript tells what the user said', () => {
    const content = 'ASSISTANT: Hello!\n\nUSER: I have a cough\n\nASSISTANT: And?\n\nUSER: no fever'
    expect(new RuleModel().reply([ask, { role: 'user', content }])).toEqual({
      text: 'The user said "I have a cough" and "no fever".',
    })
  })

  test('is not made of what is no transcript', () => {
    expect(new RuleModel().reply([ask, { role: 'user', content: 'hello' }]).text).toMatch(/^Hello/)
  })
})

describe('handing over', () => {
  const reason = { reason: { type: 'string', description: 'What the caller wants' } }
  const tools = [
    tool('transfer_to_billing', 'Hand over to billing: refunds', reason),
    tool('transfer_to_garden', 'Hand over to the garden: plants', reason),
  ]

  test('gives the words of the caller as the reason', () => {
    expect(answerTo('Ask how you can help.', tools, 'there is something on my bill')).toBe(
      'transfer_to_billing {"reason":"there is something on my bill"}',
    )
  })

  test('needs more than a reason', () => {
    expect(answerTo('Ask how you can help.', tools, 'it rains all day')).not.toMatch(/transfer/)
  })
})

test('a wish is not taken for a name', () => {
  const record = tool('record_name', 'Record the name', { name: { type: 'string', description: "The caller's name" } })
  expect(answerTo('Ask for their name.', [record], 'I want a refund')).toMatch(/What is your name\?$/)
  expect(answerTo('Ask for their name.', [record], 'Refund')).toBe('record_name {"name":"Refund"}')
})
