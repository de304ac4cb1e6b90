import {
  createRuntime,
  type LLMMessagesAppendFrame,
  type LLMMessagesUpdateFrame,
  type LLMSetToolsFrame,
  TTSSpeakFrame,
} from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { describe, expect, test, vi } from 'vitest'
import { endConversation, say } from '../../src/definition/action.ts'
import { FlowError } from '../../src/definition/errors.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import type { FlowNode } from '../../src/definition/flow-node.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { edge, flowOf } from '../example-flows.ts'
import { LateStart, Slow } from './slow.ts'
import { call, gate, Talk } from './talk.ts'

const OF_A_NODE = [
  'LLMUpdateSettingsFrame',
  'LLMMessagesAppendFrame',
  'LLMMessagesUpdateFrame',
  'LLMSetToolsFrame',
  'LLMRunFrame',
] as const

const fn = (name: string, handler: () => unknown = () => ({ of: name })): FlowFunction => ({
  name,
  description: '',
  handler,
})

const messagesIn = (talk: Talk) =>
  talk.frames.flatMap(({ frame, type }) =>
    type === 'LLMMessagesAppendFrame' || type === 'LLMMessagesUpdateFrame'
      ? [{ type, messages: (frame as LLMMessagesAppendFrame | LLMMessagesUpdateFrame).messages }]
      : [],
  )

const toolsIn = (talk: Talk) =>
  talk.frames.flatMap(({ frame, type }) =>
    type === 'LLMSetToolsFrame'
      ? [(frame as LLMSetToolsFrame).tools?.standardTools.map(({ name }) => name) ?? 'none']
      : [],
  )

describe('the name of the node', () => {
  test('1. There is none before the first node; then it is that of the node, or a new id where it has no name', async () => {
    const talk = new Talk(undefined, { runtime: { newId: createRuntime().newId } })
    await talk.clock.settle()
    expect(talk.node).toBeNull()
    await talk.manager.initialize({ name: 'hello', task: 'Greet.', respondImmediately: false })
    expect(talk.node).toBe('hello')
    await talk.manager.setNodeFromConfig({ task: 'Go on.', respondImmediately: false })
    const first = talk.node
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    await talk.manager.setNodeFromConfig({ task: 'Go on.', respondImmediately: false })
    expect(talk.node).not.toBe(first)
  })
})

describe('what a node has to have', () => {
  test('2. A node without a task is refused, and nothing reaches the pipeline', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'Wait.', respondImmediately: false } }))
    const before = talk.frames.length
    const faulty = JSON.parse('{"name":"b","role":"R","before":[{"type":"tts_say","text":"Hi."}]}') as FlowNode
    await expect(talk.manager.setNodeFromConfig(faulty)).rejects.toBeInstanceOf(FlowError)
    await talk.advance(2)
    expect(talk.frames.length).toBe(before)
    expect([talk.node, talk.spoken]).toEqual(['a', []])
  })

  test('3. A task may be an empty list', async () => {
    const talk = await Talk.start(flowOf({ a: { task: [] } }), { answers: [['Hello.']] })
    await talk.advance(2)
    expect(talk.asked.map(({ history }) => history)).toEqual([[]])
    expect(talk.history).toEqual(['assistant: Hello.'])
  })

  test('4. Entering a node calls no handler', async () => {
    const handler = vi.fn()
    const talk = await Talk.start(flowOf({ a: { task: 'Greet.', functions: [fn('look', handler)] } }))
    await talk.advance(2)
    expect(talk.lastAsked.tools).toEqual(['look'])
    expect(handler).not.toHaveBeenCalled()
  })
})

describe('the functions of a node', () => {
  test('5. Each function is offered once, and is the one that runs', async () => {
    const ran: string[] = []
    const functions = ['one', 'two'].map((name) => fn(name, () => ran.push(name)))
    const talk = await Talk.start(flowOf({ a: { task: 'Greet.', functions } }), {
      answers: [[call('two'), call('one')]],
    })
    await talk.advance(1)
    expect(talk.asked[0]?.tools).toEqual(['one', 'two'])
    expect(ran.toSorted()).toEqual(['one', 'two'])
  })

  test('6. Three functions are three tools', async () => {
    const functions = [fn('one'), fn('two'), fn('three')]
    const talk = await Talk.start(flowOf({ a: { task: 'Greet.', functions } }))
    expect(talk.lastAsked.tools).toEqual(['one', 'two', 'three'])
    expect(toolsIn(talk)).toEqual([['one', 'two', 'three']])
  })

  test('7. A node without functions, or with an empty list, takes those of the node before away', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [fn('one')] }, b: { task: 'B.' }, c: { task: 'C.', functions: [] } }),
    )
    await talk.manager.setNode('b')
    await talk.manager.setNode('c')
    await talk.clock.settle()
    expect(toolsIn(talk)).toEqual([['one'], 'none', 'none'])
    expect(talk.asked.map(({ tools }) => tools)).toEqual([['one'], [], []])
  })
})

