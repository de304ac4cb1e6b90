import { describe, expect, test } from 'vitest'
import type { FlowAction } from '../definition/action.ts'
import { FlowDefinitionError } from '../definition/errors.ts'
import type { FlowManagerView } from '../definition/flow-context.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import {
  ContextStrategy,
  direct,
  type FlowConfig,
  FlowsFunctionSchema,
  fromPipecat,
  NO_RESPONSE,
  type NodeConfig,
  PipecatFlowManager,
} from './index.ts'

const task = [{ role: 'developer', content: 'Ask for a size.' }] as const

function view(): FlowManagerView {
  return { state: {}, currentNode: 'start', currentFunctions: new Set(['a']), getCurrentContext: () => [] }
}

async function call(fn: FlowFunction | undefined, args: object = {}, manager = view()): Promise<unknown> {
  const handler = fn?.handler as ((args: object, ctx: object) => unknown) | undefined
  return handler?.(args, { manager })
}

function nodeOf(flow: FlowDefinition, name: string): FlowNode {
  const node = flow.nodes[name]
  if (node === undefined || typeof node === 'function') throw new Error(`no node ${name}`)
  return node
}

function faultsOf(run: () => unknown): Record<string, string> {
  try {
    run()
  } catch (error) {
    if (error instanceof FlowDefinitionError) {
      return Object.fromEntries(error.faults.map(({ path, message }) => [path, message]))
    }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a node', () => {
  test('has all its parts under the names of this package', () => {
    const node = fromPipecat({
      name: 'start',
      role_message: 'You take orders.',
      task_messages: task,
      functions: [new FlowsFunctionSchema({ name: 'finish', description: 'Done', transition_to: 'end' })],
      pre_actions: [{ type: 'tts_say', text: 'Hello', append_text_to_context: false }],
      post_actions: [{ type: 'end_conversation', text: 'Bye' }],
      context_strategy: { strategy: ContextStrategy.RESET_WITH_SUMMARY, summary_prompt: 'What was ordered' },
      respond_immediately: false,
    })
    expect(node).toMatchObject({
      name: 'start',
      role: 'You take orders.',
      task,
      functions: [{ name: 'finish', description: 'Done', transitionTo: ['end'], cancelOnInterruption: false }],
      before: [{ type: 'tts_say', text: 'Hello', appendTextToContext: false }],
      after: [{ type: 'end_conversation', text: 'Bye' }],
      context: { summary: 'What was ordered' },
      respondImmediately: false,
    })
  })

  test('needs nothing but a task, which may be empty', () => {
    const node = fromPipecat({ task_messages: [] })
    expect(node.task).toEqual([])
    expect(node.context).toBeUndefined()
    expect(node.respondImmediately).toBeUndefined()
  })

  test('keeps system and developer messages as they are', () => {
    const both = [{ role: 'system', content: 'Old' } as const, ...task]
    expect(fromPipecat({ task_messages: both }).task).toEqual(both)
  })

  test('puts role_messages ahead of the task, unless there is a role_message', () => {
    const role_messages = [{ role: 'system', content: 'You are Ann.' }] as const
    const heard: string[] = []
    const warn = (message: string): void => void heard.push(message)
    expect(fromPipecat({ role_messages, task_messages: task }, { warn }).task).toEqual([...role_messages, ...task])
    expect(heard).toEqual([expect.stringContaining('role_messages is of an older form')])
    const both = fromPipecat({ role_message: 'You are Bob.', role_messages, task_messages: task }, { warn })
    expect(both).toMatchObject({ role: 'You are Bob.', task })
    expect(heard.at(-1)).toMatch(/do nothing beside/)
  })

  test.each([
    ['append', 'append'],
    ['RESET', 'reset'],
  ])('takes the strategy %s, in small letters or capitals', (strategy, context) => {
    expect(fromPipecat({ task_messages: [], context_strategy: { strategy } }).context).toBe(context)
  })

  test('names a field that it does not know', () => {
    const heard: string[] = []
    const config = { task_messages: [], pre_action: [] }
    fromPipecat(config, { warn: (message) => heard.push(message) })
    expect(heard).toEqual([expect.stringContaining('pre_action')])
  })
})

