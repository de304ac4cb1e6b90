import { describe, expect, test } from 'vitest'
import { Talk, lastReply, now, table, tool, weather } from '../../test/rule-talk.ts'
import { RuleModel } from './rule-model.ts'

const persona = 'You are Jessica, a friendly host for La Maison. Be brief.'

describe('small talk', () => {
  test.each([
    ['hello', /^Hello! How can I help you\?$/],
    ['Hi there!', /^Hello/],
    ['good morning', /^Hello/],
    ['hey, how are you?', /well, thank you/],
    ['nice to meet you', /Nice to meet you/],
    ['who are you', /your assistant/],
    ["what's your name?", /your assistant/],
    ['are you a robot', /follows rules/],
    ['where are you from', /no home town/],
    ['thank you very much', /welcome|pleasure|Gladly/],
    ['thanks', /welcome|pleasure|Gladly/],
    ['goodbye', /^Goodbye/],
    ['okay bye bye', /^Goodbye/],
    ['help', /^I can/],
    ['what can you do?', /^I can/],
    ['tell me a joke', /\?|\./],
    ['tell me an interesting fact', /\./],
    ['what time is it', /^It is 2:05 PM\.$/],
    ['could you tell me the time please', /^It is 2:05 PM\.$/],
    ['what day is it today', /^Today is Friday, November 20, 2026\.$/],
    ["what's the date", /November 20, 2026/],
    ['what is five plus three', /^That is 8\.$/],
    ['what is two plus three times four', /^That is 14\.$/],
    ['12 * 8', /^That is 96\.$/],
    ['a hundred divided by eight', /^That is 12\.5\.$/],
    ['ten minus 4', /^That is 6\.$/],
    ["what's 15 percent of 80", /^That is 12\.$/],
    ['what is the square root of eighty one', /^That is 9\.$/],
    ['seven divided by zero', /cannot be calculated/],
    ['count to five', /^1, 2, 3, 4, 5\.$/],
    ['spell the word pizza', /^P, I, Z, Z, A\.$/],
    ['flip a coin', /^(Heads|Tails)\.$/],
    ['my name is bob', /^Nice to meet you, Bob\.$/],
    ['sorry', /problem|mind/],
    ['can you hear me', /^Yes, I can hear you/],
    ['that is funny', /./],
    ['you are great', /kind of you/],
    ['ok thanks bye', /^Goodbye/],
    ['who am i talking to', /your assistant/],
    ['do you speak german', /only know English/],
    ['i have a question', /go ahead/],
    ["i'm doing great", /glad/],
    ['yes', /What/],
    ['no', /^(All right|That is fine)\.$/],
    ['be quiet', /^(All right|Sure)\.$/],
    ['what is the meaning of life', /forty two/],
    ['say that again', /not said anything yet/],
    ['what is the weather like', /no weather service/],
    ['explain quantum chromodynamics', /did not understand|not sure|do not know/],
    ['asdf qwer', /did not understand|not sure|do not know/],
    ['!!!', /did not understand|not sure|do not know/],
    ['日本語', /did not understand|not sure|do not know/],
  ])('%j is answered', (text, answer) => {
    expect(lastReply([], [text])).toMatch(answer)
  })

  test('a story has several sentences and takes a while to tell', () => {
    const story = lastReply([], ['tell me a story'])
    expect(story.split(/[.!?] /).length).toBeGreaterThan(5)
    expect(story.split(' ').length).toBeGreaterThan(80)
  })

  test('repeats what it said before', () => {
    const talk = new Talk()
    const story = talk.say('tell me a story')
    expect(talk.say('can you repeat that please')).toBe(story)
  })

  test('another joke is another joke', () => {
    const talk = new Talk()
    expect(talk.say('tell me a joke')).not.toBe(talk.say('another one'))
  })

  test('remembers the name of the user', () => {
    expect(lastReply([], ["what's my name"])).toMatch(/not told me/)
    expect(lastReply([], ['hi, my name is anna miller', 'tell me a joke', "what's my name?"])).toBe(
      'Your name is Anna Miller.',
    )
  })

  test('names its tools when asked what it can do', () => {
    expect(lastReply([weather, table], ['what can you do'])).toMatch(
      /get the current weather and book a table at the restaurant/,
    )
  })

  test('takes its name and role from the instructions', () => {
    expect(lastReply([], ['who are you?'], persona)).toBe('I am Jessica, a friendly host for La Maison.')
    expect(lastReply([], ['hello'], persona)).toBe('Hello, I am Jessica. How can I help you?')
    expect(lastReply([], ['what is your name'], 'Your name is Max. Help people.')).toBe('I am Max.')
  })
})