describe('the role of a node', () => {
  test('8. A role is set once, ahead of the messages', async () => {
    const talk = await Talk.start(flowOf({ a: { role: 'You are kind.', task: 'Greet.' } }))
    expect(talk.sent(...OF_A_NODE)).toEqual([
      'LLMUpdateSettingsFrame',
      'LLMMessagesAppendFrame',
      'LLMSetToolsFrame',
      'LLMRunFrame',
    ])
    expect(talk.lastAsked.role).toBe('You are kind.')
  })

  test('9. A node without a role changes no settings', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'Greet.' } }))
    expect(talk.sent(...OF_A_NODE)).toEqual(['LLMMessagesAppendFrame', 'LLMSetToolsFrame', 'LLMRunFrame'])
    expect(talk.lastAsked.role).toBeUndefined()
  })

  test('10. A role outlives a reset of the history', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { role: 'You are kind.', task: 'Greet.', functions: [edge('go', 'b')] },
        b: { task: 'Go on.', context: 'reset' },
      }),
      { answers: [['Hello.', call('go')]] },
    )
    await talk.advance(3)
    expect(talk.lastAsked).toMatchObject({ role: 'You are kind.', history: ['developer: Go on.'] })
    expect(talk.asked).toHaveLength(2)
  })

  test('11. The history is given the task alone where a role is set', async () => {
    const talk = await Talk.start(flowOf({ a: { role: 'You are kind.', task: 'Greet.' } }))
    expect(messagesIn(talk).map(({ messages }) => messages)).toEqual([[{ role: 'developer', content: 'Greet.' }]])
    expect(talk.lastAsked.history).toEqual(['developer: Greet.'])
  })
})

describe('the history on entering', () => {
  const earlier = [{ role: 'user', content: 'Before.' }] as const

  test('12. The first node adds to the history under append and takes its place under reset', async () => {
    const append = await Talk.start(flowOf({ a: { task: 'Greet.', context: 'append' } }), { messages: earlier })
    expect(append.lastAsked.history).toEqual(['user: Before.', 'developer: Greet.'])
    const reset = await Talk.start(flowOf({ a: { task: 'Greet.', context: 'reset' } }), { messages: earlier })
    expect(reset.lastAsked.history).toEqual(['developer: Greet.'])
    expect([messagesIn(append)[0]?.type, messagesIn(reset)[0]?.type]).toEqual([
      'LLMMessagesAppendFrame',
      'LLMMessagesUpdateFrame',
    ])
  })

  test('12. What a first node says before its task stays in the history under append', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'Greet.', before: [say('Welcome.')] } }))
    expect(talk.lastAsked.history).toEqual(['assistant: Welcome.', 'developer: Greet.'])
  })

  test('13. The strategy of a node goes before that of the manager, and that before that of the flow', async () => {
    const nodes = { a: { task: 'A.' }, b: { task: 'B.', context: 'append' as const }, c: { task: 'C.' } }
    const talk = await Talk.start(flowOf(nodes, { context: 'append' }), { messages: earlier, contextStrategy: 'reset' })
    await talk.manager.setNode('b')
    await talk.manager.setNode('c')
    await talk.clock.settle()
    expect(talk.asked.map(({ history }) => history)).toEqual([
      ['developer: A.'],
      ['developer: A.', 'developer: B.'],
      ['developer: C.'],
    ])
  })

  test('D13: What is said along with a call is heard to its end, and stands in the history that the next node reads', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'Greet.', functions: [edge('go', 'b')] }, b: { task: 'Go on.' } }),
      { answers: [['One moment please. ', 'I will look.', call('go')], ['Here we are.']] },
    )
    await talk.advance(2)
    expect(talk.node).toBe('a')
    await talk.advance(8)
    expect(talk.node).toBe('b')
    expect(talk.lastAsked.history).toEqual([
      'developer: Greet.',
      'assistant: One moment please. I will look.',
      'calls go',
      'tool: {"status":"acknowledged"}',
      'developer: Go on.',
    ])
    expect(talk.lastAsked.atMs).toBeGreaterThanOrEqual(2800)
    expect(talk.spoken).toEqual(['One moment please.', 'I will look.', 'Here we are.'])
  })

  test('D13: A reset does not cut what was said along with the call, and none of it comes back afterwards', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'Greet.', functions: [edge('go', 'b')] }, b: { task: 'Go on.', context: 'reset' } }),
      { answers: [['One moment please.', call('go')], ['Here we are.']] },
    )
    await talk.advance(5)
    expect(talk.lastAsked.history).toEqual(['developer: Go on.'])
    expect(talk.lastAsked.atMs).toBeGreaterThanOrEqual(1800)
    expect(talk.history).toEqual(['developer: Go on.', 'assistant: Here we are.'])
  })
})

