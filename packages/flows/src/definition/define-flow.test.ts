import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { endConversation } from './action.ts'
import { buildFlow, type FlowSource } from './build-flow.ts'
import { defineFlow } from './define-flow.ts'
import { defineNode } from './define-node.ts'
import { direct } from './direct.ts'
import { FlowDefinitionError, InvalidFunctionError } from './errors.ts'
import { flowKit } from './flow-kit.ts'
import { to } from './outcome.ts'
import { flowFunction } from './typed-function.ts'

const finish = flowFunction({ name: 'finish', description: 'Caller is happy', transitionTo: 'end' })
const end = defineNode({ task: 'Say goodbye.', after: [endConversation()] })

/** What a flow in plain JavaScript, which no compiler has seen, is refused for. */
function faultsOf(source: object): Record<string, string> {
  try {
    buildFlow(source as FlowSource)
  } catch (error) {
    if (error instanceof FlowDefinitionError) {
      return Object.fromEntries(error.faults.map(({ path, message }) => [path, message]))
    }
    throw error
  }
  return {}
}

function nodeFaults(node: object): Record<string, string> {
  return faultsOf({ id: 'flow', initialNode: 'start', nodes: { start: { task: 'Ask.', ...node }, end } })
}

function functionFaults(fn: object): Record<string, string> {
  return nodeFaults({ functions: [{ name: 'go', description: 'Go on', ...fn }] })
}

describe('a flow', () => {
  test('is completed with its defaults', () => {
    const flow = defineFlow({
      id: 'order',
      initialNode: 'start',
      nodes: { start: { task: 'Ask.', functions: [finish] }, end },
    })
    expect(flow).toMatchObject({
      id: 'order',
      version: '1',
      initialNode: 'start',
      globalFunctions: [],
      context: 'append',
      initialState: {},
      subFlows: {},
    })
  })

  test('has functions by name, whose keys are the names, in lists', () => {
    const flow = defineFlow({
      id: 'order',
      initialNode: 'start',
      globalFunctions: { eta: flowFunction({ description: 'Delivery time' }) },
      nodes: {
        start: {
          task: 'Ask.',
          functions: {
            finish: flowFunction({ description: 'Finish', transitionTo: 'end' }),
            stop: direct({ description: 'Stop', transitionTo: 'end' }, () => [null, 'end']),
          },
        },
        made: (left: number) => ({ task: `Only ${left} left.`, functions: { again: finish } }),
        end,
      },
    })
    expect(flow.globalFunctions).toMatchObject([{ name: 'eta' }])
    expect(flow.nodes['start']).toMatchObject({
      functions: [{ name: 'finish', transitionTo: ['end'] }, { name: 'stop' }],
    })
    const { made } = flow.nodes
    expect(typeof made === 'function' && made(1 as never, {} as never)).toMatchObject({
      functions: [{ name: 'again' }],
    })
  })

  test('keeps its sub-flows by their ids, given as a list or a record', () => {
    const sub = defineFlow({ id: 'sub', initialNode: 'end', nodes: { end } })
    const nodes = { end }
    expect(defineFlow({ id: 'a', initialNode: 'end', nodes, subFlows: [sub] }).subFlows).toEqual({ sub })
    expect(defineFlow({ id: 'b', initialNode: 'end', nodes, subFlows: { sub } }).subFlows).toEqual({ sub })
    expect(faultsOf({ id: 'c', initialNode: 'end', nodes, subFlows: { other: sub } })).toEqual({
      'subFlows.other': 'stands for the flow "sub": use its id as the key',
    })
    expect(faultsOf({ id: 'c', initialNode: 'end', nodes, subFlows: [sub, sub, 'flow'] })).toEqual({
      'subFlows.sub': 'two flows have the id "sub": rename one',
      'subFlows.undefined': 'is no flow: use defineFlow',
    })
  })
})

