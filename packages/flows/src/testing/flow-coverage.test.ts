import { describe, expect, test } from 'vitest'
import { edge, flowOf, foodOrdering } from '../../test/example-flows.ts'
import { endConversation } from '../definition/action.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowCoverage } from './flow-coverage.ts'

const flow = flowOf({
  a: { task: '', functions: [edge('go', 'b'), { name: 'ask', description: '' }] },
  b: { task: '', functions: [edge('again', 'b'), edge('back', 'a')] },
})

function moved(coverage: FlowCoverage, ...moves: readonly [string, string, string][]): FlowCoverage {
  const { id } = coverage.flow
  for (const [from, name, to] of moves) {
    const call = { node: from, function: name, callId: '1' }
    coverage.inspect({ type: 'flow.call.start', atMs: 0, flow: id, ...call, args: {} })
    coverage.inspect({ type: 'flow.transition', atMs: 0, flow: id, from, to, cause: { by: 'function', name } })
    coverage.inspect({
      type: 'flow.enter',
      atMs: 0,
      flow: id,
      node: to,
      visit: 1,
      input: undefined,
      tookMs: 0,
      functions: [],
    })
  }
  return coverage
}

const entered = (coverage: FlowCoverage, node: string): FlowCoverage => {
  const { id } = coverage.flow
  coverage.inspect({
    type: 'flow.enter',
    atMs: 0,
    flow: id,
    node,
    visit: 1,
    input: undefined,
    tookMs: 0,
    functions: [],
  })
  return coverage
}

describe('the coverage of a flow', () => {
  test('counts nodes, edges and functions, and names what is missing', () => {
    const coverage = moved(entered(new FlowCoverage(flow), 'a'), ['a', 'go', 'b'])
    expect(coverage.nodes).toEqual({ covered: 2, total: 2, percent: 100, missing: [] })
    expect(coverage.edges).toEqual({
      covered: 1,
      total: 3,
      percent: 33,
      missing: ['b --again--> b', 'b --back--> a'],
    })
    expect(coverage.functions.missing).toEqual(['a.ask', 'b.again', 'b.back'])
  })

  test('under a limit throws, with all that is missing', () => {
    const coverage = moved(new FlowCoverage(flow), ['a', 'go', 'b'])
    expect(() => coverage.assertCoverage({ edges: 100 })).toThrow(
      /edges: 33 % of 100 %; missing:\n {2}b --again--> b\n {2}b --back--> a/,
    )
    expect(() => coverage.assertCoverage({ edges: 33 })).not.toThrow()
    expect(() => coverage.assertCoverage()).toThrow(/nodes: 50 %[^]*edges: 33 % of 100 %[^]*functions: 25 % of 100 %/)
  })

  test('joins that of other tests and of other processes', () => {
    const one = moved(entered(new FlowCoverage(flow), 'a'), ['a', 'go', 'b'], ['b', 'back', 'a'])
    const other = moved(new FlowCoverage(flow), ['b', 'again', 'b'])
    const far: unknown = JSON.parse(JSON.stringify(other))
    expect(far).toEqual(other.toJSON())
    expect(one.merge(other).edges.percent).toBe(100)
    expect(new FlowCoverage(flow).addJSON(one.toJSON()).edges.percent).toBe(100)
  })

  test('is never 100 % while something is missing', () => {
    const many = Array.from({ length: 300 }, (_, index) => edge(`f${index}`, 'a'))
    const large = flowOf({ a: { task: '', functions: many } })
    const coverage = new FlowCoverage(large)
    for (const { name } of many.slice(1)) moved(coverage, ['a', name, 'a'])
    expect(coverage.edges).toMatchObject({ percent: 99, missing: ['a --f0--> a'] })
  })

  test('leaves out what no conversation can reach', () => {
    const odd: FlowDefinition = flowOf(
      {
        a: { task: '', functions: [edge('go', 'b')] },
        b: { task: [], say: 'Bye.', after: [endConversation()] },
        lost: { task: '', functions: [edge('find', 'a')] },
      },
      { globalFunctions: [{ name: 'help', description: '' }] },
    )
    const { nodes, edges, functions } = new FlowCoverage(odd)
    expect([nodes.missing, edges.missing, functions.missing]).toEqual([['a', 'b'], ['a --go--> b'], ['a.go', 'a.help']])
  })

  test('takes no notice of other flows', () => {
    const coverage = new FlowCoverage(foodOrdering())
    coverage.inspect({
      type: 'flow.enter',
      atMs: 0,
      flow: 'other',
      node: 'initial',
      visit: 1,
      input: undefined,
      tookMs: 0,
      functions: [],
    })
    expect(coverage.nodes.covered).toBe(0)
  })

  test('is told as a text', () => {
    expect(moved(entered(new FlowCoverage(flow), 'a'), ['a', 'go', 'b'], ['b', 'back', 'a']).report()).toBe(
      [
        "coverage of flow 'example'",
        'nodes     100 %  2 of 2',
        'edges      66 %  2 of 3',
        '  missing b --again--> b',
        'functions  50 %  2 of 4',
        '  missing a.ask',
        '  missing b.again',
      ].join('\n'),
    )
  })
})