describe('a flow', () => {
  const config: FlowConfig = {
    initial_node: 'start',
    nodes: {
      start: {
        task_messages: task,
        functions: [{ name: 'finish', description: 'Done', input_schema: { type: 'object' }, transition_to: 'end' }],
      },
      end: { task_messages: [], post_actions: [{ type: 'end_conversation' }] },
    },
  }

  test('has its nodes by name, and their edges', () => {
    const flow = fromPipecat(config, { id: 'order' })
    expect(flow).toMatchObject({ id: 'order', initialNode: 'start' })
    expect(Object.keys(flow.nodes)).toEqual(['start', 'end'])
    expect(nodeOf(flow, 'start').functions?.[0]).toMatchObject({ name: 'finish', transitionTo: ['end'] })
  })

  test('that moves to a node it does not have is refused', () => {
    const { end: _end, ...nodes } = config.nodes
    expect(Object.values(faultsOf(() => fromPipecat({ ...config, nodes }))).join()).toMatch(/end/)
  })

  test('is refused with all its faults, each with its place', () => {
    const wrong: unknown = {
      initial_node: 'strat',
      nodes: {
        start: {
          role_message: 1,
          task_messages: [{ role: 'robot', content: 'x' }],
          functions: [
            () => 1,
            { type: 'function', function: { name: 'a', parameters: [] } },
            { name: 'b', description: '', input_schema: {}, handler: '__function__:toString' },
            { name: 'c', description: '', properties: {}, handler: 'c' },
            { name: 'd', description: '', properties: {}, transition_to: 'end', transition_callback: () => 1 },
            'text',
          ],
          pre_actions: [{ text: 'x' }, { type: 'tts_say', text: 1 }, { type: 'x', append_text_to_context: 'no' }],
          post_actions: 1,
          context_strategy: { strategy: 'forget' },
          respond_immediately: 'no',
        },
        end: { context_strategy: { strategy: 'reset_with_summary' } },
        last: 1,
      },
    }
    const faults = faultsOf(() => fromPipecat(wrong as FlowConfig, { handlers: { known: () => 1 } }))
    expect(Object.keys(faults).sort()).toEqual(
      [
        'initial_node',
        'nodes.end.context_strategy.summary_prompt',
        'nodes.end.task_messages',
        'nodes.last',
        'nodes.start.context_strategy.strategy',
        'nodes.start.functions.0',
        'nodes.start.functions.1',
        'nodes.start.functions.2.handler',
        'nodes.start.functions.3.handler',
        'nodes.start.functions.4',
        'nodes.start.functions.5',
        'nodes.start.post_actions',
        'nodes.start.pre_actions.0',
        'nodes.start.pre_actions.1.text',
        'nodes.start.pre_actions.2.append_text_to_context',
        'nodes.start.respond_immediately',
        'nodes.start.role_message',
        'nodes.start.task_messages.0',
      ].sort(),
    )
    expect(faults['nodes.start.functions.2.handler']).toMatch(/"toString".*known/)
  })

  test.each([null, 1, 'text', [], {}, { nodes: 1 }, { initial_node: 'a', nodes: {} }])('%o is none', (wrong) => {
    expect(() => fromPipecat(wrong as never)).toThrow(FlowDefinitionError)
  })

  test('takes nothing from what all objects inherit', () => {
    const nodes: unknown = JSON.parse('{"a":{"task_messages":[]},"__proto__":{"task_messages":[]}}')
    const flow = { initial_node: 'constructor', nodes } as FlowConfig
    expect(Object.keys(faultsOf(() => fromPipecat(flow)))).toContain('initial_node')
    expect('task_messages' in {}).toBe(false)
  })
})