describe('what is wrong with a flow', () => {
  test('is told all at once, each fault with its path and how to mend it', () => {
    const faults = faultsOf({
      id: '',
      version: 2,
      initialNode: 'strat',
      context: 'rest',
      globalFunctions: [flowFunction({ name: 'stop', description: 'Stop', transitionTo: 'edn' })],
      nodes: {
        start: { functions: [{ name: 'go', description: 'Go on', transitionTo: ['confrim'] }] },
        $dynamic: end,
        'a.b': end,
        confirm: 'Confirm.',
        end,
      },
    })
    expect(faults).toEqual({
      id: 'is missing: snapshots know the flow by it',
      version: 'is no text',
      initialNode: "unknown node 'strat'; did you mean 'start'?",
      context: `must be 'append', 'reset' or { summary: prompt }, not "rest"`,
      'globalFunctions.stop.transitionTo': "moves to unknown node 'edn'; did you mean 'end'?",
      'nodes.start.task': 'is missing: say what is to be achieved here; an empty list will do',
      'nodes.start.functions.go.transitionTo': "moves to unknown node 'confrim'; did you mean 'confirm'?",
      'nodes.$dynamic': 'names that begin with "$" are kept for the engine: rename the node',
      'nodes.a.b': 'the name of a node has no dots: rename it',
      'nodes.confirm': 'is no node: give an object with a task, or a function that makes one',
    })
  })

  test('stands in the message of the error, a line for each', () => {
    const source = { id: 'order', initialNode: 'strat', nodes: { start: { task: 1 } } }
    expect(() => buildFlow(source as unknown as FlowSource)).toThrow(
      /The flow "order" does not hold: initialNode: .*did you mean 'start'\?\nnodes\.start\.task: is neither/,
    )
  })

  test('includes a flow without nodes', () => {
    expect(faultsOf({ id: 'flow', initialNode: 'a' })).toMatchObject({ nodes: 'a flow needs at least one node' })
    expect(faultsOf({ id: 'flow', initialNode: 'a', nodes: {} })).toMatchObject({
      nodes: 'a flow needs at least one node',
    })
  })
})

describe('what is wrong with a node', () => {
  test.each([
    ['context', { context: { summary: '' } }, 'nodes.start.context.summary', /tell the model what the summary/],
    ['context', { context: { strategy: 'reset' } }, 'nodes.start.context.summary', /tell the model what the summary/],
    ['always', { always: to('edn') }, 'nodes.start.always', /did you mean 'end'/],
    ['onSpoken', { onSpoken: to('edn') }, 'nodes.start.onSpoken', /did you mean 'end'/],
    ['onError', { onError: 'end' }, 'nodes.start.onError', /write to\('the_node'\)/],
    ['onSilence', { onSilence: { afterSecs: 5, to: to('edn') } }, 'nodes.start.onSilence.to', /did you mean 'end'/],
    ['onSilence', { onSilence: { afterSecs: 0 } }, 'nodes.start.onSilence.afterSecs', /no positive number/],
    ['onSilence', { onSilence: { afterSecs: 5, times: 1.5 } }, 'nodes.start.onSilence.times', /no whole number/],
    ['maxVisits', { maxVisits: 0 }, 'nodes.start.maxVisits', /above 0/],
    ['payload', { onSpoken: to('end', { input: 5 }) }, 'nodes.start.onSpoken', /that node takes none/],
    ['payload', { onSpoken: { ...to('end'), input: new Map() } }, 'nodes.start.onSpoken.input', /no JSON/],
    ['before', { before: [{ text: 'Hi' }] }, 'nodes.start.before.0', /needs a type/],
    ['after', { after: [{ type: 'ring', handler: 'bell' }] }, 'nodes.start.after.0.handler', /not a function/],
    ['after', { after: {} }, 'nodes.start.after', /no list of actions/],
    ['functions', { functions: ['go'] }, 'nodes.start.functions.0', /is no function/],
    ['functions', { functions: [finish, finish] }, 'nodes.start.functions.finish', /two functions are named 'finish'/],
  ])('is found in %s %j', (_, node, path, message) => {
    expect(nodeFaults(node)[path]).toMatch(message)
  })

  test('is nothing where there is an empty task', () => {
    expect(nodeFaults({ task: [], say: 'One moment.', always: to('end') })).toEqual({})
  })
})

