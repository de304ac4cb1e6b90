import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type FlowTestRun, runFlow } from '../testing/run-flow.ts'
import { endConversation } from './action.ts'
import { defineFlow } from './define-flow.ts'
import { InvalidFunctionError } from './errors.ts'
import type { FlowDefinition } from './flow-definition.ts'
import { argumentsSchemaOf } from './function-schema.ts'
import { to } from './outcome.ts'
import { slotNode, slotValues } from './slots.ts'
import { flowFunction } from './typed-function.ts'
import { lintFlow } from '../machine/lint-flow.ts'

const when = slotNode({
  task: 'Find out when the appointment is to be.',
  slots: {
    date: { schema: z.iso.date(), ask: 'For which day?', readBack: (date) => `On ${date}, is that right?` },
    phone: {
      schema: z.string().regex(/^\d+$/),
      ask: 'Your phone number?',
      readBack: (phone) => phone,
      expects: 'digits',
    },
    guests: { schema: z.number().int(), ask: 'How many?' },
  },
  done: to('confirm'),
  functions: [flowFunction({ name: 'give_up', description: 'Give up', transitionTo: 'end' })],
})

const back = flowFunction({ name: 'back', description: 'Something is wrong', transitionTo: 'when' })
const flow: FlowDefinition = defineFlow({
  id: 'appointment',
  initialNode: 'when',
  nodes: {
    when,
    confirm: { task: 'Confirm.', functions: [back] },
    end: { task: 'Say goodbye.', after: [endConversation()] },
  },
})

const slotsOf = (run: FlowTestRun): unknown => slotValues(run.state)

test('a node with slots tells the model what to ask, and has a way on for each of its functions', () => {
  expect(when.task).toMatch(/^Find out when the appointment is to be\./)
  expect(when.task).toContain('- date: For which day?')
  expect(lintFlow(flow)).toEqual([])
  const set = when.functions?.find(({ name }) => name === 'set_date')
  expect(set && argumentsSchemaOf(set)).toMatchObject({
    properties: { value: { type: 'string', format: 'date', description: 'For which day?' } },
    required: ['value'],
  })
})

test('a value that is read back counts when the user has agreed', async () => {
  const run = await runFlow(flow)
  const result = await run.call('set_date', { value: '2026-11-24' })
  expect(result).toMatchObject({ status: 'unconfirmed', say: 'On 2026-11-24, is that right?' })
  expect(slotsOf(run)).toEqual({})
  await run.reply('On 2026-11-24, is that right?')
  await run.user('Yes.')
  expect(await run.call('confirm_date', { correct: true })).toMatchObject({
    status: 'confirmed',
    missing: [{ slot: 'phone' }, { slot: 'guests', ask: 'How many?' }],
  })
  expect(slotsOf(run)).toEqual({ date: '2026-11-24' })
  expect(run.currentNode).toBe('when')
})

test('a model that agrees in place of the user is not believed', async () => {
  const run = await runFlow(flow)
  await run.user('On Tuesday.')
  await run.call('set_date', { value: '2026-11-24' })
  expect(run.isAsked).toBe(true)
  expect(await run.call('confirm_date', { correct: true })).toMatchObject({ status: 'error' })
  expect(slotsOf(run)).toEqual({})
})

test('a value that the user refuses is asked for again', async () => {
  const run = await runFlow(flow)
  await run.call('set_date', { value: '2026-11-24' })
  await run.reply('On 2026-11-24, is that right?')
  await run.user('No.')
  expect(await run.call('confirm_date', { correct: false })).toEqual({ status: 'rejected', ask: 'For which day?' })
  expect(run.tools).toContain('set_date')
  expect(run.tools).not.toContain('confirm_date')
})

test('a value that its schema refuses is not kept, and the model is told the field', async () => {
  const run = await runFlow(flow)
  const result = await run.call('set_phone', { value: 'twelve' })
  expect(JSON.stringify(result)).toContain('value: ')
  expect(run.state).toEqual({})
})

test('two values that are said in one breath are both kept', async () => {
  const run = await runFlow(flow)
  await Promise.all([run.call('set_guests', { value: 4 }), run.call('set_date', { value: '2026-11-24' })])
  expect(run.state['slots']).toMatchObject({ guests: { value: 4, confirmed: true }, date: { confirmed: false } })
})

describe('when all slots are filled', () => {
  async function filled(): Promise<FlowTestRun> {
    const run = await runFlow(flow)
    await run.call('set_guests', { value: 4 })
    for (const [name, value] of [
      ['date', '2026-11-24'],
      ['phone', '5551234'],
    ]) {
      await run.call(`set_${name}`, { value })
      await run.reply('Is that right?')
      await run.user('Yes.')
      await run.call(`confirm_${name}`, { correct: true })
    }
    return run
  }

  test('the conversation moves on', async () => {
    const run = await filled()
    expect(run.currentNode).toBe('confirm')
    expect(slotsOf(run)).toEqual({ date: '2026-11-24', phone: '5551234', guests: 4 })
  })

  test('and the node is entered again, each may be changed, or all be kept', async () => {
    const run = await filled()
    await run.call('back')
    expect(run.tools).toEqual(['change_date', 'change_phone', 'change_guests', 'keep_all', 'give_up'])
    await run.call('change_guests', { value: 5 })
    expect(run.currentNode).toBe('confirm')
    await run.call('back')
    await run.call('keep_all')
    expect(run.currentNode).toBe('confirm')
    expect(slotsOf(run)).toMatchObject({ guests: 5 })
  })
})

test('the model is offered what is to be confirmed ahead of what is to be filled', async () => {
  const run = await runFlow(flow)
  expect(run.tools).toEqual(['set_date', 'set_phone', 'set_guests', 'give_up'])
  expect(run.tool('set_phone')?.expects).toBe('digits')
  await run.call('set_phone', { value: '5551234' })
  expect(run.tools[0]).toBe('confirm_phone')
  expect(run.tool('confirm_phone')?.expects).toBe('yesNo')
})

test('a value that JSON cannot hold is refused where it is defined', () => {
  const slots = { at: { schema: z.date(), ask: 'When?' } }
  expect(() => slotNode({ task: 'Ask.', slots, done: to('end') })).toThrow(InvalidFunctionError)
})

test('the slots are kept where the state has room for them', async () => {
  const slots = { note: { schema: { jsonSchema: { type: 'string' } }, ask: 'Anything else?' } }
  const node = slotNode({ task: 'Ask.', slots, done: to('end'), stateKey: 'notes' })
  const noted = defineFlow({ id: 'notes', initialNode: 'ask', nodes: { ask: node, end: { task: 'Say goodbye.' } } })
  const run = await runFlow(noted)
  await run.call('set_note', { value: 'No nuts.' })
  expect(run.currentNode).toBe('end')
  expect(slotValues(run.state, 'notes')).toEqual({ note: 'No nuts.' })
})
