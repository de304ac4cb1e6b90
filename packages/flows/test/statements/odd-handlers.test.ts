import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Message } from '@pc/core'
import { TestClock } from '@pc/core/testing'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { done, stay, to } from '../../src/definition/outcome.ts'
import type { FlowTool, NodeUpdate } from '../../src/manager/flow-host.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import { runFlow, type RunFlowOptions } from '../../src/testing/index.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, Talk } from './talk.ts'

const fn = (name: string, handler: unknown, more: Partial<FlowFunction> = {}): FlowFunction => ({
  name,
  description: '',
  handler: handler as FlowFunction['handler'],
  ...more,
})

/** One function in a node; whatever it does, the conversation has to go on after it. */
const odd = (handler: unknown, more: Partial<FlowFunction> = {}, options?: RunFlowOptions) =>
  runFlow(
    flowOf({ a: { task: 'A.', functions: [fn('odd', handler, more), edge('go', 'b')] }, b: { task: 'B.' } }),
    options,
  )

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)

beforeEach(() => void process.on('unhandledRejection', note))
afterEach(() => {
  process.off('unhandledRejection', note)
  expect(rejections.splice(0)).toEqual([])
})

const cyclic: Record<string, unknown> = { name: 'loop' }
cyclic['self'] = cyclic
class Thing {
  readonly x = 1
}

describe('a handler that gives nonsense', () => {
  test.each<[string, unknown]>([
    ['a Map', new Map([['a', 1]])],
    ['a Set within', { list: [new Set([1])] }],
    ['a cycle', cyclic],
    ['a BigInt', 10n],
    ['a BigInt within', { big: [10n] }],
    ['a Date', new Date(0)],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['no number', NaN],
    ['infinity', { n: Infinity }],
    ['an instance of a class', new Thing()],
    ['nothing in a list', [undefined]],
    ['an outcome with it', stay(new Map() as unknown as null)],
    ['a move with such an input', to('b', { input: 10n as unknown as string })],
    ['an end with such an output', done(cyclic as unknown as null)],
    [
      'a getter that throws',
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('hidden')
        },
      }),
    ],
  ])('%s is told to the model as an error, and the conversation goes on', async (_what, returned) => {
    const run = await odd(() => returned)
    expect(await run.call('odd')).toMatchObject({ status: 'error', error: expect.any(String) })
    expect([run.currentNode, run.isAsked]).toEqual(['a', true])
    await run.call('go')
    expect(run.currentNode).toBe('b')
  })

  test.each([
    { kind: 'done', items: 3 },
    { kind: 'to', from: 'here' },
    { kind: 'stay', nights: 2 },
    { kind: 'silent', film: true },
    { kind: 'callback', number: '123' },
    { kind: 'jump', height: 2 },
  ])('A result that only looks like a way on is a result: %o', async (result) => {
    const run = await odd(() => result)
    expect(await run.call('odd')).toEqual(result)
    expect([run.currentNode, run.isAsked, run.hasEnded]).toEqual(['a', true, false])
  })

  test('What it is and where is said', async () => {
    const run = await odd(() => ({ order: { items: [1, new Map()] } }))
    expect(await run.call('odd')).toMatchObject({ error: expect.stringContaining('"order.items.1"') })
  })

  test('One that several ways lead from has to say which', async () => {
    const run = await odd(() => ({ ok: true }), { transitionTo: ['a', 'b'] })
    expect(await run.call('odd')).toMatchObject({ error: expect.stringContaining('to(...)') })
    expect(run.currentNode).toBe('a')
  })

  test('Fields that are not there are no nonsense', async () => {
    const run = await odd(() => ({ a: undefined, b: { c: null } }))
    expect(await run.call('odd')).toEqual({ a: undefined, b: { c: null } })
  })
})

describe('a handler that throws', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'no line', 'no line'],
    ['a number', 42, '42'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['an object', { code: 7 }, '[object Object]'],
    ['what cannot even be printed', Object.create(null), ''],
  ])('%s is reported as an error, told to the model, and holds nothing up', async (_what, thrown, text) => {
    const run = await odd(() => {
      throw thrown
    })
    expect(await run.call('odd')).toMatchObject({ status: 'error', error: expect.stringContaining(text) })
    const errors = run.events.filter(({ type }) => type === 'flow.error')
    expect(errors).toMatchObject([{ error: { code: 'flow-function-failed', message: 'The function "odd" failed.' } }])
    await run.call('go')
    expect(run.currentNode).toBe('b')
  })

  test('in its own time, when nobody waits for it any more, disturbs nobody', async () => {
    const late = gate()
    const run = await odd(() => late.opened.then(() => Promise.reject(new Error('late'))), { timeoutSecs: 2 })
    const called = run.call('odd')
    await run.advance(2)
    await called
    const before = run.events.length
    late.open()
    await run.advance(1)
    expect(run.events.length).toBe(before)
  })
})

