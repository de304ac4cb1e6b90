import { sleep } from '@pc/core'
import { describe, expect, test, vi } from 'vitest'
import {
  defineAgents,
  type Handoff,
  type HandoffContext,
  type HandoffOptions,
  MultiAgentFlowManager,
} from '../../src/agents/index.ts'
import type { AgentMap } from '../../src/agents/index.ts'
import { defineFlow } from '../../src/definition/define-flow.ts'
import { defineNode } from '../../src/definition/define-node.ts'
import { FlowDefinitionError, FlowError, FlowTransitionError, UnknownAgentError } from '../../src/definition/errors.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import { done, to } from '../../src/definition/outcome.ts'
import { flowFunction } from '../../src/definition/typed-function.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { TestClock } from '@pc/core/testing'
import type { FlowStore } from '../../src/snapshot/flow-store.ts'
import { edge, flowOf } from '../example-flows.ts'
import { TeamRun } from './team-run.ts'

const describeProblem = flowFunction({
  name: 'describe_problem',
  description: 'The caller has said what is wrong',
  transitionTo: 'advise',
  handler: (_args, ctx) => {
    ctx.state['customer'] = { name: 'Ann' }
    return { ok: true }
  },
})

const support = defineFlow({
  id: 'support',
  initialNode: 'greet',
  initialState: { customer: { name: 'unknown' } },
  nodes: {
    greet: defineNode({ role: 'You are the front desk.', task: 'Greet.', functions: [describeProblem] }),
    advise: defineNode({ task: 'Advise.' }),
  },
})

const refund = flowFunction({
  name: 'refund',
  description: 'Give the money back',
  handler: () => done({ refunded: 5 }),
})
const find = flowFunction({ name: 'find', description: 'The invoice was found', transitionTo: 'invoice' })

const billing = defineFlow({
  id: 'billing',
  initialNode: 'ask',
  initialState: { invoice: 7 },
  nodes: {
    ask: defineNode({ role: 'You are billing.', task: 'Ask for the invoice.', functions: [find] }),
    invoice: defineNode({ task: 'Talk about the invoice.', functions: [refund] }),
    verify: (input: { name: string }) => defineNode({ task: `Verify ${input.name}.`, functions: [find] }),
  },
})

const sales = defineFlow({ id: 'sales', initialNode: 'offer', nodes: { offer: defineNode({ task: 'Offer.' }) } })

const team = defineAgents({
  initial: 'support',
  agents: {
    support: { flow: support, description: 'First contact', keepAlive: true },
    billing: { flow: billing, description: 'Invoices and refunds' },
    sales: { flow: sales },
  },
})

