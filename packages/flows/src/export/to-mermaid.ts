import type { FlowDefinition } from '../definition/flow-definition.ts'
import { ANY_NODE, drawnEdges, labelledEdges } from './drawn-edges.ts'
import { flowGraph } from '../machine/flow-graph.ts'

/** Words of Mermaid that cannot name a state. */
const RESERVED = new Set(
  `accDescr accTitle as choice class classDef click default direction end fork hide href join note root scale state
  stateDiagram style title`.split(/\s+/),
)

/**
 * A flow as a state diagram of Mermaid: functions on the edges, ends as the final state, parameterised nodes dashed.
 * A global function is drawn once, from "any node".
 */
export function toMermaid(flow: FlowDefinition): string {
  const graph = flowGraph(flow)
  const edges = drawnEdges(graph)
  const ids = stateIds([...graph.nodes.map(({ id }) => id), ...(edges.hasGlobal ? [ANY_NODE] : [])])
  const idOf = (node: string): string => ids.get(node) ?? node
  const parameterised = graph.nodes.filter((node) => node.parameterised).map(({ id }) => idOf(id))
  const lines = [
    ...[...ids].filter(([node, id]) => node !== id).map(([node, id]) => `state "${escaped(node)}" as ${id}`),
    `[*] --> ${idOf(graph.initial)}`,
    ...labelledEdges(edges.all).map(
      ({ from, to, labels }) => `${idOf(from)} --> ${idOf(to)}: ${labels.map(escaped).join(', ')}`,
    ),
    ...graph.nodes.filter(({ final }) => final).map(({ id }) => `${idOf(id)} --> [*]`),
    ...(parameterised.length > 0
      ? ['classDef parameterised stroke-dasharray: 4 3', `class ${parameterised.join(',')} parameterised`]
      : []),
  ]
  return ['stateDiagram-v2', ...lines.map((line) => `  ${line}`), ''].join('\n')
}

function stateIds(nodes: readonly string[]): Map<string, string> {
  const plain = (node: string): boolean => /^[A-Za-z]\w*$/.test(node) && !RESERVED.has(node)
  const taken = new Set(nodes.filter(plain))
  const ids = new Map<string, string>()
  for (const node of nodes) {
    let id = node
    if (!plain(node)) {
      const base = `n_${node.replaceAll(/\W+/g, '_')}`
      id = base
      for (let count = 2; taken.has(id); count++) id = `${base}_${count}`
      taken.add(id)
    }
    ids.set(node, id)
  }
  return ids
}

/** Mermaid knows no backslash; what it would read as its own is written by its number. */
function escaped(text: string): string {
  return text.replaceAll(/["#;:<>{}\\\n]/g, (char) => `#${char.charCodeAt(0)};`)
}
