import type { FlowDefinition } from '../definition/flow-definition.ts'
import { type FlowEdgeKind, flowGraph, type FlowGraphNode } from '../machine/flow-graph.ts'

/** A graph in the JSON Graph Format, version 2 (https://jsongraphformat.info). */
export interface JsonGraph {
  readonly graph: {
    readonly id: string
    readonly type: 'flow'
    readonly directed: true
    readonly metadata: { readonly version: string; readonly initial: string }
    readonly nodes: Readonly<Record<string, { readonly label: string; readonly metadata: Omit<FlowGraphNode, 'id'> }>>
    readonly edges: readonly {
      readonly source: string
      readonly target: string
      /** The name of the function, or the kind where it is none. */
      readonly relation: string
      readonly metadata: { readonly kind: FlowEdgeKind; readonly global: boolean }
    }[]
  }
}

/** A flow as a graph in the JSON Graph Format, for tools that draw or analyse graphs. */
export function toJsonGraph(flow: FlowDefinition): JsonGraph {
  const { id, version, initial, nodes, edges } = flowGraph(flow)
  return {
    graph: {
      id,
      type: 'flow',
      directed: true,
      metadata: { version, initial },
      nodes: Object.fromEntries(nodes.map(({ id: label, ...metadata }) => [label, { label, metadata }])),
      edges: edges.map(({ from, to, via, kind, global }) => ({
        source: from,
        target: to,
        relation: via,
        metadata: { kind, global },
      })),
    },
  }
}