describe('handing over', () => {
  test('the other agent begins at its first node with its own role, and knows why and what is known', async () => {
    const run = await TeamRun.start({ team })
    expect(run.place).toBe('support/greet')
    await run.call('describe_problem')
    await run.manager.routeToAgent('billing', { reason: 'double charge', amount: 5 })
    expect([run.place, run.host.role, run.host.isAsked]).toEqual(['billing/ask', 'You are billing.', true])
    const [note, task] = run.history.slice(-2)
    expect(note).toContain(`'support' has handed it over to you. The reason: double charge`)
    expect(note).toContain('{"customer":{"name":"Ann"},"context":{"reason":"double charge","amount":5}}')
    expect(task).toBe('developer: Ask for the invoice.')
    expect(run.changes).toEqual(['support > billing'])
  })

  test('the agents share one state; what a flow begins with joins it', async () => {
    const run = await TeamRun.start({ team })
    await run.call('describe_problem')
    await run.manager.routeToAgent('billing')
    expect(run.manager.state).toEqual({ customer: { name: 'Ann' }, invoice: 7 })
    run.manager.state['invoice'] = null
    await run.manager.routeToAgent('sales')
    await run.manager.routeToAgent('billing')
    expect(run.manager.state['invoice']).toBeNull()
  })

  test('an unknown agent is refused, and the conversation stays where it is', async () => {
    const run = await TeamRun.start({ team })
    const route: (name: string) => Promise<void> = (name) => run.manager.routeToAgent(name as 'billing')
    await expect(route('marketing')).rejects.toThrow(UnknownAgentError)
    await expect(route('toString')).rejects.toThrow("Unknown agent: 'toString'. There are: support, billing, sales.")
    expect([run.place, run.changes]).toEqual(['support/greet', []])
  })

  test('after the end nobody is handed anything', async () => {
    const run = await TeamRun.start({ team })
    run.host.end()
    await run.rest()
    await expect(run.manager.routeToAgent('billing')).rejects.toBeInstanceOf(FlowTransitionError)
  })

  test('a call that still runs when its agent comes back is told to the one who goes on, and moves nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const slow: FlowFunction = { name: 'slow', description: '', background: true, handler: () => promise }
    const finish: FlowFunction = { name: 'finish', description: '', handler: () => done({ paid: true }) }
    const desk = flowOf(
      { desk: { task: 'Help.', functions: [edge('on', 'other')] }, other: { task: 'On.' } },
      { id: 'desk' },
    )
    const pay = flowOf({ pay: { task: 'Pay.', functions: [slow, finish] } }, { id: 'pay' })
    const run = await TeamRun.start<AgentMap>({
      team: { initial: 'desk', agents: { desk: { flow: desk }, pay: { flow: pay, return: true } } },
    })
    await run.manager.routeToAgent('pay')
    const called = run.host.modelCalls('slow', {})
    await run.rest()
    await run.call('finish')
    expect(run.place).toBe('desk/desk')
    expect(() => JSON.parse(run.manager.snapshot())).not.toThrow()
    resolve('late')
    expect(await called).toBe('late')
    await run.rest()
    expect([run.place, run.errors]).toEqual(['desk/desk', []])
    await run.call('on')
    expect(run.place).toBe('desk/other')
  })

  test('before the beginning nobody is handed anything', async () => {
    const run = new TeamRun({ team })
    await expect(run.manager.routeToAgent('billing')).rejects.toThrow(FlowTransitionError)
    expect(run.manager.currentAgent).toBe('support')
  })

  test('an agent takes over where its entry says, with an input', async () => {
    const entry = (handoff: Handoff) => {
      const { name } = handoff.customerContext as { name: string }
      return to('verify', { input: { name } })
    }
    const agents = { support: { flow: support }, billing: { flow: billing, entry } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'support', agents }) })
    await run.manager.routeToAgent('billing')
    expect([run.place, run.history.at(-1)]).toEqual(['billing/verify', 'developer: Verify unknown.'])
  })

  test('an agent whose node cannot be entered does not take over: the one before goes on, and an event says so', async () => {
    const agents = { support: { flow: support }, billing: { flow: billing, entry: () => to('nowhere' as string) } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'support', agents }) })
    await expect(run.manager.routeToAgent('billing')).rejects.toThrow("Node 'nowhere' not found")
    expect([run.place, run.manager.handoff]).toEqual(['support/greet', undefined])
    await run.call('transfer_to_billing', { reason: 'x' })
    expect([run.place, run.host.isAsked, run.errors.length]).toEqual(['support/greet', true, 1])
    expect(run.history.at(-1)).toContain('The conversation stays where it is.')
    await run.call('describe_problem')
    expect(run.place).toBe('support/advise')
  })

  test('the model of an agent counts in nodes that have none', async () => {
    const agents = { support: { flow: support }, billing: { flow: billing, model: 'cheap' } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'support', agents }) })
    expect(run.host.model).toBeUndefined()
    await run.manager.routeToAgent('billing')
    expect(run.host.model).toBe('cheap')
    await run.manager.routeToAgent('support')
    expect(run.host.model).toBeUndefined()
  })
})

