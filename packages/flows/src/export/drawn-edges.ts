import type { FlowEdge, FlowGraph } from '../machine/flow-graph.ts'

/** The node that global functions are drawn from. */
export const ANY_NODE = 'any node'

/** The edges of a drawing; those of a global function are one, from {@link ANY_NODE}, to each of its targets. */
export function drawnEdges({ edges }: FlowGraph): { readonly all: readonly FlowEdge[]; readonly hasGlobal: boolean } {
  const globals = new Map<string, FlowEdge>()
  for (const edge of edges) if (edge.global) globals.set(`${edge.via} ${edge.to}`, { ...edge, from: ANY_NODE })
  return { all: [...edges.filter(({ global }) => !global), ...globals.values()], hasGlobal: globals.size > 0 }
}

/** Edges between the same two nodes as one, with a label for each. */
export function labelledEdges(
  edges: readonly FlowEdge[],
): { readonly from: string; readonly to: string; readonly labels: readonly string[] }[] {
  const groups = Map.groupBy(edges, ({ from, to }) => JSON.stringify([from, to]))
  return [...groups.values()].map((group) => ({
    from: group[0]!.from,
    to: group[0]!.to,
    labels: group.map(edgeLabel),
  }))
}

const LABELS = { always: 'always', onSpoken: 'when spoken', onSilence: 'on silence', onError: 'on error' } as const

/** An edge's function, or in words what moves the conversation. */
function edgeLabel({ kind, via }: FlowEdge): string {
  return kind === 'function' ? via : `(${LABELS[kind]})`
}
