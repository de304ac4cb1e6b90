import {
  LLMContext,
  LLMContextAggregatorPair,
  type FrameProcessor,
  LLMMessagesAppendFrame,
  MetricsFrame,
  PcError,
  Pipeline,
  type PipelineParamsFields,
  PipelineTask,
  TranscriptionFrame,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { describe, expect, test, vi } from 'vitest'
import type { FlowContext } from '../../src/definition/flow-context.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'
import type { FlowFunction } from '../../src/definition/flow-function.ts'
import type { FlowNode } from '../../src/definition/flow-node.ts'
import { done } from '../../src/definition/outcome.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import {
  optimize,
  OptimizedFlowManager,
  Optimizer,
  type OptimizerOptions,
  type Upcoming,
} from '../../src/optimize/index.ts'
import { MultiAgentFlowManager } from '../../src/agents/index.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { edge, flowOf } from '../example-flows.ts'
import { Slow } from '../statements/slow.ts'
import { type Answer, call, ScriptedModel, tell, Voice } from '../statements/talk.ts'

interface Setup {
  readonly flow: FlowDefinition
  readonly answers: readonly Answer[]
  readonly optimizer?: Optimizer | OptimizerOptions
  readonly clock?: TestClock
  readonly ahead?: readonly FrameProcessor[]
  readonly params?: PipelineParamsFields
}

class Call {
  readonly clock: TestClock
  readonly model: ScriptedModel
  readonly voice = new Voice()
  readonly context = new LLMContext()
  readonly optimized: ReturnType<typeof optimize>
  readonly task: PipelineTask
  readonly manager: FlowManager
  readonly run: Promise<void>

  constructor({ flow, answers, optimizer = new Optimizer(), clock = new TestClock(), ahead = [], params = {} }: Setup) {
    this.clock = clock
    this.model = new ScriptedModel(answers, { name: undefined })
    this.optimized = optimize(optimizer)
    const pair = new LLMContextAggregatorPair(this.context)
    this.task = new PipelineTask(
      new Pipeline([
        ...ahead,
        new UserTurnProcessor(),
        pair.user,
        this.optimized.limiter,
        this.model,
        this.voice,
        pair.assistant,
      ]),
      params,
      { defaultParts: false, idleTimeoutSecs: null, runtime: createTestRuntime(clock) },
    )
    this.manager = new FlowManager(
      this.optimized.options({ task: this.task, llm: this.model, contextAggregator: pair, flow }),
    )
    this.run = this.task.run()
  }

  static async start(setup: Setup): Promise<Call> {
    const it = new Call(setup)
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(3000)
    return it
  }

  get metrics() {
    return this.optimized.optimizer.metrics
  }

  get spoken(): readonly string[] {
    return this.voice.spoken
  }

  get history(): readonly string[] {
    return tell(this.context.messages)
  }

  async begin(): Promise<void> {
    await this.task.queueFrame(new VADUserStartedSpeakingFrame(0.2, this.clock.nowMs()))
    await this.clock.advance(500)
  }

  async finish(text: string): Promise<void> {
    await this.task.queueFrame(new VADUserStoppedSpeakingFrame(0.2, this.clock.nowMs()))
    if (text !== '') await this.task.queueFrame(new TranscriptionFrame(text, 'user', '', { finalized: true }))
    await this.clock.advance(1000)
  }

  async say(text: string): Promise<void> {
    await this.begin()
    await this.finish(text)
  }

  async end(): Promise<void> {
    await this.task.cancel()
    await this.run
  }
}

const node = (more: Partial<FlowNode> = {}): FlowNode => ({ role: 'Be kind.', task: 'Greet.', cache: 'entry', ...more })