describe('transfer_to_<agent>', () => {
  test('each agent may call the others, and the old one is not asked again', async () => {
    const run = await TeamRun.start({ team })
    expect(run.tools).toEqual(['transfer_to_billing', 'transfer_to_sales', 'describe_problem'])
    await run.reply('Hello.')
    await run.user('My bill is wrong.')
    const runs = vi.spyOn(run.host, 'run')
    const result = await run.call('transfer_to_billing', { reason: 'wrong bill' })
    expect(result).toEqual({ status: 'handing over', to: 'billing' })
    expect([run.place, runs.mock.calls.length, run.host.isAsked]).toEqual(['billing/ask', 1, true])
    expect(run.tools).toEqual(['transfer_to_support', 'transfer_to_sales', 'find'])
    expect(run.manager.handoff).toMatchObject({
      previousAgent: 'support',
      agent: 'billing',
      reason: 'wrong bill',
      path: ['support', 'billing'],
      at: '2026-01-01T00:00:00.000Z',
      conversationSummary: 'Agent: Hello.\nUser: My bill is wrong.',
    })
  })

  test('they can be left out', async () => {
    const run = await TeamRun.start({ team, transferFunctions: false })
    expect(run.tools).toEqual(['describe_problem'])
  })

  test('a handler hands over by what it returns', async () => {
    let route = (): unknown => undefined
    const escalate: FlowFunction = {
      name: 'escalate',
      description: 'Too hard',
      handler: () => route(),
    }
    const first = defineFlow({
      id: 'first',
      initialNode: 'a',
      nodes: { a: defineNode({ task: 'A.', functions: [escalate] }) },
    })
    const agents = { first: { flow: first }, billing: { flow: billing } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'first', agents }) })
    route = () => run.manager.transferTo('billing', { level: 2 })
    await run.call('escalate')
    expect([run.place, run.manager.handoff?.additionalContext]).toEqual(['billing/ask', { level: 2 }])
  })

  test('a handler that hands over by the manager ends silently, wherever it would have led', async () => {
    const route = (): Promise<void> => run.manager.routeToAgent('billing')
    const plain = flowFunction({
      name: 'plain',
      description: 'x',
      transitionTo: 'b',
      handler: async () => {
        await route()
        return { ok: true }
      },
    })
    const moves = flowFunction({
      name: 'moves',
      description: 'x',
      transitionTo: 'b',
      handler: async () => {
        await route()
        return to('b', { result: { moved: true } })
      },
    })
    const first = defineFlow({
      id: 'first',
      initialNode: 'a',
      nodes: { a: defineNode({ task: 'A.', functions: [plain, moves] }), b: defineNode({ task: 'B.' }) },
    })
    const agents = { first: { flow: first }, billing: { flow: billing } }
    let run = await TeamRun.start({ team: defineAgents({ initial: 'first', agents }) })
    const runs = vi.spyOn(run.host, 'run')
    expect(await run.call('plain')).toEqual({ ok: true })
    expect([run.place, runs.mock.calls.length, run.errors]).toEqual(['billing/ask', 1, []])
    run = await TeamRun.start({ team: defineAgents({ initial: 'first', agents }) })
    expect(await run.call('moves')).toEqual({ moved: true })
    expect([run.place, run.errors]).toEqual(['billing/ask', []])
  })
})

describe('what is handed on', () => {
  const history = async (
    context: HandoffContext,
    options: HandoffOptions & { return?: false },
    infer?: () => string | null,
  ) => {
    const run = await TeamRun.start({ team, infer })
    await run.reply('Hello.')
    await run.user('My bill is wrong.')
    await run.manager.routeToAgent('billing', context, options)
    return run
  }

  test('the history is shared by default, and no summary is made of it', async () => {
    const infer = vi.fn(() => 'never')
    const run = await history({}, {}, infer)
    expect(run.history.slice(0, 3)).toEqual(['developer: Greet.', 'assistant: Hello.', 'user: My bill is wrong.'])
    expect(infer).not.toHaveBeenCalled()
  })

  test('a summary takes the place of the history', async () => {
    const run = await history({}, { history: 'summary' }, () => 'Ann was charged twice.')
    expect(run.history).toEqual([
      'developer: The conversation so far:\nAnn was charged twice.',
      expect.stringContaining("'support' has handed it over"),
      'developer: Ask for the invoice.',
    ])
    expect(run.manager.handoff?.conversationSummary).toBe('Ann was charged twice.')
  })

  test('where there is no summary, the last turns are handed on word for word', async () => {
    const run = await history({}, { history: 'summary' }, () => null)
    expect(run.history[0]).toBe('developer: The conversation so far:\nAgent: Hello.\nUser: My bill is wrong.')
  })

  test('of those only the newest: six, or as many as is said', async () => {
    for (const [verbatimTurns, first] of [
      [undefined, 'User: 3'],
      [2, 'User: 5'],
    ] as const) {
      const run = await TeamRun.start({ team, infer: () => null, verbatimTurns })
      for (let turn = 1; turn <= 5; turn++) {
        await run.user(`${turn}`)
        await run.reply(`Reply ${turn}`)
      }
      await run.manager.routeToAgent('billing', {}, { history: 'summary' })
      expect(run.manager.handoff?.conversationSummary.split('\n')[0]).toBe(first)
    }
  })

  test('nothing of the history is handed on where that is wanted', async () => {
    const run = await history({ known: 1 }, { history: 'none' })
    expect(run.history).toEqual([expect.stringContaining('"context":{"known":1}'), 'developer: Ask for the invoice.'])
    expect(run.manager.handoff?.conversationSummary).toBe('')
  })

  test('what is to be said is said while the summary is made, and a late summary is done without after 3 s', async () => {
    const run: TeamRun<typeof team.agents> = await TeamRun.start({
      team,
      charsPerSec: 20,
      infer: async () => {
        await sleep(run.clock, 60_000)
        return 'Too late.'
      },
    })
    const replied = run.host.modelSays('Hello.')
    await run.clock.advance(500)
    await replied
    const began = run.clock.nowMs()
    let handed: number | undefined
    const options = { history: 'summary', say: 'I will put you through to a colleague.' } as const
    const handing = run.manager.routeToAgent('billing', {}, options).then(() => (handed = run.clock.nowMs() - began))
    await run.clock.advance(100)
    expect([run.host.said.at(-1), run.host.isPlaying, run.place]).toEqual([options.say, true, 'support/greet'])
    while (handed === undefined) await run.clock.advance(100)
    await handing
    expect(run.place).toBe('billing/ask')
    expect(handed).toBeLessThanOrEqual(3100)
    expect(handed).toBeGreaterThanOrEqual(3000)
    expect(run.history[0]).toContain('The conversation so far:\nAgent: Hello.')
  })
})

