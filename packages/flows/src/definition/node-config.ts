import type { Message } from '@pc/core'
import type { FlowAction } from './action.ts'
import { FlowDefinitionError, type FlowFault } from './errors.ts'
import type { FlowFunction } from './flow-function.ts'
import type { ContextStrategy, FlowNode } from './flow-node.ts'
import { functionList } from './function-set.ts'

/** How the history is treated on entering a node. */
export type ContextStrategyConfig =
  | { readonly strategy: 'append' | 'reset'; readonly summaryPrompt?: string | undefined }
  | { readonly strategy: 'reset_with_summary'; readonly summaryPrompt: string }

/** A node in the shape of Pipecat Flows, with names in camelCase. */
export interface NodeConfig {
  /** Default: a new id. */
  readonly name?: string | undefined
  /** The system instruction, until another node has one. */
  readonly roleMessage?: string | undefined
  /** Older form: stand ahead of the task and are lost when the history is reset. `roleMessage` wins. */
  readonly roleMessages?: readonly Message[] | undefined
  readonly taskMessages: readonly Message[]
  readonly functions?: readonly FlowFunction[] | undefined
  readonly preActions?: readonly FlowAction[] | undefined
  readonly postActions?: readonly FlowAction[] | undefined
  readonly contextStrategy?: ContextStrategyConfig | undefined
  /** Default true. */
  readonly respondImmediately?: boolean | undefined
}

/** What reads a {@link NodeConfig}. */
export interface NodeConfigOptions {
  /** Hears of what does nothing. Default: nobody. */
  readonly warn?: ((message: string) => void) | undefined
}

/**
 * A node in the shape of Pipecat Flows as a {@link FlowNode}.
 *
 * @throws FlowDefinitionError with all that is wrong with it.
 */
export function nodeFromConfig(config: NodeConfig, options: NodeConfigOptions = {}): FlowNode {
  const faults: FlowFault[] = []
  const node = readNodeConfig(config, { path: '', faults, ...options })
  if (faults.length > 0) throw new FlowDefinitionError(`The node ${config?.name ?? 'config'} does not hold`, faults)
  return node
}

/** Whether a value is meant as a node, in either shape. */
export function isNode(value: unknown): value is FlowNode | NodeConfig {
  return typeof value === 'object' && value !== null && ('task' in value || 'taskMessages' in value)
}

/** A node in either shape as a {@link FlowNode}. @throws FlowDefinitionError */
export function asNode(node: FlowNode | NodeConfig): FlowNode {
  return 'taskMessages' in node ? nodeFromConfig(node) : (node as FlowNode)
}

/** Where a config is read: its path, and what is wrong so far. */
export interface ConfigReading extends NodeConfigOptions {
  readonly path: string
  readonly faults: FlowFault[]
}

/** Reads a config; what is wrong with it goes to the faults of the reading. */
export function readNodeConfig(config: NodeConfig, { path, faults, warn }: ConfigReading): FlowNode {
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (typeof config !== 'object' || config === null) {
    faults.push({ path: path || 'node', message: 'is no node; give an object with taskMessages' })
    return { task: [] }
  }
  const { name, roleMessage, roleMessages = [], taskMessages, functions, preActions, postActions } = config
  if (!isMessages(taskMessages)) {
    faults.push({ path: at('taskMessages'), message: 'give a list of { role, content }; it may be empty' })
  }
  if (!isMessages(roleMessages)) faults.push({ path: at('roleMessages'), message: 'give a list of { role, content }' })
  if (roleMessage !== undefined && roleMessages.length > 0) {
    warn?.(`${at('roleMessages')} do nothing beside roleMessage.`)
  }
  const context = readStrategy(config.contextStrategy, at, faults)
  const role = roleMessage === undefined && isMessages(roleMessages) ? roleMessages : []
  return {
    ...(name !== undefined && { name }),
    ...(roleMessage !== undefined && { role: roleMessage }),
    task: [...role, ...(isMessages(taskMessages) ? taskMessages : [])],
    ...(functions !== undefined && { functions: functionList(functions) }),
    ...(preActions !== undefined && { before: preActions }),
    ...(postActions !== undefined && { after: postActions }),
    ...(context !== undefined && { context }),
    ...(config.respondImmediately !== undefined && { respondImmediately: config.respondImmediately }),
  }
}

function readStrategy(
  config: ContextStrategyConfig | undefined,
  at: (key: string) => string,
  faults: FlowFault[],
): ContextStrategy | undefined {
  if (config === undefined) return undefined
  const { strategy, summaryPrompt } = config
  if (strategy === 'append' || strategy === 'reset') return strategy
  if (strategy !== 'reset_with_summary') {
    const message = "give one of 'append', 'reset', 'reset_with_summary'"
    faults.push({ path: at('contextStrategy.strategy'), message })
    return undefined
  }
  if (typeof summaryPrompt === 'string' && summaryPrompt !== '') return { summary: summaryPrompt }
  faults.push({ path: at('contextStrategy.summaryPrompt'), message: 'tell the model what the summary should hold' })
  return undefined
}

function isMessages(value: unknown): value is readonly Message[] {
  return Array.isArray(value) && value.every(isMessage)
}

/** Whether a value is a message that a task may hold. */
export function isMessage(value: unknown): value is Message {
  if (typeof value !== 'object' || value === null) return false
  if ('llm' in value) return typeof value.llm === 'string'
  return 'role' in value && typeof value.role === 'string' && 'content' in value
}
