import { describeIssue, type StandardSchema } from '@pc/core'
import { faultsOfContext, faultsOfFunctions, faultsOfNode, type KnownNodes, unknownNode } from './check-node.ts'
import { nodeOf, type PlainNode } from './define-node.ts'
import { FlowDefinitionError, type FlowFault, InvalidFunctionError } from './errors.ts'
import type { FlowState } from './flow-context.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { FlowFunction } from './flow-function.ts'
import type { ContextStrategy, FlowNode, NodeFactory } from './flow-node.ts'
import { isStandardSchema } from './function-schema.ts'
import { functionList, type FunctionSet } from './function-set.ts'
import { pathOfNonJson } from './json.ts'

/** The fields of a flow, as far as the engine cares. */
export interface FlowSource {
  readonly id: string
  readonly version?: string | undefined
  readonly initialNode: string
  readonly nodes: Readonly<Record<string, PlainNode | NodeFactory>>
  readonly globalFunctions?: FunctionSet | undefined
  readonly context?: ContextStrategy | undefined
  readonly state?: StandardSchema | undefined
  readonly initialState?: object | undefined
  readonly subFlows?: readonly FlowDefinition[] | Readonly<Record<string, FlowDefinition>> | undefined
}

/**
 * Checks a flow and completes it.
 *
 * @throws FlowDefinitionError with all faults.
 */
export function buildFlow(source: FlowSource): FlowDefinition {
  const faults: FlowFault[] = []
  const { id, version = '1', initialNode, state, context } = source
  if (typeof id !== 'string' || id === '')
    faults.push({ path: 'id', message: 'is missing: snapshots know the flow by it' })
  if (typeof version !== 'string' || version === '') faults.push({ path: 'version', message: 'is no text' })
  const nodes = buildNodes(source.nodes, faults)
  const names = Object.keys(source.nodes ?? {})
  const known: KnownNodes = { names, takesInput: (name) => typeof nodes[name] === 'function' }
  if (!names.includes(initialNode)) {
    const message = typeof initialNode === 'string' ? unknownNode(initialNode, names) : 'is missing'
    faults.push({ path: 'initialNode', message })
  }
  for (const [name, node] of Object.entries(nodes)) {
    if (typeof node !== 'function') faults.push(...faultsOfNode(node, `nodes.${name}`, known))
  }
  const globalFunctions = buildFunctions(source.globalFunctions ?? [], 'globalFunctions', faults)
  faults.push(...faultsOfFunctions(globalFunctions, 'globalFunctions', known), ...faultsOfContext(context, 'context'))
  if (state !== undefined && !isStandardSchema(state)) {
    faults.push({ path: 'state', message: 'is no Standard Schema, such as one of zod 4' })
  }
  const initialState = buildState(source.initialState, state, faults)
  const subFlows = buildSubFlows(source.subFlows ?? [], faults)
  if (faults.length > 0) throw new FlowDefinitionError(`The flow "${String(id)}" does not hold`, faults)
  return {
    id,
    version,
    initialNode,
    nodes,
    globalFunctions,
    context: context ?? 'append',
    ...(state !== undefined && { state }),
    initialState,
    subFlows,
  }
}

function buildNodes(nodes: FlowSource['nodes'], faults: FlowFault[]): Record<string, FlowNode | NodeFactory> {
  const built: Record<string, FlowNode | NodeFactory> = {}
  if (typeof nodes !== 'object' || nodes === null || Object.keys(nodes).length === 0) {
    faults.push({ path: 'nodes', message: 'a flow needs at least one node' })
    return built
  }
  for (const [name, node] of Object.entries(nodes)) {
    const path = `nodes.${name}`
    const fault = faultOfNodeName(name)
    if (fault !== undefined) faults.push({ path, message: fault })
    if (typeof node === 'function') built[name] = (input, state) => nodeOf(node(input, state))
    else if (typeof node !== 'object' || node === null) {
      faults.push({ path, message: 'is no node: give an object with a task, or a function that makes one' })
    } else {
      const { functions, ...rest } = node
      built[name] = {
        ...rest,
        ...(functions !== undefined && { functions: buildFunctions(functions, `${path}.functions`, faults) }),
      }
    }
  }
  return built
}

function faultOfNodeName(name: string): string | undefined {
  if (name === '') return 'a node needs a name'
  if (name.startsWith('$')) return 'names that begin with "$" are kept for the engine: rename the node'
  return name.includes('.') ? 'the name of a node has no dots: rename it' : undefined
}

function buildFunctions(functions: FunctionSet, path: string, faults: FlowFault[]): readonly FlowFunction[] {
  try {
    return functionList(functions)
  } catch (error) {
    if (!(error instanceof InvalidFunctionError)) throw error
    faults.push({ path, message: error.message })
    return []
  }
}

function buildState(given: object | undefined, schema: StandardSchema | undefined, faults: FlowFault[]): FlowState {
  const state: FlowState = { ...given }
  const bad = pathOfNonJson(state)
  if (bad !== undefined) {
    faults.push({ path: `initialState.${bad}`, message: 'is no JSON, or holds itself: a snapshot could not keep it' })
    return state
  }
  if (!isStandardSchema(schema)) return state
  const result = schema['~standard'].validate(structuredClone(state))
  // One that needs time checks it when the flow starts.
  if (result instanceof Promise) return state
  for (const issue of result.issues ?? []) {
    faults.push({
      path: 'initialState',
      message: `${describeIssue(issue)} (give it in initialState, or make it optional in the state's schema)`,
    })
  }
  return result.issues === undefined && typeof result.value === 'object' ? { ...result.value } : state
}

function buildSubFlows(
  flows: NonNullable<FlowSource['subFlows']>,
  faults: FlowFault[],
): Readonly<Record<string, FlowDefinition>> {
  const entries = isList(flows) ? flows.map((flow) => [flow?.id, flow] as const) : Object.entries(flows)
  const built: Record<string, FlowDefinition> = {}
  for (const [id, flow] of entries) {
    const path = `subFlows.${String(id)}`
    if (typeof flow !== 'object' || flow === null || typeof flow.id !== 'string') {
      faults.push({ path, message: 'is no flow: use defineFlow' })
    } else if (id !== flow.id) faults.push({ path, message: `stands for the flow "${flow.id}": use its id as the key` })
    else if (Object.hasOwn(built, id)) faults.push({ path, message: `two flows have the id "${id}": rename one` })
    else built[id] = flow
  }
  return built
}

function isList(flows: NonNullable<FlowSource['subFlows']>): flows is readonly FlowDefinition[] {
  return Array.isArray(flows)
}