describe('coming back', () => {
  test('an agent comes back with what its flow gave, and the one before goes on where it was, in its own role', async () => {
    const run = await TeamRun.start({ team })
    await run.call('describe_problem')
    const output = run.manager.routeToAgent('billing', {}, { return: true })
    await run.rest()
    await run.call('find')
    expect(run.place).toBe('billing/invoice')
    const runs = vi.spyOn(run.host, 'run')
    await run.call('refund')
    expect([run.place, run.host.role, runs.mock.calls.length]).toEqual(['support/advise', 'You are the front desk.', 1])
    const { refunded } = await output
    expect(refunded satisfies number).toBe(5)
    expect(run.history.at(-1)).toContain(
      `'billing' is done, and you lead the conversation again. The result: {"refunded":5}`,
    )
    expect(run.tools).toEqual(['transfer_to_billing', 'transfer_to_sales'])
    expect(run.changes).toEqual(['support > billing', 'billing > support'])
    expect(run.host.hasEnded).toBe(false)
  })

  test('of another history than its own it reads the result alone', async () => {
    const run = await TeamRun.start({ team })
    await run.user('Refund me.')
    void run.manager.routeToAgent('billing', {}, { return: true, history: 'none' })
    await run.rest()
    await run.user('Secret words.')
    await run.call('find')
    await run.call('refund')
    expect(run.history).toEqual(['developer: Greet.', 'user: Refund me.', expect.stringContaining('"refunded":5')])
  })

  test('what the model hands over comes back too, where the agent is one that returns', async () => {
    const agents = { support: { flow: support }, billing: { flow: billing, return: true } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'support', agents }) })
    await run.call('transfer_to_billing', { reason: 'x' })
    await run.call('find')
    await run.call('refund')
    expect(run.place).toBe('support/greet')
    // Nobody waits for anybody now.
    await run.manager.routeToAgent('billing', {}, { return: false })
    await run.call('find')
    await run.call('refund')
    expect(run.host.hasEnded).toBe(true)
  })

  test('one that is done may have handed over itself: who took over comes back in its place', async () => {
    const run = await TeamRun.start({ team })
    const output = run.manager.routeToAgent('sales', {}, { return: true })
    await run.rest()
    await run.manager.routeToAgent('billing')
    await run.call('find')
    await run.call('refund')
    expect([run.place, await output]).toEqual(['support/greet', { refunded: 5 }])
  })

  test('who waits is told when nobody comes back', async () => {
    const run = await TeamRun.start({ team })
    const output = run.manager.routeToAgent('billing', {}, { return: true })
    await run.rest()
    await run.manager.routeToAgent('support')
    await expect(output).rejects.toMatchObject({ code: 'agent-did-not-return' })
    const other = run.manager.routeToAgent('billing', {}, { return: true })
    await run.rest()
    run.host.end()
    await expect(other).rejects.toMatchObject({ code: 'agent-did-not-return' })
  })

  test('a function that would wait for itself is told what to do', async () => {
    const wait = flowFunction({
      name: 'wait',
      description: 'x',
      handler: async () => {
        await run.manager.routeToAgent('billing', {}, { return: true })
      },
    })
    const first = defineFlow({
      id: 'first',
      initialNode: 'a',
      nodes: { a: defineNode({ task: 'A.', functions: [wait] }) },
    })
    const agents = { first: { flow: first }, billing: { flow: billing } }
    const run = await TeamRun.start({ team: defineAgents({ initial: 'first', agents }) })
    expect(JSON.stringify(await run.call('wait'))).toContain("Return transferTo('billing', ..., { return: true })")
    expect(run.place).toBe('first/a')
  })

  test('one that is kept goes on where it was, one that is not begins anew', async () => {
    const run = await TeamRun.start({ team })
    await run.call('describe_problem')
    await run.manager.routeToAgent('billing')
    await run.call('find')
    await run.manager.routeToAgent('support')
    expect([run.place, run.host.role]).toEqual(['support/advise', 'You are the front desk.'])
    expect(run.history.at(-1)).toContain("'billing' has handed it over to you")
    await run.manager.routeToAgent('billing')
    expect(run.place).toBe('billing/ask')
  })

  test('one that is kept has its own history back where the other had none of it', async () => {
    const run = await TeamRun.start({ team })
    await run.user('My bill is wrong.')
    await run.manager.routeToAgent('billing', {}, { history: 'none' })
    await run.user('Number 7.')
    await run.manager.routeToAgent('support')
    expect(run.history.filter((line) => line.startsWith('user'))).toEqual([
      'user: My bill is wrong.',
      'user: Number 7.',
    ])
    expect(run.history.filter((line) => line === 'developer: Greet.')).toHaveLength(1)
  })
})