describe('who speaks first', () => {
  test('20. The model runs once for each node that is entered', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.', functions: [edge('back', 'a')] } }),
      { answers: [[call('go')], ['Now. ', call('back')], ['Done.']] },
    )
    await talk.advance(5)
    expect(talk.path).toEqual(['a', 'b', 'a'])
    expect(talk.asked).toHaveLength(3)
    expect(talk.sent('LLMRunFrame')).toHaveLength(3)
  })

  test('21. A node that does not respond at once waits for the user, and its after-actions for the first turn of the agent; they run once', async () => {
    const ran: number[] = []
    const talk = await Talk.start(
      flowOf({
        a: {
          task: 'Wait.',
          respondImmediately: false,
          after: [{ type: 'note', handler: () => void ran.push(talk.clock.nowMs()) }],
        },
      }),
      { answers: [['Hello there.'], ['Yes.']] },
    )
    await talk.advance(3)
    expect([talk.asked.length, ran]).toEqual([0, []])
    await talk.say('Hi.')
    await talk.advance(1)
    expect([talk.asked.length, ran]).toEqual([1, []])
    await talk.advance(0.5)
    expect(ran).toEqual([5300])
    await talk.say('And?')
    await talk.advance(3)
    expect([talk.asked.length, ran.length]).toEqual([2, 1])
  })

  test('21. They are dropped when another node is entered before', async () => {
    const ran = vi.fn()
    const talk = await Talk.start(
      flowOf({
        a: { task: 'Wait.', respondImmediately: false, after: [{ type: 'note', handler: ran }] },
        b: { task: 'Go on.' },
      }),
      { answers: [['Hello there.'], ['Yes.']] },
    )
    await talk.manager.setNode('b')
    await talk.advance(3)
    await talk.say('Hi.')
    await talk.advance(3)
    expect(talk.spoken).toEqual(['Hello there.', 'Yes.'])
    expect(ran).not.toHaveBeenCalled()
  })

  test('21. They do not take what the node before was still saying for the first turn', async () => {
    const after = [say('Anything else?')]
    const flow = flowOf({ a: { task: 'A.' }, b: { task: 'B.', respondImmediately: false, after } })
    const talk = await Talk.start(flow, { answers: [['x'.repeat(40)], ['Yes.']] })
    await talk.advance(1)
    await talk.manager.setNode('b')
    await talk.advance(5)
    expect(talk.spoken).toHaveLength(1)
    await talk.say('Hello?')
    await talk.advance(3)
    expect(talk.spoken.slice(1)).toEqual(['Yes.', 'Anything else?'])
  })

  test('21. They wait for the answer when the model calls a function first, whatever it says along with the call', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { task: 'Greet.', functions: [fn('look')], onSpoken: { kind: 'to', node: 'b', input: undefined } },
        b: { task: 'B.' },
      }),
      { answers: [['Let me look. ', call('look')], ['It is blue.'], ['Bye.']] },
    )
    await talk.advance(1.25)
    expect(talk.node).toBe('a')
    await talk.advance(5)
    expect(talk.node).toBe('b')
    expect(talk.asked.map(({ history }) => history.at(-1))).toEqual([
      'developer: Greet.',
      'tool: {"of":"look"}',
      'developer: B.',
    ])
  })

  test('D12: After-actions wait until the last sentence of the reply was played', async () => {
    const at: number[] = []
    const talk = await Talk.start(
      flowOf({ a: { task: 'Greet.', after: [{ type: 'note', handler: () => void at.push(talk.clock.nowMs()) }] } }),
      { answers: [[{ pauseMs: 3000 }, 'Hello there. ', { pauseMs: 100 }, 'Tell me.']] },
    )
    talk.model.pushFrame(new TTSSpeakFrame('Hold on.'), 'downstream')
    await talk.advance(2.5)
    // The agent has stopped speaking: that was not its reply.
    expect([talk.sent('BotStoppedSpeakingFrame').length > 0, at]).toEqual([true, []])
    await talk.advance(6)
    expect(at).toHaveLength(1)
    expect(at[0]).toBeGreaterThanOrEqual(3000 + 2000)
    expect(at[0]).toBeGreaterThanOrEqual(talk.output.lastWrittenMs)
  })
})