describe('what is wrong with a function', () => {
  test.each([
    ['a long name', { name: 'x'.repeat(65) }, `nodes.start.functions.${'x'.repeat(65)}`, /1 to 64 letters/],
    ['a name with spaces', { name: 'go on' }, 'nodes.start.functions.go on', /1 to 64 letters/],
    ['no description', { description: undefined }, 'nodes.start.functions.go.description', /say what/],
    ['no handler for several targets', { transitionTo: ['start', 'end'] }, 'nodes.start.functions.go.handler', /which/],
    ['a handler that is none', { handler: 'go' }, 'nodes.start.functions.go.handler', /not a function/],
    ['a guard that is none', { when: true }, 'nodes.start.functions.go.when', /not a function/],
    ['a timeout of 0', { timeoutSecs: 0 }, 'nodes.start.functions.go.timeoutSecs', /positive/],
    [
      'moving in the background',
      { background: true, transitionTo: ['end'] },
      'nodes.start.functions.go.background',
      /drop/,
    ],
    ['parameters without a schema', { parameters: {} }, 'nodes.start.functions.go.parameters', /neither a Standard/],
    ['parameters of no object', { parameters: z.string() }, 'nodes.start.functions.go.parameters', /not an object/],
  ])('is found: %s', (_, fn, path, message) => {
    expect(functionFaults(fn)[path]).toMatch(message)
  })

  test('is a field that JSON Schema cannot express, which is named', () => {
    const parameters = z.object({ guest: z.object({ name: z.string(), born: z.date() }) })
    expect(functionFaults({ parameters })['nodes.start.functions.go.parameters']).toMatch(
      /"go" cannot be offered to a model: the field "guest\.born" has no JSON Schema/,
    )
  })

  test('is that it has no name in a list', () => {
    const nameless = flowFunction({ description: 'Go on' })
    expect(nodeFaults({ functions: [nameless] })['nodes.start.functions']).toMatch(/keys are the names/)
    expect(() => defineNode({ task: 'Ask.', functions: [nameless] })).toThrow(InvalidFunctionError)
  })

  test('may be one name in place of a list of targets', () => {
    const flow = buildFlow({
      id: 'flow',
      initialNode: 'start',
      nodes: { start: { task: 'Ask.', functions: [{ ...finish, transitionTo: 'end' as unknown as string[] }] }, end },
    })
    expect(flow.nodes['start']).toMatchObject({ functions: [{ transitionTo: ['end'] }] })
  })
})

describe('the state', () => {
  test('begins with what its schema makes of nothing', () => {
    const f = flowKit({ state: z.object({ guests: z.number().default(2), name: z.string().optional() }) })
    expect(f.flow({ id: 'flow', initialNode: 'end', nodes: { end } }).initialState).toEqual({ guests: 2 })
  })

  test('begins with what it is given', () => {
    const f = flowKit({ state: z.object({ guests: z.number() }), initialState: { guests: 4 } })
    expect(f.flow({ id: 'flow', initialNode: 'end', nodes: { end } }).initialState).toEqual({ guests: 4 })
  })

  test('has to hold from the beginning', () => {
    const f = flowKit({ state: z.object({ guests: z.number() }) })
    expect(() => f.flow({ id: 'flow', initialNode: 'end', nodes: { end } })).toThrow(
      /initialState: guests: .*give it in initialState, or make it optional/,
    )
  })

  test('holds nothing that is no JSON, circles least of all', () => {
    const order: Record<string, unknown> = { items: [1] }
    order['self'] = order
    expect(faultsOf({ id: 'flow', initialNode: 'end', nodes: { end }, initialState: { order } })).toEqual({
      'initialState.order.self': 'is no JSON, or holds itself: a snapshot could not keep it',
    })
    expect(
      faultsOf({ id: 'flow', initialNode: 'end', nodes: { end }, initialState: { at: new Date(0) } }),
    ).toHaveProperty(['initialState.at'])
  })

  test('needs a schema that can check it', () => {
    expect(faultsOf({ id: 'flow', initialNode: 'end', nodes: { end }, state: {} })).toEqual({
      state: 'is no Standard Schema, such as one of zod 4',
    })
  })
})
