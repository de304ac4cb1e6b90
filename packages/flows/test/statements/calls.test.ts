import { type FunctionCallResultFrame, sleep } from '@pc/core'
import { TestClock } from '@pc/core/testing'
import * as z from 'zod'
import { describe, expect, test, vi } from 'vitest'
import { say } from '../../src/definition/action.ts'
import { defineFlow } from '../../src/definition/define-flow.ts'
import { FlowDefinitionError } from '../../src/definition/errors.ts'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { silent, stay, to } from '../../src/definition/outcome.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import { lintFlow, runFlow } from '../../src/testing/index.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, ScriptedModel, Talk } from './talk.ts'

const fn = (name: string, handler?: FlowFunction['handler'], more: Partial<FlowFunction> = {}): FlowFunction => ({
  name,
  description: '',
  handler,
  ...more,
})

const resultsIn = (talk: Talk): readonly FunctionCallResultFrame[] => {
  const results = new Map<string, FunctionCallResultFrame>()
  for (const { frame } of talk.frames) {
    if (frame.type === 'FunctionCallResultFrame') {
      const result = frame as FunctionCallResultFrame
      results.set(result.toolCallId, result)
    }
  }
  return [...results.values()]
}

describe('what a result leads to', () => {
  test('33. After a function that stays in its node the model answers, once', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [fn('look', () => ({ sky: 'blue' }))] } }), {
      answers: [[call('look')], ['Blue.']],
    })
    await talk.advance(3)
    expect(talk.asked.map(({ history }) => history.at(-1))).toEqual(['developer: A.', 'tool: {"sky":"blue"}'])
    expect([talk.node, talk.spoken]).toEqual(['a', ['Blue.']])
  })

  test('34. After a function that leads on the model does not run before it was told of the next node', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.', before: [say('0123456789')] } }),
      { answers: [[call('go')], ['There.']] },
    )
    await talk.advance(0.9)
    expect([talk.asked.length, talk.node]).toEqual([1, 'a'])
    await talk.advance(5)
    expect(talk.asked).toHaveLength(2)
    expect(talk.lastAsked).toMatchObject({ tools: [], atMs: expect.toSatisfy((ms: number) => ms >= 1000) })
    expect(talk.lastAsked.history.at(-1)).toBe('developer: B.')
    expect(resultsIn(talk).map(({ properties }) => properties.runLlm)).toEqual([false])
  })

  test('35. After a silent outcome the result stands in the history, the model does not run, and nothing is sent', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { task: 'A.', functions: [fn('note', () => silent({ noted: true })), edge('go', 'b')] },
        b: { task: 'B.' },
      }),
      { answers: [[call('note')], [call('go')]] },
    )
    await talk.advance(3)
    expect([talk.asked.length, talk.node, talk.history.at(-1)]).toEqual([1, 'a', 'tool: {"noted":true}'])
    expect(talk.sent('LLMRunFrame', 'LLMMessagesAppendFrame', 'LLMSetToolsFrame')).toHaveLength(3)
    // Nothing is pending: the next call leads on.
    await talk.say('Go on.')
    await talk.advance(1)
    expect(talk.node).toBe('b')
  })

  test('36. A handler that throws gives the model an error; the call is settled and the node the same', async () => {
    const talk = await Talk.start(
      flowOf({
        a: { task: 'A.', functions: [fn('look', () => Promise.reject(new Error('no line'))), edge('go', 'b')] },
        b: { task: 'B.' },
      }),
      { answers: [[call('look')], ['Sorry.'], [call('go')]] },
    )
    await talk.advance(2)
    expect(talk.history.slice(-2)).toEqual(['tool: {"status":"error","error":"no line"}', 'assistant: Sorry.'])
    expect(talk.errors).toMatchObject([{ code: 'flow-function-failed', cause: { message: 'no line' } }])
    expect(talk.node).toBe('a')
    await talk.say('Go on.')
    await talk.advance(1)
    expect(talk.node).toBe('b')
  })

  test('37. A function that leads on and has no result of its own is acknowledged', async () => {
    const bare = fn('bare', () => undefined, { transitionTo: ['b'] })
    const outcome = fn('outcome', () => to('b'), { transitionTo: ['b'] })
    for (const each of [edge('none', 'b'), bare, outcome]) {
      const run = await runFlow(flowOf({ a: { task: 'A.', functions: [each] }, b: { task: 'B.' } }))
      expect(await run.call(each.name)).toEqual({ status: 'acknowledged' })
      expect(run.currentNode).toBe('b')
    }
  })

  test('38. D9: A function that is declared again runs as its newest node has it', async () => {
    const flow = flowOf({
      a: { task: 'A.', functions: [fn('look', () => 'of a'), edge('go', 'b')] },
      b: { task: 'B.', functions: [fn('look', () => 'of b'), edge('back', 'a')] },
    })
    const talk = await Talk.start(flow, {
      answers: [[call('look')], [call('go')], [call('look')], [call('back')], [call('look')], ['Done.']],
    })
    await talk.advance(5)
    expect(talk.history.filter((line) => line.includes('of '))).toEqual([
      'tool: "of a"',
      'tool: "of b"',
      'tool: "of a"',
    ])
  })

  test.each<[string, unknown, string]>([
    ['an empty object', {}, '{}'],
    ['zero', 0, '0'],
    ['an empty text', '', '""'],
    ['false', false, 'false'],
    ['an empty list', [], '[]'],
    ['null', null, 'COMPLETED'],
    ['nothing', undefined, '{"status":"acknowledged"}'],
  ])('47. D7: The model answers a result that is %s', async (_what, result, read) => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [fn('look', () => result)] } }), {
      answers: [[call('look')], ['So it is.']],
    })
    await talk.advance(3)
    expect([talk.lastAsked.history.at(-1), talk.spoken]).toEqual([`tool: ${read}`, ['So it is.']])
  })
})

