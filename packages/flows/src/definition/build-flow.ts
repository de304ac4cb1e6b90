import { describeIssue, type StandardSchema } from '@pc/core'
import { checkContext, checkFunctions, checkNode, unknownNode } from './check-node.ts'
import { nodeOf, type PlainNode } from './define-node.ts'
import { FlowDefinitionError, type FlowFault, InvalidFunctionError } from './errors.ts'
import { Faults } from './faults.ts'
import type { FlowState } from './flow-context.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { ContextStrategy, FlowNode, NodeFactory } from './flow-node.ts'
import { isStandardSchema } from './function-schema.ts'
import { functionList, type FunctionSet } from './function-set.ts'
import { isRecord, isText } from './is-record.ts'
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
 * @param before - what was found to be wrong with it before.
 * @throws FlowDefinitionError with all faults.
 */
export function buildFlow(source: FlowSource, before: readonly FlowFault[] = []): FlowDefinition {
  const { id, version = '1', initialNode, state, context = 'append' } = source
  const names = Object.keys(source.nodes ?? {})
  const faults = new Faults({ names, takesInput: (name) => typeof nodes[name] === 'function' }, before)
  if (!isText(id)) faults.add('id', 'is missing: snapshots know the flow by it')
  if (!isText(version)) faults.add('version', 'is no text')
  if (names.length === 0) faults.add('nodes', 'a flow needs at least one node')
  const nodes = buildNodes(source.nodes ?? {}, faults)
  if (!names.includes(initialNode)) {
    faults.add('initialNode', typeof initialNode === 'string' ? unknownNode(initialNode, names) : 'is missing')
  }
  for (const [name, node] of Object.entries(nodes)) {
    if (typeof node !== 'function') checkNode(node, `nodes.${name}`, faults)
  }
  const globalFunctions = built(() => functionList(source.globalFunctions ?? []), 'globalFunctions', faults) ?? []
  checkFunctions(globalFunctions, 'globalFunctions', faults)
  checkContext(context, 'context', faults)
  faults.optional(state, isStandardSchema, 'state', 'is no Standard Schema, such as one of zod 4')
  const initialState = buildState(source.initialState, state, faults)
  const subFlows = buildSubFlows(source.subFlows ?? [], faults)
  if (faults.found.length > 0) throw new FlowDefinitionError(`The flow "${String(id)}" does not hold`, faults.found)
  return {
    id,
    version,
    initialNode,
    nodes,
    globalFunctions,
    context,
    ...(state !== undefined && { state }),
    initialState,
    subFlows,
  }
}

function buildNodes(nodes: FlowSource['nodes'], faults: Faults): Record<string, FlowNode | NodeFactory> {
  const all: Record<string, FlowNode | NodeFactory> = {}
  for (const [name, node] of Object.entries(nodes)) {
    const path = `nodes.${name}`
    if (name === '') faults.add(path, 'a node needs a name')
    if (name.startsWith('$')) faults.add(path, 'names that begin with "$" are kept for the engine: rename the node')
    if (name.includes('.')) faults.add(path, 'the name of a node has no dots: rename it')
    if (typeof node === 'function') all[name] = (input, state) => nodeOf(node(input, state))
    else if (isRecord(node)) {
      all[name] = built(() => nodeOf(node), `${path}.functions`, faults) ?? { ...node, functions: [] }
    } else all[name] = node
  }
  return all
}

function built<T>(make: () => T, path: string, faults: Faults): T | undefined {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof InvalidFunctionError)) throw error
    faults.add(path, error.message)
    return undefined
  }
}

function buildState(given: object | undefined, schema: StandardSchema | undefined, faults: Faults): FlowState {
  const state: FlowState = { ...given }
  const bad = pathOfNonJson(state, 'initialState')
  if (bad !== undefined) faults.add(bad, 'is no JSON, or holds itself: a snapshot could not keep it')
  if (bad !== undefined || !isStandardSchema(schema)) return state
  const result = schema['~standard'].validate(structuredClone(state))
  // One that needs time checks it when the flow starts.
  if (result instanceof Promise) return state
  for (const issue of result.issues ?? []) {
    const mend = "give it in initialState, or make it optional in the state's schema"
    faults.add('initialState', `${describeIssue(issue)} (${mend})`)
  }
  return result.issues === undefined && isRecord(result.value) ? { ...result.value } : state
}

function buildSubFlows(
  flows: NonNullable<FlowSource['subFlows']>,
  faults: Faults,
): Readonly<Record<string, FlowDefinition>> {
  const all: Record<string, FlowDefinition> = {}
  for (const [key, flow] of Object.entries(flows)) {
    const id = Array.isArray(flows) ? flow?.id : key
    const path = `subFlows.${String(id)}`
    if (!isRecord(flow) || typeof flow.id !== 'string') faults.add(path, 'is no flow: use defineFlow')
    else if (id !== flow.id) faults.add(path, `stands for the flow "${flow.id}": use its id as the key`)
    else if (Object.hasOwn(all, id)) faults.add(path, `two flows have the id "${id}": rename one`)
    else all[id] = flow
  }
  return all
}
