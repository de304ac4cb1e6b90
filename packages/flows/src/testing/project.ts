import { type AnyStateMachine, createMachine } from 'xstate'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import { type FlowEdge, flowGraph } from '../machine/flow-graph.ts'

/** The event of {@link project} for an edge, such as `choose_size→confirm`. */
export function edgeEvent({ via, to }: Pick<FlowEdge, 'via' | 'to'>): string {
  return `${via}→${to}`
}

/**
 * A flow as a plain XState machine without effects: a state per node, an event per edge. It is made for the algorithms
 * of `xstate/graph`, such as `getShortestPaths(project(flow))`.
 */
export function project(flow: FlowDefinition): AnyStateMachine {
  const { id, initial, nodes, edges } = flowGraph(flow)
  const ways = Map.groupBy(edges, ({ from }) => from)
  const stateOf = (node: string): object => {
    const on = (ways.get(node) ?? []).map((edge) => [edgeEvent(edge), { target: edge.to, reenter: true }])
    return on.length === 0 ? { type: 'final' } : { on: Object.fromEntries(on) }
  }
  return createMachine({ id, initial, states: Object.fromEntries(nodes.map((node) => [node.id, stateOf(node.id)])) })
}
