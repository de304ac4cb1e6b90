import type { FlowDefinition } from '../definition/flow-definition.ts'
import { flowGraph } from '../machine/flow-graph.ts'
import { ANY_NODE, drawnEdges, labelledEdges } from './drawn-edges.ts'

/**
 * A flow as a directed graph of Graphviz: functions on the edges, ends with a double frame, parameterised nodes dashed.
 * A global function is drawn once, from "any node".
 */
export function toDot(flow: FlowDefinition): string {
  const graph = flowGraph(flow)
  const edges = drawnEdges(graph)
  const lines = [
    'rankdir=TB',
    'node [shape=box style=rounded fontname="sans-serif"]',
    'edge [fontname="sans-serif" fontsize=10]',
    '"[start]" [shape=point label=""]',
    ...graph.nodes.map(({ id, final, parameterised }) => {
      const looks = [...(final ? ['peripheries=2'] : []), ...(parameterised ? ['style="rounded,dashed"'] : [])]
      return looks.length === 0 ? quoted(id) : `${quoted(id)} [${looks.join(' ')}]`
    }),
    ...(edges.hasGlobal ? [`${quoted(ANY_NODE)} [shape=plaintext]`] : []),
    `"[start]" -> ${quoted(graph.initial)}`,
    ...labelledEdges(edges.all).map(
      // A line for each label: they stand beside the edge.
      ({ from, to, labels }) => `${quoted(from)} -> ${quoted(to)} [label=${quoted(labels.join('\n'))}]`,
    ),
  ]
  return [`digraph ${quoted(graph.id)} {`, ...lines.map((line) => `  ${line}`), '}', ''].join('\n')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
