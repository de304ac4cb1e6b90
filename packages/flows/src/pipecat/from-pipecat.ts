import { FlowDefinitionError } from '../definition/errors.ts'
import { flowFromConfig } from '../definition/flow-config.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { NodeConfig as NativeNodeConfig } from '../definition/node-config.ts'
import { isRecord } from '../definition/is-record.ts'
import { below, Border, type PipecatOptions, Reading } from './border.ts'
import { readFunctions } from './read-function.ts'
import { readNode, toNode } from './read-node.ts'
import type { FlowConfig, NodeConfig } from './types.ts'

/** What {@link fromPipecat} takes beside a flow. */
export interface PipecatFlowOptions extends PipecatOptions {
  /** Names the flow in snapshots. Default `flow`. */
  readonly id?: string | undefined
  /** May be called in every node. */
  readonly global_functions?: NodeConfig['functions']
}

/**
 * A flow or a node in the names of Pipecat, as this package's own.
 *
 * ```ts
 * const flow = fromPipecat({ initial_node: 'start', nodes: { start: { task_messages: [] } } }, { handlers })
 * ```
 *
 * @throws FlowDefinitionError with all that is wrong, each with its place.
 */
export function fromPipecat(config: FlowConfig, options?: PipecatFlowOptions): FlowDefinition
export function fromPipecat(config: NodeConfig, options?: PipecatOptions): FlowNode
export function fromPipecat(
  config: FlowConfig | NodeConfig,
  options: PipecatFlowOptions = {},
): FlowDefinition | FlowNode {
  const border = new Border(options)
  return isRecord(config) && ('nodes' in config || 'initial_node' in config)
    ? toFlow(config, border, options)
    : toNode(config, border)
}

/**
 * A flow in the names of Pipecat, as this package's own.
 *
 * @throws FlowDefinitionError with all that is wrong with it.
 */
export function toFlow(
  config: unknown,
  border: Border,
  options: Omit<PipecatFlowOptions, keyof PipecatOptions>,
): FlowDefinition {
  const reading = new Reading(border)
  const { initial_node: initialNode, nodes, ...others } = isRecord(config) ? config : {}
  for (const key of Object.keys(others)) border.warn(`${key}: a flow has no such field; it does nothing.`)
  const globalFunctions = readFunctions(options.global_functions, 'global_functions', reading)
  const read = readNodes(nodes, reading)
  if (typeof initialNode !== 'string' || !Object.hasOwn(read, initialNode)) {
    reading.fault('initial_node', `is the name of a node: ${Object.keys(read).join(', ') || 'there is none yet'}`)
  }
  if (reading.faults.length > 0 || typeof initialNode !== 'string') {
    throw new FlowDefinitionError('The flow does not hold', reading.faults)
  }
  const { id } = options
  return flowFromConfig(
    { initialNode, nodes: read },
    { globalFunctions, warn: (message) => border.warn(message), ...(id !== undefined && { id }) },
  )
}

function readNodes(nodes: unknown, reading: Reading): Record<string, NativeNodeConfig> {
  if (!isRecord(nodes)) {
    reading.fault('nodes', 'maps names to nodes')
    return {}
  }
  const read: Record<string, NativeNodeConfig> = {}
  for (const [name, node] of Object.entries(nodes)) {
    const path = below('nodes', name)
    if (name === '__proto__') reading.fault(path, 'no node can have this name')
    else read[name] = readNode(node, path, reading)
  }
  return read
}
