import { LLMSwitcher, ManuallySwitchServiceFrame, sleep } from '@pc/core'
import * as z from 'zod'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { endConversation } from '../../src/definition/action.ts'
import { FlowError, FlowInitializationError } from '../../src/definition/errors.ts'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import type { FlowNode } from '../../src/definition/flow-node.ts'
import { done, speakThen, to } from '../../src/definition/outcome.ts'
import type { FlowSnapshot } from '../../src/snapshot/flow-snapshot.ts'
import { memoryStore } from '../../src/snapshot/memory-store.ts'
import { edge, flowOf } from '../example-flows.ts'
import { call, gate, ScriptedModel, Talk, type TalkOptions } from './talk.ts'

const rejections: unknown[] = []
const note = (reason: unknown): void => void rejections.push(reason)

beforeEach(() => void process.on('unhandledRejection', note).on('uncaughtException', note))
afterEach(() => {
  process.off('unhandledRejection', note).off('uncaughtException', note)
  expect(rejections.splice(0)).toEqual([])
})

const fn = (name: string, handler: FlowFunction['handler'], more: Partial<FlowFunction> = {}): FlowFunction => ({
  name,
  description: '',
  handler,
  ...more,
})

/** The definition as a process makes it: no two share an object. */
const pizza = (more: Partial<FlowDefinition> = {}): FlowDefinition =>
  flowOf(
    {
      start: {
        role: 'You sell pizza.',
        task: 'Ask for a size.',
        functions: [
          edge('choose', 'confirm', {
            handler: (_args: unknown, { state }: FlowContext) => {
              state['size'] = 'large'
              return to('confirm', { input: { size: 'large' } })
            },
          }),
        ],
      },
      confirm: (({ size }: { size: string }) => ({
        task: `Confirm: ${size}.`,
        functions: [edge('finish', 'end'), edge('again', 'start')],
      })) as never,
      end: { task: 'Say goodbye.', after: [endConversation()] },
    },
    { id: 'pizza', state: z.object({ size: z.string().optional() }), ...more },
  )

const arguing = (parameters: z.ZodObject, target = 'end'): FlowDefinition =>
  flowOf({ start: { task: 'S.', functions: [edge('go', target, { parameters })] }, end: { task: 'E.' } })

/** A conversation that stands at the confirmation. */
async function atConfirmation(options: TalkOptions = {}): Promise<Talk> {
  const talk = await Talk.start(pizza(), {
    answers: [['Which size?'], ['Large it is. ', call('choose')], ['Shall I order?']],
    ...options,
  })
  await talk.advance(2)
  await talk.say('Large.')
  await talk.advance(4)
  expect(talk.node).toBe('confirm')
  return talk
}

/** A pipeline of another process that goes on from a snapshot. */
async function resumed(snapshot: string | undefined, flow: FlowDefinition, options: TalkOptions = {}): Promise<Talk> {
  const talk = new Talk(flow, options)
  await talk.clock.settle()
  await talk.during(talk.manager.initialize(snapshot === undefined ? undefined : { resume: snapshot }))
  await talk.clock.settle()
  return talk
}