describe('agents that hand over without end', () => {
  test('are stopped after 5 times without a word of the user, an event says so, and the conversation goes on', async () => {
    const run = await TeamRun.start({ team })
    const other = (): string => (run.manager.currentAgent === 'billing' ? 'sales' : 'billing')
    for (let times = 0; times < 5; times++) {
      const isAsked = vi.spyOn(run.host, 'userSays')
      await run.call(`transfer_to_${other()}`, { reason: 'not mine' })
      expect(isAsked).not.toHaveBeenCalled()
    }
    expect([run.place, run.errors]).toEqual(['billing/ask', []])
    const result = await run.call('transfer_to_sales', { reason: 'not mine' })
    expect(result).toMatchObject({ status: 'error', error: expect.stringContaining("'billing' goes on") })
    expect([run.place, run.host.isAsked]).toEqual(['billing/ask', true])
    expect(run.errors).toMatchObject([{ code: 'handoff-loop' }])
    await expect(run.manager.routeToAgent('sales')).rejects.toBeInstanceOf(FlowError)
    await run.user('Please go on.')
    await run.manager.routeToAgent('sales')
    expect(run.place).toBe('sales/offer')
  })

  test.each<[string, (run: TeamRun<AgentMap>) => unknown]>([
    ['begun to speak', (run) => run.host.startUser()],
    ['typed something', (run) => run.host.append([{ role: 'user', content: 'Please.' }])],
  ])('may hand over again when the user has %s', async (_what, act) => {
    const run: TeamRun<AgentMap> = await TeamRun.start<AgentMap>({ team, maxHandoffs: 1 })
    await run.manager.routeToAgent('billing')
    await expect(run.manager.routeToAgent('support')).rejects.toMatchObject({ code: 'handoff-loop' })
    await act(run)
    await run.manager.routeToAgent('support')
    expect(run.manager.currentAgent).toBe('support')
  })

  test('the limit can be set', async () => {
    const run = await TeamRun.start({ team, maxHandoffs: 1 })
    await run.manager.routeToAgent('sales')
    await expect(run.manager.routeToAgent('billing')).rejects.toMatchObject({ code: 'handoff-loop' })
  })
})

