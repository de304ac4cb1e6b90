import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { getShortestPaths } from 'xstate/graph'
import { automatic, edge, flowOf, foodOrdering, podcast, reservation } from '../../test/example-flows.ts'
import { endConversation } from '../definition/action.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import { describeEdge } from './describe-edge.ts'
import { edgePaths, type FlowWalk, shortestPaths, walkableEdges } from './flow-walks.ts'
import { project } from './project.ts'

const covered = (walks: readonly FlowWalk[]): Set<string> => new Set(walks.flat().map(describeEdge))

function expectConnected(flow: FlowDefinition, walks: readonly FlowWalk[]): void {
  for (const walk of walks) {
    let node = flow.initialNode
    for (const step of walk) {
      expect(step.from).toBe(node)
      node = step.to
    }
  }
}

describe('edgePaths', () => {
  test.each([
    ['the reservation', reservation(), 3],
    ['the food order', foodOrdering(), 1],
    ['the podcast', podcast(), 1],
    ['a flow that moves by itself', automatic(), 4],
  ])('takes every edge of %s, self loops included, in few walks', (_, flow, most) => {
    const walks = edgePaths(flow)
    expect(covered(walks)).toEqual(new Set(flowGraph(flow).edges.map(describeEdge)))
    expect(walks.length).toBeLessThanOrEqual(most)
    expectConnected(flow, walks)
  })

  test('gives the same walks for the same flow', () => {
    expect(edgePaths(reservation())).toEqual(edgePaths(reservation()))
  })

  test('takes every edge that can be reached, in any flow, and no other', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const pairs = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 14 })
    fc.assert(
      fc.property(pairs, (moves) => {
        const functionsOf = (name: string) =>
          moves.flatMap(([from, target], index) => (from === name ? [edge(`f${index}`, target)] : []))
        const flow = flowOf(Object.fromEntries(names.map((name) => [name, { task: '', functions: functionsOf(name) }])))
        const walks = edgePaths(flow)
        expectConnected(flow, walks)
        const reached = shortestPaths(flow)
        const expected = flowGraph(flow).edges.filter(({ from }) => reached.has(from))
        expect(covered(walks)).toEqual(new Set(expected.map(describeEdge)))
      }),
    )
  })

  test('enters no node more often than it allows', () => {
    const flow = flowOf({
      a: { task: '', functions: [edge('go', 'b')] },
      b: { task: '', maxVisits: 2, functions: [edge('again', 'b'), edge('back', 'a'), edge('leave', 'c')] },
      c: { task: '', after: [endConversation()] },
    })
    const walks = edgePaths(flow)
    expect(covered(walks).size).toBe(4)
    for (const walk of walks) expect(walk.filter(({ to }) => to === 'b').length).toBeLessThanOrEqual(2)
  })

  test('leaves out what a model could only do in a node that asks none', () => {
    const flow = flowOf(
      { a: { task: '', functions: [edge('go', 'b')] }, b: { task: [], say: 'Bye.', after: [endConversation()] } },
      { globalFunctions: [edge('help', 'a')] },
    )
    expect(walkableEdges(flow).map(describeEdge)).toEqual(['a --go--> b', 'a --help--> a'])
    expect(covered(edgePaths(flow)).size).toBe(2)
  })
})

describe('shortestPaths', () => {
  test('gives the shortest walk to each node that can be reached', () => {
    const paths = shortestPaths(flowOf({ ...reservation().nodes, lost: { task: '' } }))
    const lengths = [...paths].map(([node, walk]) => [node, walk.length])
    expect(Object.fromEntries(lengths)).toEqual({ initial: 0, get_time: 1, confirm: 2, no_availability: 2, end: 3 })
  })
})

describe('project', () => {
  test('gives a machine whose shortest paths, as XState finds them, are as long as ours', () => {
    for (const flow of [reservation(), foodOrdering(), podcast(), automatic()]) {
      const theirs = getShortestPaths(project(flow)).map(({ state, steps }) => [
        String(state.value),
        steps.filter(({ event }) => event.type !== 'xstate.init').length,
      ])
      const ours = [...shortestPaths(flow)].map(([node, walk]) => [node, walk.length])
      expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(ours))
    }
  })

  test('names its events by function and target', () => {
    const { states } = project(reservation())
    expect(Object.keys(states['get_time']!.config.on ?? {})).toEqual([
      'check_availability→confirm',
      'check_availability→no_availability',
    ])
    expect(states['end']?.type).toBe('final')
  })
})
