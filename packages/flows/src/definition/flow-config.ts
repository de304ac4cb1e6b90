import { buildFlow } from './build-flow.ts'
import { Faults } from './faults.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { FlowFunction } from './flow-function.ts'
import type { FlowNode } from './flow-node.ts'
import { type NodeConfig, type NodeConfigOptions, readNodeConfig } from './node-config.ts'

/** A flow in the shape of Pipecat Flows, with names in camelCase: all its nodes are known. */
export interface FlowConfig {
  readonly initialNode: string
  readonly nodes: Readonly<Record<string, NodeConfig>>
}

/** What {@link flowFromConfig} takes beside a flow. */
export interface FlowConfigOptions extends NodeConfigOptions {
  /** Names the flow in snapshots. Default `flow`. */
  readonly id?: string | undefined
  /** Default `1`. */
  readonly version?: string | undefined
  /** May be called in every node. */
  readonly globalFunctions?: readonly FlowFunction[] | undefined
}

/**
 * A flow in the shape of Pipecat Flows as a {@link FlowDefinition}.
 *
 * @throws FlowDefinitionError with all that is wrong with it.
 */
export function flowFromConfig(config: FlowConfig, options: FlowConfigOptions = {}): FlowDefinition {
  const { id = 'flow', version, globalFunctions, warn } = options
  const faults = new Faults()
  const nodes: Record<string, FlowNode> = {}
  for (const [name, node] of Object.entries(config.nodes ?? {})) {
    nodes[name] = readNodeConfig(node, `nodes.${name}`, faults, warn)
  }
  return buildFlow({ id, version, initialNode: config.initialNode, nodes, globalFunctions }, faults.found)
}
