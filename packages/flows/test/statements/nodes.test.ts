import { TTSSpeakFrame } from '@pc/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { endConversation, say } from '../../src/definition/action.ts'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import type { FlowNode } from '../../src/definition/flow-node.ts'
import { silent, type To, to } from '../../src/definition/outcome.ts'
import { type FlowTestRun, runFlow } from '../../src/testing/index.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, Talk } from './talk.ts'

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)

beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections.splice(0)).toEqual([])
})

describe('nodes that need no model', () => {
  test('say their text and lead on when it was played, without one run of the model', async () => {
    const talk = new Talk(
      flowOf({
        a: { task: [], say: 'Welcome to us.', always: to('b') },
        b: { task: [], say: 'We are closed.', onSpoken: to('c') },
        c: { task: [], say: 'Goodbye.', after: [endConversation()] },
      }),
    )
    await talk.clock.settle()
    await talk.manager.initialize()
    await talk.advance(1)
    expect([talk.node, talk.spoken]).toEqual(['a', ['Welcome to us.']])
    await talk.clock.advanceUntil(() => talk.task.hasFinished())
    expect(talk.asked).toEqual([])
    expect(talk.spoken).toEqual(['Welcome to us.', 'We are closed.', 'Goodbye.'])
    expect(talk.history).toEqual(['assistant: Welcome to us.', 'assistant: We are closed.', 'assistant: Goodbye.'])
    expect(talk.sent('LLMRunFrame')).toEqual([])
    const times = talk.events.flatMap((event) => (event.type === 'flow.enter' ? [event.atMs] : []))
    expect(times[1]).toBeGreaterThanOrEqual(1400)
    expect(times[2]).toBeGreaterThanOrEqual(1400 + 1400)
  })

  test('branch on the state', async () => {
    const pick = (state: Record<string, unknown>): To => to(state['vip'] === true ? 'vip' : 'other')
    const nodes = { a: { task: [], always: pick }, vip: { task: 'V.' }, other: { task: 'O.' } }
    const vip = await runFlow(flowOf(nodes, { initialState: { vip: true } }))
    const other = await runFlow(flowOf(nodes))
    expect([vip.currentNode, other.currentNode]).toEqual(['vip', 'other'])
  })

  test.each<[string, (state: object) => unknown]>([
    [
      'fails',
      () => {
        throw new Error('no table')
      },
    ],
    ['gives nothing', () => undefined],
    ['gives a name alone', () => 'b'],
    ['leads to an unknown node', () => to('edn')],
  ])('tell the model when what is to lead on %s', async (_what, always) => {
    const run = await runFlow(
      flowOf({ a: { task: 'A.', always: always as () => To, functions: [edge('go', 'b')] }, b: { task: 'B.' } }),
    )
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    expect(run.events.filter(({ type }) => type === 'flow.error')).toHaveLength(1)
    await run.call('go')
    expect(run.currentNode).toBe('b')
  })

  test('are interrupted like any speech, and lead on then', async () => {
    const talk = await Talk.start(
      flowOf({ a: { task: [], say: 'x'.repeat(60), onSpoken: to('b') }, b: { task: 'B.' } }),
      { answers: [['Yes?']] },
    )
    await talk.advance(1)
    await talk.say('Stop.')
    await talk.advance(2)
    expect([talk.node, talk.asked.length]).toEqual(['b', 1])
    expect(talk.lastAsked.history.slice(-2)).toEqual(['developer: B.', 'user: Stop.'])
  })
})

