import { declaredTargets } from '../definition/declared-targets.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import { isRecord } from '../definition/is-record.ts'
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

/** A node with the ways out of it. A parameterised one is made from samples of its input: each shows it otherwise. */
export interface NodeEdges {
  readonly id: string
  /** None where no sample gives a node. */
  readonly nodes: readonly FlowNode[]
  /** What a sample failed with. */
  readonly error: unknown
  /** The names of its own functions. */
  readonly names: ReadonlySet<string>
  /** The functions of the flow that none of its own hides. */
  readonly globals: readonly FlowFunction[]
  /** First those of its own functions, then those that it goes by itself, then those of the global functions. */
  readonly edges: readonly FlowEdge[]
  /** It goes on by a function that fails with all samples of the state. */
  readonly isBlind: boolean
}

const known = new WeakMap<FlowDefinition, readonly NodeEdges[]>()

/** The nodes of a flow with the ways out of them, in the order of the nodes and of their functions. */
export function edgesOf(flow: FlowDefinition): readonly NodeEdges[] {
  const found = known.get(flow) ?? Object.keys(flow.nodes).map((id) => edgesFrom(flow, id))
  known.set(flow, found)
  return found
}

/**
 * A node as it is for drawings: one with an input is made from a sample of it. `undefined` where that fails.
 */
export function sampleNode(flow: FlowDefinition, id: string): FlowNode | undefined {
  return edgesOf(flow).find((node) => node.id === id)?.nodes[0]
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
  return isRecord(value) && 'task' in value
}

function edgesFrom(flow: FlowDefinition, id: string): NodeEdges {
  const { nodes, error } = nodesOf(flow, id)
  const own = nodes.flatMap(({ functions = [] }) => functions)
  const names = new Set(own.map(({ name }) => name))
  const globals = flow.globalFunctions.filter(({ name }) => !names.has(name))
  const edges = new Map<string, FlowEdge>()
  const add = (kind: FlowEdgeKind, to: string | undefined, via: string = kind, global = false): void => {
    if (to !== undefined) edges.set(`${kind} ${via} ${to}`, { from: id, to, via, kind, global })
  }
  const addFunctions = (functions: readonly FlowFunction[], global: boolean): void => {
    for (const { name, transitionTo = [] } of functions)
      for (const to of transitionTo) add('function', to, name, global)
  }
  let isBlind = false
  addFunctions(own, false)
  for (const { always, onSpoken, onSilence, onError } of nodes) {
    const targets = always && targetsOf(flow, always)
    for (const to of targets ?? []) add('always', to)
    isBlind ||= targets?.length === 0
    add('onSpoken', onSpoken?.node)
    add('onSilence', onSilence?.to?.node)
    add('onError', onError?.node)
  }
  addFunctions(globals, true)
  return { id, nodes, error, names, globals, edges: [...edges.values()], isBlind }
}

function targetsOf(flow: FlowDefinition, always: NonNullable<FlowNode['always']>): readonly string[] {
  const declared = declaredTargets(always)
  if (declared !== undefined) return declared
  const { made } = triesOf(flow, (_, state) => typeof always === 'function' && always(state).node)
  return made.filter((to) => typeof to === 'string')
}