describe('agents that make their first node', () => {
  class Agent {
    readonly got: Handoff[] = []
    readonly #task: string
    constructor(task: string) {
      this.#task = task
    }
    async getInitialNode(handoff: Handoff) {
      this.got.push(handoff)
      return { taskMessages: [{ role: 'system' as const, content: `${this.#task} ${handoff.conversationSummary}` }] }
    }
  }

  test('the first of the list begins, and a node is entered by the name of its agent', async () => {
    const agents = { customer_service: new Agent('Help.'), technical_support: new Agent('Mend.') }
    const host = new ScriptedHost(new TestClock(), 1)
    const manager = new MultiAgentFlowManager({ host, agents })
    await manager.initialize()
    expect([manager.currentAgent, manager.currentNode]).toEqual(['customer_service', 'customer_service_entry'])
    manager.state['customer'] = { id: 9 }
    host.userSays('It is broken.')
    await manager.routeToAgent('technical_support', { device: 'phone' })
    expect([manager.currentAgent, manager.currentNode]).toEqual(['technical_support', 'technical_support_entry'])
    expect(agents.technical_support.got).toEqual([
      {
        previousAgent: 'customer_service',
        agent: 'technical_support',
        conversationSummary: 'A summary of the conversation so far.',
        customerContext: { id: 9 },
        additionalContext: { device: 'phone' },
        at: '2026-01-01T00:00:00.000Z',
        path: ['customer_service', 'technical_support'],
      },
    ])
    expect(agents.customer_service.got).toMatchObject([{ previousAgent: null, conversationSummary: '' }])
    await expect(manager.routeToAgent('nobody' as 'technical_support')).rejects.toThrow('Unknown agent')
  })

  test('one that fails leaves the conversation where it is, and at the beginning says so', async () => {
    const broken = { getInitialNode: () => Promise.reject(new Error('no database')) }
    const host = new ScriptedHost(new TestClock(), 1)
    const manager = new MultiAgentFlowManager({ host, agents: { first: new Agent('Help.'), broken } })
    await manager.initialize()
    await expect(manager.routeToAgent('broken')).rejects.toThrow('no database')
    expect(manager.currentAgent).toBe('first')
    const other = new MultiAgentFlowManager({ host: new ScriptedHost(new TestClock(), 1), agents: { broken } })
    await expect(other.initialize()).rejects.toMatchObject({
      name: 'FlowInitializationError',
      cause: { message: 'no database' },
    })
  })
})

describe('snapshots', () => {
  test('a conversation is resumed at its agent, and who waits still goes on when it comes back', async () => {
    const first = await TeamRun.start({ team })
    await first.call('describe_problem')
    void first.manager.routeToAgent('billing', {}, { return: true })
    await first.rest()
    await first.call('find')
    const resume = first.manager.snapshot()
    const run = new TeamRun({ team })
    await run.manager.initialize({ resume })
    await run.rest()
    expect([run.place, run.host.role, run.host.isAsked, run.changes]).toEqual([
      'billing/invoice',
      'You are billing.',
      false,
      [],
    ])
    expect(run.manager.handoff).toEqual(first.manager.handoff)
    expect(run.tools).toEqual(['transfer_to_support', 'transfer_to_sales', 'refund'])
    run.manager.state['invoice'] = 8
    await run.call('refund')
    expect([run.place, run.host.role]).toEqual(['support/advise', 'You are the front desk.'])
    expect(run.manager.state).toEqual({ customer: { name: 'Ann' }, invoice: 8 })
    expect(run.changes).toEqual(['billing > support'])
  })

  test('a conversation is kept in a store that is a class, such as that of files, and comes back from it', async () => {
    const kept = new Map<string, string>()
    class Store implements FlowStore {
      load(id: string): Promise<string | undefined> {
        return Promise.resolve(kept.get(id))
      }
      save(id: string, snapshot: string): Promise<void> {
        return Promise.resolve(void kept.set(id, snapshot))
      }
      delete(id: string): Promise<void> {
        return Promise.resolve(void kept.delete(id))
      }
    }
    const first = await TeamRun.start({ team, store: new Store(), conversationId: 'c' })
    await first.call('describe_problem')
    await first.manager.routeToAgent('billing')
    await first.manager.saved()
    const run = await TeamRun.start({ team, store: new Store(), conversationId: 'c' })
    expect([run.place, first.errors, run.errors]).toEqual(['billing/ask', [], []])
    run.host.end()
    await run.rest()
    await run.manager.saved()
    expect([...kept]).toEqual([])
  })

  test('one that was kept goes on where it was, also in a process that never saw it there', async () => {
    const first = await TeamRun.start({ team })
    await first.call('describe_problem')
    await first.manager.routeToAgent('sales')
    const run = new TeamRun({ team })
    await run.manager.initialize({ resume: first.manager.snapshot() })
    await run.manager.routeToAgent('support')
    expect(run.place).toBe('support/advise')
    expect(run.history.filter((line) => line === 'developer: Greet.')).toHaveLength(1)
  })

  test('a node that an agent has made is made again from the same hand-off', async () => {
    const open = flowFunction({ name: 'open', description: 'x', handler: () => ({ ok: true }) })
    const desk = { getInitialNode: (handoff: Handoff) => ({ task: `Desk of ${handoff.reason}.`, functions: [open] }) }
    const made = defineAgents({ initial: 'support', agents: { support: { flow: support }, desk } })
    const store = new Map<string, string>()
    const options = {
      team: made,
      conversationId: 'c',
      store: {
        load: async (id: string) => store.get(id),
        save: async (id: string, text: string) => void store.set(id, text),
        delete: async (id: string) => void store.delete(id),
      },
    }
    const first = await TeamRun.start(options)
    await first.manager.routeToAgent('desk', {}, { reason: 'keys' })
    await first.manager.saved()
    const run = await TeamRun.start(options)
    expect([run.place, run.tools]).toEqual(['desk/desk_entry', ['transfer_to_support', 'open']])
    expect(run.history.filter((line) => line === 'developer: Desk of keys.')).toHaveLength(1)
    expect(await run.call('open')).toEqual({ ok: true })
  })

  test('a snapshot of no team, or of other agents, is refused', async () => {
    const first = await TeamRun.start({ team })
    const snapshot = JSON.parse(first.manager.snapshot()) as { memo: object }
    const refuses = async (changed: object): Promise<void> => {
      const { manager } = new TeamRun({ team })
      await expect(manager.initialize({ resume: JSON.stringify({ ...snapshot, ...changed }) })).rejects.toMatchObject({
        code: 'snapshot-refused',
      })
      await manager.initialize()
      expect(manager.currentNode).toBe('greet')
    }
    await refuses({ memo: undefined })
    await refuses({ memo: { ...snapshot.memo, path: 3 } })
    await refuses({ memo: { ...snapshot.memo, entries: { nobody: {} } } })
    await refuses({
      memo: { ...snapshot.memo, waiting: [{ agent: 'support', history: 'share', messages: [], runs: [{}] }] },
    })
  })
})

