import { describe, expect, test, vi } from 'vitest'
import { type ActionHandler, endConversation, type FlowAction, runFunction, say } from '../../src/definition/action.ts'
import { ActionError, type FlowError } from '../../src/definition/errors.ts'
import type { FlowManagerView } from '../../src/definition/flow-context.ts'
import type { FlowNode } from '../../src/definition/flow-node.ts'
import { to } from '../../src/definition/outcome.ts'
import { fromPipecat, PipecatFlowManager } from '../../src/pipecat/index.ts'
import { runFlow } from '../../src/testing/index.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, Talk } from './talk.ts'

const node = (before: readonly FlowAction[], more: Partial<FlowNode> = {}): FlowNode => ({
  task: 'B.',
  before,
  ...more,
})

/** A conversation in `a`, from which `go` leads to `b`. */
const toB = (b: FlowNode) => flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b })

const errorsOf = (run: Awaited<ReturnType<typeof runFlow>>): FlowError[] =>
  run.events.flatMap((event) => (event.type === 'flow.error' ? [event.error] : []))

describe('actions that cannot run', () => {
  test.each<[string, FlowAction]>([
    ['without a type', JSON.parse('{"text":"Hi."}') as FlowAction],
    ['of an unknown type', { type: 'dance' }],
    ['whose handler is no function', { type: 'dance', handler: JSON.parse('"jump"') as ActionHandler }],
  ])('25. An action %s is refused before anything of its node happens', async (_what, action) => {
    const run = await runFlow(flowOf({ a: { task: 'A.' } }))
    const messages = run.messages
    for (const faulty of [node([say('Hi.'), action]), node([say('Hi.')], { after: [action] })]) {
      await expect(run.manager.setNodeFromConfig(faulty)).rejects.toBeInstanceOf(ActionError)
    }
    expect([run.currentNode, run.said, run.messages]).toEqual(['a', [], messages])
  })

  test('25. An action that throws fails the move, says which it was, and what is behind it does not run', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.' } }))
    const behind = vi.fn()
    const boom: FlowAction = {
      type: 'boom',
      handler: () => {
        throw new Error('no line')
      },
    }
    const failure = await run.manager
      .setNodeFromConfig(node([boom, { type: 'next', handler: behind }]))
      .catch((e: unknown) => e)
    expect(failure).toBeInstanceOf(ActionError)
    expect(failure).toMatchObject({ message: 'The action "boom" failed.', cause: { message: 'no line' } })
    expect([run.currentNode, behind.mock.calls.length]).toEqual(['a', 0])
  })

  test('25. Where a function of the model led there, the model is told, and the conversation goes on where it was', async () => {
    const run = await runFlow(toB(node([{ type: 'boom', handler: () => Promise.reject(new Error('no line')) }])))
    await run.call('go')
    expect([run.currentNode, run.isAsked, run.tools]).toEqual(['a', true, ['go']])
    expect(JSON.stringify(run.messages.at(-1))).toContain('The conversation stays where it is')
    expect(errorsOf(run)).toHaveLength(1)
    await run.call('go')
    expect(errorsOf(run)).toHaveLength(2)
  })

  test('26. What is no function cannot be registered for an action', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.' } }))
    const register = (handler: unknown) => () => run.manager.registerAction('dance', handler as ActionHandler)
    expect(register('jump')).toThrow(ActionError)
    expect(register(undefined)).toThrow('"dance"')
    expect(register(() => {})).not.toThrow()
  })

  test('27. A text that cannot be said is logged, and the node is entered all the same', async () => {
    const logged: string[] = []
    const log = {
      enabled: () => true,
      log: (level: string, message: string) => void logged.push(`${level} ${message}`),
    }
    const talk = await Talk.start(flowOf({ a: { task: 'A.', respondImmediately: false } }), { runtime: { log } })
    const queue = talk.task.queueFrame.bind(talk.task)
    vi.spyOn(talk.task, 'queueFrame').mockImplementation((frame, direction) =>
      frame.type === 'TTSSpeakFrame' ? Promise.reject(new Error('full')) : queue(frame, direction),
    )
    await talk.during(talk.manager.setNodeFromConfig({ name: 'b', task: 'B.', before: [say('Hi.')] }))
    await talk.clock.settle()
    expect([talk.node, talk.lastAsked.history.at(-1)]).toEqual(['b', 'developer: B.'])
    expect(logged.filter((line) => line.startsWith('error'))).toEqual([
      'error The text of an action "tts_say" could not be said.',
    ])
  })

  test('27. An action without its text is logged, and what is behind it runs', async () => {
    const ran = vi.fn()
    const run = await runFlow(
      flowOf({ a: node([{ type: 'tts_say' }, { type: 'function' }, { type: 'next', handler: ran }]) }),
    )
    expect([run.currentNode, run.said, ran.mock.calls.length]).toEqual(['a', [], 1])
  })
})