describe('calls at once', () => {
  test('39. Two edges at once are one move: the first that settles leads, the other is told so', async () => {
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [edge('one', 'b', { handler: () => ({ n: 1 }) }), edge('two', 'c', { handler: () => ({ n: 2 }) })],
      },
      b: { task: 'B.' },
      c: { task: 'C.' },
    })
    const talk = await Talk.start(flow, { answers: [[call('one'), call('two')], ['There.']] })
    await talk.advance(3)
    expect([talk.path, talk.asked.length, talk.errors]).toEqual([['a', 'b'], 2, []])
    expect(talk.lastAsked.history.slice(2, 4)).toEqual(['tool: {"n":1}', expect.stringContaining('moves on already')])
  })

  test('39. The first that settles leads, also when it was called last', async () => {
    const { opened, open } = gate()
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('one', 'b', { handler: () => opened }), edge('two', 'c')] },
      b: { task: 'B.' },
      c: { task: 'C.' },
    })
    const run = await runFlow(flow)
    const one = run.call('one')
    await run.call('two')
    expect(run.currentNode).toBe('a')
    open()
    await one
    expect(run.currentNode).toBe('c')
  })

  test.each(['first', 'last'])(
    '40. D1: The conversation moves when all calls have their results, where the edge settles %s',
    async (when) => {
      const edgeGate = gate()
      const otherGate = gate<string>()
      const flow = flowOf({
        a: {
          task: 'A.',
          functions: [edge('go', 'b', { handler: () => edgeGate.opened }), fn('look', () => otherGate.opened)],
        },
        b: { task: 'B.' },
      })
      const talk = await Talk.start(flow, { answers: [[call('go'), call('look')], ['There.']] })
      const steps = [() => edgeGate.open(), () => otherGate.open('seen')]
      const [first, second] = when === 'first' ? steps : steps.toReversed()
      first?.()
      await talk.advance(2)
      expect([talk.node, talk.asked.length]).toEqual(['a', 1])
      second?.()
      await talk.advance(2)
      expect([talk.node, talk.asked.length]).toEqual(['b', 2])
      expect(talk.lastAsked.history).toEqual([
        'developer: A.',
        'calls go, look',
        'tool: {"status":"acknowledged"}',
        'tool: "seen"',
        'developer: B.',
      ])
    },
  )

  test('41. A call that is cancelled releases a move that waits for it', async () => {
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [edge('go', 'b'), fn('slow', () => new Promise(() => {}), { cancelOnInterruption: true })],
      },
      b: { task: 'B.', respondImmediately: false },
    })
    const talk = await Talk.start(flow, { answers: [[call('go'), call('slow')]] })
    await talk.advance(3)
    expect(talk.node).toBe('a')
    await talk.begin()
    await talk.advance(0.1)
    expect(talk.node).toBe('b')
    expect(talk.history).toContain('tool: CANCELLED')
  })

  test('41. A call that takes too long does so as well', async () => {
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b'), fn('slow', () => new Promise(() => {}), { timeoutSecs: 4 })] },
      b: { task: 'B.' },
    })
    const talk = await Talk.start(flow, { answers: [[call('go'), call('slow')], ['There.']] })
    await talk.advance(3.9)
    expect(talk.node).toBe('a')
    await talk.advance(2)
    expect([talk.node, talk.spoken, talk.asked.length]).toEqual(['b', ['There.'], 2])
  })

  test('42. A call that is cancelled before its handler has begun leaves nothing behind that holds the conversation', async () => {
    const handler = vi.fn()
    const { opened, open } = gate()
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [edge('go', 'b', { handler: () => opened }), fn('note', handler, { cancelOnInterruption: true })],
      },
      b: { task: 'B.' },
    })
    const model = new ScriptedModel([[call('go'), call('note')], ['Hm.'], ['There.']], { runInParallel: false })
    const talk = await Talk.start(flow, { llm: model })
    await talk.advance(1)
    await talk.say('Wait.')
    await talk.advance(2)
    expect([talk.node, talk.history.filter((line) => line.startsWith('tool:'))]).toEqual(['a', ['tool: IN_PROGRESS']])
    open()
    await talk.advance(2)
    expect([handler.mock.calls.length, talk.node, talk.spoken]).toEqual([0, 'b', ['Hm.', 'There.']])
    expect(talk.errors).toEqual([])
  })
})

