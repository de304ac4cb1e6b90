import { diagramIn, typedTalk } from '@pc/flows-demo/testing'
import { toMermaid } from '@pc/flows/export'
import { FlowCoverage, lintFlow, runFlow, testFlow } from '@pc/flows/testing'
import { describe, expect, test } from 'vitest'
import { travelPlanner } from './flow.ts'
import { demo } from './index.ts'

test('every way through the flow is walked, and nothing looks wrong', async () => {
  const { coverage } = await testFlow(travelPlanner)
  coverage.assertCoverage({ nodes: 100, edges: 100, functions: 100 })
  expect(lintFlow(travelPlanner)).toEqual([])
})

test('the diagram in the README is that of the flow', () => {
  expect(diagramIn(new URL('../README.md', import.meta.url))).toEqual([toMermaid(travelPlanner)])
})

describe('the plan', () => {
  test('begins with a welcome that the model has no part in', async () => {
    const run = await runFlow(travelPlanner)
    expect(run.said).toEqual(['Welcome to Blue Door Travel.'])
  })

  test.each([
    ['beach', 'Hawaii', 'Norway'],
    ['mountain', 'Norway', 'Hawaii'],
  ])('knows other places at the %s under the same function name', async (kind, place, elsewhere) => {
    const run = await runFlow(travelPlanner)
    await run.call(`choose_${kind}`)
    expect(run.tools).toEqual(['select_destination'])
    expect(JSON.stringify(await run.call('select_destination', { destination: elsewhere }))).toMatch(/destination/)
    expect(run.currentNode).toBe(kind)
    await run.call('select_destination', { destination: place })
    expect(run.currentNode).toBe('dates')
    expect(run.state['destination']).toBe(place)
  })

  test('costs 120 dollars a night, and keeps up with changes', async () => {
    const run = await runFlow(travelPlanner)
    await run.call('choose_beach')
    await run.call('select_destination', { destination: 'Greece' })
    await run.call('record_dates', { month: 'May', nights: 7 })
    await run.call('record_activities', { activities: ['swimming'] })
    await run.call('confirm_plan')
    expect(run.state['price']).toBe(840)
    await run.call('revise_plan')
    await run.call('record_dates', { month: 'June', nights: 10 })
    await run.call('record_activities', { activities: ['swimming', 'hiking'] })
    await run.call('confirm_plan')
    expect(run.messages.at(-1)).toMatchObject({ content: expect.stringContaining('1200 dollars') })
    await run.call('book_trip')
    expect(run.state).toEqual({
      destination: 'Greece',
      month: 'June',
      nights: 10,
      activities: ['swimming', 'hiking'],
      price: 1200,
      isBooked: true,
    })
  })
})

describe('without a key, a traveler', () => {
  const coverage = new FlowCoverage(travelPlanner)

  test('goes to the beach', async () => {
    await using talk = await typedTalk(demo, coverage)
    expect(talk.greeting).toBe('Welcome to Blue Door Travel. Do you want to go to the beach or to the mountains?')
    expect(await talk.say('to the beach, please')).toBe('Which destination do you want: Hawaii, Mexico or Greece?')
    expect(await talk.say('Mexico sounds good')).toMatch(/in which month .* how many nights\?$/)
    expect(await talk.say('in July, for seven nights')).toMatch(/^What do you want to do there/)
    expect(await talk.say('swimming and dancing')).toBe(
      'I have Mexico in July, for 7 nights, with swimming and dancing. Is that right?',
    )
    expect(await talk.say('yes')).toBe('That is 840 dollars. Do you want to book the trip?')
    expect(await talk.say('yes, please')).toBe('Thank you for booking. I wish you a good trip. Goodbye!')
    expect(talk.hasEnded).toBe(true)
    expect(talk.state).toEqual({
      destination: 'Mexico',
      month: 'July',
      nights: 7,
      activities: ['swimming', 'dancing'],
      price: 840,
      isBooked: true,
    })
  })

  test('goes to the mountains, and changes the plan before and after the price', async () => {
    await using talk = await typedTalk(demo, coverage)
    // A place says which it is.
    expect(await talk.say('I want to go to Norway')).toMatch(/in which month/)
    expect(await talk.say('June')).toBe('How many nights?')
    for (const text of ['ten', 'hiking']) await talk.say(text)
    expect(await talk.say('no, change the dates')).toMatch(/in which month/)
    expect(await talk.say('for two weeks in August')).toMatch(/^What do you want to do there/)
    expect(await talk.say('hiking and sightseeing')).toMatch(/^I have Norway in August, for 14 nights/)
    expect(await talk.say('looks good')).toMatch(/^That is 1680 dollars/)
    expect(await talk.say('no, change it')).toMatch(/in which month/)
    for (const text of ['September, for five nights', 'hiking', 'yes', 'yes']) await talk.say(text)
    expect(talk.hasEnded).toBe(true)
    expect(talk.state).toMatchObject({
      destination: 'Norway',
      month: 'September',
      nights: 5,
      price: 600,
      isBooked: true,
    })
  })

  test('has gone every way by now', () => coverage.assertCoverage({ edges: 100 }))
})