describe('the handlers of actions', () => {
  test('28. A handler that takes the action alone works, and so does one that takes the manager', async () => {
    const got: unknown[][] = []
    const alone = async (action: FlowAction): Promise<void> => void got.push([action['colour']])
    const both = (action: FlowAction, manager: FlowManagerView): void =>
      void got.push([action['colour'], manager.currentNode, manager.state['calls']])
    const run = await runFlow(
      flowOf(
        {
          a: { task: 'A.', functions: [edge('go', 'b')] },
          b: node([
            { type: 'paint', colour: 'red' },
            { type: 'both', colour: 'blue', handler: both },
          ]),
        },
        { initialState: { calls: 3 } },
      ),
      { actions: { paint: alone } },
    )
    await run.call('go')
    expect(got).toEqual([['red'], ['blue', 'a', 3]])
  })

  test('28. In the shape of Pipecat a handler gets a manager with the names of Pipecat', async () => {
    const got: unknown[] = []
    const flow = fromPipecat({
      initial_node: 'a',
      nodes: {
        a: {
          task_messages: [],
          pre_actions: [
            { type: 'one', handler: (action: { type: string }) => void got.push(action.type) },
            {
              type: 'two',
              handler: (_action: unknown, manager: unknown) => void got.push(manager instanceof PipecatFlowManager),
            },
          ],
        },
      },
    })
    await runFlow(flow as Parameters<typeof runFlow>[0])
    expect(got).toEqual(['one', true])
  })

  test('58. D3: A handler that stands in a node counts there alone: another node has its own for the same type', async () => {
    const ran: string[] = []
    const note = (text: string): FlowAction => ({ type: 'note', handler: () => void ran.push(text) })
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', before: [note('a')], functions: [edge('go', 'b')] },
        b: { task: 'B.', before: [note('b')], functions: [edge('on', 'c')] },
        c: { task: 'C.', before: [{ type: 'note' }] },
      }),
    )
    await run.call('go')
    expect(ran).toEqual(['a', 'b'])
    // Nothing was registered for all.
    await run.call('on')
    expect([run.currentNode, errorsOf(run)[0]?.name]).toEqual(['b', 'ActionError'])
    run.manager.registerAction('note', () => void ran.push('registered'))
    await run.call('on')
    expect([run.currentNode, ran]).toEqual(['c', ['a', 'b', 'registered']])
  })

  test('59. D4: An action of type function that enters a node which says something first does not wait for itself', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { task: 'A.', after: [runFunction(() => talk.manager.setNode('b'))] },
        b: node([say('On we go.'), runFunction(() => {})]),
      }),
      { answers: [['Hello.'], ['There.']] },
    )
    await talk.advance(5)
    expect([talk.node, talk.spoken]).toEqual(['b', ['Hello.', 'On we go.', 'There.']])
  })

  test('59. D4: Nor does one that stands before its node: the other node is entered in its place', async () => {
    const talk: Talk = new Talk(
      flowOf({
        a: node([runFunction(() => talk.manager.setNode('b'))], { task: 'A.' }),
        b: node([say('On we go.'), runFunction(() => {})]),
      }),
      { answers: [['There.']] },
    )
    await talk.clock.settle()
    await talk.during(talk.manager.initialize())
    await talk.advance(3)
    expect([talk.path, talk.spoken]).toEqual([['b'], ['On we go.', 'There.']])
  })

  test('59. D5: An action of type function that throws holds nothing up', async () => {
    const boom = runFunction(() => {
      throw new Error('no line')
    })
    const talk = await Talk.start(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b'), edge('other', 'c')] },
        b: node([say('Wait.'), boom]),
        c: node([say('Here.'), runFunction(() => {})]),
      }),
      { answers: [[call('go')], [call('other')], ['There.']] },
    )
    await talk.advance(5)
    expect([talk.path, talk.spoken]).toEqual([
      ['a', 'c'],
      ['Wait.', 'Here.', 'There.'],
    ])
    expect(talk.errors.map(({ name }) => name)).toEqual(['ActionError'])
  })

  test('60. D6: After-actions that fail are reported; the node counts as entered, and the conversation goes on', async () => {
    const behind = vi.fn()
    const run = await runFlow(
      flowOf({
        a: {
          task: 'A.',
          functions: [edge('go', 'b')],
          after: [
            { type: 'boom', handler: () => Promise.reject(new Error('no line')) },
            { type: 'next', handler: behind },
          ],
        },
        b: { task: 'B.' },
      }),
    )
    await run.reply('Hello.')
    expect(errorsOf(run).map(({ name }) => name)).toEqual(['ActionError'])
    expect([run.currentNode, behind.mock.calls.length]).toEqual(['a', 0])
    await run.call('go')
    expect(run.currentNode).toBe('b')
  })

  test('60. D6: A node leads on although its after-actions failed', async () => {
    const run = await runFlow(
      flowOf({
        a: {
          task: 'A.',
          after: [{ type: 'boom', handler: () => Promise.reject(new Error('no line')) }],
          onSpoken: to('b'),
        },
        b: { task: 'B.' },
      }),
    )
    await run.reply('Hello.')
    expect(run.currentNode).toBe('b')
  })
})

