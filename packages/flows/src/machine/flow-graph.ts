import type { Decision } from '../definition/decision.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition, FlowWarning } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import { sample, type SampleParts, sampleState } from './sample.ts'

/** What moves a conversation along an edge: a function that the model calls, or the node itself. */
export type FlowEdgeKind = 'function' | 'always' | 'onSpoken' | 'onSilence' | 'onError'

/** A way from one node to another, or back to the same. */
export interface FlowEdge {
  readonly from: string
  readonly to: string
  /** The name of the function, or the kind where it is none. */
  readonly via: string
  readonly kind: FlowEdgeKind
  /** Its function may be called in every node. */
  readonly global: boolean
}

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
  const warnings: FlowWarning[] = []
  const parts = Object.keys(flow.nodes).map((id) => partOf(flow, id, warnings))
  const graph: FlowGraph = {
    id: flow.id,
    version: flow.version,
    initial: flow.initialNode,
    nodes: parts.map(({ node }) => node),
    edges: parts.flatMap(({ edges }) => edges),
    warnings,
  }
  graphs.set(flow, graph)
  return graph
}

/**
 * A node as it is for drawings: one with an input is made from a sample of it. `undefined` where that fails.
 */
export function sampleNode(flow: FlowDefinition, id: string): FlowNode | undefined {
  return nodesOf(flow, id).nodes[0]
}

// The first describes a node. The others differ in what a factory may ask of its input: nothing, much, absent.
const SAMPLES: readonly (SampleParts | undefined)[] = [
  { number: 1, text: 'input' },
  { number: 0, text: '' },
  { number: 1000, text: 'input' },
  undefined,
]

function nodesOf(flow: FlowDefinition, id: string): { readonly nodes: FlowNode[]; readonly error: unknown } {
  const entry = flow.nodes[id]
  if (typeof entry !== 'function') return { nodes: entry === undefined ? [] : [entry], error: undefined }
  // A factory's parameters are of types that only its author knows; samples stand for any.
  const make = entry as (input: unknown, state: unknown) => unknown
  const nodes: FlowNode[] = []
  let error: unknown
  for (const parts of SAMPLES) {
    try {
      const node = make(parts === undefined ? {} : sample(parts), stateFor(flow, parts))
      if (isNode(node)) nodes.push(node)
    } catch (cause) {
      error ??= cause
    }
  }
  return { nodes, error }
}

function stateFor(flow: FlowDefinition, parts: SampleParts | undefined): FlowState {
  return parts === undefined ? structuredClone(flow.initialState) : sampleState(flow.initialState, parts)
}

function isNode(value: unknown): value is FlowNode {
  return typeof value === 'object' && value !== null && 'task' in value
}

function partOf(
  flow: FlowDefinition,
  id: string,
  warnings: FlowWarning[],
): { readonly node: FlowGraphNode; readonly edges: readonly FlowEdge[] } {
  const { nodes, error } = nodesOf(flow, id)
  const [first] = nodes
  if (first === undefined) {
    const why = error === undefined ? 'it gives no node' : `it fails: ${messageOf(error)}`
    warnings.push({
      code: 'opaque-node',
      path: `nodes.${id}`,
      message: `The node '${id}' cannot be looked into, because with a sample of its input ${why}. Its edges are not drawn and not tested.`,
    })
  }
  const own = nodes.flatMap((node) => node.functions ?? [])
  const ownNames = new Set(own.map(({ name }) => name))
  const globals = flow.globalFunctions.filter(({ name }) => !ownNames.has(name))
  const edges = new Map<string, FlowEdge>()
  const add = (via: string, kind: FlowEdgeKind, to: string, global = false): void => {
    edges.set(`${kind} ${via} ${to}`, { from: id, to, via, kind, global })
  }
  const addFunction = (fn: FlowFunction, global: boolean): void => {
    for (const to of fn.transitionTo ?? []) add(fn.name, 'function', to, global)
  }
  for (const fn of own) addFunction(fn, false)
  for (const node of nodes) addAutomatic(flow, { id, node, add, warnings })
  for (const fn of globals) addFunction(fn, true)
  return {
    node: {
      id,
      final: nodes.some(ends),
      parameterised: typeof flow.nodes[id] === 'function',
      automatic: first !== undefined && isAutomatic(first),
      opaque: first === undefined,
      functions: [
        ...[...ownNames].map((name) => ({ name, global: false })),
        ...globals.map(({ name }) => ({ name, global: true })),
      ],
      ...(first?.maxVisits !== undefined && { maxVisits: first.maxVisits }),
    },
    edges: [...edges.values()],
  }
}

interface Looking {
  readonly id: string
  readonly node: FlowNode
  readonly add: (via: string, kind: FlowEdgeKind, to: string) => void
  readonly warnings: FlowWarning[]
}

function addAutomatic(flow: FlowDefinition, { id, node, add, warnings }: Looking): void {
  const { always, onSpoken, onSilence, onError } = node
  if (isDecision(always)) {
    for (const target of always.transitionTo) add('always', 'always', target)
  } else if (typeof always === 'function') {
    let seen = false
    for (const parts of SAMPLES) {
      try {
        const target: unknown = always(stateFor(flow, parts)).node
        if (typeof target !== 'string') continue
        add('always', 'always', target)
        seen = true
      } catch {
        // Another sample may suit it.
      }
    }
    if (!seen) {
      const path = `nodes.${id}.always`
      const message = `Where the node '${id}' moves on to cannot be told, because its function fails with a sample of the state.`
      if (!warnings.some((warning) => warning.path === path)) warnings.push({ code: 'opaque-node', path, message })
    }
  } else if (always !== undefined) add('always', 'always', always.node)
  if (onSpoken !== undefined) add('onSpoken', 'onSpoken', onSpoken.node)
  if (onSilence?.to !== undefined) add('onSilence', 'onSilence', onSilence.to.node)
  if (onError !== undefined) add('onError', 'onError', onError.node)
}

function isDecision(always: FlowNode['always']): always is Decision {
  return typeof always === 'function' && 'transitionTo' in always && Array.isArray(always.transitionTo)
}

function ends(node: FlowNode): boolean {
  return [...(node.before ?? []), ...(node.after ?? [])].some(({ type }) => type === 'end_conversation')
}

function isAutomatic(node: FlowNode): boolean {
  if (node.always !== undefined) return true
  if (node.before?.some(({ type }) => type === 'end_conversation')) return true
  return node.say !== undefined && (node.onSpoken !== undefined || ends(node))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
