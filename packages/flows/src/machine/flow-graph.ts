import type { FlowAction } from '../definition/action.ts'
import { textOf } from '../definition/errors.ts'
import type { FlowDefinition, FlowWarning } from '../definition/flow-definition.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import { edgesOf, type FlowEdge, type NodeEdges } from './flow-edges.ts'

export { type FlowEdge, type FlowEdgeKind, sampleNode } from './flow-edges.ts'

/** A function that the model may call in a node. */
export interface FlowGraphFunction {
  readonly name: string
  readonly global: boolean
}

/** A node of a graph. */
export interface FlowGraphNode {
  readonly id: string
  /** One of its actions ends the conversation. */
  readonly final: boolean
  /** Its text depends on what it is entered with. */
  readonly parameterised: boolean
  /** It moves on, or ends, by itself: the model is not asked in it. */
  readonly automatic: boolean
  /** Could not be looked into: its functions and edges are unknown, save the global ones. */
  readonly opaque: boolean
  readonly functions: readonly FlowGraphFunction[]
  /** How often it may be entered, where that is limited. */
  readonly maxVisits?: number | undefined
}

/** A flow as nodes and edges; plain JSON. */
export interface FlowGraph {
  readonly id: string
  readonly version: string
  readonly initial: string
  readonly nodes: readonly FlowGraphNode[]
  /** In the order of the nodes and of their functions; a global function has one from every node. */
  readonly edges: readonly FlowEdge[]
  /** Nodes that could not be looked into. */
  readonly warnings: readonly FlowWarning[]
}

const graphs = new WeakMap<FlowDefinition, FlowGraph>()

/**
 * A flow as nodes and edges. Functions that stay in their node are no edges; moves that are declared nowhere, such as
 * `jump`, are not seen. A parameterised node is made from samples of its input, of which one or another may show edges.
 */
export function flowGraph(flow: FlowDefinition): FlowGraph {
  const known = graphs.get(flow)
  if (known !== undefined) return known
  const nodes = edgesOf(flow)
  const graph: FlowGraph = {
    id: flow.id,
    version: flow.version,
    initial: flow.initialNode,
    nodes: nodes.map((node) => drawn(node, typeof flow.nodes[node.id] === 'function')),
    edges: nodes.flatMap(({ edges }) => edges),
    warnings: nodes.flatMap(warningsOf),
  }
  graphs.set(flow, graph)
  return graph
}

function drawn({ id, nodes, names, globals }: NodeEdges, parameterised: boolean): FlowGraphNode {
  const [first] = nodes
  return {
    id,
    final: nodes.some(({ before, after }) => ends(before) || ends(after)),
    parameterised,
    automatic: first !== undefined && isAutomatic(first),
    opaque: first === undefined,
    functions: [
      ...[...names].map((name) => ({ name, global: false })),
      ...globals.map(({ name }) => ({ name, global: true })),
    ],
    ...(first?.maxVisits !== undefined && { maxVisits: first.maxVisits }),
  }
}

function warningsOf({ id, nodes, error, isBlind }: NodeEdges): readonly FlowWarning[] {
  const path = `nodes.${id}`
  if (nodes.length === 0) {
    const why = error === undefined ? 'it gives no node' : `it fails: ${textOf(error)}`
    const message = `The node '${id}' cannot be looked into, because with a sample of its input ${why}. Its edges are not drawn and not tested.`
    return [{ code: 'opaque-node', path, message }]
  }
  if (!isBlind) return []
  const message = `Where the node '${id}' moves on to cannot be told, because its function fails with a sample of the state.`
  return [{ code: 'opaque-node', path: `${path}.always`, message }]
}

function ends(actions: readonly FlowAction[] = []): boolean {
  return actions.some(({ type }) => type === 'end_conversation')
}

function isAutomatic({ always, before, say, onSpoken, after }: FlowNode): boolean {
  return always !== undefined || ends(before) || (say !== undefined && (onSpoken !== undefined || ends(after)))
}
