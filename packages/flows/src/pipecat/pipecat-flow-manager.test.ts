import { TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { ActionError, FlowDefinitionError, FlowError, FlowTransitionError } from '../definition/errors.ts'
import { FlowManager as NativeManager } from '../manager/flow-manager.ts'
import { runFlow } from '../testing/run-flow.ts'
import { ScriptedHost } from '../testing/scripted-host.ts'
import {
  FlowManager,
  FlowsFunctionSchema,
  fromPipecat,
  type NodeConfig,
  type PipecatFlowManager,
  pipecatFlowManager,
} from './index.ts'

const node = (content: string, more: Partial<NodeConfig> = {}): NodeConfig => ({
  task_messages: [{ role: 'developer', content }],
  ...more,
})
const contents = (manager: PipecatFlowManager): unknown[] =>
  manager.get_current_context().map((message) => ('content' in message ? message.content : undefined))

function dynamic(): { manager: PipecatFlowManager; host: ScriptedHost } {
  const host = new ScriptedHost(new TestClock(), 1)
  return { manager: pipecatFlowManager(new NativeManager({ host })), host }
}

test('the application gives each node, by name or as a config', async () => {
  const { manager, host } = dynamic()
  expect(manager).toMatchObject({ mode: 'dynamic', current_node: null, initial_node: undefined, task: undefined })
  await manager.initialize(node('one', { name: 'first', role_message: 'You are Ann.' }))
  expect(manager.current_node).toBe('first')
  expect(host.role).toBe('You are Ann.')
  await manager.set_node('second', node('two'))
  await manager.set_node_from_config(node('three', { name: 'third' }))
  expect(manager.current_node).toBe('third')
  await manager.set_node('second')
  expect(manager.current_node).toBe('second')
  expect(Object.keys(manager.nodes)).toContain('second')
  expect(contents(manager)).toEqual(['one', 'two', 'three', 'two'])
  await manager.set_node_from_config(node('four'))
  expect(manager.current_node).toMatch(/./)
})

test('an unknown node is refused, and the conversation stays; so is a config that does not hold', async () => {
  const { manager } = dynamic()
  await expect(manager.set_node('first', node('one'))).rejects.toThrow(FlowTransitionError)
  await manager.initialize(node('one', { name: 'first' }))
  await expect(manager.set_node('nowhere')).rejects.toThrow(FlowTransitionError)
  await expect(manager.set_node('nowhere')).rejects.toThrow(/Node 'nowhere' not found/)
  const wrong: unknown = { name: 'x' }
  await expect(manager.set_node('x', wrong as NodeConfig)).rejects.toThrow(FlowDefinitionError)
  expect(manager.current_node).toBe('first')
})

test('a registered action gets the names of Pipecat', async () => {
  const { manager } = dynamic()
  const got: unknown[] = []
  manager.register_action('music', (action, flow_manager) => void got.push(action, flow_manager === manager))
  await manager.initialize(node('one', { pre_actions: [{ type: 'music', volume: 3, append_text_to_context: false }] }))
  expect(got).toEqual([{ type: 'music', volume: 3, append_text_to_context: false }, true])
  const wrong: unknown = 'text'
  expect(() => manager.register_action('music', wrong as () => void)).toThrow(ActionError)
})

test('what handlers get may only be read where it is no whole manager', async () => {
  const view = { state: {}, currentNode: 'a', currentFunctions: new Set<string>(), getCurrentContext: () => [] }
  const got: PipecatFlowManager[] = []
  const fn = new FlowsFunctionSchema({
    name: 'f',
    description: 'F',
    handler: (_args, flow_manager) => void got.push(flow_manager),
  })
  await fn.handler?.({}, { manager: view })
  expect(got[0]?.current_node).toBe('a')
  await expect(got[0]?.set_node('b')).rejects.toThrow(FlowError)
  expect(() => got[0]?.transport).toThrow(/only be read/)
})

test('a callback moves the conversation by set_node when the model has the result', async () => {
  const order: unknown[] = []
  const flow = fromPipecat({
    initial_node: 'start',
    nodes: {
      start: node('one', {
        functions: [
          new FlowsFunctionSchema({
            name: 'choose',
            description: 'Choose',
            properties: { size: { type: 'string' } },
            handler: async (args, _flow_manager) => ({ size: args['size'] }),
            transition_callback: async (args, result, flow_manager: PipecatFlowManager) => {
              order.push(args, result)
              await flow_manager.set_node('next', node('two'))
            },
          }),
        ],
      }),
      other: node('other'),
    },
  })
  const run = await runFlow(flow)
  expect(await run.call('choose', { size: 'large' })).toEqual({ size: 'large' })
  expect(order).toEqual([{ size: 'large' }, { size: 'large' }])
  expect(run.currentNode).toBe('next')
})

test('global functions may be called in every node, and are read like others', async () => {
  const flow = fromPipecat(
    { initial_node: 'start', nodes: { start: node('one') } },
    {
      global_functions: [{ name: 'eta', description: 'Delivery', input_schema: {}, handler: '__function__:eta' }],
      handlers: { eta: () => ({ minutes: 30 }) },
    },
  )
  const run = await runFlow(flow)
  expect(run.tools).toEqual(['eta'])
  expect(await run.call('eta')).toEqual({ minutes: 30 })
  expect(run.currentNode).toBe('start')
})

test('the options of a manager that do not hold are refused with their places', () => {
  const wrong: unknown = { global_functions: ['x'], context_strategy: { strategy: 'forget' } }
  expect(() => new FlowManager(wrong as ConstructorParameters<typeof FlowManager>[0])).toThrow(
    /global_functions\.0[^]*context_strategy\.strategy/,
  )
})