describe('what is said by actions', () => {
  test('22. What is said before and after a node is said in that order, and enters the history unless told otherwise', async () => {
    const talk = await Talk.start(
      flowOf({
        a: {
          task: 'Greet.',
          before: [say('First.')],
          after: [say('Last.'), say('Aside.', { appendTextToContext: false })],
        },
      }),
      { answers: [['Middle.']] },
    )
    await talk.advance(5)
    const speaks = talk.frames.flatMap(({ frame }) => (frame.type === 'TTSSpeakFrame' ? [frame] : []))
    expect(speaks).toMatchObject([
      { text: 'First.', appendToContext: true },
      { text: 'Last.', appendToContext: true },
      { text: 'Aside.', appendToContext: false },
    ])
    expect(talk.spoken).toEqual(['First.', 'Middle.', 'Last.', 'Aside.'])
    expect(talk.history).toEqual(['assistant: First.', 'developer: Greet.', 'assistant: Middle.', 'assistant: Last.'])
  })

  test('23. The end of the conversation comes when its text was played, and no action behind it runs', async () => {
    const behind = vi.fn()
    const talk = await Talk.start(
      flowOf({ a: { task: 'Greet.', after: [endConversation('Goodbye then.'), { type: 'note', handler: behind }] } }),
      { answers: [['Done.']] },
    )
    await talk.clock.advanceUntil(() => talk.task.hasFinished())
    await talk.run
    expect(talk.spoken).toEqual(['Done.', 'Goodbye then.'])
    expect(talk.sent('TTSSpeakFrame', 'EndFrame')).toEqual(['TTSSpeakFrame', 'EndFrame'])
    const ended = talk.frames.find(({ type }) => type === 'EndFrame')
    expect(ended?.atMs).toBeGreaterThanOrEqual(500 + 1300)
    expect(talk.history.at(-1)).toBe('assistant: Goodbye then.')
    expect(behind).not.toHaveBeenCalled()
  })

  test('23. A node that only ends the conversation ends it before the model is asked', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'Never.', before: [endConversation('Closed.'), say('Not this.')] } }),
    )
    await talk.clock.advanceUntil(() => talk.task.hasFinished())
    expect([talk.spoken, talk.asked]).toEqual([['Closed.'], []])
  })

  test('24. An action of type function waits for what the agent is saying already', async () => {
    let ranMs = 0
    const note = { type: 'function', handler: () => void (ranMs = talk.clock.nowMs()) }
    const flow = flowOf({ a: { task: 'A.' }, b: { task: 'B.', before: [note] } })
    const talk: Talk = await Talk.start(flow, { answers: [['x'.repeat(50)]] })
    await talk.advance(1)
    await talk.during(talk.manager.setNode('b'))
    expect(ranMs).toBeGreaterThanOrEqual(5000)
  })

  test('24. Of two actions of type function the second starts when the first has finished, and both behind what is said', async () => {
    const order: string[] = []
    const note = (text: string): void => void order.push(`${text} ${talk.clock.nowMs()}`)
    const talk: Talk = new Talk(
      flowOf({
        a: {
          task: 'Greet.',
          before: [
            say('0123456789'),
            {
              type: 'function',
              handler: async () => {
                note('first begins')
                await new Promise<void>((resolve) => void talk.clock.setTimeout(resolve, 250))
                note('first ends')
              },
            },
            { type: 'function', handler: () => note('second') },
          ],
        },
      }),
      { answers: [['Hello.']] },
    )
    await talk.during(talk.manager.initialize())
    const [first, ...others] = order
    const begin = Number(first?.split(' ').at(-1))
    expect(begin).toBeGreaterThanOrEqual(1000)
    expect(others).toEqual([`first ends ${begin + 250}`, `second ${begin + 250}`])
    expect(talk.lastAsked.atMs).toBe(begin + 250)
  })
})