describe('the first reply of a visit', () => {
  test('is spoken again for another caller without the model, stands in the context, and counts as the reply', async () => {
    const optimizer = new Optimizer()
    const after = vi.fn()
    const flow = flowOf({ greet: node({ after: [{ type: 'done', handler: after }] }) })
    const first = await Call.start({ flow, answers: [['Hello ', 'there.']], optimizer })
    await first.end()
    const second = await Call.start({ flow, answers: [['Not asked.'], ['Sure.']], optimizer })
    expect([second.model.asked.length, second.spoken]).toEqual([0, ['Hello there.']])
    expect(second.history).toEqual(['developer: Greet.', 'assistant: Hello there.'])
    expect(after).toHaveBeenCalledTimes(2)
    expect([optimizer.metrics.count('cache_miss'), optimizer.metrics.count('cache_hit', 'greet')]).toEqual([1, 1])
    expect(optimizer.metrics.count('llm_success')).toBe(1)
    await second.say('Help me.')
    expect(second.model.asked[0]?.history).toEqual(['developer: Greet.', 'assistant: Hello there.', 'user: Help me.'])
    await second.end()
  })

  test('is cut like one of the model: only what was heard stands in the context, and the user is answered', async () => {
    const optimizer = new Optimizer()
    const after = vi.fn()
    const flow = flowOf({ greet: node({ after: [{ type: 'done', handler: after }] }) })
    const text = 'One two three four five six seven eight nine ten.'
    await (await Call.start({ flow, answers: [[text]], optimizer })).end()
    after.mockClear()
    const it = new Call({ flow, answers: [['Yes?']], optimizer })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.settle()
    expect(it.spoken).toEqual([text])
    await it.say('Wait.')
    await it.clock.advance(2000)
    expect([it.model.asked.length, it.history.at(-1), after.mock.calls.length]).toEqual([1, 'assistant: Yes?', 1])
    await it.end()
  })

  test('is never one of another request: other words, other tools, another role ask the model', async () => {
    const optimizer = new Optimizer()
    const flows = [
      flowOf({ greet: node() }),
      flowOf({ greet: node({ role: 'Be brief.' }) }),
      flowOf({ greet: node({ task: 'Greet Ann.' }) }),
      flowOf({ greet: node({ functions: [edge('go', 'greet')] }) }),
      flowOf({ greet: node({ model: 'large' }) }),
      flowOf({ greet: node({ temperature: 1 }) }),
    ]
    for (const [index, flow] of flows.entries()) {
      const it = await Call.start({ flow, answers: [[`Reply ${index}.`]], optimizer })
      expect(it.spoken).toEqual([`Reply ${index}.`])
      await it.end()
    }
    for (const [index, flow] of flows.entries()) {
      const it = await Call.start({ flow, answers: [], optimizer })
      expect([it.spoken, it.model.asked]).toEqual([[`Reply ${index}.`], []])
      await it.end()
    }
  })

  test('is not kept where the node does not ask for it, where it calls a function, fails, or is cut', async () => {
    const lookUp: FlowFunction = { name: 'look_up', description: 'x', handler: () => ({ ok: true }) }
    const failing = { name: 'fails', flow: flowOf({ a: node() }) }
    const cases: { readonly flow: FlowDefinition; readonly answers: readonly Answer[]; readonly cut?: boolean }[] = [
      { flow: flowOf({ a: { task: 'A.' } }), answers: [['Hi.']] },
      { flow: flowOf({ a: node({ functions: [lookUp] }) }), answers: [['Let me see. ', call('look_up')], ['There.']] },
      { flow: failing.flow, answers: [] },
      { flow: flowOf({ a: node({ task: 'B.' }) }), answers: [['One two ', { pauseMs: 4000 }, 'three.']], cut: true },
    ]
    for (const { flow, answers, cut } of cases) {
      const optimizer = new Optimizer()
      const it = await Call.start({ flow, answers, optimizer })
      if (cut) await it.say('Stop.')
      await it.clock.advance(5000)
      expect(optimizer.responseCache?.size).toBe(0)
      await it.end()
    }
  })

  test('is not taken for another where the way to the model is slow, or where somebody has typed meanwhile', async () => {
    const optimizer = new Optimizer({ rateLimiter: { maxCalls: 1, timeWindowSecs: 10 }, filler: false })
    const first = await Call.start({ flow: flowOf({ a: node({ task: [] }) }), answers: [['First.']], optimizer })
    await first.end()
    expect(optimizer.responseCache?.size).toBe(1)
    const { clock } = first
    const waiting = await Call.start({
      flow: flowOf({ b: node() }),
      answers: [['To what was typed.']],
      optimizer,
      clock,
    })
    await waiting.task.queueFrame(new LLMMessagesAppendFrame([{ role: 'user', content: 'My name is Ann.' }]))
    await clock.advance(20_000)
    expect([waiting.spoken, optimizer.responseCache?.size]).toEqual([['To what was typed.'], 1])
    await waiting.end()
    const shared = new Optimizer({ responseCache: optimizer.responseCache, rateLimiter: false })
    const answers = [['Second.']]
    const ahead = [new Slow(50)]
    const slow = await Call.start({ flow: flowOf({ c: node() }), answers, optimizer: shared, clock, ahead })
    expect(slow.spoken).toEqual(['Second.'])
    await slow.end()
  })

  test('is found also where the flow begins before the pipeline has started', async () => {
    const optimizer = new Optimizer()
    for (const expected of [1, 0]) {
      const it = new Call({ flow: flowOf({ greet: node() }), answers: [['Hello there.']], optimizer })
      await it.manager.initialize()
      await it.clock.advance(3000)
      expect([it.spoken, it.model.asked.length]).toEqual([['Hello there.'], expected])
      await it.end()
    }
  })

  test('is not taken where the model was still saying something, which it would read as well', async () => {
    const optimizer = new Optimizer()
    const greet = node({ context: 'reset' })
    await (await Call.start({ flow: flowOf({ greet }), answers: [['Hello there.']], optimizer })).end()
    const flow = flowOf({ talk: { role: 'Be kind.', task: 'Talk.' }, greet })
    const answers: Answer[] = [['One two ', { pauseMs: 2000 }, 'three.'], ['As I said.']]
    const it = new Call({ flow, answers, optimizer })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(1000)
    await it.manager.setNode('greet')
    await it.clock.advance(9000)
    expect(it.spoken).toEqual(['One two three.', 'As I said.'])
    expect(it.history).toEqual(['developer: Greet.', 'assistant: One two three.', 'assistant: As I said.'])
    await it.end()
  })

  test('is not lost to a noise that comes ahead of it', async () => {
    const flow = flowOf({ greet: node() })
    const it = new Call({ flow, answers: [['Hello there.']], ahead: [new Slow(100)] })
    await it.clock.settle()
    const begun = it.manager.initialize()
    await it.clock.advance(350)
    await begun
    await it.begin()
    expect(it.spoken).toEqual([])
    await it.finish('')
    await it.clock.advance(9000)
    expect(it.spoken).toEqual(['Hello there.'])
    await it.end()
  })

  test('only the first: what the model says later in the visit is not kept', async () => {
    const optimizer = new Optimizer()
    const it = await Call.start({ flow: flowOf({ a: node() }), answers: [['Hi.'], ['Sure.']], optimizer })
    await it.say('Help.')
    expect([it.spoken, optimizer.responseCache?.size]).toEqual([['Hi.', 'Sure.'], 1])
    await it.end()
  })

  test('can be turned off, and grows old after 300 s', async () => {
    const flow = flowOf({ a: node() })
    const off = new Optimizer({ responseCache: false })
    for (const text of ['One.', 'Two.']) {
      const it = await Call.start({ flow, answers: [[text]], optimizer: off })
      expect(it.spoken).toEqual([text])
      await it.end()
    }
    const optimizer = new Optimizer()
    const clock = new TestClock()
    await (await Call.start({ flow, answers: [['Old.']], optimizer, clock })).end()
    await clock.advance(301_000)
    const it = await Call.start({ flow, answers: [['New.']], optimizer, clock })
    expect(it.spoken).toEqual(['New.'])
    await it.end()
  })
})

