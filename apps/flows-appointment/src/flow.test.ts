import { diagramIn, typedTalk } from '@pc/flows-demo/testing'
import { toMermaid } from '@pc/flows/export'
import { FlowCoverage, lintFlow, runFlow, testFlow } from '@pc/flows/testing'
import { describe, expect, test } from 'vitest'
import { type BookingApi, demoCalendar, SlotTaken } from './booking-api.ts'
import { appointmentFlow } from './flow.ts'
import { demo } from './index.ts'

const wanted = { service_type: 'massage', date: 'Tuesday', time: '10:00', customer_name: 'Anna' }

test('every way through the flow is walked, and nothing looks wrong', async () => {
  // Twice out of order on Mondays, so that trying again leads to both places.
  const calendar: BookingApi = {
    book: async ({ date }, { attempt }) => {
      if (date === 'Monday' && attempt < 3) throw new Error('503')
      return { id: 'a-1' }
    },
    cancel: async () => {},
  }
  const { coverage } = await testFlow(appointmentFlow(calendar), {
    args: { book_appointment: ({ to }) => ({ ...wanted, date: to === 'trouble' ? 'Monday' : 'Tuesday' }) },
  })
  coverage.assertCoverage({ nodes: 100, edges: 100, functions: 100 })
  expect(lintFlow(appointmentFlow(calendar))).toEqual([])
})

test('the diagram in the README is that of the flow', () => {
  expect(diagramIn(new URL('../README.md', import.meta.url))).toEqual([toMermaid(appointmentFlow(demoCalendar()))])
})

describe('book_appointment', () => {
  test('books, and goes on to the confirmation', async () => {
    const run = await runFlow(appointmentFlow(demoCalendar()))
    const result = await run.call('book_appointment', wanted)
    expect(result).toEqual({ appointment_id: run.state['appointmentId'] })
    expect(run.currentNode).toBe('confirmation')
    expect(run.messages.at(-1)).toMatchObject({
      content: expect.stringContaining('a massage on Tuesday at 10:00, Anna'),
    })
  })

  test('tells that a time is taken, and stays', async () => {
    const run = await runFlow(appointmentFlow(demoCalendar()))
    const result = await run.call('book_appointment', { ...wanted, date: 'Friday', time: '15:00' })
    expect(result).toEqual({ status: 'error', message: 'Three on Friday is taken. Four is free.' })
    expect(run.currentNode).toBe('start')
    expect(run.state['appointmentId']).toBeUndefined()
    await run.call('book_appointment', { ...wanted, date: 'Friday', time: '16:00' })
    expect(run.currentNode).toBe('confirmation')
  })

  test('goes to a node of its own when the calendar does not work, where the same is tried again', async () => {
    const requests: unknown[] = []
    const calendar: BookingApi = {
      book: async (booking, { attempt }) => {
        requests.push([booking, attempt])
        if (attempt < 3) throw new Error('503')
        return { id: 'a-1' }
      },
      cancel: async () => {},
    }
    const run = await runFlow(appointmentFlow(calendar))
    await run.call('book_appointment', wanted)
    expect(run.currentNode).toBe('trouble')
    await run.call('try_again')
    expect(run.currentNode).toBe('trouble')
    await run.call('try_again')
    expect(run.currentNode).toBe('confirmation')
    expect(requests).toEqual([1, 2, 3].map((attempt) => [wanted, attempt]))
    expect(run.state).toMatchObject({ booking: wanted, attempts: 3, appointmentId: 'a-1', confirmed: false })
  })

  test('gives a calendar up that hangs, and the model is told', async () => {
    const run = await runFlow(appointmentFlow({ book: () => new Promise(() => {}), cancel: async () => {} }))
    const call = run.call('book_appointment', wanted)
    await run.advance(11)
    expect(JSON.stringify(await call)).toMatch(/error/)
    expect(run.currentNode).toBe('start')
  })

  test('refuses a time that is none', async () => {
    const run = await runFlow(appointmentFlow(demoCalendar()))
    expect(JSON.stringify(await run.call('book_appointment', { ...wanted, time: 'noon' }))).toMatch(/time/)
    expect(run.currentNode).toBe('start')
  })
})

