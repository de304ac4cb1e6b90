import type { FlowEdge } from '../machine/flow-graph.ts'

/** An edge for people, such as `start --choose_size--> confirm`. */
export function describeEdge({ from, via, to }: Pick<FlowEdge, 'from' | 'via' | 'to'>): string {
  return `${from} --${via}--> ${to}`
}