describe('the rate limiter', () => {
  const flow = flowOf({ a: { task: 'A.' } })
  const optimizer = () =>
    new Optimizer({ rateLimiter: { maxCalls: 1, timeWindowSecs: 10, maxWaitSecs: 30 }, filler: 'Hold on.' })

  test('a turn over the limit hears a filler, which is not recorded, and is answered when there is room', async () => {
    const it = await Call.start({ flow, answers: [['Hi.'], ['Sure.']], optimizer: optimizer() })
    await it.say('Help.')
    expect([it.model.asked.length, it.spoken]).toEqual([1, ['Hi.', 'Hold on.']])
    await it.clock.advance(8000)
    expect(it.model.asked.map(({ atMs }) => atMs)).toEqual([0, 10_000])
    expect(it.spoken.at(-1)).toBe('Sure.')
    expect(it.history).toEqual(['developer: A.', 'assistant: Hi.', 'user: Help.', 'assistant: Sure.'])
    expect([it.metrics.count('rate_limited'), it.metrics.count('rate_limit_exceeded')]).toEqual([1, 0])
    await it.end()
  })

  test('a user whose turn waits is not taken for silent', async () => {
    const quiet = flowOf({ a: { task: 'A.', onSilence: { afterSecs: 4, say: 'Are you there?' } } })
    const it = await Call.start({ flow: quiet, answers: [['Hi.'], ['Sure.']], optimizer: optimizer() })
    await it.say('Help.')
    await it.clock.advance(8000)
    expect(it.spoken).toEqual(['Hi.', 'Hold on.', 'Sure.'])
    await it.end()
  })

  test('of turns that wait none is lost: the model reads them all in one request', async () => {
    const it = await Call.start({ flow, answers: [['Hi.'], ['Sure.'], ['Never.']], optimizer: optimizer() })
    await it.say('Help.')
    await it.say('And be quick.')
    await it.clock.advance(20_000)
    expect(it.model.asked).toHaveLength(2)
    expect(it.model.asked[1]?.history.slice(2)).toEqual(['user: Help.', 'user: And be quick.'])
    await it.end()
  })

  test('a noise does not take a waiting turn away, and room that comes while the user speaks waits for them', async () => {
    const it = await Call.start({ flow, answers: [['Hi.'], ['Sure.']], optimizer: optimizer() })
    await it.say('Help.')
    await it.clock.advance(5000)
    await it.begin()
    await it.clock.advance(2000)
    expect(it.model.asked).toHaveLength(1)
    await it.finish('')
    await it.clock.advance(6000)
    expect([it.model.asked.length, it.spoken.at(-1)]).toEqual([2, 'Sure.'])
    await it.end()
  })

  test('one that has waited too long is answered over the limit', async () => {
    const limiter = new Optimizer({ rateLimiter: { maxCalls: 1, timeWindowSecs: 600, maxWaitSecs: 2 }, filler: false })
    const it = await Call.start({ flow, answers: [['Hi.'], ['Sure.']], optimizer: limiter })
    await it.say('Help.')
    await it.clock.advance(3000)
    expect([it.spoken, it.metrics.count('rate_limit_exceeded')]).toEqual([['Hi.', 'Sure.'], 1])
    await it.end()
  })

  test('a turn that waits at the end of the session is answered before it', async () => {
    const it = await Call.start({ flow, answers: [['Hi.'], ['Sure.']], optimizer: optimizer() })
    await it.say('Help.')
    await it.task.stopWhenDone()
    await it.clock.advance(5000)
    await it.run
    expect(it.spoken).toEqual(['Hi.', 'Hold on.', 'Sure.'])
  })

  test('requests of the flow itself count and wait too: entering a node, and answering a result', async () => {
    const price: FlowFunction = { name: 'price', description: 'x', handler: () => ({ price: 3 }) }
    const functions = [edge('go', 'b'), price]
    const two = flowOf({ a: { task: 'A.', functions }, b: { task: 'B.', functions } })
    const answers: Answer[] = [[call('go')], [call('price')], ['Three.']]
    const it = await Call.start({ flow: two, answers, optimizer: optimizer() })
    expect([it.manager.currentNode, it.model.asked.length]).toEqual(['b', 1])
    await it.clock.advance(30_000)
    expect(it.model.asked.map(({ atMs }) => atMs)).toEqual([0, 10_000, 20_000])
    expect(it.spoken.at(-1)).toBe('Three.')
    expect([it.spoken.includes('Hold on.'), it.history.join()]).toEqual([true, expect.not.stringContaining('Hold on.')])
    await it.end()
  })

  test('conversations that share it share the limit', async () => {
    const shared = optimizer()
    const clock = new TestClock()
    const one = await Call.start({ flow, answers: [['Hi.']], optimizer: shared, clock })
    const two = await Call.start({ flow, answers: [['Hi.']], optimizer: shared, clock })
    expect([one.model.asked.length, two.model.asked.length]).toEqual([1, 0])
    await clock.advance(10_000)
    expect(two.model.asked).toHaveLength(1)
    await one.end()
    await two.end()
  })
})

