import { LLMMessagesAppendFrame } from '@pc/core'
import { describe, expect, test } from 'vitest'
import { type FlowAction, say } from '../../src/definition/action.ts'
import type { ContextStrategy, FlowNode } from '../../src/definition/flow-node.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { speakThen, to } from '../../src/definition/outcome.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, ScriptedModel, Talk, type Answer } from './talk.ts'

/** A flow whose first node leads to `b`; the user interrupts somewhere on the way. */
const toB = (b: Partial<FlowNode>, go: FlowFunction = edge('go', 'b')) =>
  flowOf({
    a: { task: 'A.', functions: [go] },
    b: { task: 'B.', functions: [{ name: 'look', description: '', handler: () => 1 }], ...b },
  })

/** Summaries take no time here. */
function start(flow: FlowDefinition, answers: readonly Answer[]): Promise<Talk> {
  const llm = new ScriptedModel(answers)
  llm.runInference = () => Promise.resolve('Nothing yet.')
  return Talk.start(flow, { llm })
}

const moving: Answer = ['One moment please, I look.', call('go')]

/** After all of it: the node is the next, the model knows it and what the user said, and has answered them. */
function expectArrived(talk: Talk, words: string): void {
  expect(talk.node).toBe('b')
  expect(talk.path).toEqual(['a', 'b'])
  expect(talk.lastAsked.tools).toEqual(['look'])
  expect(talk.lastAsked.history.filter((line) => line === 'developer: B.')).toHaveLength(1)
  expect(talk.lastAsked.history.filter((line) => line === `user: ${words}`)).toHaveLength(1)
  expect(talk.lastAsked.history).not.toContain('tool: IN_PROGRESS')
  expect(talk.errors).toEqual([])
  expect([...talk.manager.currentFunctions]).toEqual(['look'])
}

describe.each<[string, ContextStrategy]>([
  ['append', 'append'],
  ['reset', 'reset'],
  ['a summary', { summary: 'Sum up.' }],
])('a move with %s that the user interrupts', (_strategy, context) => {
  test('while what was said along with the call is played: goes on at once, and the user is answered in the next node', async () => {
    const talk = await start(toB({ context }), [moving, ['Yes?'], ['Yes?']])
    await talk.advance(1)
    await talk.say('Large please.')
    await talk.advance(3)
    expectArrived(talk, 'Large please.')
    expect(talk.spoken.slice(1).every((text) => text === 'Yes?')).toBe(true)
  })

  test('while the handler runs: the move follows when it has ended, and nothing the user said is lost', async () => {
    const { opened, open } = gate()
    const talk = await start(toB({ context }, edge('go', 'b', { handler: () => opened })), [
      moving,
      ['Yes?'],
      ['So.'],
      ['So.'],
    ])
    await talk.advance(1)
    await talk.say('Large please.')
    await talk.advance(2)
    expect(talk.node).toBe('a')
    const heard = talk.history.includes('user: Large please.')
    open()
    await talk.advance(4)
    expect([heard, talk.node, talk.path]).toEqual([true, 'b', ['a', 'b']])
    expect(talk.lastAsked.history.at(-1)).toBe('developer: B.')
    expect(talk.asked.some(({ history }) => history.at(-1) === 'user: Large please.')).toBe(true)
  })

  test('while the before-actions speak: what they say is cut, the node is entered, and the user is answered', async () => {
    const talk = await start(toB({ context, before: [say('x'.repeat(50)), say('Here we are.')] }), [
      [call('go')],
      ['Yes?'],
      ['Yes?'],
    ])
    await talk.advance(1)
    await talk.say('Large please.')
    await talk.advance(8)
    expectArrived(talk, 'Large please.')
    expect(talk.asked).toHaveLength(2)
    expect(talk.spoken.filter((text) => text === 'Here we are.')).toHaveLength(1)
  })

  test('by typing, while the before-actions speak: the next node answers, once', async () => {
    const talk = await start(toB({ context, before: [say('x'.repeat(50))] }), [[call('go')], ['Yes?'], ['Yes?']])
    await talk.advance(1)
    await talk.send(new LLMMessagesAppendFrame([{ role: 'user', content: 'Large please.' }], { runLlm: true }))
    await talk.advance(1)
    expect(talk.asked).toHaveLength(1)
    await talk.advance(7)
    expectArrived(talk, 'Large please.')
    expect([talk.asked.length, talk.spoken.filter((text) => text === 'Yes?')]).toEqual([2, ['Yes?']])
  })

  test('while a before-action works: it is not cut off, and the user is answered', async () => {
    const { opened, open } = gate()
    const ended: string[] = []
    const work: FlowAction = { type: 'work', handler: () => opened.then(() => void ended.push('worked')) }
    const talk = await start(toB({ context, before: [work] }), [[call('go')], ['Yes?'], ['Yes?']])
    await talk.advance(1)
    await talk.say('Large please.')
    await talk.advance(2)
    expect([talk.node, talk.asked.length]).toEqual(['a', 1])
    open()
    await talk.advance(4)
    expect([ended, talk.asked.length]).toEqual([['worked'], 2])
    expectArrived(talk, 'Large please.')
  })

  test('while a text is said on the way: the node is entered then', async () => {
    const go: FlowFunction = {
      name: 'go',
      description: '',
      transitionTo: ['b'],
      handler: () => speakThen('x'.repeat(60), to('b')),
    }
    const talk = await start(toB({ context }, go), [[call('go')], ['Yes?'], ['Yes?']])
    await talk.advance(1)
    await talk.say('Large please.')
    await talk.advance(4)
    expectArrived(talk, 'Large please.')
    expect(talk.asked).toHaveLength(2)
  })

  test('right when it is entered: the user is answered by the next node', async () => {
    const talk = await start(toB({ context }), [
      [call('go')],
      [{ pauseMs: 2000 }, 'Welcome to the next part.'],
      ['Yes?'],
      ['Yes?'],
    ])
    await talk.advance(1)
    expect(talk.node).toBe('b')
    await talk.say('Large please.')
    await talk.advance(3)
    expectArrived(talk, 'Large please.')
    expect(talk.spoken).toEqual(['Yes?'])
  })

  test('by a noise without words: the node is entered, and the agent does not fall silent', async () => {
    const talk = await start(toB({ context }), [moving, ['There.'], ['There.']])
    await talk.advance(1)
    await talk.begin()
    await talk.advance(0.5)
    await talk.finish('')
    await talk.advance(6)
    expect([talk.node, talk.path]).toEqual(['b', ['a', 'b']])
    expect(talk.spoken).toContain('There.')
  })
})

