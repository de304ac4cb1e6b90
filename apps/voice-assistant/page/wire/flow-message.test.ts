import { describe, expect, test } from 'vitest'
import { assistant, demoListOf } from './demo-list.ts'
import { flowMessageOf } from './flow-message.ts'

const graph = {
  id: 'pizza',
  version: '1',
  initial: 'start',
  nodes: [
    { id: 'start', final: false, automatic: false, parameterised: false, opaque: false, functions: [] },
    { id: 'end', final: true, automatic: true },
    { id: 'end' },
    { final: true },
    'nonsense',
  ],
  edges: [{ from: 'start', to: 'end', via: 'order', kind: 'function', global: false }, { from: 'start' }, null],
}
const drawing = {
  initial: 'start',
  steps: [
    { id: 'start', final: false, automatic: false },
    { id: 'end', final: true, automatic: true },
  ],
  ways: [{ from: 'start', to: 'end', via: 'order', global: false }],
}
const message = (rest: object): unknown => ({ t: 'flow', flow: 'pizza', atMs: 5, ...rest })

describe('messages about a flow', () => {
  test('a graph is read, without what makes no sense in it', () => {
    expect(flowMessageOf(message({ event: 'graph', graph }))).toEqual({ flow: 'pizza', event: 'graph', graph: drawing })
  })

  test('steps, transitions, calls and the state are read', () => {
    const cause = { by: 'function', name: 'order' }
    expect(
      [
        { event: 'enter', node: 'start', visit: 1, functions: [], tookMs: 1 },
        { event: 'transition', from: null, to: 'start', cause: { by: 'initialize' } },
        { event: 'transition', from: 'start', to: 'end', cause },
        { event: 'call.start', node: 'start', function: 'order', callId: 'c1', args: {} },
        { event: 'call.end', node: 'start', function: 'order', callId: 'c1', end: 'result', tookMs: 2 },
        { event: 'state', node: 'start', state: { size: 'large' } },
      ].map((each) => flowMessageOf(message(each))),
    ).toEqual([
      { flow: 'pizza', event: 'enter', node: 'start' },
      { flow: 'pizza', event: 'transition', from: null, to: 'start', via: 'initialize' },
      { flow: 'pizza', event: 'transition', from: 'start', to: 'end', via: 'order' },
      { flow: 'pizza', event: 'call.start', node: 'start', name: 'order', callId: 'c1' },
      { flow: 'pizza', event: 'call.end', callId: 'c1' },
      { flow: 'pizza', event: 'state', state: { size: 'large' } },
    ])
  })

  test.each([
    undefined,
    'flow',
    { t: 'other', flow: 'pizza', event: 'enter', node: 'start' },
    { t: 'flow', event: 'enter', node: 'start' },
    message({ event: 'enter' }),
    message({ event: 'transition', from: 'start' }),
    message({ event: 'call.start', node: 'start', callId: 'c1' }),
    message({ event: 'call.end' }),
    message({ event: 'state', state: 'none' }),
    message({ event: 'graph', graph: { initial: 'start', nodes: [] } }),
    message({ event: 'graph' }),
    message({ event: 'exit', node: 'start', visit: 1 }),
    message({ event: 'later' }),
  ])('what is none, lacks something or is not shown is left out: %j', (data) => {
    expect(flowMessageOf(data)).toBeUndefined()
  })
})

describe('the list of demos', () => {
  test('is read with the flows', () => {
    const pizza = { id: 'pizza', title: 'Pizza', about: 'Order one', examples: ['A pizza', 7], graph }
    expect(demoListOf({ demos: [pizza, { id: 'nameless' }, { id: 'luna', title: 'Luna' }] })).toEqual([
      { id: 'pizza', title: 'Pizza', about: 'Order one', examples: ['A pizza'], graph: { flow: 'pizza', drawing } },
      { id: 'luna', title: 'Luna', about: '', examples: [], graph: undefined },
    ])
  })

  test('has the assistant where a server has none', () => {
    expect(demoListOf(undefined)).toEqual([assistant])
    expect(demoListOf({ demos: 'many' })).toEqual([assistant])
  })
})