describe('measurements', () => {
  test('tell how long replies, functions, moves and entering took, by node', async () => {
    const slow: FlowFunction = {
      name: 'slow',
      description: 'x',
      transitionTo: ['b'],
      handler: () => new Promise((resolve) => void it?.clock.setTimeout(() => resolve({ ok: true }), 250)),
    }
    let it: Call | undefined
    it = new Call({
      flow: flowOf({ a: { task: 'A.', functions: [slow] }, b: { task: 'B.' } }),
      answers: [
        [{ pauseMs: 400 }, call('slow')],
        [{ pauseMs: 100 }, 'Hi.'],
      ],
    })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(3000)
    expect(it.metrics.summary('llm_response_time', 'a')).toEqual({ count: 1, p50: 0.4, p95: 0.4 })
    expect(it.metrics.summary('llm_response_time', 'b')).toEqual({ count: 1, p50: 0.1, p95: 0.1 })
    expect(it.metrics.summary('llm_response_time')).toEqual({ count: 2, p50: 0.1, p95: 0.4 })
    expect(it.metrics.summary('function_time', 'slow')).toEqual({ count: 1, p50: 0.25, p95: 0.25 })
    expect(it.metrics.count('transition_time', 'b')).toBe(1)
    expect([it.metrics.count('enter_time', 'a'), it.metrics.count('enter_time')]).toEqual([1, 2])
    expect([it.metrics.count('llm_success'), it.metrics.count('llm_error')]).toEqual([2, 0])
    await it.end()
  })

  test.each([
    [true, ['flow.enter a 0', 'flow.call slow 0.25', 'flow.enter b 0']],
    [false, []],
  ])('go through the pipeline where the task measures (%s)', async (enableMetrics, told) => {
    const wait = (): Promise<unknown> =>
      new Promise((resolve) => void it.clock.setTimeout(() => resolve({ ok: true }), 250))
    const slow: FlowFunction = { name: 'slow', description: 'x', transitionTo: ['b'], handler: wait }
    const it: Call = new Call({
      flow: flowOf({ a: { task: 'A.', functions: [slow] }, b: { task: 'B.' } }),
      answers: [[call('slow')], ['Hi.']],
      params: { enableMetrics },
    })
    const seen: string[] = []
    it.task.on('frameReachedDownstream', (frame) => {
      const items = frame instanceof MetricsFrame ? frame.data : []
      for (const item of items) {
        const isOfFlow = item.processor.startsWith('flow.')
        if (isOfFlow && item.kind === 'processing') seen.push(`${item.processor} ${item.valueSecs}`)
      }
    })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(3000)
    expect(seen).toEqual(told)
    await it.end()
  })

  test('do not count a node as entered again that a sub-flow comes back to', async () => {
    const leave: FlowFunction = { name: 'leave', description: 'x', handler: () => done({}) }
    const sub = flowOf({ s: { task: 'S.', functions: [leave] } }, { id: 'sub' })
    const ask: FlowFunction = {
      name: 'ask',
      description: 'x',
      handler: (_args: unknown, ctx: FlowContext) => ctx.call(sub),
    }
    const it = new Call({
      flow: flowOf({ a: { task: 'A.', functions: [ask] } }, { subFlows: { sub } }),
      answers: [[call('ask')], [call('leave')], ['Done.']],
    })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(3000)
    expect([it.manager.currentNode, it.model.asked.length]).toEqual(['a', 3])
    expect([it.metrics.count('enter_time', 'a'), it.metrics.count('enter_time', 's')]).toEqual([1, 1])
    await it.end()
  })

  test('count a reply that failed as an error and not as a success', async () => {
    const it = new Call({ flow: flowOf({ a: node() }), answers: [] })
    const error = new PcError('no key', { code: 'no-key', kind: 'auth' })
    vi.spyOn(it.model, 'generate').mockImplementation(() => {
      throw error
    })
    await it.clock.settle()
    await it.manager.initialize()
    await it.clock.advance(3000)
    expect([it.metrics.count('llm_success'), it.metrics.count('llm_error', 'a')]).toEqual([0, 1])
    expect(it.optimized.optimizer.responseCache?.size).toBe(0)
    await it.end()
  })
})