describe('a conversation that goes on in another process', () => {
  test('61. is at the same node, with the same state, history, functions and role, and greets nobody again', async () => {
    const before = await atConfirmation()
    const snapshot = before.manager.snapshot()
    await before.end()
    const after = await resumed(snapshot, pizza(), { answers: [[call('finish')], ['Goodbye.']] })
    await after.advance(5)
    expect([after.asked, after.spoken]).toEqual([[], []])
    expect(after.node).toBe('confirm')
    expect(after.manager.state).toEqual({ size: 'large' })
    expect(after.history).toEqual(before.history)
    expect([...after.manager.currentFunctions]).toEqual(['finish', 'again'])
    await after.say('Yes.')
    expect(after.asked[0]).toMatchObject({ role: 'You sell pizza.', tools: ['finish', 'again'] })
    expect(after.asked[0]?.history).toEqual([...before.history, 'user: Yes.'])
    await after.clock.advanceUntil(() => after.task.hasFinished())
    expect([after.path, after.spoken]).toEqual([['confirm', 'end'], ['Goodbye.']])
  })

  test('tells its inspectors where it goes on and what is known, and nobody that it has come to a node', async () => {
    const snapshot = (await atConfirmation()).manager.snapshot()
    const talk = new Talk(pizza(), { answers: [[call('finish')], ['Goodbye.']] })
    const entered: string[] = []
    talk.manager.on('nodeEntered', (node) => entered.push(node))
    await talk.clock.settle()
    await talk.manager.initialize({ resume: snapshot })
    expect(talk.events.filter(({ type }) => type !== 'flow.machine')).toMatchObject([
      { type: 'flow.transition', from: null, to: 'confirm', cause: { by: 'resume' } },
      { type: 'flow.enter', node: 'confirm', visit: 2, functions: ['finish', 'again'] },
      { type: 'flow.state', node: 'confirm', state: { size: 'large' } },
    ])
    expect(entered).toEqual([])
    await talk.say('Yes.')
    await talk.advance(1)
    expect(entered).toEqual(['end'])
  })

  test('61. speaks first where it is told to', async () => {
    const snapshot = (await atConfirmation()).manager.snapshot()
    const talk = new Talk(pizza(), { answers: [['Where were we?']] })
    await talk.clock.settle()
    await talk.manager.initialize({ resume: snapshot, greet: true })
    await talk.advance(3)
    expect(talk.spoken).toEqual(['Where were we?'])
  })

  test('61. comes from the store by its id, is kept after every move, and is forgotten at its end', async () => {
    const store = memoryStore()
    const options = { store, conversationId: 'c-1' }
    const before = await atConfirmation(options)
    await before.manager.saved()
    const after = await resumed(undefined, pizza(), { ...options, answers: [[call('finish')], ['Goodbye.']] })
    expect([after.node, after.asked]).toEqual(['confirm', []])
    await after.say('Yes.')
    await after.clock.advanceUntil(() => after.task.hasFinished())
    await after.manager.saved()
    expect(await store.load('c-1')).toBeUndefined()
    const other = await resumed(undefined, pizza(), { ...options, conversationId: 'c-2' })
    expect(other.node).toBe('start')
  })

  test('is saved after moves that the model has not made, too', async () => {
    const store = memoryStore()
    const flow = (): FlowDefinition =>
      flowOf({
        a: { task: [], say: 'Welcome.', always: to('b') },
        b: { task: 'B.', respondImmediately: false, onSilence: { afterSecs: 5, to: to('c') } },
        c: { task: 'C.', respondImmediately: false },
      })
    const talk = await Talk.start(flow(), { store, conversationId: 'x' })
    const saved = async (): Promise<string | null> => {
      await talk.manager.saved()
      return (await resumed(await store.load('x'), flow())).node
    }
    await talk.advance(2)
    expect([talk.node, await saved()]).toEqual(['b', 'b'])
    await talk.advance(6)
    expect([talk.node, await saved()]).toEqual(['c', 'c'])
  })

  test('answers the silence of the user when it would have been answered', async () => {
    const flow = (): FlowDefinition =>
      flowOf({ a: { task: 'A.', respondImmediately: false, onSilence: { afterSecs: 10, say: 'Are you there?' } } })
    const before = await Talk.start(flow())
    await before.advance(4)
    const after = await resumed(before.manager.snapshot(), flow(), { clock: before.clock })
    await after.advance(5.9)
    expect(after.spoken).toEqual([])
    await after.advance(0.2)
    expect(after.spoken).toEqual(['Are you there?'])
  })

  test('still ends where its last words were not spoken before', async () => {
    const talk = await Talk.start(pizza(), { answers: [['Which size?'], [{ pauseMs: 4000 }, 'Goodbye.']] })
    await talk.advance(3)
    await talk.manager.setNode('end')
    await talk.advance(1)
    const after = await resumed(talk.manager.snapshot(), pizza(), { answers: [['Goodbye.']] })
    await after.say('Hello?')
    await after.clock.advanceUntil(() => after.task.hasFinished())
    expect(after.spoken).toEqual(['Goodbye.'])
  })

  test('answers the silence of a user to whom the agent was speaking when the process ended', async () => {
    const flow = flowOf({ a: { task: 'A.', onSilence: { afterSecs: 5, say: 'Are you there?' } } })
    const before = await Talk.start(flow, { answers: [['x'.repeat(50)]] })
    await before.advance(2)
    const after = await resumed(before.manager.snapshot(), flow)
    await after.advance(4.9)
    expect(after.spoken).toEqual([])
    await after.advance(0.2)
    expect(after.spoken).toEqual(['Are you there?'])
  })

  test('says no text again that was said, where the node leads nowhere', async () => {
    const flow = flowOf({ a: { task: 'A.', say: 'Hello.' } })
    const before = await Talk.start(flow)
    await before.advance(2)
    const after = await resumed(before.manager.snapshot(), flow)
    await after.advance(2)
    expect([before.spoken, after.spoken]).toEqual([['Hello.'], []])
  })

  test('leads on from a node that needs no model and had not come to its end', async () => {
    const flow = (): FlowDefinition =>
      flowOf({ a: { task: [], say: 'x'.repeat(40), always: to('b') }, b: { task: 'B.', respondImmediately: false } })
    const before = new Talk(flow())
    await before.clock.settle()
    await before.manager.initialize()
    await before.advance(2)
    const after = await resumed(before.manager.snapshot(), flow())
    expect(after.node).toBe('a')
    await after.advance(5)
    expect([after.node, after.asked]).toEqual(['b', []])
  })

  test('remembers how often its nodes were entered', async () => {
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b')] },
      b: { task: 'B.', maxVisits: 1, functions: [edge('back', 'a')] },
    })
    const before = await Talk.start(flow, { answers: [[call('go')], [call('back')], ['Hm.']] })
    await before.advance(2)
    expect(before.path).toEqual(['a', 'b', 'a'])
    const after = await resumed(before.manager.snapshot(), flow, { answers: [[call('go')], ['No.']] })
    await after.say('Go.')
    await after.advance(2)
    expect([after.node, after.errors]).toMatchObject(['a', [{ code: 'flow-max-visits' }]])
  })

  test('goes where it was about to go', async () => {
    const { opened } = gate()
    const flow = (): FlowDefinition =>
      flowOf({
        a: { task: 'A.', functions: [edge('go', 'b')] },
        b: { task: 'B.', before: [{ type: 'wait' }] },
      })
    const before = new Talk(flow(), { answers: [[call('go')]] })
    before.manager.registerAction('wait', () => opened)
    await before.clock.settle()
    await before.manager.initialize()
    await before.advance(1)
    const snapshot = before.manager.snapshot()
    const after = new Talk(flow(), { answers: [['There.']] })
    after.manager.registerAction('wait', () => {})
    await after.clock.settle()
    await after.manager.initialize({ resume: snapshot })
    await after.advance(2)
    expect([after.node, after.spoken]).toEqual(['b', ['There.']])
    expect(after.lastAsked.history).toEqual([
      'developer: A.',
      'calls go',
      'tool: {"status":"acknowledged"}',
      'developer: B.',
    ])
  })

  test('goes where a function that has failed leads', async () => {
    const flow = flowOf({
      a: {
        task: 'A.',
        functions: [fn('fail', () => Promise.reject(new Error('no'))), fn('slow', () => new Promise(() => {}))],
        onError: to('help'),
      },
      help: { task: 'Help.' },
    })
    const before = await Talk.start(flow, { answers: [[call('fail'), call('slow')]] })
    await before.advance(1)
    expect(before.node).toBe('a')
    const after = await resumed(before.manager.snapshot(), flow, { answers: [['I can help.']] })
    await after.advance(2)
    expect([after.node, after.spoken]).toEqual(['help', ['I can help.']])
    expect(after.events.filter(({ type }) => type === 'flow.transition').at(-1)).toMatchObject({
      cause: { by: 'onError' },
    })
  })

  test('says first what was to be said on the way', async () => {
    const flow = flowOf({
      a: { task: 'A.', functions: [fn('go', () => speakThen('One moment.', to('b')), { transitionTo: ['b'] })] },
      b: { task: 'B.' },
    })
    const before = await Talk.start(flow, { answers: [['Well, let me see what we have. ', call('go')]] })
    await before.advance(0.5)
    expect([before.node, before.spoken]).toEqual(['a', ['Well, let me see what we have.']])
    const after = await resumed(before.manager.snapshot(), flow, { answers: [['Here.']] })
    await after.advance(3)
    expect([after.node, after.spoken]).toEqual(['b', ['One moment.', 'Here.']])
  })

  test.each<[string, FlowDefinition['nodes'][string], TalkOptions['answers']]>([
    ['onSpoken', { task: 'A.', onSpoken: to('b') }, [['Hello.']]],
    ['always', { task: 'A.', say: 'Hello.', always: to('b') }, []],
  ])(
    'leads on along %s from a node whose words were played, when the next was being entered',
    async (_kind, a, answers = []) => {
      const { opened } = gate()
      let waits = true
      const flow = flowOf({
        a,
        b: { task: 'B.', before: [{ type: 'wait', handler: () => (waits ? opened : undefined) }] },
      })
      const before = await Talk.start(flow, { answers })
      await before.advance(3)
      expect([before.node, before.spoken]).toEqual(['a', ['Hello.']])
      waits = false
      const after = await resumed(before.manager.snapshot(), flow, { answers: [['There.']] })
      await after.advance(2)
      expect([after.node, after.spoken]).toEqual(['b', ['There.']])
    },
  )

  test('tells the model of calls that were cut off, and makes those again that may run twice, under the same key', async () => {
    let began = 0
    const keys: string[] = []
    const flow = (clock: Talk['clock'] | undefined): FlowDefinition =>
      flowOf({
        a: {
          task: 'A.',
          functions: [
            fn('once', () => {
              began++
              return new Promise(() => {})
            }),
            fn(
              'twice',
              async (_args: unknown, { idempotencyKey }: FlowContext) => {
                keys.push(idempotencyKey)
                if (clock === undefined) return new Promise(() => {})
                await sleep(clock, 1000)
                return { found: 1 }
              },
              { idempotent: true },
            ),
          ],
        },
      })
    const before = await Talk.start(flow(undefined), { answers: [[call('once'), call('twice')]] })
    await before.advance(1)
    const after = await resumed(before.manager.snapshot(), flow(before.clock), {
      clock: before.clock,
      answers: [['Found.']],
    })
    expect(after.history.slice(-2)).toEqual(['tool: CANCELLED', 'tool: CANCELLED'])
    await after.advance(3)
    expect(began).toBe(1)
    expect(new Set(keys).size).toBe(1)
    expect(keys).toHaveLength(2)
    expect(after.lastAsked.history.at(-1)).toBe('developer: The result of twice: {"found":1}')
    expect(after.spoken).toEqual(['Found.'])
  })

  describe('inside of a flow that a function calls', () => {
    const sub = (): FlowDefinition =>
      flowOf(
        {
          ask: { role: 'You ask.', task: 'Ask.', functions: [edge('street', 'check')] },
          check: { task: 'Check.', functions: [fn('right', () => done({ street: 'Elm' }))] },
        },
        { id: 'address' },
      )
    const outer = (began: string[]): FlowDefinition => {
      const address = sub()
      const deliver = fn(
        'deliver',
        async (args: { n: number }, ctx: FlowContext) => {
          began.push(ctx.idempotencyKey)
          ctx.state['begun'] = args.n
          const first = await ctx.call(address)
          const second = await ctx.call(address)
          return to('confirm', { result: { both: [first, second] } })
        },
        { transitionTo: ['confirm'], when: (state) => state['closed'] !== true },
      )
      return flowOf(
        { start: { role: 'You sell.', task: 'Start.', functions: [deliver] }, confirm: { task: 'Confirm.' } },
        { id: 'order', subFlows: { address } },
      )
    }

    test('it has the role of its caller where it has none', async () => {
      const address = flowOf({ ask: { task: 'Ask.', functions: [fn('right', () => done(1))] } }, { id: 'address' })
      const deliver = fn('deliver', (_args: unknown, ctx: FlowContext) => ctx.call(address))
      const flow = flowOf({ start: { role: 'You sell.', task: 'S.', functions: [deliver] } }, { subFlows: { address } })
      const before = await Talk.start(flow, { answers: [[call('deliver')], ['Where?']] })
      await before.advance(2)
      const after = await resumed(before.manager.snapshot(), flow, { answers: [['Which street?']] })
      await after.say('Hello?')
      await after.advance(2)
      expect([after.node, after.lastAsked.role]).toEqual(['ask', 'You sell.'])
    })

    test('the model reads its output where the application has called it', async () => {
      const address = sub()
      const flow = flowOf({ start: { task: 'S.' } }, { subFlows: { address } })
      const before = await Talk.start(flow, { answers: [['Hello.'], [call('street')], ['Is that right?']] })
      await before.advance(1)
      void before.manager.callFlow(address)
      await before.advance(3)
      const after = await resumed(before.manager.snapshot(), flow, { answers: [[call('right')], ['Thanks.']] })
      await after.say('Yes.')
      await after.advance(3)
      expect([after.node, after.spoken]).toEqual(['start', ['Thanks.']])
      expect(after.lastAsked.history.at(-1)).toBe('developer: The result of the part that is over: {"street":"Elm"}')
    })

    test('its caller goes on when it was done already and another call still ran', async () => {
      const began: string[] = []
      const withSlow = (): FlowDefinition => {
        const whole = outer(began)
        const { check, ...others } = whole.subFlows['address']!.nodes as Record<string, FlowNode>
        const functions = [...check!.functions!, fn('slow', () => new Promise(() => {}))]
        const address = { ...whole.subFlows['address']!, nodes: { ...others, check: { ...check!, functions } } }
        const start = whole.nodes['start'] as FlowNode
        const deliver = fn(
          'deliver',
          async (_args: unknown, ctx: FlowContext) => to('confirm', { result: { got: await ctx.call(address) } }),
          { transitionTo: ['confirm'] },
        )
        return { ...whole, nodes: { ...whole.nodes, start: { ...start, functions: [deliver] } }, subFlows: { address } }
      }
      const before = await Talk.start(withSlow(), {
        answers: [[call('deliver')], [call('street')], [call('right'), call('slow')]],
      })
      await before.advance(5)
      expect(before.node).toBe('check')
      const after = await resumed(before.manager.snapshot(), withSlow(), { answers: [['Thanks.']] })
      await after.advance(3)
      expect([after.node, after.spoken]).toEqual(['confirm', ['Thanks.']])
      expect(after.history.at(-3)).toBe('developer: The result of deliver: {"got":{"street":"Elm"}}')
    })

    test('it goes on there, and its caller gets the outputs of before and after', async () => {
      const began: string[] = []
      const before = await Talk.start(outer(began), {
        answers: [[call('deliver', { n: 3 })], [call('street')], [call('right')], [call('street')], ['Is that right?']],
      })
      await before.advance(5)
      expect([before.node, before.path]).toEqual(['check', ['start', 'ask', 'check', 'start', 'ask', 'check']])
      const after = await resumed(before.manager.snapshot(), outer(began), { answers: [[call('right')], ['Thanks.']] })
      expect([after.node, [...after.manager.currentFunctions]]).toEqual(['check', ['right']])
      await after.say('Yes.')
      await after.advance(3)
      expect([after.node, after.path, after.errors]).toEqual(['confirm', ['check', 'start', 'confirm'], []])
      expect(after.lastAsked).toMatchObject({ role: 'You sell.' })
      expect(after.lastAsked.history.at(-2)).toBe(
        'developer: The result of deliver: {"both":[{"street":"Elm"},{"street":"Elm"}]}',
      )
      expect(began).toEqual([began[0], began[0]])
      expect(after.manager.state).toEqual({ begun: 3 })
    })

    test('its caller goes on also where a guard has closed it since', async () => {
      const began: string[] = []
      const before = await Talk.start(outer(began), { answers: [[call('deliver', { n: 1 })], ['Which street?']] })
      await before.advance(3)
      const snapshot = JSON.parse(before.manager.snapshot()) as { runs: { state: Record<string, unknown> }[] }
      if (snapshot.runs[0]) snapshot.runs[0].state['closed'] = true
      const after = await resumed(JSON.stringify(snapshot), outer(began), {
        answers: [[call('street')], [call('right')], [call('street')], [call('right')], ['Thanks.']],
      })
      await after.say('Go on.')
      await after.advance(5)
      expect([after.node, after.spoken]).toEqual(['confirm', ['Thanks.']])
    })

    test('a snapshot whose inner flow is not among those given is refused', async () => {
      const before = await Talk.start(outer([]), { answers: [[call('deliver', { n: 1 })]] })
      await before.advance(2)
      const other = { ...outer([]), subFlows: {} }
      await expect(resumed(before.manager.snapshot(), other)).rejects.toThrow('"address"')
    })
  })
})