describe('the state that a handler changes', () => {
  const state = z.object({ count: z.int().max(3).default(0), note: z.string().optional() })

  test('holds when the call has settled, not before', async () => {
    const { opened, open } = gate()
    const run = await odd(async (_args: unknown, ctx: FlowContext) => {
      ctx.state['count'] = 1
      await opened
    })
    const called = run.call('odd')
    await run.rest()
    expect(run.state).toEqual({})
    expect(run.events.filter(({ type }) => type === 'flow.state')).toEqual([])
    open()
    await called
    expect(run.state).toEqual({ count: 1 })
    expect(run.events.filter(({ type }) => type === 'flow.state')).toMatchObject([{ node: 'a', state: { count: 1 } }])
  })

  test('loses the keys that it takes away', async () => {
    const take = (_args: unknown, { state }: FlowContext): void => void delete state['old']
    const run = await odd(take, {}, { state: { old: 1, kept: 2 } })
    await run.call('odd')
    expect(Object.keys(run.state)).toEqual(['kept'])
  })

  test('is as it was when the handler throws, within its values too', async () => {
    const handler = ({ state }: FlowContext): never => {
      state['count'] = 1
      const order = state['order'] as { items: string[] }
      order.items.push('x')
      throw new Error('no')
    }
    const run = await odd(
      (_args: unknown, ctx: FlowContext) => handler(ctx),
      {},
      { state: { order: { items: ['p'] } } },
    )
    await run.call('odd')
    expect(run.state).toEqual({ order: { items: ['p'] } })
  })

  test('of two calls at once joins', async () => {
    const clock = gate()
    const set = (key: string) => async (_args: unknown, ctx: FlowContext) => {
      ctx.state[key] = (Number(ctx.state[key]) || 0) + 1
      await clock.opened
      ctx.state[key] = Number(ctx.state[key]) + 1
    }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions: [fn('one', set('x')), fn('two', set('y'))] } }))
    const calls = [run.call('one'), run.call('two')]
    clock.open()
    await Promise.all(calls)
    expect(run.state).toEqual({ x: 2, y: 2 })
  })

  /** Adds to a list, and waits for `opened` between looking at it and changing it. */
  const adder = (opened?: Promise<void>): FlowFunction =>
    fn(
      'add',
      async ({ pizza }: { pizza: string }, { state }: FlowContext) => {
        const order = (state['order'] as string[] | undefined) ?? []
        await opened
        state['order'] = [...order, pizza]
      },
      { parameters: z.object({ pizza: z.string() }) },
    )

  test('of two calls at once keeps what both have added to a list', async () => {
    const { opened, open } = gate()
    const run = await runFlow(
      flowOf({ a: { task: 'A.', functions: [adder(opened)] } }, { initialState: { order: ['p'] } }),
    )
    const calls = ['x', 'y', 'z'].map((pizza) => run.call('add', { pizza }))
    await run.rest()
    open()
    await Promise.all(calls)
    expect(run.state).toEqual({ order: ['p', 'x', 'y', 'z'] })
  })

  test('of two calls at once is held against the schema together', async () => {
    const state = z.object({ order: z.array(z.string()).max(2).default([]) })
    // A schema that asks elsewhere takes its time.
    const slow = {
      '~standard': {
        ...state['~standard'],
        validate: async (value: unknown) =>
          state.safeParseAsync(value).then((it) => (it.success ? { value: it.data } : { issues: it.error.issues })),
      },
    }
    const run = await runFlow(
      flowOf({ a: { task: 'A.', functions: [adder()] } }, { state: slow, initialState: { order: [] } }),
    )
    const results = await Promise.all(['x', 'y', 'z'].map((pizza) => run.call('add', { pizza })))
    expect(run.state).toEqual({ order: ['x', 'y'] })
    expect(results.map((it) => (it as { status: string }).status)).toEqual(['acknowledged', 'acknowledged', 'error'])
  })

  test('of two calls at once joins by the fields within', async () => {
    const { opened, open } = gate()
    const set =
      (more: object, drop?: string) =>
      async (_args: unknown, { state }: FlowContext) => {
        const customer: Record<string, unknown> = { ...(state['customer'] as object), ...more }
        if (drop !== undefined) delete customer[drop]
        state['customer'] = customer
        await opened
      }
    const functions = [fn('one', set({ name: 'Ann' }, 'old')), fn('two', set({ address: { zip: '1' } }))]
    const initialState = { customer: { old: 1, kept: [1] } }
    const run = await runFlow(flowOf({ a: { task: 'A.', functions } }, { initialState }))
    const calls = [run.call('one'), run.call('two')]
    open()
    await Promise.all(calls)
    expect(run.state).toEqual({ customer: { kept: [1], name: 'Ann', address: { zip: '1' } } })
  })

  test.each<[string, unknown, unknown, unknown]>([
    ['one value', 1, 2, 3],
    ['a list that one has begun anew', ['a'], ['b'], ['a', 'c']],
    ['a field that one has taken away', { at: 1 }, {}, { at: 2 }],
    ['what is a list for one and no list for the other', undefined, [1], { a: 1 }],
  ])(
    'of two calls at once that contradict each other: %s: the later is told and changes nothing',
    async (_what, was, first, second) => {
      const { opened, open } = gate()
      const set =
        (value: unknown) =>
        async (_args: unknown, { state }: FlowContext) => {
          state['it'] = value
          state[`by ${JSON.stringify(value)}`] = true
          await opened
        }
      const functions = [fn('one', set(first)), fn('two', set(second))]
      const run = await runFlow(
        flowOf({ a: { task: 'A.', functions } }, { initialState: was === undefined ? {} : { it: was } }),
      )
      const calls = [run.call('one'), run.call('two')]
      open()
      expect(await Promise.all(calls)).toMatchObject([
        { status: 'acknowledged' },
        { status: 'error', error: expect.stringContaining('"it') },
      ])
      expect(run.state).toEqual({ it: first, [`by ${JSON.stringify(first)}`]: true })
      expect(run.events.filter(({ type }) => type === 'flow.error')).toMatchObject([
        { error: { code: 'flow-state-conflict' } },
      ])
    },
  )

  test('that the schema refuses is told to the model and changes nothing, neither state nor node', async () => {
    const flow = flowOf(
      {
        a: {
          task: 'A.',
          functions: [
            edge('go', 'b', {
              handler: (_args: unknown, ctx: FlowContext) => {
                ctx.state['count'] = 9
                ctx.state['note'] = 'x'
              },
            }),
          ],
        },
        b: { task: 'B.' },
      },
      { state, initialState: { count: 2 } },
    )
    const run = await runFlow(flow)
    expect(await run.call('go')).toMatchObject({ status: 'error', error: expect.stringContaining('count') })
    expect([run.state, run.currentNode]).toEqual([{ count: 2 }, 'a'])
    expect(run.events.filter(({ type }) => type === 'flow.error')).toMatchObject([
      { error: { code: 'invalid-flow-state' } },
    ])
  })

  test.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['a BigInt', 10n],
    ['a Map', new Map([['a', 1]])],
    ['a Date within', { at: new Date(0) }],
  ])('may not be %s: a snapshot would lose it', async (_what, value) => {
    const run = await odd((_args: unknown, ctx: FlowContext) => void (ctx.state['value'] = value))
    expect(await run.call('odd')).toMatchObject({ status: 'error', error: expect.stringContaining('"value') })
    expect(run.state).toEqual({})
  })

  test('may stand beside a connection of the process, which is not copied and not saved', async () => {
    const connection = { send: () => 'sent', peer: undefined as unknown }
    connection.peer = connection
    const got: unknown[] = []
    const run = await odd((_args: unknown, ctx: FlowContext) => {
      got.push(ctx.state['connection'] === connection)
      ctx.state['count'] = 1
    })
    run.manager.state['connection'] = connection
    expect(await run.call('odd')).toEqual({ status: 'acknowledged' })
    expect([got, run.state['count'], run.state['connection'] === connection]).toEqual([[true], 1, true])
    expect(JSON.parse(run.manager.snapshot())).toMatchObject({ runs: [{ state: { count: 1 } }] })
  })

  test('is seen by what is called next, also when the application has changed it directly', async () => {
    const run = await runFlow(
      flowOf({
        a: { task: 'A.', functions: [fn('look', (_args: unknown, ctx: FlowContext) => ({ sees: ctx.state['size'] }))] },
      }),
    )
    run.manager.state['size'] = 'large'
    expect(await run.call('look')).toEqual({ sees: 'large' })
  })
})