describe('nodes that lead on by themselves in a circle', () => {
  const circle = (more: Partial<FlowNode> = {}) => {
    let moves = 0
    const always = (): To<'b'> => {
      if (++moves > 500) throw new Error('it goes on and on')
      return to('b')
    }
    return flowOf({
      start: { task: 'Start.', functions: [edge('go', 'a')], respondImmediately: false },
      a: { task: 'A.', always, ...more },
      b: { task: 'B.', always: to('a') },
      out: { task: 'Out.' },
    })
  }

  test('are stopped after 100 moves: the model is told, answers, and the conversation goes on', async () => {
    const flow = circle()
    const talk = await Talk.start(flow, { answers: [[call('go')], ['I am lost.'], ['Still here.']] })
    await talk.say('Go.')
    await talk.advance(3)
    expect(talk.path).toHaveLength(102)
    expect(talk.errors).toMatchObject([{ code: 'flow-restless' }])
    expect(talk.lastAsked.history.at(-1)).toContain('goes in circles')
    await talk.say('Hello?')
    await talk.advance(3)
    expect(talk.spoken).toEqual(['I am lost.', 'Still here.'])
  })

  test('lead out as from an error where that is said', async () => {
    const flow = circle({ maxVisits: 3, onError: to('out') })
    const talk = await Talk.start(flow, { answers: [[call('go')], ['Out.']] })
    await talk.say('Go.')
    await talk.advance(3)
    expect([talk.node, talk.path.length]).toEqual(['out', 8])
  })

  test('may go on as long as the model calls functions', async () => {
    const always = (state: { n?: unknown }): To => {
      state.n = Number(state.n ?? 0) + 1
      return Number(state.n) % 30 === 0 ? to('menu') : to('b')
    }
    const flow = flowOf({
      menu: { task: 'M.', functions: [edge('go', 'a')] },
      a: { task: 'A.', always },
      b: { task: 'B.', always: to('a') },
    })
    const run = await runFlow(flow)
    for (let turn = 0; turn < 3; turn++) await run.call('go')
    expect([run.currentNode, run.events.filter(({ type }) => type === 'flow.error')]).toEqual(['menu', []])
    expect(JSON.stringify(run.messages)).not.toContain('The user speaks')
  })

  test('may go on as long as the user takes part', async () => {
    const flow = flowOf({
      a: { task: 'A.', respondImmediately: false, onSpoken: to('b') },
      b: { task: 'B.', always: to('a') },
    })
    const run = await runFlow(flow)
    for (let turn = 0; turn < 60; turn++) {
      await run.user('Next.')
      await run.reply('There.')
    }
    expect(run.events.filter(({ type }) => type === 'flow.error')).toEqual([])
    expect(run.currentNode).toBe('a')
  })
})

describe('what follows the first reply', () => {
  test('comes when it was played, once, and not for what the user says', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.', onSpoken: to('b') }, b: { task: 'B.' } }), {
      answers: [['Hello there.'], ['And now this.']],
    })
    await talk.advance(1)
    expect(talk.node).toBe('a')
    await talk.advance(3)
    expect([talk.path, talk.spoken]).toEqual([
      ['a', 'b'],
      ['Hello there.', 'And now this.'],
    ])
  })

  test('does not come while a function runs, whatever is said meanwhile', async () => {
    const slow: FlowFunction = { name: 'slow', description: '', handler: () => new Promise(() => {}), timeoutSecs: 3 }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [slow], onSpoken: to('b') }, b: { task: 'B.' } }))
    const called = run.call('slow')
    await run.reply('One moment.')
    expect(run.currentNode).toBe('a')
    await run.advance(4)
    await called
    await run.reply('It took too long.')
    expect(run.currentNode).toBe('b')
  })

  test('is not where the node leads when an after-action has led elsewhere', async () => {
    const move = { type: 'move', handler: () => run.manager.setNode('c') }
    const run: FlowTestRun = await runFlow(
      flowOf({ a: { task: 'A.', after: [move], onSpoken: to('b') }, b: { task: 'B.' }, c: { task: 'C.' } }),
    )
    await run.reply('Hello.')
    expect(run.currentNode).toBe('c')
  })

  test('comes also when the reply was cut by a noise, after which nobody says anything', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.', onSpoken: to('b') }, b: { task: 'B.' } }), {
      answers: [['x'.repeat(40)], [], [], [], []],
    })
    await talk.advance(1)
    await talk.begin()
    await talk.advance(0.5)
    await talk.finish('')
    await talk.advance(15)
    expect(talk.node).toBe('b')
  })

  test('waits for the answer to the user who has cut the reply', async () => {
    const talk = await Talk.start(flowOf({ a: { task: 'A.', onSpoken: to('b') }, b: { task: 'B.' } }), {
      answers: [['x'.repeat(40)], ['Yes, what is it?']],
    })
    await talk.advance(1)
    await talk.say('Wait.')
    await talk.advance(0.5)
    expect([talk.node, talk.asked.length]).toEqual(['a', 2])
    await talk.advance(3)
    expect(talk.node).toBe('b')
  })

  test('comes after a silent function whose reply has said something', async () => {
    const fn: FlowFunction = { name: 'noted', description: '', handler: () => silent() }
    const talk = await Talk.start(
      flowOf({ a: { task: 'A.', functions: [fn], onSpoken: to('b') }, b: { task: 'B.' } }),
      {
        answers: [['I note that.', call('noted')]],
      },
    )
    await talk.advance(1)
    expect(talk.node).toBe('a')
    await talk.advance(1)
    expect(talk.node).toBe('b')
  })
})

