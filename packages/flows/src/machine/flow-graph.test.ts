import { describe, expect, test } from 'vitest'
import { automatic, edge, flowOf, foodOrdering, podcast, reservation } from '../../test/example-flows.ts'
import { endConversation } from '../definition/action.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { NodeFactory } from '../definition/flow-node.ts'
import { type To, to } from '../definition/outcome.ts'
import { flowGraph, sampleNode } from './flow-graph.ts'

const ways = (flow: FlowDefinition): string[] =>
  flowGraph(flow).edges.map(({ from, via, to: target }) => `${from} ${via} ${target}`)

describe('the graph of a flow', () => {
  test('has an edge for each target of each function, self loops included', () => {
    expect(ways(reservation())).toEqual([
      'initial collect_party_size get_time',
      'get_time check_availability confirm',
      'get_time check_availability no_availability',
      'confirm finish end',
      'no_availability check_availability confirm',
      'no_availability check_availability no_availability',
      'no_availability finish end',
    ])
    expect(ways(podcast())).toContain('interview next_question interview')
  })

  test('is plain JSON', () => {
    const graph = flowGraph(reservation())
    expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
  })

  test('names the kind of edges that no function takes', () => {
    const kinds = flowGraph(automatic()).edges.map(({ from, kind, to: target }) => `${from} ${kind} ${target}`)
    expect(kinds).toEqual([
      'welcome always ask',
      'ask function found',
      'ask onSilence lost',
      'ask onError broken',
      'found onSpoken goodbye',
      'lost onSpoken goodbye',
      'broken function ask',
      'broken function goodbye',
    ])
  })

  test('has the edges of a global function from every node, save where a function of the node hides it', () => {
    const flow = flowOf(
      {
        a: { task: '', functions: [edge('go', 'b')] },
        b: { task: '', functions: [edge('help', 'a')] },
        desk: { task: '' },
      },
      { globalFunctions: [edge('help', 'desk')] },
    )
    expect(ways(flow)).toEqual(['a go b', 'a help desk', 'b help a', 'desk help desk'])
    expect(flowGraph(flow).edges.map(({ global }) => global)).toEqual([false, true, false, true])
  })

  test('lists functions that stay in their node there, not as edges', () => {
    const { nodes, edges } = flowGraph(foodOrdering())
    expect(nodes[0]?.functions).toEqual([
      { name: 'choose_pizza', global: false },
      { name: 'choose_sushi', global: false },
      { name: 'delivery_estimate', global: true },
    ])
    expect(edges.some(({ via }) => via === 'delivery_estimate')).toBe(false)
  })

  test('marks nodes that end the conversation, take an input, or ask no model', () => {
    const marks = [...flowGraph(reservation()).nodes, ...flowGraph(automatic()).nodes].map(
      ({ id, final, parameterised, automatic: alone }) =>
        [id, final && 'final', parameterised && 'parameterised', alone && 'automatic'].filter(Boolean).join(' '),
    )
    expect(marks).toEqual([
      'initial',
      'get_time',
      'confirm',
      'no_availability parameterised',
      'end final',
      'welcome automatic',
      'ask',
      'found',
      'lost automatic',
      'broken',
      'goodbye final automatic',
    ])
  })

  test('is made once for a flow', () => {
    const flow = podcast()
    expect(flowGraph(flow)).toBe(flowGraph(flow))
  })
})

describe('a parameterised node', () => {
  const withNode = (factory: (input: never, state: never) => unknown, state = {}): FlowDefinition =>
    flowOf({ a: factory as NodeFactory, b: { task: '' }, c: { task: '' } }, { initialState: state })

  test('is made from a sample that stands for any JSON', () => {
    type Order = { items: { name: string; price: number }[]; note?: string; total: number }
    const flow = withNode((order: Order) => {
      const names = order.items.map(({ name }) => name.trim().toUpperCase()).join(', ')
      let sum = 0
      for (const { price } of order.items) sum += price
      const [first] = order.items
      const { total, ...rest } = order
      return {
        task: `${names}: ${sum.toFixed(2)} of ${total.toFixed(2)}, ${order.items.length}, ${first?.name}, ${order.note?.slice(0, 5)} ${JSON.stringify(order)} ${Object.keys(rest).length}`,
        functions: [edge('go', 'b')],
      }
    })
    expect(flowGraph(flow).warnings).toEqual([])
    expect(ways(flow)).toEqual(['a go b'])
    expect(sampleNode(flow, 'a')?.task).toContain('NAME: 1.00')
  })

  test('shows the edges of every branch that some sample takes', () => {
    const flow = withNode(({ left }: { left: number }) => ({
      task: '',
      functions: left > 5 ? [edge('go', 'b')] : left === undefined ? [edge('ask', 'a')] : [edge('leave', 'c')],
    }))
    expect(ways(flow).sort()).toEqual(['a ask a', 'a go b', 'a leave c'])
  })

  test('gets the state as it is in the beginning, and samples for the rest', () => {
    const flow = withNode(
      (_: unknown, state: { plan: string; order: { size: string } }) => ({
        task: `${state.plan} ${state.order.size.toUpperCase()}`,
      }),
      { plan: 'gold' },
    )
    expect(sampleNode(flow, 'a')?.task).toBe('gold SIZE')
  })

  test('does not change the state in the beginning', () => {
    const state = { visits: { count: 0 } }
    flowGraph(
      withNode((_: unknown, draft: { visits: { count: number }; more: number }) => {
        draft.visits.count++
        draft.more = 1
        return { task: '' }
      }, state),
    )
    expect(state).toEqual({ visits: { count: 0 } })
  })

  test('that fails with every sample is opaque, with a warning, and keeps the global edges', () => {
    const flow = flowOf(
      {
        a: (() => {
          throw new Error('no database')
        }) as NodeFactory,
        b: { task: '' },
      },
      { globalFunctions: [edge('help', 'b')] },
    )
    const { nodes, warnings } = flowGraph(flow)
    expect(nodes[0]).toMatchObject({ id: 'a', opaque: true, parameterised: true })
    expect(warnings).toMatchObject([{ code: 'opaque-node', path: 'nodes.a' }])
    expect(warnings[0]?.message).toContain('no database')
    expect(ways(flow)).toEqual(['a help b', 'b help b'])
  })
})

describe('an `always` that is a function', () => {
  const withAlways = (always: (state: Record<string, unknown>) => To): FlowDefinition =>
    flowOf({ a: { task: [], always }, b: { task: '' }, c: { task: '', after: [endConversation()] } })

  test('gives an edge for each branch that a sample of the state takes', () => {
    expect(ways(withAlways((state) => to(Number(state['age']) >= 18 ? 'b' : 'c'))).sort()).toEqual([
      'a always b',
      'a always c',
    ])
  })

  test('that fails with every sample is reported', () => {
    const flow = withAlways(() => {
      throw new Error('broken')
    })
    expect(flowGraph(flow).warnings).toMatchObject([{ code: 'opaque-node', path: 'nodes.a.always' }])
  })
})