describe('a world that refuses what the flow wants of it', () => {
  class Refusing extends ScriptedHost {
    refuses = false
    override configure(update: NodeUpdate): Promise<void> {
      return this.refuses ? Promise.reject(new Error('refused')) : super.configure(update)
    }
    override append(messages: readonly Message[]): Promise<void> {
      return this.refuses ? Promise.reject(new Error('refused')) : super.append(messages)
    }
    override setTools(tools: readonly FlowTool[]): Promise<void> {
      return this.refuses ? Promise.reject(new Error('refused')) : super.setTools(tools)
    }
    override speak(text: string, options: { readonly appendToContext: boolean }): Promise<void> {
      return this.refuses ? Promise.reject(new Error('refused')) : super.speak(text, options)
    }
  }

  async function refusing(
    flow: FlowDefinition,
  ): Promise<{ host: Refusing; clock: TestClock; errors: string[]; manager: FlowManager }> {
    const clock = new TestClock()
    const host = new Refusing(clock, 1)
    const manager = new FlowManager({ host, flow })
    const errors: string[] = []
    manager.on('error', ({ message }) => void errors.push(message))
    await manager.initialize()
    host.refuses = true
    return { host, clock, errors, manager }
  }

  test('at a move that the node makes by itself: it is told, and the node is kept', async () => {
    const { host, clock, errors, manager } = await refusing(
      flowOf({ a: { task: 'A.', onSpoken: to('b') }, b: { task: 'B.' } }),
    )
    await host.modelSays('Hello.')
    await clock.settle()
    expect([manager.currentNode, errors.length]).toEqual(['a', 2])
  })

  test('at the text of a node: it leads on all the same', async () => {
    const clock = new TestClock()
    const host = new Refusing(clock, 1)
    host.speak = () => Promise.reject(new Error('refused'))
    const manager = new FlowManager({
      host,
      flow: flowOf({ a: { task: 'A.', say: 'Hello.', onSpoken: to('b') }, b: { task: 'B.' } }),
    })
    await manager.initialize()
    await clock.settle()
    expect(manager.currentNode).toBe('b')
  })

  test('when the silence of the user is answered: it is told, and answered again', async () => {
    const { host, clock, errors } = await refusing(
      flowOf({ a: { task: 'A.', onSilence: { afterSecs: 2, say: 'Hello?', times: 2 } } }),
    )
    await host.modelSays('Hello.')
    await clock.advance(2100)
    host.refuses = false
    await clock.advance(2100)
    expect([errors.length, host.said]).toEqual([1, ['Hello.', 'Hello?']])
  })

  test('when a guard has closed a function: it is told, and the call is settled', async () => {
    const close = fn('close', (_args: unknown, { state }: FlowContext) => void (state['closed'] = true))
    const open = fn('open', () => {}, { when: ({ closed }) => closed !== true })
    const { host, clock, errors } = await refusing(flowOf({ a: { task: 'A.', functions: [close, open] } }))
    expect(await host.modelCalls('close', {})).toEqual({ status: 'acknowledged' })
    await clock.settle()
    expect(errors).toHaveLength(1)
  })
})

describe('those who listen', () => {
  test('An inspector that throws disturbs nobody', async () => {
    const run = await runFlow(flowOf({ a: { task: 'A.' } }))
    expect(run.currentNode).toBe('a')
    const talk = await Talk.start(flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.' } }), {
      answers: [[call('go')], ['There.']],
      inspect: () => {
        throw new Error('mine')
      },
    })
    await talk.advance(2)
    expect([talk.node, talk.spoken, talk.errors]).toEqual(['b', ['There.'], []])
  })

  test('A listener that throws disturbs nobody either', async () => {
    const talk = new Talk(flowOf({ a: { task: 'A.', functions: [edge('go', 'b')] }, b: { task: 'B.' } }), {
      answers: [[call('go')], ['There.']],
    })
    for (const event of ['nodeEntered', 'snapshot', 'error'] as const) {
      talk.manager.on(event, () => {
        throw new Error('mine')
      })
    }
    await talk.clock.settle()
    await talk.manager.initialize()
    await talk.advance(2)
    expect([talk.node, talk.spoken]).toEqual(['b', ['There.']])
    expect(talk.manager).toBeInstanceOf(FlowManager)
  })
})
