import type { FlowAction } from '../definition/action.ts'
import { declaredTargets } from '../definition/declared-targets.ts'
import { textOf } from '../definition/errors.ts'
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
  const parts = Object.keys(flow.nodes).map((id) => partOf(flow, id))
  const graph: FlowGraph = {
    id: flow.id,
    version: flow.version,
    initial: flow.initialNode,
    nodes: parts.map(({ node }) => node),
    edges: parts.flatMap(({ edges }) => edges),
    warnings: parts.flatMap(({ warnings }) => warnings),
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

/** What `make` gives with samples of an input and of the state, and why it fails where it does. */
function triesOf(
  flow: FlowDefinition,
  make: (input: unknown, state: FlowState) => unknown,
): { readonly made: unknown[]; readonly error: unknown } {
  const made: unknown[] = []
  let error: unknown
  for (const parts of SAMPLES) {
    const { initialState } = flow
    try {
      made.push(
        parts === undefined
          ? make({}, structuredClone(initialState))
          : make(sample(parts), sampleState(initialState, parts)),
      )
    } catch (cause) {
      // Another sample may suit it.
      error ??= cause
    }
  }
  return { made, error }
}

function nodesOf(flow: FlowDefinition, id: string): { readonly nodes: FlowNode[]; readonly error: unknown } {
  const entry = flow.nodes[id]
  if (typeof entry !== 'function') return { nodes: entry === undefined ? [] : [entry], error: undefined }
  // A factory's parameters are of types that only its author knows; samples stand for any.
  const { made, error } = triesOf(flow, entry as (input: unknown, state: unknown) => unknown)
  return { nodes: made.filter(isNode), error }
}

function isNode(value: unknown): value is FlowNode {
  return typeof value === 'object' && value !== null && 'task' in value
}

interface Part {
  readonly node: FlowGraphNode
  readonly edges: readonly FlowEdge[]
  readonly warnings: readonly FlowWarning[]
}

function partOf(flow: FlowDefinition, id: string): Part {
  const { nodes, error } = nodesOf(flow, id)
  const [first] = nodes
  const own = nodes.flatMap(({ functions = [] }) => functions)
  const ownNames = new Set(own.map(({ name }) => name))
  const globals = flow.globalFunctions.filter(({ name }) => !ownNames.has(name))
  const edges = new Map<string, FlowEdge>()
  const warnings = new Map<string, FlowWarning>()
  const warn = (path: string, message: string): void => {
    warnings.set(path, { code: 'opaque-node', path, message })
  }
  const add = (kind: FlowEdgeKind, to: string | undefined, via: string = kind, global = false): void => {
    if (to !== undefined) edges.set(`${kind} ${via} ${to}`, { from: id, to, via, kind, global })
  }
  const addFunctions = (functions: readonly FlowFunction[], global: boolean): void => {
    for (const { name, transitionTo = [] } of functions)
      for (const to of transitionTo) add('function', to, name, global)
  }
  if (first === undefined) {
    const why = error === undefined ? 'it gives no node' : `it fails: ${textOf(error)}`
    warn(
      `nodes.${id}`,
      `The node '${id}' cannot be looked into, because with a sample of its input ${why}. Its edges are not drawn and not tested.`,
    )
  }
  addFunctions(own, false)
  for (const { always, onSpoken, onSilence, onError } of nodes) {
    const targets = always === undefined ? [] : targetsOf(flow, always)
    for (const to of targets) add('always', to)
    if (always !== undefined && targets.length === 0) {
      warn(
        `nodes.${id}.always`,
        `Where the node '${id}' moves on to cannot be told, because its function fails with a sample of the state.`,
      )
    }
    add('onSpoken', onSpoken?.node)
    add('onSilence', onSilence?.to?.node)
    add('onError', onError?.node)
  }
  addFunctions(globals, true)
  return {
    node: {
      id,
      final: nodes.some(({ before, after }) => ends(before) || ends(after)),
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
    warnings: [...warnings.values()],
  }
}

function targetsOf(flow: FlowDefinition, always: NonNullable<FlowNode['always']>): readonly string[] {
  const declared = declaredTargets(always)
  if (declared !== undefined) return declared
  const { made } = triesOf(flow, (_, state) => typeof always === 'function' && always(state).node)
  return made.filter((to) => typeof to === 'string')
}

function ends(actions: readonly FlowAction[] = []): boolean {
  return actions.some(({ type }) => type === 'end_conversation')
}

function isAutomatic({ always, before, say, onSpoken, after }: FlowNode): boolean {
  return always !== undefined || ends(before) || (say !== undefined && (onSpoken !== undefined || ends(after)))
}