test('an appointment that is to be changed is given back first', async () => {
  const cancelled: string[] = []
  const run = await runFlow(
    appointmentFlow({
      book: async () => ({ id: 'a-1' }),
      cancel: async (id) => void cancelled.push(id),
    }),
  )
  await run.call('book_appointment', wanted)
  await run.call('change_appointment')
  expect(cancelled).toEqual(['a-1'])
  expect(run.currentNode).toBe('start')
  expect(run.state['appointmentId']).toBeUndefined()
})

test('a time that is taken while the calendar was out of order is told, and can be given up', async () => {
  const run = await runFlow(
    appointmentFlow({
      book: async (_, { attempt }) => {
        throw attempt === 1 ? new Error('503') : new SlotTaken('Ten is taken by now.')
      },
      cancel: async () => {},
    }),
  )
  await run.call('book_appointment', wanted)
  expect(await run.call('try_again')).toEqual({ status: 'error', message: 'Ten is taken by now.' })
  expect(run.currentNode).toBe('trouble')
  await run.call('cancel_booking')
  expect(run.currentNode).toBe('no_appointment')
})

describe('without a key, a caller', () => {
  test('books step by step', async () => {
    await using talk = await typedTalk(demo)
    expect(talk.greeting).toBe('Hello! Which service do you want: a haircut, a massage or a manicure?')
    expect(await talk.say('a manicure please')).toBe('On which day would you like to come?')
    expect(await talk.say('on Wednesday')).toBe('At what time?')
    expect(await talk.say('half past two')).toBe('What is your name?')
    expect(await talk.say('Peter Miller')).toBe(
      'You have a manicure on Wednesday at 14:30, Peter Miller. Is that right?',
    )
    expect(await talk.say('yes')).toBe('Thank you. We look forward to your visit. Goodbye!')
    expect(talk.state).toMatchObject({
      booking: { service_type: 'manicure', date: 'Wednesday', time: '14:30', customer_name: 'Peter Miller' },
      confirmed: true,
    })
    expect(talk.hasEnded).toBe(true)
  })

  test('is told that the time is taken, and takes another', async () => {
    await using talk = await typedTalk(demo)
    await talk.say("I'd like a massage on Friday at three")
    expect(await talk.say('my name is Anna')).toMatch(/Three on Friday is taken\. Four is free\./)
    expect(await talk.say('then at four')).toBe('You have a massage on Friday at 16:00, Anna. Is that right?')
    await talk.say('that is right')
    expect(talk.state).toMatchObject({ booking: { date: 'Friday', time: '16:00' }, confirmed: true })
  })

  test('has it tried again when the calendar does not answer', async () => {
    await using talk = await typedTalk(demo)
    expect(await talk.say('a haircut on Monday at ten, my name is Bob')).toBe(
      'I am sorry, the calendar does not answer. Do you want to try again?',
    )
    expect(await talk.say('yes please')).toBe('You have a haircut on Monday at 10:00, Bob. Is that right?')
    await talk.say('correct')
    expect(talk.nodes).toEqual(['start', 'trouble', 'confirmation', 'end'])
    expect(talk.state).toMatchObject({ attempts: 2, confirmed: true })
  })

  test('gives up when the calendar does not answer', async () => {
    await using talk = await typedTalk(demo)
    await talk.say('a haircut on Monday at ten, my name is Bob')
    expect(await talk.say('no, thank you')).toBe('You are welcome to call again. Goodbye!')
    expect(talk.state).toMatchObject({ confirmed: false })
    expect(talk.state['appointmentId']).toBeUndefined()
    expect(talk.hasEnded).toBe(true)
  })

  test('moves the appointment to another day', async () => {
    const flow = appointmentFlow(demoCalendar())
    const coverage = new FlowCoverage(flow)
    await using talk = await typedTalk({ ...demo, flow, team: undefined }, coverage)
    await talk.say('a haircut on Tuesday at eleven, my name is Bob')
    await talk.say('no, change it')
    expect(await talk.say('Wednesday')).toBe('You have a haircut on Wednesday at 11:00, Bob. Is that right?')
    await talk.say('yes')
    expect(talk.state).toMatchObject({ booking: { date: 'Wednesday', time: '11:00' }, confirmed: true })
    expect(coverage.edges.covered).toBe(3)
  })
})