describe('handlers', () => {
  const node = (fn: NonNullable<NodeConfig['functions']>[number], options = {}): FlowFunction | undefined =>
    fromPipecat({ task_messages: [], functions: [fn] }, options).functions?.[0]
  const words = { name: 'book', description: 'Book' }

  test('by name are those that were given, and no others', async () => {
    const dict = { ...words, input_schema: {}, handler: '__function__:book' }
    const handlers = { book: (args: object) => ({ booked: args }) }
    expect(await call(node(dict, { handlers }), { at: 5 })).toEqual({ booked: { at: 5 } })
    expect(() => node(dict)).toThrow(/no handler is named "book".*none was given/)
    Object.assign(globalThis, { book: () => 1 })
    try {
      expect(() => node(dict)).toThrow(FlowDefinitionError)
    } finally {
      Reflect.deleteProperty(globalThis, 'book')
    }
  })

  test('of no, one or two parameters get what they take', async () => {
    const got: unknown[] = []
    const heard: string[] = []
    const options = { warn: (message: string) => void heard.push(message) }
    const handlers = [
      () => got.push('none'),
      (args: object) => got.push(args),
      (args: object, flow_manager: PipecatFlowManager) => got.push(args, flow_manager),
    ]
    for (const handler of handlers) await call(node(new FlowsFunctionSchema({ ...words, handler }), options), { at: 5 })
    expect(got).toEqual(['none', { at: 5 }, { at: 5 }, expect.any(PipecatFlowManager)])
    expect(heard).toHaveLength(2)
  })

  test('may return a pair: of a node, a name, nothing or silence', async () => {
    const give = (next: unknown): Promise<unknown> =>
      call(node(new FlowsFunctionSchema({ ...words, handler: () => [{ ok: true }, next] })))
    const result = { ok: true }
    expect(await give({ name: 'next', task_messages: task })).toEqual({
      kind: 'jump',
      node: expect.objectContaining({ name: 'next', task }),
      result,
      say: undefined,
    })
    expect(await give('end')).toMatchObject({ kind: 'to', node: 'end', result })
    expect(await give(null)).toEqual({ kind: 'stay', result })
    expect(await give(undefined)).toEqual({ kind: 'stay', result })
    expect(await give(NO_RESPONSE)).toEqual({ kind: 'silent', result })
  })

  test('that return a node which does not hold fail by name of the field', async () => {
    const fn = node(new FlowsFunctionSchema({ ...words, handler: () => [null, { role_message: 'x' }] }))
    await expect(call(fn)).rejects.toThrow(/task_messages/)
  })

  test('see and change the state under the names of Pipecat', async () => {
    const manager = view()
    const seen: PipecatFlowManager[] = []
    const fn = new FlowsFunctionSchema({
      ...words,
      handler: (args, flow_manager) => {
        seen.push(flow_manager)
        flow_manager.state['at'] = args['at']
        return { node: flow_manager.current_node, functions: [...flow_manager.current_functions] }
      },
    })
    const imported = node(fn)
    expect(await call(imported, { at: 5 }, manager)).toEqual({ node: 'start', functions: ['a'] })
    await call(imported, { at: 6 }, manager)
    expect(manager.state).toEqual({ at: 6 })
    expect(seen[0]).toBe(seen[1])
  })

  test('of nodes made on the way are read with the same handlers and warnings', async () => {
    const heard: string[] = []
    const later = { task_messages: [], functions: [{ ...words, input_schema: {}, handler: '__function__:book' }] }
    const options = { handlers: { book: () => 'booked' }, warn: (message: string) => void heard.push(message) }
    const first = node(
      { ...words, properties: {}, handler: (_args: object, _manager: object) => [null, later] },
      options,
    )
    for (const round of [1, 2]) {
      const outcome = (await call(first)) as { node: FlowNode }
      expect([round, await call(outcome.node.functions?.[0])]).toEqual([round, 'booked'])
    }
    expect(new Set(heard).size).toBe(heard.length)
    expect(heard.join()).toMatch(/shape of a provider.*__function__/s)
  })

  test('a callback with two or three parameters runs after the result', async () => {
    const got: unknown[] = []
    const run = async (transition_callback: (...args: never[]) => unknown): Promise<void> => {
      const fn = node({ ...words, properties: {}, handler: () => ({ ok: true }), transition_callback })
      const outcome = (await call(fn, { at: 5 })) as { kind: string; run: (manager: FlowManagerView) => unknown }
      expect(outcome.kind).toBe('callback')
      await outcome.run(view())
    }
    await run(async (args: object, manager: object) => got.push(args, manager))
    await run(async (args: object, result: object, manager: object) => got.push(args, result, manager))
    const manager = expect.any(PipecatFlowManager)
    expect(got).toEqual([{ at: 5 }, manager, { at: 5 }, { ok: true }, manager])
  })
})