describe('instructions without a user', () => {
  test.each([
    ['', 'Hello! How can I help you?'],
    [
      'You are a helpful assistant in a call. Your output is spoken. Your goal is to be useful.',
      'Hello! How can I help you?',
    ],
    [persona, 'Hello! I am Jessica, a friendly host for La Maison. How can I help you?'],
    ['You are Pat. Greet the user and ask how you can help.', 'Hello, I am Pat. How can I help?'],
    ['Say "Welcome to Acme, what can I do for you?"', 'Welcome to Acme, what can I do for you?'],
    ['Start by greeting the customer with: "Good day, this is Acme."', 'Good day, this is Acme.'],
    ['Please introduce yourself to the user.', 'I am your assistant.'],
    ['Start by greeting the user warmly and asking how you can help them today.', 'Hello! How can I help you today?'],
    ['Say hello and briefly introduce yourself.', 'Hello! I am your assistant.'],
    ['Ask for the pizza size.', 'What is the pizza size?'],
    ['Ask the user for their name.', 'What is your name?'],
    ['Ask the caller what they need.', 'What do you need?'],
    ["Ask if they'd like a drink.", 'Would you like a drink?'],
    ['Ask the guest how many people are in their party.', 'How many people are in your party?'],
    ['Ask what brings them to the doctor today.', 'What brings you to the doctor today?'],
    ['Ask the customer to confirm their address.', 'Could you confirm your address?'],
    ['Ask about any allergies they have.', 'Can you tell me about any allergies you have?'],
    ["Collect the customer's phone number.", 'What is your phone number?'],
    [
      'Tell the user that their table is ready. Then ask whether they want to sit down.',
      'Your table is ready. Do you want to sit down?',
    ],
    ['Thank the user for their order and end the conversation.', 'Thank you for your order. Goodbye!'],
    ['Offer the customer a dessert.', /^Would you like a dessert\?$/],
    ['Do not ask for the name. Never say goodbye. Use end_call when done.', 'Hello! How can I help you?'],
  ])('%j is said as %j', (task, said) => {
    const { text } = new RuleModel({ now }).reply(task === '' ? [] : [{ role: 'system', content: task }])
    if (typeof said === 'string') expect(text?.replace('the customer ', '')).toBe(said)
    else expect(text?.replace('the customer ', '')).toMatch(said)
  })

  test('a developer message in the middle of a conversation is a task, too', () => {
    const talk = new Talk([], persona)
    talk.say('hello')
    talk.messages.push({ role: 'developer', content: 'Ask the user if they are still there.' })
    expect(talk.run()).toBe('Are you still there?')
  })
})