describe('snapshots that are refused', () => {
  interface Raw {
    [key: string]: unknown
    runs: { state: unknown; machine: object }[]
  }
  const changed = (change: (snapshot: Raw) => void) => async (): Promise<string> => {
    const snapshot = JSON.parse((await atConfirmation()).manager.snapshot()) as Raw
    change(snapshot)
    return JSON.stringify(snapshot)
  }
  const run = ({ runs }: Raw): Raw['runs'][number] => runs[0] ?? { state: {}, machine: {} }

  test.each<[string, () => Promise<string>, FlowDefinition, string]>([
    ['that is cut off', async () => (await atConfirmation()).manager.snapshot().slice(0, -20), pizza(), 'cut off'],
    ['that is no JSON', async () => 'pizza', pizza(), 'no JSON'],
    ['that is no object', async () => '[1]', pizza(), 'no object'],
    ['of another format', async () => '{"v":2}', pizza(), 'format'],
    ['without its flows', async () => '{"v":1,"runs":[],"messages":[],"calls":[]}', pizza(), 'flows'],
    ['without its messages', changed((it) => void delete it['messages']), pizza(), 'messages'],
    ['with calls that are none', changed((it) => void Object.assign(it, { calls: [3] })), pizza(), 'calls'],
    ['with messages that are none', changed((it) => void Object.assign(it, { messages: ['x'] })), pizza(), 'messages'],
    ['of another flow', async () => (await atConfirmation()).manager.snapshot(), pizza({ id: 'sushi' }), '"pizza"'],
    [
      'of another version',
      async () => (await atConfirmation()).manager.snapshot(),
      pizza({ version: '2' }),
      'version "1"',
    ],
    [
      'of a flow with other functions',
      async () => (await atConfirmation()).manager.snapshot(),
      pizza({ globalFunctions: [fn('eta', () => 30)] }),
      'have changed',
    ],
    [
      'of a flow whose function takes other arguments',
      async () => (await Talk.start(arguing(z.object({ n: z.number() })))).manager.snapshot(),
      arguing(z.object({ n: z.string() })),
      'have changed',
    ],
    [
      'of a flow whose function leads elsewhere',
      async () => (await Talk.start(arguing(z.object({})))).manager.snapshot(),
      arguing(z.object({}), 'start'),
      'have changed',
    ],
    [
      'whose state does not hold',
      changed((it) => void Object.assign(run(it), { state: { size: 4 } })),
      pizza(),
      'state',
    ],
    [
      'in a node that is not there',
      changed((it) => void Object.assign(run(it).machine, { value: 'gone' })),
      pizza(),
      'cannot be resumed',
    ],
    [
      'whose machine is empty',
      changed((it) => void Object.assign(run(it), { machine: {} })),
      pizza(),
      'cannot be resumed',
    ],
    [
      'whose machine has another shape',
      changed((it) => void Object.assign(run(it).machine, { context: null, value: 7 })),
      pizza(),
      'cannot be resumed',
    ],
  ])(
    'one %s: the reason is said, nothing happens, and the flow may be started anew',
    async (_what, give, flow, reason) => {
      const talk = new Talk(flow, { answers: [['Which size?']] })
      await talk.clock.settle()
      const failure = await talk.manager.initialize({ resume: await give() }).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(FlowInitializationError)
      expect(String(failure)).toContain(reason)
      await talk.advance(2)
      expect([talk.asked, talk.history, talk.spoken, talk.node]).toEqual([[], [], [], null])
      await talk.manager.initialize()
      await talk.advance(2)
      expect([talk.node, talk.spoken]).toEqual(['start', ['Which size?']])
    },
  )

  test('none is taken in a node that was made on the spot, nor before the beginning', async () => {
    const talk = new Talk(undefined)
    await talk.clock.settle()
    expect(() => talk.manager.snapshot()).toThrow(FlowError)
    await talk.manager.initialize({ name: 'x', task: 'X.' })
    expect(() => talk.manager.snapshot()).toThrow("'x' was made on the spot")
  })

  test('none is kept of a node that was made on the spot: the store has the last that can be resumed', async () => {
    const store = memoryStore()
    const talk = await atConfirmation({ store, conversationId: 'c' })
    await talk.manager.setNodeFromConfig({ name: 'x', task: 'X.' })
    await talk.advance(1)
    await talk.manager.saved()
    const after = await resumed(await store.load('c'), pizza())
    expect(after.node).toBe('confirm')
  })

  test('A store without the id of the conversation is refused', async () => {
    const talk = new Talk(pizza(), { store: memoryStore() })
    await expect(talk.manager.initialize()).rejects.toThrow('conversationId')
  })

  test('A store that fails is reported, and the conversation goes on', async () => {
    const store = {
      load: async () => undefined,
      save: () => Promise.reject(new Error('disk full')),
      delete: async () => {},
    }
    const talk = await atConfirmation({ store, conversationId: 'c' })
    expect(new Set(talk.errors.map(({ code }) => code))).toEqual(new Set(['snapshot-not-saved']))
    expect(talk.spoken.at(-1)).toBe('Shall I order?')
  })
})

