import { TestClock } from '@pc/core/testing'
import { describe, expect, test, vi } from 'vitest'
import { say } from '../../src/definition/action.ts'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { done, to } from '../../src/definition/outcome.ts'
import type { NodeUpdate } from '../../src/manager/flow-host.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import type { FlowSnapshot } from '../../src/snapshot/flow-snapshot.ts'
import { runFlow } from '../../src/testing/index.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, Talk } from './talk.ts'

const fn = (name: string, handler: FlowFunction['handler'], more: Partial<FlowFunction> = {}): FlowFunction => ({
  name,
  description: '',
  handler,
  ...more,
})

/** Asks for an address and gives it. */
const address = (): FlowDefinition =>
  flowOf(
    {
      ask: {
        role: 'You take addresses.',
        task: 'Ask for the street.',
        functions: [
          edge('street', 'check', {
            handler: (_args: unknown, { state }: FlowContext) => void (state['street'] = 'Elm'),
          }),
        ],
      },
      check: {
        task: 'Read it back.',
        functions: [fn('right', (_args: unknown, { state }: FlowContext) => done({ street: String(state['street']) }))],
      },
    },
    { id: 'address' },
  )

const rest = async (clock: TestClock): Promise<void> => {
  for (let turn = 0; turn < 8; turn++) await clock.settle()
}

/** An order that has the address asked for by a flow of its own. */
const order = (sub = address(), more: Partial<FlowFunction> = {}): FlowDefinition =>
  flowOf(
    {
      start: {
        role: 'You take orders.',
        task: 'Take the order.',
        model: 'large',
        functions: [
          fn(
            'deliver',
            async (_args: unknown, ctx: FlowContext) => {
              const { street } = (await ctx.call(sub as FlowDefinition & { '~output'?: { street: string } })) as {
                street: string
              }
              ctx.state['street'] = street
              return to('confirm', { result: { street } })
            },
            { transitionTo: ['confirm'], ...more },
          ),
          fn('look', () => 'seen'),
        ],
      },
      confirm: { task: 'Confirm.' },
    },
    { id: 'order', subFlows: { address: sub } },
  )