describe('actions that hang', () => {
  const hang: FlowAction = { type: 'hang', handler: () => new Promise(() => {}) }

  test('A before-action that never ends is given up after 15 s: the model is told, and the conversation goes on', async () => {
    const run = await runFlow(toB(node([hang])))
    const called = run.call('go')
    await run.advance(14.9)
    expect(errorsOf(run)).toEqual([])
    await run.advance(0.2)
    await called
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    expect(errorsOf(run)).toMatchObject([{ name: 'ActionError', message: expect.stringContaining('"hang"') }])
    await run.reply('Sorry.')
    expect(run.said).toEqual(['Sorry.'])
  })

  test('So is one of type function', async () => {
    const run = await runFlow(toB(node([{ type: 'function', handler: () => new Promise(() => {}) }])))
    const called = run.call('go')
    await run.advance(15.1)
    await called
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    expect(errorsOf(run)).toMatchObject([{ name: 'ActionError', cause: { code: 'flow-timeout' } }])
  })

  test('What leads on from a failed entry is taken then', async () => {
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b')] },
        b: node([hang], { onError: to('c') }),
        c: { task: 'C.' },
      }),
    )
    const called = run.call('go')
    await run.advance(15.1)
    await called
    expect(run.currentNode).toBe('c')
  })

  test('A long text is no action that hangs', async () => {
    const run = await runFlow(toB(node([say('x'.repeat(200))])), { charsPerSec: 10 })
    const called = run.call('go')
    await run.advance(19)
    expect(run.currentNode).toBe('a')
    await run.advance(2)
    await called
    expect([run.currentNode, errorsOf(run)]).toEqual(['b', []])
  })

  test('An end that stands behind an after-action that hangs comes all the same', async () => {
    const run = await runFlow(
      flowOf({ a: { task: 'A.', after: [hang], onSpoken: to('b') }, b: node([endConversation()]) }),
    )
    await run.reply('Hello.')
    await run.advance(16)
    expect(run.hasEnded).toBe(true)
  })
})