describe('calls and interruptions', () => {
  test('43. D10: An interruption after the result of an edge does not undo the move', async () => {
    const flow = flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.' } })
    const talk = await Talk.start(flow, { answers: [['One moment, I will look.', call('go')], ['There.']] })
    await talk.advance(1)
    expect(talk.node).toBe('a')
    await talk.begin()
    await talk.advance(0.1)
    expect(talk.node).toBe('b')
    await talk.advance(0.4)
    await talk.finish('Yes?')
    await talk.advance(2)
    expect(talk.asked).toHaveLength(2)
    expect(talk.lastAsked.history).toEqual([
      'developer: A.',
      'assistant: One',
      'calls go',
      'tool: {"status":"acknowledged"}',
      'developer: B.',
      'user: Yes?',
    ])
    expect(talk.spoken.at(-1)).toBe('There.')
  })

  test('44. A call goes on when the user interrupts, unless its function says otherwise', async () => {
    const aborted: string[] = []
    const kept = gate<string>()
    const listen =
      (name: string) =>
      (_args: unknown, { signal }: FlowContext) => {
        signal.addEventListener('abort', () => aborted.push(name))
        return kept.opened
      }
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [fn('firm', listen('firm')), fn('short', listen('short'), { cancelOnInterruption: true })],
      },
    })
    const talk = await Talk.start(flow, { answers: [[call('firm'), call('short')], ['Hm.'], ['Done.']] })
    await talk.advance(1)
    await talk.say('Wait.')
    await talk.advance(2)
    expect(aborted).toEqual(['short'])
    kept.open('kept')
    await talk.advance(3)
    expect(talk.history).toEqual([
      'developer: A.',
      'calls firm, short',
      'tool: "kept"',
      'tool: CANCELLED',
      'user: Wait.',
      'assistant: Hm.',
      'assistant: Done.',
    ])
  })

  test('44. D10: An edge that an interruption cancels is gone; called again it leads on', async () => {
    const { opened, open } = gate()
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b', { handler: () => opened, cancelOnInterruption: true })] },
      b: { task: 'B.' },
    })
    const talk = await Talk.start(flow, { answers: [[call('go')], [call('go')], ['There.']] })
    await talk.advance(1)
    await talk.begin()
    open()
    await talk.advance(0.5)
    expect(talk.node).toBe('a')
    await talk.finish('Go on.')
    await talk.advance(2)
    expect([talk.node, talk.spoken]).toEqual(['b', ['There.']])
  })
})