describe('guards', () => {
  const isOpen = (state: Record<string, unknown>): boolean => state['known'] === true
  const learn: FlowFunction = {
    name: 'learn',
    description: '',
    handler: (_args: unknown, { state }: FlowContext) => void (state['known'] = state['known'] !== true),
  }
  const guarded = (): FlowNode => ({ task: 'A.', functions: [learn, edge('go', 'b', { when: isOpen })] })

  test('open and close functions as the state is, before the model answers', async () => {
    const talk = await Talk.start(flowOf({ a: guarded(), b: { task: 'B.' } }), {
      answers: [[call('learn')], [call('learn')], [call('learn')], [call('go')]],
    })
    await talk.advance(3)
    expect(talk.asked.map(({ tools }) => tools.join())).toEqual(['learn', 'learn,go', 'learn', 'learn,go', ''])
    expect(talk.node).toBe('b')
  })

  test('refuse a call of a function that the application has closed while the model was answering', async () => {
    const ran: string[] = []
    const pay: FlowFunction = {
      name: 'pay',
      description: '',
      when: ({ closed }) => closed !== true,
      handler: () => void ran.push('pay'),
    }
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [pay], respondImmediately: false } }), {
      answers: [[{ pauseMs: 1000 }, call('pay')], ['Sorry.']],
    })
    await talk.say('I want to pay.')
    talk.manager.state['closed'] = true
    await talk.advance(3)
    expect([ran, talk.spoken]).toEqual([[], ['Sorry.']])
    expect(talk.lastAsked.history.at(-1)).toContain('not available now')
    expect(talk.lastAsked.tools).toEqual([])
  })

  test('refuse a call of a function that is closed', async () => {
    const handler = vi.fn()
    const closed: FlowFunction = { name: 'pay', description: '', when: isOpen, handler }
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [closed] } }), {
      answers: [[call('pay')], ['Sorry.']],
    })
    await talk.advance(2)
    expect([handler.mock.calls.length, talk.spoken, talk.manager.currentFunctions.size]).toEqual([0, ['Sorry.'], 0])
    expect(talk.history.at(-2)).toContain('not available')
  })

  test('are read again when a call has settled, however the state was changed', async () => {
    const run = await runFlow(
      flowOf({
        a: {
          task: 'A.',
          functions: [{ name: 'look', description: '', handler: () => 1 }, edge('go', 'b', { when: isOpen })],
        },
        b: { task: 'B.' },
      }),
    )
    run.manager.state['known'] = true
    await run.call('look')
    expect([run.tools, [...run.manager.currentFunctions]]).toEqual([
      ['look', 'go'],
      ['look', 'go'],
    ])
  })

  test('that fail close their function, are reported, and hold nothing up', async () => {
    const fails = (): never => {
      throw new Error('no state')
    }
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b')] },
        b: { task: 'B.', functions: [edge('back', 'a', { when: fails }), learn] },
      }),
    )
    await run.call('go')
    expect([run.currentNode, run.tools]).toEqual(['b', ['learn']])
    await run.call('learn')
    expect(run.isAsked).toBe(true)
    const errors = run.events.flatMap((event) => (event.type === 'flow.error' ? [event.error.code] : []))
    expect(new Set(errors)).toEqual(new Set(['flow-guard-failed']))
  })

  test('keep what the user is expected to say in the node', async () => {
    const talk = await Talk.start(flowOf({ a: { ...guarded(), expects: 'number' }, b: { task: 'B.' } } as never), {
      answers: [[call('learn')], ['Now.']],
    })
    await talk.advance(2)
    expect(talk.context.tools?.standardTools.map(({ name }) => name)).toEqual(['learn', 'go'])
    expect(talk.context.tools?.expectation).toBe('number')
  })
})