describe('a store that hangs', () => {
  const flow = flowOf({ a: { task: 'A.', functions: [edge('go', 'b')], respondImmediately: false }, b: { task: 'B.' } })
  const never = (): Promise<never> => new Promise(() => {})

  test('is given up after 10 s when it saves: that is reported, and the next snapshot is kept', async () => {
    const store = memoryStore()
    let saves = 0
    const save = (id: string, snapshot: string): Promise<void> => (++saves === 1 ? never() : store.save(id, snapshot))
    const talk = await Talk.start(flow, {
      store: { ...store, save },
      conversationId: 'c',
      answers: [[call('go')], ['There.']],
    })
    await talk.say('Go.')
    await talk.advance(5)
    expect([talk.node, talk.spoken, await store.load('c')]).toEqual(['b', ['There.'], undefined])
    await talk.advance(5)
    expect(talk.errors).toMatchObject([{ code: 'snapshot-not-saved', cause: { code: 'flow-timeout' } }])
    expect(JSON.parse((await store.load('c')) ?? '')).toMatchObject({ runs: [{ machine: { value: 'b' } }] })
  })

  test('is given up after 10 s when it loads: the flow is not started, and may be tried again', async () => {
    let hangs = true
    const store = { ...memoryStore(), load: () => (hangs ? never() : Promise.resolve(undefined)) }
    const talk = new Talk(flow, { store, conversationId: 'c' })
    await talk.clock.settle()
    await expect(talk.during(talk.manager.initialize())).rejects.toMatchObject({ name: 'FlowInitializationError' })
    expect(Math.round(talk.clock.nowMs() / 1000)).toBe(10)
    hangs = false
    await talk.during(talk.manager.initialize())
    expect(talk.node).toBe('a')
  })
})