test('A move whose summary is being made when the user interrupts keeps what they say', async () => {
  const summary = gate<string>()
  const model = new ScriptedModel([[call('go')], ['Yes?'], ['Yes?']])
  model.runInference = () => summary.opened
  const talk = await Talk.start(toB({ context: { summary: 'Sum up.', timeoutSecs: 30 } }), { llm: model })
  await talk.advance(1)
  await talk.say('Large please.')
  await talk.advance(2)
  expect(talk.node).toBe('a')
  summary.open('Nothing yet.')
  await talk.advance(3)
  expect(model.asked).toHaveLength(2)
  expect(model.asked.at(-1)).toMatchObject({
    tools: ['look'],
    history: ["developer: Here's a summary of the conversation:\nNothing yet.", 'developer: B.', 'user: Large please.'],
  })
})

test('What the flow has to say while the user speaks is said when they have finished', async () => {
  const talk = await Talk.start(toB({ before: [say('On we go.')] }), { answers: [['Hello.'], ['There.'], ['There.']] })
  await talk.advance(2)
  await talk.begin()
  const moved = talk.manager.setNode('b')
  await talk.advance(3)
  expect([talk.spoken, talk.node]).toEqual([['Hello.'], 'a'])
  await talk.finish('Good morning.')
  await talk.during(moved)
  await talk.advance(3)
  expect(talk.spoken).toContain('On we go.')
  expectArrived(talk, 'Good morning.')
  expect(talk.asked).toHaveLength(2)
})

test('Who speaks while a node is entered that waits for the user is answered', async () => {
  const b = { respondImmediately: false, before: [say('x'.repeat(50))] }
  const talk = await start(toB(b), [[call('go')], ['Yes?'], ['Yes?']])
  await talk.advance(1)
  await talk.say('Large please.')
  await talk.advance(8)
  expectArrived(talk, 'Large please.')
  expect([talk.asked.length, talk.spoken.at(-1)]).toEqual([2, 'Yes?'])
})

test('Who speaks in a node that says its text and leads on is answered where it leads', async () => {
  const flow = flowOf({
    a: { task: 'A.', functions: [edge('go', 'notice')] },
    notice: { task: '', say: 'x'.repeat(50), always: to('b') },
    b: { task: 'B.', respondImmediately: false, functions: [{ name: 'look', description: '', handler: () => 1 }] },
  })
  const talk = await start(flow, [[call('go')], ['Yes?'], ['Yes?']])
  await talk.advance(1)
  expect(talk.node).toBe('notice')
  await talk.say('Large please.')
  await talk.advance(3)
  expect([talk.node, talk.asked.length, talk.lastAsked.tools]).toEqual(['b', 2, ['look']])
})
