import { describe, expect, test } from 'vitest'
import { defineFlow } from './define-flow.ts'
import { InvalidFunctionError } from './errors.ts'
import type { FlowManagerView } from './flow-context.ts'
import { type FlowArgs, type FlowResult, FlowsFunctionSchema } from './flows-function-schema.ts'
import { argumentsSchemaOf, checkArguments } from './function-schema.ts'
import { type Callback, type FlowOutcome, isOutcome, type TransitionManager } from './outcome.ts'
import { NO_RESPONSE } from './pair.ts'

const manager: FlowManagerView = {
  state: {},
  currentNode: 'start',
  currentFunctions: new Set(),
  getCurrentContext: () => [],
}
const size = { type: 'string', enum: ['small', 'medium', 'large'], description: 'Pizza size selection' }

async function handleSizeSelection(args: FlowArgs): Promise<FlowResult> {
  return { status: 'success', data: { selectedSize: String(args['size']) } }
}

const selectSize = new FlowsFunctionSchema({
  name: 'select_pizza_size',
  description: 'Select the size of pizza the customer wants',
  properties: { size },
  required: ['size'],
  handler: handleSizeSelection,
  transitionTo: 'toppings_node',
})

test('a function in JSON Schema has the fields that it was given, and stands in a flow', async () => {
  expect(selectSize).toMatchObject({
    name: 'select_pizza_size',
    description: 'Select the size of pizza the customer wants',
    properties: { size },
    required: ['size'],
    transitionTo: ['toppings_node'],
    cancelOnInterruption: false,
    timeoutSecs: undefined,
  })
  const flow = defineFlow({
    id: 'pizza',
    initialNode: 'start',
    nodes: { start: { task: 'Ask.', functions: [selectSize] }, toppings_node: { task: 'Ask for toppings.' } },
  })
  expect(flow.nodes['start']).toMatchObject({ functions: [selectSize] })
  expect(argumentsSchemaOf(selectSize)).toEqual({ properties: { size }, required: ['size'] })
  expect(await selectSize.handler?.({ size: 'small' }, { manager })).toEqual({
    status: 'success',
    data: { selectedSize: 'small' },
  })
})

test('its edges are checked when the flow is defined', () => {
  const nodes = { start: { task: 'Ask.', functions: [selectSize] }, toppings_nod: { task: 'Ask.' } }
  expect(() => defineFlow({ id: 'pizza', initialNode: 'start', nodes })).toThrow(
    "moves to unknown node 'toppings_node'; did you mean 'toppings_nod'?",
  )
})

test('its arguments are checked', async () => {
  expect(await checkArguments(selectSize, { size: 'small' })).toEqual({ ok: true, args: { size: 'small' } })
  expect(await checkArguments(selectSize, { size: 'huge' })).toEqual({
    ok: false,
    issues: ['size: expected one of "small", "medium", "large"'],
  })
  expect(await checkArguments(selectSize, {})).toEqual({ ok: false, issues: ['size: required'] })
})

describe('its handler', () => {
  const calling = (handler: (args: FlowArgs, flowManager: FlowManagerView) => unknown): Promise<unknown> | undefined =>
    new FlowsFunctionSchema({ name: 'go', description: 'Go', handler }).handler?.({ a: 1 }, { manager })

  test('may take nothing, its arguments, or the manager as well', async () => {
    expect(await calling(() => ({ ok: true }))).toEqual({ ok: true })
    expect(await calling((args) => ({ a: Number(args['a']) }))).toEqual({ a: 1 })
    expect(await calling((_, flowManager) => ({ node: flowManager.currentNode }))).toEqual({ node: 'start' })
  })

  test('gets a copy of the arguments', async () => {
    const args = { a: 1 }
    const fn = new FlowsFunctionSchema({
      name: 'go',
      description: 'Go',
      handler: (own) => Object.assign(own, { a: 2 }),
    })
    expect(await fn.handler?.(args, { manager })).toEqual({ a: 2 })
    expect(args).toEqual({ a: 1 })
  })

  test('may return a pair of a result and where to go', async () => {
    expect(await calling(() => [{ ok: true }, 'end'])).toMatchObject({ kind: 'to', node: 'end', result: { ok: true } })
    expect(await calling(() => [null, null])).toEqual({ kind: 'stay', result: { status: 'acknowledged' } })
    expect(await calling(() => [{ ok: true }, NO_RESPONSE])).toMatchObject({ kind: 'silent', result: { ok: true } })
    expect(
      await calling(() => [{ ok: true }, { name: 'sizes', taskMessages: [{ role: 'system', content: 'Ask.' }] }]),
    ).toMatchObject({ kind: 'jump', node: { name: 'sizes', task: [{ role: 'system', content: 'Ask.' }] } })
  })

  test('may be missing: the function acknowledges, and moves along its only edge', () => {
    expect(new FlowsFunctionSchema({ name: 'go', description: 'Go', transitionTo: 'end' }).handler).toBeUndefined()
  })
})

describe('its transition callback', () => {
  const seen: unknown[] = []
  const mover: TransitionManager = { ...manager, setNode: async (name) => seen.push(name) }
  const isCallback = (outcome: FlowOutcome): outcome is Callback => outcome.kind === 'callback'

  test('moves the conversation when the result was given: with two parameters, or with the result as well', async () => {
    const two = new FlowsFunctionSchema({
      name: 'two',
      description: 'Two',
      handler: () => ({ ok: true }),
      transitionCallback: async (args: FlowArgs, to: TransitionManager) => to.setNode(String(args['node'])),
    })
    const three = new FlowsFunctionSchema({
      name: 'three',
      description: 'Three',
      transitionCallback: async (_: FlowArgs, result: unknown, to: TransitionManager) =>
        to.setNode(JSON.stringify(result)),
    })
    for (const fn of [two, three]) {
      const outcome = await fn.handler?.({ node: 'end' }, { manager })
      if (!isOutcome(outcome) || !isCallback(outcome)) throw new Error('not a callback')
      expect(outcome.result).toEqual(fn === two ? { ok: true } : { status: 'acknowledged' })
      await outcome.run(mover)
    }
    expect(seen).toEqual(['end', '{"status":"acknowledged"}'])
  })

  test('gives way to an outcome that the handler returns', async () => {
    const fn = new FlowsFunctionSchema({
      name: 'go',
      description: 'Go',
      handler: () => [{ ok: false }, null],
      transitionCallback: () => {},
    })
    expect(await fn.handler?.({}, { manager })).toEqual({ kind: 'stay', result: { ok: false } })
  })

  test('cannot stand beside transitionTo, and has to be a function', () => {
    const given = { name: 'go', description: 'Go', transitionTo: 'end', transitionCallback: () => {} }
    expect(() => new FlowsFunctionSchema(given)).toThrow(/both transitionTo and transitionCallback/)
    const wrong = { name: 'go', description: 'Go', transitionCallback: 'end' as unknown as () => void }
    expect(() => new FlowsFunctionSchema(wrong)).toThrow(InvalidFunctionError)
  })
})

test('a name or a schema that no model takes is refused at once', () => {
  expect(() => new FlowsFunctionSchema({ name: 'go on', description: 'Go' })).toThrow(InvalidFunctionError)
  expect(() => new FlowsFunctionSchema({ name: 'go', description: 'Go', required: ['size'] })).toThrow(
    /"size" is required but not among its properties/,
  )
})
