import type { Message } from '@pc/core'
import type { FlowAction } from './action.ts'
import { FlowDefinitionError } from './errors.ts'
import { below, Faults } from './faults.ts'
import type { FlowFunction } from './flow-function.ts'
import type { ContextStrategy, FlowNode } from './flow-node.ts'
import { functionList } from './function-set.ts'
import { isRecord, isText } from './is-record.ts'

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
export function nodeFromConfig(config: NodeConfig, { warn }: NodeConfigOptions = {}): FlowNode {
  const faults = new Faults()
  const node = readNodeConfig(config, '', faults, warn)
  if (faults.found.length === 0) return node
  throw new FlowDefinitionError(`The node ${config?.name ?? 'config'} does not hold`, faults.found)
}

/** Whether a value is meant as a node, in either shape. */
export function isNode(value: unknown): value is FlowNode | NodeConfig {
  return isRecord(value) && ('task' in value || 'taskMessages' in value)
}

/** A node in either shape as a {@link FlowNode}. @throws FlowDefinitionError */
export function asNode(node: FlowNode | NodeConfig): FlowNode {
  return 'taskMessages' in node ? nodeFromConfig(node) : (node as FlowNode)
}

/** Reads a config; what is wrong with it goes to the faults. */
export function readNodeConfig(
  config: NodeConfig,
  path: string,
  faults: Faults,
  warn: NodeConfigOptions['warn'],
): FlowNode {
  if (!isRecord(config)) {
    faults.add(path || 'node', 'is no node; give an object with taskMessages')
    return { task: [] }
  }
  const at = (key: string): string => below(path, key)
  const messages = (key: string, given: unknown, mend = ''): readonly Message[] => {
    if (isMessages(given)) return given
    faults.add(at(key), `give a list of { role, content }${mend}`)
    return []
  }
  const { name, roleMessage: role, contextStrategy, functions, preActions, postActions, respondImmediately } = config
  const task = messages('taskMessages', config.taskMessages, '; it may be empty')
  const roleMessages = messages('roleMessages', config.roleMessages ?? [])
  if (role !== undefined && roleMessages.length > 0) warn?.(`${at('roleMessages')} do nothing beside roleMessage.`)
  return {
    name,
    role,
    task: role === undefined ? [...roleMessages, ...task] : task,
    functions: functions && functionList(functions),
    before: preActions,
    after: postActions,
    context: contextStrategy && readStrategy(contextStrategy, at('contextStrategy'), faults),
    respondImmediately,
  }
}

function readStrategy(config: ContextStrategyConfig, path: string, faults: Faults): ContextStrategy | undefined {
  const { strategy, summaryPrompt: summary } = config
  if (strategy === 'append' || strategy === 'reset') return strategy
  if (strategy !== 'reset_with_summary') {
    faults.add(`${path}.strategy`, "give one of 'append', 'reset', 'reset_with_summary'")
  } else if (isText(summary)) return { summary }
  else faults.add(`${path}.summaryPrompt`, 'tell the model what the summary should hold')
  return undefined
}

/** Whether a value is what a task may be, save for a text. */
export function isMessages(value: unknown): value is readonly Message[] {
  return Array.isArray(value) && value.every(isMessage)
}

function isMessage(value: unknown): boolean {
  if (!isRecord(value)) return false
  return 'llm' in value ? typeof value['llm'] === 'string' : typeof value['role'] === 'string' && 'content' in value
}