describe('functions', () => {
  test('a function that asks for it runs once for equal arguments, and its result is told the model each time', async () => {
    const handler = vi.fn(() => ({ price: 3 }))
    const price: FlowFunction = { name: 'price', description: 'x', handler, cache: { scope: 'global' } }
    const flow = flowOf({ a: { task: 'A.', functions: [price] } })
    const optimizer = new Optimizer()
    for (let caller = 0; caller < 2; caller++) {
      const it = await Call.start({ flow, answers: [[call('price')], ['Three.']], optimizer })
      expect(it.history.slice(1)).toEqual(['calls price', 'tool: {"price":3}', 'assistant: Three.'])
      await it.end()
    }
    expect(handler).toHaveBeenCalledTimes(1)
    expect([optimizer.metrics.count('cache_hit', 'price'), optimizer.metrics.count('cache_miss', 'price')]).toEqual([
      1, 1,
    ])
  })
})

describe('OptimizedFlowManager', () => {
  test('has the parts of the guide, with their sizes, and needs no more than a FlowManager', async () => {
    const host = new ScriptedHost(new TestClock(), 1)
    const manager = new OptimizedFlowManager({ host, flow: flowOf({ a: node() }) })
    expect([manager.responseCache?.maxEntries, manager.responseCache?.ttlSecs]).toEqual([1000, 300])
    expect([manager.functionCache?.maxEntries, manager.functionCache?.ttlSecs]).toEqual([500, 60])
    expect([manager.rateLimiter?.maxCalls, manager.rateLimiter?.timeWindowSecs]).toEqual([100, 60])
    manager.metrics.record('cache_hit')
    expect(manager.metrics.count('cache_hit')).toBe(1)
    await manager.initialize()
    expect([manager.currentNode, host.isAsked]).toEqual(['a', true])
  })

  test('takes what was made for the pipeline, and tells what may come next', async () => {
    const upcoming: Upcoming[] = []
    const optimized = optimize({ prefetch: (next) => void upcoming.push(next), rateLimiter: false })
    const host = new ScriptedHost(new TestClock(), 1)
    const flow = flowOf({
      a: { task: 'A.', functions: [edge('go', 'b'), edge('other', 'c')] },
      b: { task: [], say: 'Goodbye.' },
      c: () => ({ task: 'Depends.' }),
    })
    const manager = new OptimizedFlowManager({ host, flow, optimized })
    await manager.initialize()
    expect(manager.limiter).toBe(optimized.limiter)
    expect(upcoming).toEqual([{ node: 'a', nodes: [{ name: 'b', task: [], say: 'Goodbye.' }], texts: ['Goodbye.'] }])
  })

  test('agents can be optimized too', async () => {
    const optimized = optimize()
    const host = new ScriptedHost(new TestClock(), 1)
    const agents = {
      first: { flow: flowOf({ a: { task: 'A.' } }) },
      other: { flow: flowOf({ b: { task: 'B.' } }, { id: 'other' }) },
    }
    const manager = new MultiAgentFlowManager(optimized.options({ host, agents }))
    await manager.initialize()
    await manager.routeToAgent('other')
    expect([manager.currentAgent, optimized.optimizer.metrics.count('enter_time')]).toEqual(['other', 2])
  })
})