describe('calls that take too long', () => {
  const never = (): Promise<never> => new Promise(() => {})

  test('45. The limit of a function goes before that of the manager', async () => {
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [fn('quick', never, { timeoutSecs: 2 }), fn('other', never), fn('long', never, { timeoutSecs: 9 })],
      },
    })
    const talk = await Talk.start(flow, {
      functionTimeoutSecs: 5,
      answers: [[call('quick')], [call('other')], [call('long')], ['Sorry.']],
    })
    await talk.advance(20)
    expect(talk.asked.map(({ atMs }) => atMs)).toEqual([0, 2000, 7000, 16_000])
    expect(talk.history.at(-2)).toContain('\\"long\\" gave no result within 9 s')
    expect(talk.errors.map(({ code }) => code)).toEqual(Array(3).fill('flow-function-timeout'))
  })

  test('45. Without any limit a call is given up after a minute: nothing hangs for ever', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [fn('look', never)] } }))
    const called = run.call('look')
    await run.advance(59)
    expect(run.isAsked).toBe(false)
    await run.advance(1)
    expect(await called).toMatchObject({ status: 'error' })
    expect(run.isAsked).toBe(true)
  })

  test('46. A result that comes after the limit changes nothing: neither what the model reads, nor the state, nor the node', async () => {
    const late = gate()
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [
          edge('go', 'b', {
            timeoutSecs: 2,
            handler: async (_args: unknown, { state }: FlowContext) => {
              await late.opened
              state['late'] = true
            },
          }),
        ],
      },
      b: { task: 'B.' },
    })
    const talk = await Talk.start(flow, { answers: [[call('go')], ['Sorry.']] })
    await talk.advance(5)
    const before = talk.history
    late.open()
    await talk.advance(5)
    expect([talk.node, talk.manager.state, talk.history]).toEqual(['a', {}, before])
    expect([talk.asked.length, talk.errors.length]).toEqual([2, 1])
  })

  test('A node that leads on from errors does so when a function takes too long', async () => {
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [fn('look', never, { timeoutSecs: 2 })], onError: to('b') },
        b: { task: 'B.' },
      }),
    )
    const called = run.call('look')
    await run.advance(2)
    expect(await called).toMatchObject({ status: 'error' })
    expect(run.currentNode).toBe('b')
  })
})

describe('functions of all nodes', () => {
  const eta = fn('eta', () => ({ minutes: 30 }))

  test('48. Global functions are offered in every node, ahead of its own', async () => {
    const flow = flowOf(
      { a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.', functions: [fn('look', () => 1)] } },
      { globalFunctions: [eta] },
    )
    const talk = await Talk.start(flow, {
      globalFunctions: [fn('time', () => 'noon')],
      answers: [[call('eta')], [call('go')], [call('time'), call('eta')], ['Done.']],
    })
    await talk.advance(3)
    expect(talk.asked.map(({ tools }) => tools.join())).toEqual([
      'time,eta,go',
      'time,eta,go',
      'time,eta,look',
      'time,eta,look',
    ])
    expect(talk.lastAsked.history.slice(-2)).toEqual(['tool: "noon"', 'tool: {"minutes":30}'])
  })

  test('48. D8: A function of a node hides the global one of its name, of which the check of the definition warns', async () => {
    const own = fn('eta', () => ({ minutes: 5 }))
    const flow = defineFlow({
      id: 'x',
      initialNode: 'a',
      globalFunctions: [eta],
      nodes: { a: { task: 'A.', functions: [own, edge('go', 'b')] }, b: { task: 'B.' } },
    })
    expect(
      lintFlow(flow)
        .filter(({ code }) => code === 'shadowed-global')
        .map(({ path }) => path),
    ).toEqual(['nodes.a.functions.eta'])
    const run = await runFlow(flow)
    expect(run.tools).toEqual(['eta', 'go'])
    expect(await run.call('eta')).toEqual({ minutes: 5 })
    await run.call('go')
    expect(await run.call('eta')).toEqual({ minutes: 30 })
  })

  test('48. D8: Two functions of one name in one node are refused where the flow is defined', () => {
    const define = () =>
      defineFlow({
        id: 'x',
        initialNode: 'a',
        nodes: JSON.parse(
          '{"a":{"task":"","functions":[{"name":"x","description":""},{"name":"x","description":""}]}}',
        ) as { a: { task: string } },
      })
    expect(define).toThrow(FlowDefinitionError)
    expect(define).toThrow("two functions are named 'x'")
  })
})

describe('arguments', () => {
  const parameters = z.object({ size: z.enum(['small', 'large']), count: z.int().min(1).default(1) })

  test('49. D14: Wrong arguments are told to the model field by field; the handler is not called, and the model tries again', async () => {
    const handler = vi.fn((order: unknown) => order)
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [fn('choose', handler as FlowFunction['handler'], { parameters })] } }),
      {
        answers: [[call('choose', { size: 'huge', count: 0 })], [call('choose', { size: 'large' })], ['Noted.']],
      },
    )
    await talk.advance(3)
    const [, wrong = ''] = talk.asked.map(({ history }) => history.at(-1))
    expect(wrong).toContain('Invalid arguments.')
    expect(wrong).toContain('size: ')
    expect(wrong).toContain('count: ')
    expect(handler.mock.calls.map(([order]) => order)).toEqual([{ size: 'large', count: 1 }])
    expect(talk.spoken).toEqual(['Noted.'])
  })

  test('49. D14: Of plain JSON Schema presence, type and enum are checked', async () => {
    const handler = vi.fn()
    const jsonSchema = {
      type: 'object',
      properties: { size: { type: 'string', enum: ['s'] }, n: { type: 'number' } },
      required: ['size', 'n'],
    } as const
    const run = await runFlow(
      flowOf({ a: { task: 'A.', functions: [fn('choose', handler, { parameters: { jsonSchema } })] } }),
    )
    expect(JSON.stringify(await run.call('choose', { n: 'two' }))).toMatch(/size.*n|n.*size/)
    expect(JSON.stringify(await run.call('choose', { size: 'xl', n: 2 }))).toContain('size')
    expect(handler).not.toHaveBeenCalled()
  })

  test('49. Arguments that are no JSON object are told to the model too', async () => {
    const handler = vi.fn()
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [fn('choose', handler, { parameters })] } }), {
      answers: [[{ type: 'toolCall', id: 'x', name: 'choose', arguments: '{"size":' }], ['Hm.']],
    })
    await talk.advance(3)
    expect([handler.mock.calls.length, talk.spoken]).toEqual([0, ['Hm.']])
    expect(talk.lastAsked.history.at(-1)).toContain('not a JSON object')
  })
})