describe('silence', () => {
  const quiet = (more: Partial<FlowNode['onSilence'] & object> = {}): FlowNode => ({
    task: 'A.',
    onSilence: { afterSecs: 8, say: 'Are you there?', to: to('b'), ...more },
  })
  const b: FlowNode = { task: [], say: 'Goodbye.' }

  test('is answered so long after the reply was played, then leads on', async () => {
    const talk = await Talk.start(flowOf({ a: quiet(), b }), { answers: [['Your number?']] })
    await talk.advance(1.2 + 7.7)
    expect(talk.spoken).toEqual(['Your number?'])
    await talk.advance(0.5)
    expect(talk.spoken).toEqual(['Your number?', 'Are you there?'])
    await talk.advance(8)
    expect(talk.node).toBe('a')
    await talk.advance(2)
    expect([talk.node, talk.spoken.at(-1)]).toEqual(['b', 'Goodbye.'])
    expect(talk.asked).toHaveLength(1)
  })

  test('begins anew when the user has spoken', async () => {
    const talk = await Talk.start(flowOf({ a: quiet(), b }), { answers: [['Your number?'], ['And your name?']] })
    await talk.advance(7)
    await talk.say('Seven.')
    await talk.advance(8)
    expect(talk.spoken).toEqual(['Your number?', 'And your name?'])
    await talk.advance(3)
    expect(talk.spoken.at(-1)).toBe('Are you there?')
    await talk.advance(2)
    await talk.say('Yes!')
    await talk.advance(6)
    expect(talk.node).toBe('a')
  })

  test('is answered as often as it says, and no more where it leads nowhere', async () => {
    const { to: _to, ...rule } = { ...quiet().onSilence, afterSecs: 8, times: 2 }
    const run = await runFlow(flowOf({ a: { task: 'A.', onSilence: rule } }))
    await run.reply('Your number?')
    await run.advance(60)
    expect(run.said).toEqual(['Your number?', 'Are you there?', 'Are you there?'])
    await run.user('Here.')
    await run.reply('Good.')
    await run.advance(60)
    expect(run.said).toHaveLength(6)
  })

  test('counts from the end of what is said after the reply', async () => {
    const talk = await Talk.start(flowOf({ a: { ...quiet(), after: [say('Take your time.')] }, b }), {
      answers: [['Your number?']],
    })
    await talk.advance(2.7 + 7)
    expect(talk.spoken).toEqual(['Your number?', 'Take your time.'])
    await talk.advance(2)
    expect(talk.spoken.at(-1)).toBe('Are you there?')
  })

  test('is not that of the user while the model takes its time for the answer', async () => {
    const node: FlowNode = { task: 'A.', respondImmediately: false, onSilence: { afterSecs: 2, say: 'Are you there?' } }
    const talk = await Talk.start(flowOf({ a: node }), { answers: [[{ pauseMs: 4500 }, 'It is nine.']] })
    await talk.say('What time is it?')
    await talk.advance(4.5 + 1.1 + 1)
    expect(talk.spoken).toEqual(['It is nine.'])
    await talk.advance(2)
    expect(talk.spoken).toEqual(['It is nine.', 'Are you there?'])
  })

  test('does not count while a function runs', async () => {
    const slow: FlowFunction = { name: 'slow', description: '', timeoutSecs: 30, handler: () => new Promise(() => {}) }
    const talk = await Talk.start(flowOf({ a: { ...quiet(), functions: [slow] }, b }), {
      answers: [['One moment.', call('slow')]],
    })
    await talk.advance(29)
    expect([talk.node, talk.spoken]).toEqual(['a', ['One moment.']])
  })

  test('does not count while a function runs that the model calls without a word', async () => {
    const slow: FlowFunction = { name: 'slow', description: '', timeoutSecs: 30, handler: () => new Promise(() => {}) }
    const talk = await Talk.start(flowOf({ a: { ...quiet(), functions: [slow], respondImmediately: false }, b }), {
      answers: [[call('slow')], ['Sorry.']],
    })
    await talk.say('Look for it.')
    await talk.advance(29)
    expect([talk.node, talk.spoken]).toEqual(['a', []])
  })

  test('does not count while the application says something, and counts anew behind it', async () => {
    const talk = await Talk.start(flowOf({ a: quiet(), b }), { answers: [['Your number?']] })
    await talk.advance(1.2 + 6)
    await talk.send(new TTSSpeakFrame('x'.repeat(50)))
    await talk.advance(5 + 7)
    expect(talk.spoken).toHaveLength(2)
    await talk.advance(1.5)
    expect(talk.spoken.slice(2)).toEqual(['Are you there?'])
  })

  test('counts from entering where the agent waits', async () => {
    const run = await runFlow(flowOf({ a: { ...quiet(), respondImmediately: false }, b: { task: 'B.' } }))
    await run.advance(8.1)
    expect(run.said).toEqual(['Are you there?'])
    await run.advance(8.1)
    expect(run.currentNode).toBe('b')
  })

  test('is answered anew in the next node, however often it was in the one before', async () => {
    const next: FlowNode = { task: 'B.', respondImmediately: false, onSilence: { afterSecs: 8, say: 'Still there?' } }
    const talk = await Talk.start(flowOf({ a: quiet(), b: next }), { answers: [['Your number?']] })
    await talk.advance(1.2 + 8 + 2 + 8 + 9)
    expect([talk.node, talk.spoken.slice(1)]).toEqual(['b', ['Are you there?', 'Still there?']])
  })

  test('of the node before does not count in the next', async () => {
    const run = await runFlow(
      flowOf({ a: { ...quiet(), functions: [edge('go', 'c')] }, b: { task: 'B.' }, c: { task: 'C.' } }),
    )
    await run.reply('Your number?')
    await run.advance(6)
    await run.call('go')
    await run.reply('Thanks.')
    await run.advance(60)
    expect([run.currentNode, run.said]).toEqual(['c', ['Your number?', 'Thanks.']])
  })
})
