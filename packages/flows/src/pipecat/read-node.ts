import type { Message } from '@pc/core'
import { FlowDefinitionError } from '../definition/errors.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import { type ContextStrategyConfig, type NodeConfig, nodeFromConfig } from '../definition/node-config.ts'
import { isRecord } from '../definition/is-record.ts'
import { below, type Border, Reading } from './border.ts'
import { NODE_KEYS } from './node-keys.ts'
import { readActions } from './read-action.ts'
import { readFunctions } from './read-function.ts'

const KEYS: ReadonlySet<string> = new Set(['name', ...NODE_KEYS])

/** Whether a value was meant as a node in the names of Pipecat. */
export function looksLikeNode(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.keys(value).some((key) => key.includes('_') && KEYS.has(key))
}

/**
 * A node in the names of Pipecat, as this package's own.
 *
 * @throws FlowDefinitionError with all that is wrong with it.
 */
export function toNode(config: unknown, border: Border): FlowNode {
  const reading = new Reading(border)
  const node = readNode(config, '', reading)
  if (reading.faults.length > 0) throw new FlowDefinitionError('The node does not hold', reading.faults)
  return nodeFromConfig(node, { warn: (message) => border.warn(message) })
}

/** Reads a node; what is wrong with it goes to the faults of the reading. */
export function readNode(config: unknown, path: string, reading: Reading): NodeConfig {
  if (!isRecord(config)) {
    reading.fault(path === '' ? 'node' : path, 'a node is an object with task_messages')
    return { taskMessages: [] }
  }
  const at = (key: string): string => below(path, key)
  for (const key of Object.keys(config)) {
    if (!KEYS.has(key)) reading.border.warn(`${at(key)}: a node has no such field; it does nothing.`)
  }
  const name = textOf(config, 'name', at, reading)
  const roleMessage = textOf(config, 'role_message', at, reading)
  const contextStrategy = readStrategy(config['context_strategy'], at('context_strategy'), reading)
  const respondImmediately = config['respond_immediately'] ?? undefined
  if (respondImmediately !== undefined && typeof respondImmediately !== 'boolean') {
    reading.fault(at('respond_immediately'), 'is true or false')
  }
  if (config['task_messages'] === undefined) reading.fault(at('task_messages'), 'is missing; it may be an empty list')
  const roleMessages = readMessages(config['role_messages'], at('role_messages'), reading)
  if (roleMessages.length > 0) {
    reading.border.warn('role_messages is of an older form: use role_message, which outlives a reset.')
  }
  return {
    ...(name !== undefined && { name }),
    ...(roleMessage !== undefined && { roleMessage }),
    ...(roleMessages.length > 0 && { roleMessages }),
    taskMessages: readMessages(config['task_messages'], at('task_messages'), reading),
    functions: readFunctions(config['functions'], at('functions'), reading),
    preActions: readActions(config['pre_actions'], at('pre_actions'), reading),
    postActions: readActions(config['post_actions'], at('post_actions'), reading),
    ...(contextStrategy !== undefined && { contextStrategy }),
    ...(typeof respondImmediately === 'boolean' && { respondImmediately }),
  }
}

function textOf(
  config: Readonly<Record<string, unknown>>,
  key: string,
  at: (key: string) => string,
  reading: Reading,
): string | undefined {
  const value = config[key] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  reading.fault(at(key), 'is a text')
  return undefined
}

function readMessages(value: unknown, path: string, reading: Reading): Message[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    reading.fault(path, 'messages are a list of { role, content }')
    return []
  }
  return value.flatMap((message: unknown, index) => {
    if (isMessage(message)) return [message]
    reading.fault(below(path, index), `a message is { role, content } with the role ${ROLES.join(', ')}`)
    return []
  })
}

const ROLES: readonly unknown[] = ['system', 'developer', 'user', 'assistant']

function isMessage(value: unknown): value is Message {
  if (!isRecord(value)) return false
  const { role, content } = value
  return ROLES.includes(role) && (typeof content === 'string' || (Array.isArray(content) && content.every(isRecord)))
}

/** How the history is treated, in the names of Pipecat; `undefined` when nothing is said. */
export function readStrategy(value: unknown, path: string, reading: Reading): ContextStrategyConfig | undefined {
  if (value === undefined || value === null) return undefined
  const given = isRecord(value) ? value : { strategy: value }
  const strategy = typeof given['strategy'] === 'string' ? given['strategy'].toLowerCase() : given['strategy']
  const prompt = given['summary_prompt'] ?? undefined
  if (strategy === 'append' || strategy === 'reset') return { strategy }
  if (strategy !== 'reset_with_summary') {
    reading.fault(below(path, 'strategy'), 'is "append", "reset" or "reset_with_summary"')
    return undefined
  }
  if (typeof prompt === 'string' && prompt !== '') return { strategy, summaryPrompt: prompt }
  reading.fault(below(path, 'summary_prompt'), 'is needed for reset_with_summary: what the summary should hold')
  return undefined
}
