import { describe, expect, test } from 'vitest'
import { endConversation, say } from './action.ts'
import { FlowDefinitionError } from './errors.ts'
import { flowFromConfig } from './flow-config.ts'
import { FlowsFunctionSchema } from './flows-function-schema.ts'
import { type NodeConfig, nodeFromConfig } from './node-config.ts'

const task = [{ role: 'system', content: 'Ask for a size.' }] as const
const role = [{ role: 'system', content: 'You take orders.' }] as const
const go = new FlowsFunctionSchema({ name: 'go', description: 'Go', transitionTo: 'end' })

describe('a node in the shape of Pipecat Flows', () => {
  test('has each of its fields in a node of ours', () => {
    const node = nodeFromConfig({
      name: 'sizes',
      roleMessage: 'You take orders.',
      taskMessages: task,
      functions: [go],
      preActions: [say('Hello.')],
      postActions: [endConversation()],
      contextStrategy: { strategy: 'reset_with_summary', summaryPrompt: 'Sum it up.' },
      respondImmediately: false,
    })
    expect(node).toEqual({
      name: 'sizes',
      role: 'You take orders.',
      task,
      functions: [go],
      before: [say('Hello.')],
      after: [endConversation()],
      context: { summary: 'Sum it up.' },
      respondImmediately: false,
    })
  })

  test('may have role messages, which stand ahead of its task', () => {
    expect(nodeFromConfig({ roleMessages: role, taskMessages: task })).toEqual({ task: [...role, ...task] })
  })

  test('has a role message that wins over role messages, with a warning', () => {
    const warnings: string[] = []
    const config = { roleMessage: 'You sell.', roleMessages: role, taskMessages: task }
    const node = nodeFromConfig(config, { warn: (message) => warnings.push(message) })
    expect(node).toEqual({ role: 'You sell.', task })
    expect(warnings).toEqual(['roleMessages do nothing beside roleMessage.'])
  })

  test('may have an empty task, but not none', () => {
    expect(nodeFromConfig({ taskMessages: [] })).toEqual({ task: [] })
    expect(() => nodeFromConfig({} as NodeConfig)).toThrow(/taskMessages: give a list/)
  })

  test('needs a prompt for a summary', () => {
    const contextStrategy = { strategy: 'reset_with_summary' } as NonNullable<NodeConfig['contextStrategy']>
    expect(() => nodeFromConfig({ taskMessages: task, contextStrategy })).toThrow(/contextStrategy\.summaryPrompt/)
    const unknown = { strategy: 'rest' } as unknown as NonNullable<NodeConfig['contextStrategy']>
    expect(() => nodeFromConfig({ taskMessages: task, contextStrategy: unknown })).toThrow(/contextStrategy\.strategy/)
  })
})

describe('a flow in the shape of Pipecat Flows', () => {
  test('is a flow', () => {
    const flow = flowFromConfig(
      { initialNode: 'start', nodes: { start: { taskMessages: task, functions: [go] }, end: { taskMessages: [] } } },
      { id: 'order', version: '2', globalFunctions: [] },
    )
    expect(flow).toMatchObject({
      id: 'order',
      version: '2',
      initialNode: 'start',
      nodes: { start: { task, functions: [go] }, end: { task: [] } },
    })
  })

  test('is refused with all its faults', () => {
    const nodes = { start: { functions: [go] } as unknown as NodeConfig, done: { taskMessages: [] } }
    const error = (() => {
      try {
        return flowFromConfig({ initialNode: 'strat', nodes })
      } catch (caught) {
        return caught
      }
    })()
    expect(error instanceof FlowDefinitionError && error.faults.map(({ path }) => path)).toEqual([
      'nodes.start.taskMessages',
      'initialNode',
      'nodes.start.functions.go.transitionTo',
    ])
  })
})