describe('defineAgents', () => {
  test('says all that is wrong', () => {
    const agents = { support: { flow: support }, 'b c': { flow: support }, empty: {} as { flow: typeof sales } }
    const define = (): unknown => defineAgents({ initial: 'suport' as 'support', agents })
    expect(define).toThrow(FlowDefinitionError)
    expect(define).toThrow("initial: no agent 'suport'; did you mean 'support'?")
    expect(define).toThrow('agents.b c: the name of an agent')
    expect(define).toThrow(`agents.b c.flow: its flow has the id "support" as that of 'support'`)
    expect(define).toThrow('agents.empty: is no agent')
    expect(() => new MultiAgentFlowManager({ host: new ScriptedHost(new TestClock(), 1), agents: {} })).toThrow(
      FlowDefinitionError,
    )
  })

  test('the compiler knows agents, where they take over, and what they come back with', async () => {
    // @ts-expect-error -- there is no such agent
    expect(() => defineAgents({ initial: 'suport', agents: { support: { flow: support } } })).toThrow(
      FlowDefinitionError,
    )
    defineAgents({
      initial: 'support',
      // @ts-expect-error -- agent 'support' takes over at unknown node 'gret'
      agents: { support: { flow: support, entry: () => to('gret') } },
    })
    const run = await TeamRun.start({ team })
    // @ts-expect-error -- there is no such agent
    await expect(run.manager.routeToAgent('bill')).rejects.toThrow(UnknownAgentError)
    const wrong = (): void => {
      // @ts-expect-error -- it comes back with a number
      void run.manager.routeToAgent('billing', {}, { return: true }).then((output) => output.refunded satisfies string)
    }
    expect(wrong).toBeTypeOf('function')
  })
})

test('events can be heard by their Python names', async () => {
  const run = await TeamRun.start({ team })
  const heard: unknown[] = []
  run.manager.eventHandler('on_agent_changed', (agent, previous) => void heard.push([agent, previous]))
  run.manager.eventHandler('on_handoff', ({ path }) => void heard.push(path))
  run.manager.eventHandler('on_node_entered', (node) => void heard.push(node))
  await run.manager.routeToAgent('sales')
  expect(heard).toEqual([['sales', 'support'], ['support', 'sales'], 'offer'])
})
