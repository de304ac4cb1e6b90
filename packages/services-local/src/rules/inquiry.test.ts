import { describe, expect, test } from 'vitest'
import { lastReply, Talk, table, tool, weather } from '../../test/rule-talk.ts'
import { asksOpeningHours, isInquiry } from './inquiry.ts'

const role =
  'You are Luna, the host of a small restaurant. Help with opening hours and bookings. Check that a table is free before you book it.'
const days = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const wish = {
  day: { type: 'string', enum: days, description: 'the day of the week' },
  time: { type: 'string', pattern: '^\\d{2}:\\d{2}$', description: 'the time, as 24 hours, for example 19:30' },
  people: { type: 'integer', minimum: 1, maximum: 12, description: 'the number of people' },
}
const hours = tool('opening_hours', 'Tell when the restaurant is open')
const check = tool('check_table', 'Check whether a table is free', wish)
const book = tool('book_table', 'Book a table under a name', {
  ...wish,
  name: { type: 'string', description: 'the name for the booking' },
})
const hangUp = tool('end_conversation', 'End the conversation')

const declined = /^(?:I am not sure what you mean|I am sorry, I did not understand|I am only a small)/

describe('a question about opening hours', () => {
  const questions = [
    'are you open on Sunday',
    'Are you open on Sunday?',
    'hello, are you open tomorrow',
    'are you open at eight on Friday',
    'is the restaurant open on Monday',
    'is it open now',
    'are you closed on Mondays',
    'do you open on Sunday',
    'do you close early on Sunday',
    'when do you close',
    'when do you open on Friday',
    'what time do you close on Sunday',
    'what time do you open',
    'what are your hours',
    'what are your opening hours on Saturday',
    'how late are you open on Saturday',
    'until when are you open on Friday',
    'are you guys still open',
    'can you tell me if you are open on Sunday',
    'could you tell me when you close on Friday',
    "I'd like to know whether you are open on Monday",
    "I was wondering if you're open on Sunday",
    'do you know if you are open on Sunday',
  ]

  test.each(questions)('%j is answered by the opening hours', (question) => {
    expect(lastReply([hours, check, book], [question], role)).toBe('opening_hours {}')
  })

  test.each(questions)('%j is declined where nothing knows the hours, and books nothing', (question) => {
    expect(lastReply([check, book, hangUp], [question], role)).toMatch(declined)
  })

  test.each(['when do you close on Friday', 'are you open on Sunday'])(
    '%j is answered in the middle of a booking and gives it no day',
    (question) => {
      const talk = new Talk([hours, check], role)
      expect(talk.say('I want to check a table for two people')).toMatch(/^Which day/)
      expect(talk.say(question)).toBe('opening_hours {}')
      talk.result({ message: 'From six to eleven.' })
      expect(talk.say('check a table at eight')).toMatch(/^Which day/)
    },
  )

  test.each(['get_business_hours', 'storeHours', 'opening_times'])('finds the tool %s', (name) => {
    const known = tool(name, 'Returns when the shop is open')
    expect(lastReply([known, check], ['when do you close on Friday'], role)).toBe(`${name} {}`)
  })

  test('asks of an account to close what that tool does', () => {
    const close = tool('close_account', 'Close the account of the customer')
    expect(lastReply([close, hours], ['how do I close my account'])).toBe('close_account {}')
    expect(lastReply([close, hours], ['can you close my account'])).toBe('close_account {}')
  })
})

describe('a question about something else', () => {
  const questions = [
    'do you have vegetarian dishes on Sunday',
    'do you have live music on Friday',
    'do you have parking for two cars',
    'do you serve breakfast on Saturday',
    'is there parking on Sunday',
    'is the terrace nice on Friday at eight',
    'what is on the menu on Friday',
    'who is cooking on Sunday at eight',
    'was it busy on Friday at eight',
  ]

  test.each(questions)('%j is declined', (question) => {
    expect(lastReply([hours, check, book], [question], role)).toMatch(declined)
  })

  test.each(questions)('%j gives no value to a booking that has begun', (question) => {
    const talk = new Talk([check], role)
    talk.say('I want to check a table for two people')
    expect(talk.say(question)).toMatch(/^Sorry, I did not get that\. Which day/)
    expect(talk.say('on Thursday')).toBe('At what time?')
  })
})

describe('a question for the tool itself', () => {
  test.each([
    ['do you have a table for four on Sunday at eight', 'check_table {"day":"Sunday","time":"20:00","people":4}'],
    [
      'do you have a table outside for four on Sunday at eight',
      'check_table {"day":"Sunday","time":"20:00","people":4}',
    ],
    ['is there a table free on Friday at seven for two', 'check_table {"day":"Friday","time":"19:00","people":2}'],
    ['is anything free on Saturday at eight for two', 'check_table {"day":"Saturday","time":"20:00","people":2}'],
    ['can I come on Sunday at seven with three people', 'check_table {"day":"Sunday","time":"19:00","people":3}'],
    [
      'would you have a table for 2 people on Friday at eight',
      'check_table {"day":"Friday","time":"20:00","people":2}',
    ],
    ['are you free on Sunday at seven', 'How many people?'],
    ['what about Sunday at seven', 'How many people?'],
    ['do you have a table on Sunday', 'At what time?'],
  ])('%j gives %j', (question, reply) => {
    expect(lastReply([hours, check, book], [question], role)).toBe(reply)
  })

  test('gives the value that was asked for', () => {
    const talk = new Talk([table])
    talk.say('book a table')
    expect(talk.say('is it ok if we are six?')).toBe('For which day?')
    expect(talk.say('is tomorrow possible?')).toBe('At what time?')
    expect(talk.say('do you have anything at eight pm?')).toBe('What is your name?')
  })

  test('is known by a listed value that is no day and no number', () => {
    expect(lastReply([weather], ['how hot is it in Paris in celsius'])).toBe(
      'get_current_weather {"location":"Paris","format":"celsius"}',
    )
  })
})

test.each([
  ['are you open', true],
  ['well, um, do you know what it costs', true],
  ['I would like a table. Are you open on Sunday?', true],
  ['can I book a table', false],
  ['could you call me when you are ready', false],
  ['what about Sunday', false],
  ['do it on Sunday', false],
  ['I was wondering if I could book a table', false],
  ['close the door', false],
  ['', false],
])('%j is an inquiry: %j', (text, is) => {
  expect(isInquiry(text)).toBe(is)
})

test.each([
  ['when do you close', true],
  ['is your kitchen still open', true],
  ['what are your closing times', true],
  ['how do I open an account', false],
  ['do you open the file', false],
  ['open on Sunday', false],
])('%j asks for opening hours: %j', (text, is) => {
  expect(asksOpeningHours(text)).toBe(is)
})

test('a question that begins like one for the time of day is not answered by the clock', () => {
  expect(lastReply([], ['what time do you close'])).toMatch(declined)
  expect(lastReply([], ['what day are you closed'])).toMatch(declined)
  expect(lastReply([], ['what time do you have'])).toBe('It is 2:05 PM.')
})
