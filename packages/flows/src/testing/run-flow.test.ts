import { describe, expect, test } from 'vitest'
import { automatic, edge, flowOf, foodOrdering, podcast } from '../../test/example-flows.ts'
import { endConversation, say } from '../definition/action.ts'
import type { FlowContext } from '../definition/flow-context.ts'
import { runFlow } from './run-flow.ts'

describe('runFlow', () => {
  test('follows the calls of the model', async () => {
    const run = await runFlow(foodOrdering())
    expect(run.currentNode).toBe('initial')
    expect(run.tools).toEqual(['delivery_estimate', 'choose_pizza', 'choose_sushi'])
    await run.call('choose_pizza')
    expect(await run.call('select_pizza_order', { size: 'large', count: 2 })).toEqual({ ok: true })
    expect(run.currentNode).toBe('confirm')
    expect(run.state).toEqual({ order: { size: 'large', count: 2 } })
    await run.call('complete_order')
    await run.reply('Goodbye.')
    expect(run.hasEnded).toBe(true)
    expect(run.said).toEqual(['Goodbye.'])
  })

  test('refuses a function that the model is not offered', async () => {
    const run = await runFlow(podcast())
    await expect(run.call('conclude')).rejects.toThrow('It is offered: start.')
  })

  test('gives the model what is wrong with arguments', async () => {
    const run = await runFlow(foodOrdering())
    await run.call('choose_pizza')
    expect(await run.call('select_pizza_order', { size: 'huge' })).toMatchObject({ status: 'error' })
    expect(run.currentNode).toBe('pizza')
    expect(run.isAsked).toBe(true)
  })

  test('has the user speak before a model that was not asked', async () => {
    const run = await runFlow(podcast())
    expect(run.isAsked).toBe(true)
    await run.reply('Welcome!')
    expect(run.isAsked).toBe(false)
    await run.call('start')
    expect(run.messages.filter((message) => 'role' in message && message.role === 'user')).toHaveLength(1)
  })

  test('makes calls at once that are not awaited one by one', async () => {
    const both = { name: 'look', description: '', handler: () => ({ ok: true }) }
    const flow = flowOf({ a: { task: '', functions: [both, edge('go', 'b')] }, b: { task: '' } })
    const run = await runFlow(flow)
    await Promise.all([run.call('go'), run.call('look')])
    expect(run.currentNode).toBe('b')
    expect(run.messages.filter((message) => 'role' in message && message.role === 'user')).toHaveLength(0)
  })

  test('lets time pass on the test clock alone', async () => {
    const run = await runFlow(automatic())
    expect(run.currentNode).toBe('ask')
    await run.reply('Your number?')
    await run.advance(7.9)
    expect(run.said).toEqual(['Welcome.', 'Your number?'])
    await run.advance(0.2)
    expect(run.said.at(-1)).toBe('Are you there?')
    await run.advance(8)
    expect(run.said.slice(-2)).toEqual(['I cannot hear you.', 'Goodbye.'])
    expect(run.hasEnded).toBe(true)
  })

  test('lets a call run out of time', async () => {
    const slow = {
      name: 'slow',
      description: '',
      timeoutSecs: 5,
      handler: (_: unknown, { signal }: FlowContext) =>
        new Promise((resolve) => signal.addEventListener('abort', resolve)),
    }
    const run = await runFlow(flowOf({ a: { task: '', functions: [slow] } }))
    const call = run.call('slow')
    await run.advance(5)
    expect(await call).toMatchObject({ status: 'error' })
  })

  test('gives speech a length when it is told how fast the agent speaks, and cuts it when the user does', async () => {
    const flow = flowOf({
      a: { task: '', before: [say('0123456789')], functions: [edge('go', 'b')] },
      b: { task: '', after: [endConversation()] },
    })
    const run = await runFlow(flow, { charsPerSec: 10 })
    expect(run.clock.nowMs()).toBeGreaterThanOrEqual(1000)
    await run.call('go')
    const reply = run.reply('A goodbye that takes its time.')
    await run.advance(1)
    expect([run.isPlaying, run.hasEnded]).toEqual([true, false])
    await run.interrupt()
    await reply
    expect([run.isPlaying, run.hasEnded]).toEqual([false, false])
    await run.user('Wait!')
    void run.reply('Yes?')
    await run.advance(1)
    expect(run.hasEnded).toBe(true)
  })

  test('cancels by an interruption the calls that say so, and no others', async () => {
    const wait = (name: string, cancelOnInterruption: boolean) => ({
      name,
      description: '',
      cancelOnInterruption,
      timeoutSecs: 9,
      handler: () => new Promise(() => {}),
    })
    const run = await runFlow(flowOf({ a: { task: '', functions: [wait('short', true), wait('firm', false)] } }))
    const [short, firm] = [run.call('short'), run.call('firm')]
    await run.interrupt()
    expect(await short).toBeUndefined()
    await run.advance(9)
    expect(await firm).toMatchObject({ status: 'error' })
  })

  test('begins with the state that it is given, and leaves that of the flow alone', async () => {
    const flow = foodOrdering()
    const run = await runFlow(flow, { state: { order: 'none' } })
    expect(run.state).toEqual({ order: 'none' })
    expect(flow.initialState).toEqual({})
  })

  test('answers for the model when a summary is wanted', async () => {
    const flow = flowOf({
      a: { task: 'Begin.', functions: [edge('go', 'b')] },
      b: { task: 'Go on.', context: { summary: 'Sum up.' } },
    })
    const run = await runFlow(flow, { infer: (prompt) => `As asked: ${prompt}` })
    await run.call('go')
    expect(JSON.stringify(run.messages)).toContain('As asked: Sum up.')
  })

  test('says so when a flow moves on and on by itself', async () => {
    const flow = flowOf({
      a: { task: [], say: 'Tick.', always: { kind: 'to', node: 'b', input: undefined } },
      b: { task: [], say: 'Tock.', always: { kind: 'to', node: 'a', input: undefined } },
    })
    await expect(runFlow(flow)).rejects.toThrow('on and on by itself')
  })
})