describe('a flow that a function calls', () => {
  test('converses in its own nodes, with its own state, and gives its output to the handler, which goes on', async () => {
    const talk = await Talk.start(order(), {
      answers: [[call('deliver')], [call('street')], ['Elm street?', call('right')], ['Thank you.']],
    })
    await talk.advance(6)
    expect(talk.path).toEqual(['start', 'ask', 'check', 'start', 'confirm'])
    expect(talk.asked.map(({ tools, role }) => `${tools.join()} ${role}`)).toEqual([
      'deliver,look You take orders.',
      'street You take addresses.',
      'right You take addresses.',
      ' You take orders.',
    ])
    expect(talk.lastAsked.history.slice(-2)).toEqual([
      'developer: The result of deliver: {"street":"Elm"}',
      'developer: Confirm.',
    ])
    expect([talk.manager.state, talk.spoken.at(-1), talk.errors]).toEqual([{ street: 'Elm' }, 'Thank you.', []])
  })

  test('leaves the node of its caller as it was: its functions, role, model', async () => {
    const stays = flowOf(
      {
        start: {
          role: 'You take orders.',
          task: 'Take the order.',
          model: 'large',
          functions: [
            fn('deliver', async (_args: unknown, ctx: FlowContext) => ctx.call(address())),
            fn('look', () => 'seen'),
          ],
        },
      },
      { id: 'order' },
    )
    const talk = await Talk.start(stays, {
      answers: [[call('deliver')], [call('street')], [call('right')], [call('look')], ['Done.']],
    })
    await talk.advance(4)
    expect(talk.asked.slice(-2)).toMatchObject([
      { tools: ['deliver', 'look'], role: 'You take orders.', model: 'large' },
      { tools: ['deliver', 'look'], role: 'You take orders.', model: 'large' },
    ])
    expect(talk.asked.map(({ model }) => model)).toEqual(['large', undefined, undefined, 'large', 'large'])
    expect(talk.asked.at(-2)?.history.at(-1)).toBe('developer: The result of deliver: {"street":"Elm"}')
    expect([talk.node, talk.spoken]).toEqual(['start', ['Done.']])
    const ways = talk.events.flatMap((event) => (event.type === 'flow.transition' ? [event] : []))
    expect(ways.at(-1)).toMatchObject({ flow: 'order', from: null, to: 'start', cause: { by: 'return' } })
  })

  test('may be called again and again, one in the other, and twice by one handler', async () => {
    const inner = address()
    const outer = flowOf(
      {
        x: {
          task: 'X.',
          functions: [fn('inner', async (_args: unknown, ctx: FlowContext) => done([await ctx.call(inner)]))],
        },
      },
      { id: 'outer', subFlows: { address: inner } },
    )
    const twice = fn('twice', async (_args: unknown, ctx: FlowContext) => ({
      both: [await ctx.call(inner), await ctx.call(outer)],
    }))
    const run = await runFlow(
      flowOf({ start: { task: 'S.', functions: [twice] } }, { subFlows: { address: inner, outer } }),
    )
    await run.call('twice')
    for (const name of ['street', 'right', 'inner', 'street', 'right']) await run.call(name)
    expect(run.currentNode).toBe('start')
    expect(run.messages.at(-1)).toEqual({
      role: 'developer',
      content: 'The result of twice: {"both":[{"street":"Elm"},[{"street":"Elm"}]]}',
    })
    expect([run.isAsked, run.tools]).toEqual([true, ['twice']])
  })

  test('that cannot begin fails its call, which the model is told of, and the caller goes on', async () => {
    const faulty = flowOf({ ask: { task: 'Ask.', before: [{ type: 'dance' }] } }, { id: 'faulty' })
    const run = await runFlow(order(faulty))
    await run.call('deliver')
    expect([run.currentNode, run.isAsked, run.tools]).toEqual(['start', true, ['deliver', 'look']])
    expect(JSON.stringify(run.messages.at(-1))).toContain('No action')
    expect(await run.call('look')).toBe('seen')
  })

  test('whose functions fail goes on in its own node', async () => {
    const sub = flowOf(
      {
        ask: {
          task: 'Ask.',
          functions: [fn('bad', () => Promise.reject(new Error('no'))), fn('right', () => done({ street: 'Oak' }))],
        },
      },
      { id: 'address' },
    )
    const run = await runFlow(order(sub))
    await run.call('deliver')
    expect(await run.call('bad')).toMatchObject({ status: 'error' })
    expect(run.currentNode).toBe('ask')
    await run.call('right')
    expect([run.currentNode, run.state]).toEqual(['confirm', { street: 'Oak' }])
  })

  test('whose caller fails afterwards is told to the model in the node of the caller', async () => {
    const sub = address()
    const deliver = fn('deliver', async (_args: unknown, ctx: FlowContext) => {
      await ctx.call(sub)
      throw new Error('no van')
    })
    const run = await runFlow(
      flowOf({ start: { task: 'S.', functions: [deliver, edge('go', 'b')] }, b: { task: 'B.' } }),
    )
    for (const name of ['deliver', 'street', 'right']) await run.call(name)
    expect([run.currentNode, run.isAsked]).toEqual(['start', true])
    expect(JSON.stringify(run.messages.at(-1))).toContain('no van')
    await run.call('go')
    expect(run.currentNode).toBe('b')
  })

  test('is not called when another call leads elsewhere already: the handler hears of it, and nothing hangs', async () => {
    const { opened, open } = gate()
    const caught: string[] = []
    const deliver = fn('deliver', async (_args: unknown, ctx: FlowContext) => {
      await opened
      return ctx.call(address()).catch((error: unknown) => {
        caught.push(String(error))
        return 'none'
      })
    })
    const run = await runFlow(
      flowOf({ start: { task: 'S.', functions: [deliver, edge('go', 'b')] }, b: { task: 'B.' } }),
    )
    const calls = [run.call('go'), run.call('deliver')]
    await run.rest()
    open()
    await Promise.all(calls)
    expect(run.currentNode).toBe('b')
    expect(caught).toMatchObject([expect.stringContaining('moves on already')])
  })

  test('is overtaken by a move of the application: its caller fails, and the conversation goes on there', async () => {
    const { opened, open } = gate()
    const slow = flowOf(
      { ask: { task: 'Ask.', before: [{ type: 'wait', handler: () => opened }, say('Never.')] } },
      { id: 'slow' },
    )
    const deliver = fn('deliver', async (_args: unknown, ctx: FlowContext) => ctx.call(slow))
    const run = await runFlow(
      flowOf({ start: { task: 'S.', functions: [deliver] }, b: { task: 'B.', functions: [edge('back', 'start')] } }),
    )
    await run.call('deliver')
    await run.manager.setNode('b')
    open()
    await run.rest()
    expect([run.currentNode, run.said, run.tools]).toEqual(['b', [], ['back']])
    expect(JSON.stringify(run.messages)).toContain('moved elsewhere meanwhile')
    await run.call('back')
    expect(run.currentNode).toBe('start')
  })

  test('that cannot be told to the model fails its call: node, state and functions of the caller are there again', async () => {
    class Refusing extends ScriptedHost {
      refuses = false
      override configure(update: NodeUpdate): Promise<void> {
        return this.refuses ? Promise.reject(new Error('refused')) : super.configure(update)
      }
    }
    const clock = new TestClock()
    const host = new Refusing(clock, 1)
    const sub = flowOf({ ask: { role: 'You ask.', task: 'Ask.' } }, { id: 'sub', initialState: { own: 1 } })
    const manager = new FlowManager({ host, flow: order(sub) })
    await manager.initialize()
    host.refuses = true
    await host.modelCalls('deliver', {})
    await rest(clock)
    expect([manager.currentNode, manager.state, [...manager.currentFunctions]]).toEqual([
      'start',
      {},
      ['deliver', 'look'],
    ])
    const { role, runs } = JSON.parse(manager.snapshot()) as FlowSnapshot
    expect([role, runs.length, runs[0]?.waiting]).toEqual(['You take orders.', 1, undefined])
    expect(await host.modelCalls('look', {})).toBe('seen')
  })

  test('leaves functions behind that nobody may call any more', async () => {
    const clock = new TestClock()
    const host = new ScriptedHost(clock, 1)
    const deliver = fn('deliver', async (_args: unknown, ctx: FlowContext) => ctx.call(address()))
    const manager = new FlowManager({ host, flow: flowOf({ start: { task: 'S.', functions: [deliver] } }) })
    await manager.initialize()
    for (const name of ['deliver', 'street']) {
      await host.modelCalls(name, {})
      await rest(clock)
    }
    const stale = host.tools.find(({ function: { name } }) => name === 'right')
    await host.modelCalls('right', {})
    await rest(clock)
    const settle = vi.fn()
    const signal = new AbortController().signal
    stale?.call({
      id: 'x',
      name: 'right',
      args: {},
      idempotencyKey: 'k',
      signal,
      settle,
      said: () => Promise.resolve(),
    })
    await rest(clock)
    expect([manager.currentNode, JSON.stringify(settle.mock.calls)]).toEqual([
      'start',
      expect.stringContaining('not available now'),
    ])
  })

  test('has the model speak when it is over and its caller has not waited for it', async () => {
    const deliver = fn('deliver', (_args: unknown, ctx: FlowContext) => {
      void ctx.call(address())
      return 'later'
    })
    const run = await runFlow(flowOf({ start: { task: 'S.', functions: [deliver] } }))
    for (const name of ['deliver', 'street', 'right']) await run.call(name)
    expect([run.currentNode, run.isAsked]).toEqual(['start', true])
  })

  test('is not called by a function in the background', async () => {
    const deliver = fn('deliver', async (_args: unknown, ctx: FlowContext) => ctx.call(address()), { background: true })
    const run = await runFlow(flowOf({ start: { task: 'S.', functions: [deliver] } }))
    expect(await run.call('deliver')).toMatchObject({ status: 'error' })
    expect(run.currentNode).toBe('start')
  })

  test('has what its caller changes afterwards open and close functions of the caller', async () => {
    const deliver = fn(
      'deliver',
      async (_args: unknown, ctx: FlowContext) => {
        await ctx.call(address())
        ctx.state['delivered'] = true
      },
      { when: ({ delivered }) => delivered !== true },
    )
    const rate = fn('rate', () => 5, { when: ({ delivered }) => delivered === true })
    const run = await runFlow(flowOf({ start: { task: 'S.', functions: [deliver, rate] } }))
    for (const name of ['deliver', 'street', 'right']) await run.call(name)
    expect([run.currentNode, run.tools]).toEqual(['start', ['rate']])
  })

  test('may be called in a loop, in a flow that is called in a loop itself', async () => {
    const item = flowOf(
      { ask: { task: 'Ask.', functions: [fn('more', ({ n }: { n: number }) => done(n))] } },
      { id: 'item' },
    )
    const until0 = async (flow: FlowDefinition, ctx: FlowContext): Promise<number[]> => {
      const got: number[] = []
      for (;;) {
        const value = Number(await ctx.call(flow))
        if (value === 0) return got
        got.push(value)
      }
    }
    const sum = fn('sum', async (_args: unknown, ctx: FlowContext) =>
      done((await until0(item, ctx)).reduce((a, b) => a + b, 0)),
    )
    const list = flowOf({ list: { task: 'L.', functions: [sum] } }, { id: 'list', subFlows: { item } })
    const all = fn('all', async (_args: unknown, ctx: FlowContext) => ({ all: await until0(list, ctx) }))
    const run = await runFlow(flowOf({ start: { task: 'S.', functions: [all] } }, { subFlows: { item, list } }))
    await run.call('all')
    for (const numbers of [[1, 2, 0], [3, 0], [0]]) {
      await run.call('sum')
      for (const n of numbers) await run.call('more', { n })
    }
    expect(run.messages.at(-1)).toMatchObject({ content: 'The result of all: {"all":[3,3]}' })
    expect(run.currentNode).toBe('start')
  })
})