describe('snapshots of another version', () => {
  const next = (): FlowDefinition =>
    flowOf(
      {
        start: { task: 'Ask for a size.', functions: [edge('choose', 'check')] },
        check: { task: 'Check.', functions: [edge('finish', 'end')] },
        end: { task: 'Say goodbye.' },
      },
      { id: 'pizza', version: '2' },
    )

  test('are changed by a hook and go on in the new flow', async () => {
    const snapshot = (await atConfirmation()).manager.snapshot()
    const migrate = vi.fn((old: FlowSnapshot): FlowSnapshot => ({
      ...old,
      runs: old.runs.map((run) => ({
        ...run,
        version: '2',
        machine: { ...(run.machine as object), value: 'check' },
      })),
    }))
    const talk = await resumed(snapshot, next(), { migrate, answers: [[call('finish')], ['Goodbye.']] })
    expect(migrate).toHaveBeenCalledTimes(1)
    expect([talk.node, talk.manager.state]).toEqual(['check', { size: 'large' }])
    await talk.say('Yes.')
    await talk.advance(2)
    expect(talk.path).toEqual(['check', 'end'])
  })

  test.each<[string, (snapshot: FlowSnapshot) => FlowSnapshot | undefined]>([
    ['gives nothing', () => undefined],
    ['gives what does not fit either', (old) => old],
    [
      'fails',
      () => {
        throw new Error('unknown')
      },
    ],
  ])('are refused when the hook %s', async (_what, migrate) => {
    const snapshot = (await atConfirmation()).manager.snapshot()
    await expect(resumed(snapshot, next(), { migrate })).rejects.toBeInstanceOf(FlowInitializationError)
  })

  test('A hook may take one as it is whose flow was changed without a new version', async () => {
    const snapshot = (await atConfirmation()).manager.snapshot()
    const changed = pizza({ globalFunctions: [fn('eta', () => 30)] })
    const talk = await resumed(snapshot, changed, { migrate: (old) => old })
    expect([talk.node, [...talk.manager.currentFunctions]]).toEqual(['confirm', ['eta', 'finish', 'again']])
  })

  test('The hook is not asked for a snapshot that fits', async () => {
    const migrate = vi.fn(() => undefined)
    const talk = await resumed((await atConfirmation()).manager.snapshot(), pizza(), { migrate })
    expect([talk.node, migrate.mock.calls.length]).toEqual(['confirm', 0])
  })
})