describe('a function call', () => {
  test.each([
    ["what's the weather in Paris?", 'get_current_weather {"location":"Paris"}'],
    ['weather for new york please', 'get_current_weather {"location":"New York"}'],
    [
      'will it be hot in rome tomorrow, tell me the temperature in fahrenheit',
      'get_current_weather {"location":"Rome","format":"fahrenheit"}',
    ],
    ['what is the forecast for berlin', 'get_current_weather {"location":"Berlin"}'],
    [
      'Book a table for four people tomorrow at half past seven, my name is Anna.',
      'book_table {"party_size":4,"date":"2026-11-21","time":"19:30","name":"Anna"}',
    ],
    [
      "I'd like to reserve a table for 2 on friday 8 pm under the name of john smith",
      'book_table {"party_size":2,"date":"2026-11-27","time":"20:00","name":"John Smith"}',
    ],
    [
      'table for twelve on the 3rd of May at noon please, this is Bob',
      'book_table {"party_size":12,"date":"2027-05-03","time":"12:00","name":"Bob"}',
    ],
  ])('%j calls %s', (text, call) => {
    expect(lastReply([weather, table], [text])).toBe(call)
  })

  const lights = tool(
    'set_light',
    'Turn a lamp on or off',
    {
      room: { type: 'string', enum: ['kitchen', 'living_room', 'bedroom'] },
      on: { type: 'boolean', description: 'Whether the light should be on' },
    },
    ['room'],
  )
  const email = tool('send_email', 'Send an email to somebody', {
    email: { type: 'string', format: 'email' },
    message: { type: 'string', description: 'What to write' },
  })
  const list = tool('add_to_list', 'Add an item to the shopping list', { item: { type: 'string' } })
  const reminder = tool('set_reminder', 'Set a reminder', {
    text: { type: 'string' },
    time: { type: 'string', description: 'Such as 6:00 PM' },
  })
  const flight = tool('find_flights', 'Find flights', {
    origin: { type: 'string' },
    destination: { type: 'string' },
    departure_date: { type: 'string', format: 'date' },
    passengers: { type: 'integer', minimum: 1 },
  })
  const toppings = tool('choose_toppings', 'Choose the toppings', {
    toppings: { type: 'array', items: { type: 'string', enum: ['mushrooms', 'extra cheese', 'olives'] }, minItems: 1 },
  })
  const human = tool('transfer_to_human', 'Connects the caller with a person')
  const hangUp = tool('end_conversation', 'End the conversation')
  const hotel = tool('book_hotel', 'Book a hotel', {
    check_in: { type: 'string', description: 'Check-in date (YYYY-MM-DD)' },
    check_out: { type: 'string', description: 'Check-out date (YYYY-MM-DD)' },
  })
  const order = tool('track_order', 'Track an order', { order_id: { type: 'string', description: 'Order number' } })
  const rating = tool('rate', 'Rate the service', { stars: { type: 'integer', enum: [1, 2, 3, 4, 5] } })
  const size = tool('choose_size', 'Record the size', {
    size: { type: 'string', enum: ['small', 'large', 'extra_large'] },
  })
  const meeting = tool('schedule_meeting', 'Schedule a meeting', { start: { type: 'string', format: 'date-time' } })

  test.each([
    [[lights], 'turn off the light in the bedroom', 'set_light {"room":"bedroom","on":false}'],
    [[lights], 'living room lamp please', 'set_light {"room":"living_room"}'],
    [
      [email],
      'send an email to ann dot lee at example dot com saying I will be late',
      'send_email {"email":"ann.lee@example.com","message":"I will be late"}',
    ],
    [[list], 'add oat milk to my shopping list', 'add_to_list {"item":"oat milk"}'],
    [[reminder], 'remind me to call mum at six', 'set_reminder {"text":"call mum","time":"6:00 PM"}'],
    [
      [flight],
      'find flights from london to rome on may 3rd for two passengers',
      'find_flights {"origin":"London","destination":"Rome","departure_date":"2027-05-03","passengers":2}',
    ],
    [[toppings], 'mushrooms and extra cheese as toppings', 'choose_toppings {"toppings":["mushrooms","extra cheese"]}'],
    [[human, weather], 'I want to talk to a real person', 'transfer_to_human {}'],
    [[human, weather], 'get me an agent', 'transfer_to_human {}'],
    [[hangUp], 'goodbye', 'end_conversation {}'],
    [
      [hotel],
      'book a hotel from december 1st to december 5th',
      'book_hotel {"check_in":"2026-12-01","check_out":"2026-12-05"}',
    ],
    [[order], 'track my order number 4 5 2 1', 'track_order {"order_id":"4521"}'],
    [[rating], 'I rate it four stars', 'rate {"stars":4}'],
    [[size], 'extra large', 'choose_size {"size":"extra_large"}'],
    [[size], 'a large one, not a small one', 'choose_size {"size":"large"}'],
    [[size], 'small, no, make it large', 'choose_size {"size":"large"}'],
    [[size], 'lrage', 'choose_size {"size":"large"}'],
  ])('of %j answers %j', (tools, text, call) => {
    expect(lastReply(tools, [text])).toBe(call)
  })

  test('gives a day and time as a moment of the real time line', () => {
    const call = lastReply([meeting], ['schedule a meeting tomorrow at 3 pm'])
    expect(call).toBe(`schedule_meeting {"start":"${new Date(2026, 10, 21, 15).toISOString().replace('.000Z', 'Z')}"}`)
  })

  test.each([
    [[weather, table], 'hello'],
    [[weather, table], 'what is your name'],
    [[weather, table], 'thank you'],
    [[weather, table], 'I like turtles'],
    [[table], 'my name is Anna'],
    [[table], 'seven'],
    [[size], 'do you want small or large?'],
    [[tool('get_user_name', 'Get the name of the user')], 'what is your name'],
    [[tool('choose_pizza', 'User wants pizza')], "I don't want pizza"],
    [[human], 'how are you today'],
  ])('of %j is not made without evidence: %j', (tools, text) => {
    expect(lastReply(tools, [text])).not.toMatch(/^\w+ \{/)
  })

  test('is not made again by a mere thank-you', () => {
    expect(lastReply([weather], ['weather in paris', 'thanks a lot'])).toMatch(/welcome|pleasure|Gladly/)
  })
})

describe('missing values', () => {
  test('are asked for one after the other, and what was given before is kept', () => {
    const talk = new Talk([weather, table])
    expect(talk.say('I want to book a table for two')).toBe('For which day?')
    expect(talk.say('tomorrow')).toBe('At what time?')
    expect(talk.say('half past seven')).toBe('What is your name?')
    expect(talk.say('anna miller')).toBe(
      'book_table {"party_size":2,"date":"2026-11-21","time":"19:30","name":"Anna Miller"}',
    )
  })

  test('several at once are taken', () => {
    const talk = new Talk([table])
    expect(talk.say('book a table')).toBe('How many people?')
    expect(talk.say('four of us, tomorrow at eight pm')).toBe('What is your name?')
    expect(talk.say("it's Bob")).toMatch(/^book_table .*"name":"Bob"/)
  })

  test('are asked for again with the bounds of a number that did not fit', () => {
    const talk = new Talk([table])
    expect(talk.say('book a table for 20 people')).toBe('It has to be from 1 to 12. How many people?')
    expect(talk.say('banana')).toBe('It has to be from 1 to 12. How many people?')
    expect(talk.say('ok, five')).toBe('For which day?')
  })

  test('are asked for again after small talk in between', () => {
    const talk = new Talk([table])
    talk.say('book a table for two')
    expect(talk.say('what time is it')).toBe('It is 2:05 PM. For which day?')
    expect(talk.say('friday')).toBe('At what time?')
  })

  test('are given up by never mind', () => {
    const talk = new Talk([table])
    talk.say('book a table for two')
    expect(talk.say('never mind')).toBe('All right, never mind.')
    expect(talk.say('what can you do')).not.toMatch(/which day/)
  })

  test('can be left for another request', () => {
    const talk = new Talk([weather, table])
    talk.say('book a table for two')
    expect(talk.say("what's the weather in Oslo")).toBe('get_current_weather {"location":"Oslo"}')
  })

  test('are understood after a question that was cut short by the user', () => {
    const talk = new Talk([table])
    talk.say('book a table for two')
    talk.messages[talk.messages.length - 1] = { role: 'assistant', content: 'For which' }
    expect(talk.say('tomorrow')).toBe('At what time?')
  })

  test.each([
    [
      { size: { type: 'string', enum: ['small', 'large'], description: 'Size of the pizza' } },
      'Which size would you like: small or large?',
    ],
    [{ age: { type: 'integer' } }, 'How old are you?'],
    [{ guests: { type: 'integer', description: 'The number of guests' } }, 'How many guests?'],
    [{ party_size: { type: 'integer' } }, 'For how many people?'],
    [{ email: { type: 'string' } }, 'What is your email address?'],
    [{ phone_number: { type: 'string' } }, 'What is your phone number?'],
    [{ first_name: { type: 'string' } }, 'What is your first name?'],
    [
      { birthday: { type: 'string', description: "The user's birthdate (YYYY-MM-DD)" } },
      'What is your date of birth, with the year?',
    ],
    [{ city: { type: 'string' } }, 'Which city?'],
    [
      { gift_wrap: { type: 'boolean', description: 'Whether the customer wants gift wrapping' } },
      'Do you want gift wrapping?',
    ],
    [{ message: { type: 'string' } }, 'What should the message say?'],
    [{ start: { type: 'string', format: 'date-time' } }, 'On which day, and at what time?'],
    [{ deliveryNote: { type: 'string', description: 'Where should we leave it?' } }, 'Where should we leave it?'],
    [
      { symptoms: { type: 'array', items: { type: 'string' }, description: "The patient's symptoms" } },
      'What are your symptoms? You can name several.',
    ],
  ])('of %j are asked for by %j', (properties, question) => {
    expect(lastReply([tool('zap_it', 'Zaps the thing', properties)], ['zap it'])).toBe(question)
  })

  test.each([
    [
      { gift_wrap: { type: 'boolean', description: 'Whether the customer wants gift wrapping' } },
      'yes please',
      { gift_wrap: true },
    ],
    [
      { gift_wrap: { type: 'boolean', description: 'Whether the customer wants gift wrapping' } },
      'no thanks',
      { gift_wrap: false },
    ],
    [{ phone_number: { type: 'string' } }, 'five five five one two three four', { phone_number: '5551234' }],
    [{ email: { type: 'string' } }, "it's bob at mail dot org", { email: 'bob@mail.org' }],
    [{ city: { type: 'string' } }, 'berlin please', { city: 'berlin' }],
    [{ first_name: { type: 'string' } }, "I'm Ann Lee", { first_name: 'Ann' }],
    [{ last_name: { type: 'string' } }, 'Ann Lee', { last_name: 'Lee' }],
    [
      { symptoms: { type: 'array', items: { type: 'string' } } },
      'a headache, fever and a cough',
      { symptoms: ['headache', 'fever', 'cough'] },
    ],
    [{ symptoms: { type: 'array', items: { type: 'string' } } }, 'none', { symptoms: [] }],
    [{ amount: { type: 'number' } }, 'two and a half', { amount: 2.5 }],
    [{ zip_code: { type: 'string', pattern: '^\\d{5}$' } }, 'nine oh two one oh', { zip_code: '90210' }],
    [{ reason: { type: 'string' } }, 'because my tooth hurts', { reason: 'my tooth hurts' }],
    [{ birthday: { type: 'string', format: 'date' } }, 'may 3rd 1985', { birthday: '1985-05-03' }],
    [
      { note: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      'leave it at the door',
      { note: 'leave it at the door' },
    ],
  ])('of %j are taken from %j', (properties, answer, given) => {
    const reply = lastReply([tool('zap_it', 'Zaps the thing', properties)], ['zap it', answer])
    expect(JSON.parse(reply.replace(/^\w+ /, ''))).toEqual(given)
  })
})

describe('a follow-up', () => {
  test('changes one value of the last call', () => {
    const talk = new Talk([weather])
    talk.say("what's the weather in Paris in celsius")
    talk.result({ temperature: 10 })
    expect(talk.say('and in London?')).toBe('get_current_weather {"location":"London","format":"celsius"}')
  })

  test('makes the same booking for another day', () => {
    const talk = new Talk([table])
    talk.say('book a table for two tomorrow at noon, my name is Bob')
    talk.result({ status: 'confirmed' })
    const call = talk.say('the same again for friday please')
    expect(JSON.parse(call.replace(/^\w+ /, ''))).toEqual({
      party_size: 2,
      date: '2026-11-27',
      time: '12:00',
      name: 'Bob',
    })
  })

  test('a new request starts from nothing', () => {
    const talk = new Talk([table])
    talk.say('book a table for two tomorrow at noon, my name is Bob')
    talk.result({ status: 'confirmed' })
    expect(talk.say('book a table')).toBe('How many people?')
  })
})

describe('a result', () => {
  test.each([
    [
      { temperature: 22, unit: 'celsius', conditions: 'sunny', location: 'Paris' },
      'In Paris, the temperature is 22 degrees Celsius and the conditions are sunny.',
    ],
    [{ status: 'success' }, 'Done.'],
    ['COMPLETED', 'Done.'],
    ['IN_PROGRESS', 'One moment, please.'],
    ['CANCELLED', 'That was cancelled.'],
    ['', 'Done.'],
    ['The shop opens at nine', 'The shop opens at nine.'],
    [{ message: 'Your order is on its way.' }, 'Your order is on its way.'],
    [{ error: 'no such city' }, 'I am sorry, that did not work: no such city.'],
    [{ status: 'error', message: 'closed' }, 'I am sorry, that did not work: closed.'],
    [{ error: { code: 5, message: 'too late' } }, 'I am sorry, that did not work: too late.'],
    [{ success: false }, 'I am sorry, that did not work.'],
    [42, 'The answer is 42.'],
    [{ result: 0.333333 }, 'The answer is 0.3333.'],
    [true, 'Done.'],
    [[], 'I found nothing.'],
    [['a', 'b', 'c'], 'I found 3: a, b and c.'],
    [
      {
        movies: [
          { id: 1, title: 'Alien' },
          { id: 2, title: 'Brazil' },
        ],
      },
      'I found 2: Alien and Brazil.',
    ],
    [{ available: false }, 'In Paris, it is not available.'],
    [{ slots: ['18:00', '20:30'], available: true }, 'In Paris, the slots are 18:00 and 20:30 and it is available.'],
    [
      { price: { total: 12.5, currency: 'euros' } },
      'In Paris, the price total is 12.5 and the price currency is euros.',
    ],
    ['{"broken', '{"broken.'],
  ])('%j is told as %j', (result, told) => {
    const talk = new Talk([weather])
    talk.say('weather in Paris')
    expect(talk.result(result)).toBe(told)
  })
})

test('the parts of a stream are the reply, word by word', () => {
  const model = new RuleModel({ now })
  const messages = [{ role: 'user', content: 'tell me a story' }]
  const parts = [...model.stream(messages)]
  expect(parts.length).toBeGreaterThan(80)
  expect(parts.map((part) => ('text' in part ? part.text : '')).join('')).toBe(model.reply(messages).text)
  const call = { role: 'user', content: 'weather in Paris' }
  expect([...model.stream([call], [weather])]).toEqual([
    { toolCall: { name: 'get_current_weather', arguments: { location: 'Paris' } } },
  ])
})

test('the seed decides which of several answers comes first', () => {
  const jokes = [0, 1, 2].map((seed) => new RuleModel({ now, seed }).reply([{ role: 'user', content: 'a joke' }]).text)
  expect(new Set(jokes).size).toBe(3)
})

test('content in parts is read, and messages of unknown form are passed over', () => {
  const parts = [{ type: 'text', text: 'hello' }, { type: 'image_url' }, 7]
  const messages = [
    { role: 'alien', content: 'x' },
    { role: 'assistant', tool_calls: 'x' },
    { role: 'user', content: parts },
  ]
  expect(new RuleModel({ now }).reply(messages).text).toMatch(/^Hello/)
})
