import { diagramIn, typedTalk } from '@pc/flows-demo/testing'
import { toMermaid } from '@pc/flows/export'
import { FlowCoverage, lintFlow, runFlow, testFlow } from '@pc/flows/testing'
import { describe, expect, test } from 'vitest'
import { foodOrdering } from './flow.ts'
import { demo } from './index.ts'

test('every way through the flow is walked, and nothing looks wrong', async () => {
  const { coverage } = await testFlow(foodOrdering)
  coverage.assertCoverage({ nodes: 100, edges: 100, functions: 100 })
  expect(lintFlow(foodOrdering)).toEqual([])
})

test('the diagram in the README is that of the flow', () => {
  expect(diagramIn(new URL('../README.md', import.meta.url))).toEqual([toMermaid(foodOrdering)])
})

describe('the order', () => {
  test.each([
    ['small', 10],
    ['medium', 15],
    ['large', 20],
  ] as const)('a %s pizza costs %i dollars, whatever is on it', async (size, price) => {
    const run = await runFlow(foodOrdering)
    await run.call('choose_pizza')
    const result = await run.call('select_pizza_size', { size })
    expect(result).toEqual({ status: 'success', data: { selected_size: size } })
    await run.call('select_topping', { topping: 'pepperoni' })
    expect(run.state['order']).toEqual({ kind: 'pizza', size, topping: 'pepperoni', price })
    expect(run.messages.at(-1)).toMatchObject({ content: expect.stringContaining(`${price} dollars`) })
  })

  test('a sushi roll costs 8 dollars, and one is not many', async () => {
    const run = await runFlow(foodOrdering)
    await run.call('choose_sushi')
    await run.call('select_sushi_order', { roll: 'spicy tuna', count: 3 })
    expect(run.state['order']).toEqual({ kind: 'sushi', roll: 'spicy tuna', count: 3, price: 24 })
    await run.call('revise_order')
    await run.call('choose_sushi')
    await run.call('select_sushi_order', { roll: 'salmon', count: 1 })
    expect(run.messages.at(-1)).toMatchObject({ content: expect.stringContaining('one salmon roll, for 8 dollars') })
  })

  test.each([0, 11, 2.5])('of %d rolls is refused, and the model is told what is wrong', async (count) => {
    const run = await runFlow(foodOrdering)
    await run.call('choose_sushi')
    expect(JSON.stringify(await run.call('select_sushi_order', { roll: 'spicy tuna', count }))).toMatch(/count/)
    expect(run.currentNode).toBe('sushi')
    expect(run.state['order']).toBeUndefined()
  })

  test('is dropped when the caller wants to change it', async () => {
    const run = await runFlow(foodOrdering)
    await run.call('choose_sushi')
    await run.call('select_sushi_order', { roll: 'spicy tuna', count: 3 })
    await run.call('revise_order')
    expect(run.currentNode).toBe('start')
    expect(run.state).toMatchObject({ confirmed: false })
    expect(run.state['order']).toBeUndefined()
  })

  test('may be asked about everywhere', async () => {
    const run = await runFlow(foodOrdering)
    const places = [run.currentNode]
    expect(await run.call('delivery_estimate')).toMatchObject({ minutes: 30 })
    for (const [name, args] of [
      ['choose_pizza', {}],
      ['select_pizza_size', { size: 'small' }],
      ['select_topping', { topping: 'cheese' }],
    ] as const) {
      await run.call(name, args)
      expect(await run.call('delivery_estimate')).toMatchObject({ minutes: 30 })
      places.push(run.currentNode)
    }
    expect(places).toEqual(['start', 'pizza_size', 'toppings', 'confirm'])
  })
})

describe('without a key, a caller', () => {
  const coverage = new FlowCoverage(foodOrdering)

  test('orders a pizza step by step', async () => {
    await using talk = await typedTalk(demo, coverage)
    expect(talk.greeting).toBe('Hello! Do you want pizza or sushi?')
    expect(await talk.say("I'd like a pizza, please")).toBe('Which size do you want: small, medium or large?')
    expect(await talk.say('a large one')).toBe('Which topping do you want: cheese, mushrooms or pepperoni?')
    expect(await talk.say('with mushrooms')).toBe('I have a large pizza with mushrooms, for 20 dollars. Is that right?')
    expect(await talk.say('yes, that is right')).toBe('Thank you for the order. It comes in half an hour. Goodbye!')
    expect(talk.state).toEqual({
      order: { kind: 'pizza', size: 'large', topping: 'mushrooms', price: 20 },
      confirmed: true,
      minutes: 30,
    })
    expect(talk.hasEnded).toBe(true)
  })

  test('orders sushi, asks about the delivery, and corrects a number that is too high', async () => {
    await using talk = await typedTalk(demo, coverage)
    await talk.say('sushi please')
    expect(await talk.say('how long does the delivery take?')).toMatch(
      /^The delivery takes about 30 minutes\. Which rolls/,
    )
    expect(await talk.say('spicy tuna')).toBe('How many rolls?')
    expect(await talk.say('thirty')).toBe('It has to be from 1 to 10. How many rolls?')
    expect(await talk.say('make it three')).toBe('I have 3 spicy tuna rolls, for 24 dollars. Is that right?')
    await talk.say('sounds good')
    expect(talk.state).toMatchObject({
      order: { kind: 'sushi', roll: 'spicy tuna', count: 3, price: 24 },
      confirmed: true,
    })
    expect(talk.hasEnded).toBe(true)
  })

  test('says all at once, has second thoughts, and takes something else', async () => {
    await using talk = await typedTalk(demo, coverage)
    expect(await talk.say('a medium pepperoni pizza, please')).toMatch(/^I have a medium pizza with pepperoni, for 15/)
    expect(await talk.say('no, I want to change it')).toBe('Do you want pizza or sushi?')
    expect(await talk.say('two salmon rolls')).toBe('I have 2 salmon rolls, for 16 dollars. Is that right?')
    await talk.say('yes')
    expect(talk.nodes).toEqual(['start', 'pizza_size', 'toppings', 'confirm', 'start', 'sushi', 'confirm', 'end'])
    expect(talk.state).toMatchObject({ order: { kind: 'sushi', roll: 'salmon', count: 2, price: 16 }, confirmed: true })
  })

  test('is asked again after what was not understood', async () => {
    await using talk = await typedTalk(demo, coverage)
    expect(await talk.say('I am hungry')).toMatch(/Do you want pizza or sushi\?$/)
    await talk.say('pizza')
    expect(await talk.say('blue')).toMatch(/Which size do you want: small, medium or large\?$/)
    expect(talk.manager.currentNode).toBe('pizza_size')
  })

  test('has gone every way by now', () => coverage.assertCoverage({ edges: 100 }))
})