describe('a switch to another model', () => {
  test('62. keeps functions and role, also of nodes that were entered before it', async () => {
    const models = ['one', 'two'].map(() => new ScriptedModel([]))
    const [one, two] = models
    one?.answers.push(['Which size?'], ['Never.'])
    two?.answers.push([call('choose')], ['Shall I order?'])
    const talk = await Talk.start(pizza(), { llm: new LLMSwitcher(models) as never })
    await talk.advance(3)
    expect(one?.asked).toMatchObject([{ role: 'You sell pizza.', tools: ['choose'] }])
    await talk.send(new ManuallySwitchServiceFrame(1))
    await talk.say('Large.')
    await talk.advance(3)
    expect(two?.asked).toMatchObject([
      { role: 'You sell pizza.', tools: ['choose'] },
      { role: 'You sell pizza.', tools: ['finish', 'again'] },
    ])
    expect([talk.node, one?.asked.length]).toEqual(['confirm', 1])
    await talk.send(new ManuallySwitchServiceFrame(0))
    await talk.manager.setNodeFromConfig({ name: 'x', role: 'Other.', task: 'X.' })
    await talk.advance(1)
    expect(one?.asked.at(-1)).toMatchObject({ role: 'Other.', tools: [] })
  })

  test('62. A flow that is not told of its model takes the switcher of the pipeline, not one of its models', async () => {
    const models = [new ScriptedModel([]), new ScriptedModel([])]
    models[1]!.runInference = () => Promise.resolve('From the second.')
    models[0]!.runInference = () => Promise.reject(new Error('down'))
    const flow = flowOf({ a: { task: 'A.' }, b: { task: 'B.', context: { summary: 'Sum up.' } } })
    const talk = await Talk.start(flow, { llm: new LLMSwitcher(models) as never, findModel: true })
    await talk.send(new ManuallySwitchServiceFrame(1))
    await talk.during(talk.manager.setNode('b'))
    await talk.advance(1)
    expect(talk.history[0]).toContain('From the second.')
  })
})