describe('what can go wrong on entering', () => {
  test('29. A pipeline that refuses the frames of a node fails the move: the manager stays initialized and the node is kept', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [fn('look')] }, b: { task: 'B.', role: 'R', functions: [fn('other')] } }),
      { answers: [['Hello.'], [call('look')], ['Seen.']] },
    )
    await talk.advance(2)
    vi.spyOn(talk.task, 'queueFrames').mockRejectedValueOnce(new Error('full'))
    const failure = await talk.manager.setNode('b').catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(FlowError)
    expect(String(failure)).toContain('full')
    expect([talk.node, [...talk.manager.currentFunctions]]).toEqual(['a', ['look']])
    expect(JSON.parse(talk.manager.snapshot())).not.toHaveProperty('role')
    await talk.say('Look.')
    await talk.advance(3)
    expect(talk.history.slice(-2)).toEqual(['tool: {"of":"look"}', 'assistant: Seen.'])
    await talk.manager.setNode('b')
    expect(talk.node).toBe('b')
  })

  test('A conversation that is cut off while something is said on the way lets go of who waits for the move', async () => {
    const flow = flowOf({ a: { task: 'A.' }, b: { task: 'B.', before: [say('x'.repeat(50))] } })
    const talk = await Talk.start(flow, { answers: [['Hello.']] })
    await talk.advance(2)
    const moving = talk.manager.setNode('b')
    await talk.advance(1)
    await talk.end()
    await moving
    expect(talk.path).toEqual(['a'])
  })

  test('A conversation that ends while a node is entered does not enter it', async () => {
    const { opened, open } = gate()
    const host = new ScriptedHost(new TestClock(), 1)
    const flow = flowOf({ a: { task: 'A.' }, b: { task: 'B.', before: [{ type: 'wait', handler: () => opened }] } })
    const manager = new FlowManager({ host, flow })
    await manager.initialize()
    const moving = manager.setNode('b')
    host.end()
    await new Promise<void>((resolve) => manager.on('ended', resolve))
    open()
    await moving
    expect(host.messages()).toEqual([{ role: 'developer', content: 'A.' }])
  })

  test('D15: A first node that cannot be entered leaves nothing behind, and the flow can be started again', async () => {
    const talk = new Talk(
      flowOf({ a: { task: 'Greet.', role: 'R', before: [say('Welcome.')], after: [{ type: 'dance' }] } }),
      { answers: [['Hello.']] },
    )
    await talk.clock.settle()
    const failure = await talk.manager.initialize().catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'FlowInitializationError', cause: { name: 'ActionError' } })
    await talk.advance(2)
    expect([talk.sent(...OF_A_NODE, 'TTSSpeakFrame'), talk.spoken, talk.history, talk.node]).toEqual([[], [], [], null])
    talk.manager.registerAction('dance', () => {})
    await talk.during(talk.manager.initialize())
    await talk.advance(2)
    expect(talk.spoken).toEqual(['Welcome.', 'Hello.'])
  })

  test('The model is asked when it has been told of the node, however slow the way there is', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { role: 'R', task: 'A.', functions: [edge('go', 'b')] },
        b: { role: 'S', task: 'B.', functions: [fn('look')] },
      }),
      { ahead: [new Slow(50)], answers: [[call('go')], ['There.']] },
    )
    await talk.advance(5)
    expect(talk.asked).toMatchObject([
      { history: ['developer: A.'], tools: ['go'], role: 'R' },
      {
        history: ['developer: A.', 'calls go', 'tool: {"status":"acknowledged"}', 'developer: B.'],
        tools: ['look'],
        role: 'S',
      },
    ])
  })

  test('A flow that is started before its pipeline begins when that does', async () => {
    const opened = gate()
    const talk = new Talk(flowOf({ a: { role: 'R', task: 'Greet.' } }), {
      answers: [['Hello.']],
      ahead: [new LateStart(opened.opened)],
    })
    await talk.manager.initialize()
    expect(talk.node).toBe('a')
    opened.open()
    await talk.advance(2)
    expect(talk.asked).toMatchObject([{ role: 'R', history: ['developer: Greet.'] }])
    expect(talk.history).toEqual(['developer: Greet.', 'assistant: Hello.'])
  })
})