describe('direct functions', () => {
  test('are named by the function, and give pairs', async () => {
    const fn = direct(
      { description: 'Book', properties: { at: { type: 'number' } }, required: ['at'], timeout_secs: 5 },
      async function book_table(flow_manager, args) {
        flow_manager.state['at'] = args['at']
        return [{ status: 'success' }, { name: 'confirm', task_messages: task }]
      },
    )
    expect(fn).toMatchObject({ name: 'book_table', timeoutSecs: 5, cancelOnInterruption: false })
    const manager = view()
    const node = fromPipecat({ task_messages: [], functions: [fn] })
    expect(await call(node.functions?.[0], { at: 7 }, manager)).toMatchObject({
      kind: 'jump',
      node: { name: 'confirm' },
    })
    expect(manager.state).toEqual({ at: 7 })
  })

  test('that return no pair fail, and say what a pair is', async () => {
    for (const returned of [1, undefined, [1], [1, 2], [1, 2, 3]]) {
      const fn = direct({ name: 'book', description: 'Book' }, () => returned as never)
      await expect(call(fn)).rejects.toThrow(/returned no pair/)
    }
  })

  test('without a usable name are refused, and one letter is suspicious', () => {
    expect(() => direct({ description: 'x' }, async () => [1, null])).toThrow(/no name/)
    expect(() => direct({ name: 'a b', description: 'x' }, () => [1, null])).toThrow(/name/)
    const heard: string[] = []
    const fn = direct({ description: 'x' }, async function n() {
      return [1, null]
    })
    fromPipecat({ task_messages: [], functions: [fn] }, { warn: (message) => heard.push(message) })
    expect(heard).toEqual([expect.stringContaining('minifier')])
  })

  test('stand for a bare function, which has no schema', () => {
    const bare = (): number => 1
    expect(
      Object.values(faultsOf(() => fromPipecat({ task_messages: [], functions: [bare as never] }))).join(),
    ).toMatch(/direct\(/)
  })
})

describe('actions', () => {
  test('keep their further keys, and a handler gets the action as it was written', async () => {
    const got: unknown[] = []
    const heard: string[] = []
    const node = fromPipecat(
      {
        task_messages: [],
        pre_actions: [
          { type: 'music', volume: 3, append_text_to_context: true, handler: '__function__:play' },
          { type: 'old', handler: (action: object) => got.push(action) },
        ],
      },
      {
        handlers: { play: (action: object, flow_manager: object) => got.push(action, flow_manager) },
        warn: (message) => heard.push(message),
      },
    )
    const actions: readonly FlowAction[] = node.before ?? []
    expect(actions[0]).toMatchObject({ type: 'music', volume: 3, appendTextToContext: true })
    for (const action of actions) await action.handler?.(action, view())
    expect(got[0]).toMatchObject({ type: 'music', volume: 3, append_text_to_context: true })
    expect(got[1]).toBeInstanceOf(PipecatFlowManager)
    expect(got[2]).toMatchObject({ type: 'old' })
    expect(heard.join()).toMatch(/Action handlers/)
  })
})