describe('calls that come too late', () => {
  test('63. D11: A call of a function that the node does not have is refused, and the model answers', async () => {
    const old = vi.fn()
    const flow = flowOf({
      a: { task: 'A.', functions: [fn('look', old), edge('go', 'b')] },
      b: { task: 'B.', functions: [fn('other', () => 1)] },
    })
    const talk = await Talk.start(flow, { answers: [[call('go')], [call('look')], ['Sorry.']] })
    await talk.advance(3)
    expect([old.mock.calls.length, talk.node, talk.spoken]).toEqual([0, 'b', ['Sorry.']])
    expect(talk.lastAsked.history.at(-1)).toContain('not available')
  })

  test('63. D11: A call from an answer that was begun in the node before does not reach the old handler', async () => {
    const old = vi.fn()
    const flow = flowOf({
      a: { task: 'A.', functions: [fn('look', old)] },
      b: { task: 'B.', functions: [fn('other', () => 1)] },
    })
    const talk = await Talk.start(flow, { answers: [[{ pauseMs: 1000 }, call('look')], ['There.']] })
    await talk.manager.setNode('b')
    await talk.advance(3)
    expect([old.mock.calls.length, talk.node]).toEqual([0, 'b'])
    expect(talk.history.find((line) => line.startsWith('tool:'))).toContain('not available')
    expect(talk.spoken).toEqual(['There.'])
  })

  test('63. D11: A function that is kept from an earlier visit of its node is refused, whatever the node has now', async () => {
    const look = vi.fn()
    const host = new ScriptedHost(new TestClock(), 1)
    const manager = new FlowManager({ host, flow: flowOf({ a: { task: 'A.', functions: [fn('look', look)] } }) })
    await manager.initialize()
    const [stale] = host.tools
    await manager.setNode('a')
    const settle = vi.fn()
    stale?.call({
      id: 'x',
      name: 'look',
      args: {},
      idempotencyKey: 'k',
      signal: new AbortController().signal,
      settle,
      said: () => Promise.resolve(),
    })
    await Promise.resolve()
    expect(look).not.toHaveBeenCalled()
    const text = expect.stringContaining('not available now')
    expect(settle.mock.calls).toEqual([[{ status: 'error', error: text }, { run: true }]])
  })

  test('63. D11: A call that is made while the conversation moves on is refused, and the next node begins as always', async () => {
    const old = vi.fn()
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b'), fn('look', old)] },
      b: { task: 'B.', before: [say('x'.repeat(50))] },
    })
    const run = await runFlow(flow, { charsPerSec: 10 })
    const going = run.call('go')
    await run.advance(1)
    expect(await run.call('look')).toMatchObject({
      status: 'error',
      error: expect.stringContaining('not available now'),
    })
    await run.advance(10)
    await going
    expect([old.mock.calls.length, run.currentNode, run.isAsked]).toEqual([0, 'b', true])
  })

  test('63. D11: So is one that is made while what was said along with the edge is played', async () => {
    const look = vi.fn()
    const flow = flowOf({ a: { task: 'A.', functions: [edge('go', 'b'), fn('look', look)] }, b: { task: 'B.' } })
    const run = await runFlow(flow, { charsPerSec: 10 })
    const going = run.call('go', {}, { saying: 'x'.repeat(50) })
    await run.advance(1)
    expect(run.currentNode).toBe('a')
    expect(await run.call('look')).toMatchObject({ error: expect.stringContaining('not available now') })
    await run.advance(10)
    await going
    expect([look.mock.calls.length, run.currentNode]).toEqual([0, 'b'])
  })

  test('63. D11: So is one that is made while the application moves on, and a node that waits for the user does', async () => {
    const look = vi.fn()
    const { opened, open } = gate()
    const flow = flowOf({
      a: { task: 'A.', functions: [fn('look', look)] },
      b: { task: 'B.', before: [{ type: 'wait', handler: () => opened }], respondImmediately: false },
    })
    const run = await runFlow(flow)
    const moving = run.manager.setNode('b')
    await run.rest()
    expect(await run.call('look')).toMatchObject({ error: expect.stringContaining('not available now') })
    open()
    await moving
    expect([look.mock.calls.length, run.currentNode, run.isAsked]).toEqual([0, 'b', false])
  })

  test('An edge does not lead on from where the application has moved while its words were played', async () => {
    const flow = flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.' }, c: { task: 'C.' } })
    const run = await runFlow(flow, { charsPerSec: 10 })
    const going = run.call('go', {}, { saying: 'x'.repeat(50) })
    await run.advance(1)
    await run.manager.setNode('c')
    await run.advance(10)
    await going
    expect([run.currentNode, run.isAsked]).toEqual(['c', true])
  })

  test('A result that comes when the application has moved the conversation is told and moves nothing', async () => {
    const { opened, open } = gate()
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b', { handler: () => opened })] },
      b: { task: 'B.' },
      c: { task: 'C.', functions: [edge('on', 'd')] },
      d: { task: 'D.' },
    })
    const run = await runFlow(flow)
    const late = run.call('go')
    await run.manager.setNode('c')
    await run.call('on')
    // What the new node leads to does not wait for the old call.
    expect(run.currentNode).toBe('d')
    open()
    expect(await late).toMatchObject({ note: expect.stringContaining('moves on already') })
    expect(run.currentNode).toBe('d')
  })

  test('A function in the background holds nothing up: the model answers others, the conversation moves, its result comes later', async () => {
    const clockGate = gate<string>()
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [
          fn('long', () => clockGate.opened, { background: true }),
          fn('look', () => 'seen'),
          edge('go', 'b'),
        ],
      },
      b: { task: 'B.' },
    })
    const talk = await Talk.start(flow, {
      answers: [[call('long'), call('look')], ['Seen.'], [call('go')], ['There.'], ['It is done.']],
    })
    await talk.advance(2)
    expect(talk.spoken).toEqual(['Seen.'])
    await talk.say('Go on.')
    await talk.advance(2)
    expect([talk.node, talk.spoken.at(-1)]).toEqual(['b', 'There.'])
    clockGate.open('the result')
    await talk.advance(3)
    expect(talk.spoken.at(-1)).toBe('It is done.')
    expect(talk.lastAsked.history.at(-1)).toContain('the result')
    expect(talk.errors).toEqual([])
  })

  test('A function in the background cannot move the conversation', async () => {
    const run = await runFlow(
      flowOf({ a: { task: 'A.', functions: [fn('long', () => to('b'), { background: true })] }, b: { task: 'B.' } }),
    )
    expect(await run.call('long')).toMatchObject({ status: 'error', error: expect.stringContaining('background') })
    expect(run.currentNode).toBe('a')
  })

  test('Answers of calls at once that all stay are read together, in one run', async () => {
    const talk = new Talk(
      flowOf({
        a: {
          task: 'A.',
          functions: [
            fn('one', () => sleep(talk.clock, 500).then(() => stay(1))),
            fn('two', () => stay(2)),
            fn('three', () => silent(3)),
          ],
        },
      }),
      { answers: [[call('one'), call('two'), call('three')], ['Six.']] },
    ) as Talk
    await talk.clock.settle()
    await talk.manager.initialize()
    await talk.advance(3)
    expect(talk.asked).toHaveLength(2)
    expect(talk.lastAsked.history.slice(-3)).toEqual(['tool: 1', 'tool: 2', 'tool: 3'])
  })
})
