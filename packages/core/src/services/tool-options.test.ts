import { describe, expect, test } from 'vitest'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { type FunctionDefinition, FunctionSchema } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { Message } from '../context/messages.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame, LLMMessagesAppendFrame } from '../frames/llm.ts'
import { FunctionCallCancelFrame, FunctionCallInProgressFrame } from '../frames/tool.ts'
import { sleep } from '../runtime/clock.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { LLMService } from './llm-service.ts'
import type { GenerateOptions, LLMEvent, LLMServiceOptions } from './llm-types.ts'

type Call = readonly [name: string, args?: string, id?: string]

/** Gives one list of calls after the other, then says `Done.`, and keeps what it was asked and offered. */
class Model extends LLMService {
  readonly asked: (readonly Message[])[] = []
  readonly offered: { name: string; description: string }[][] = []
  readonly #answers: (readonly Call[])[]
  constructor(answers: readonly (readonly Call[])[], options: LLMServiceOptions = {}) {
    super({ name: 'model', ...options })
    this.#answers = [...answers]
  }
  override async *generate(context: LLMContext, { tools }: GenerateOptions): AsyncIterable<LLMEvent> {
    this.asked.push([...context.messages])
    this.offered.push((tools?.standardTools ?? []).map(({ name, description }) => ({ name, description })))
    const calls = this.#answers.shift()
    if (calls === undefined) yield 'Done.'
    for (const [index, [name, args = '{}', id = `${this.asked.length}-${index}`]] of (calls ?? []).entries())
      yield { type: 'toolCall', id, name, arguments: args }
    yield { type: 'done', finishReason: 'stop' }
  }
  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

const again = (): Frame => new LLMMessagesAppendFrame([{ role: 'user', content: 'Go on.' }], { runLlm: true })

async function converse(model: Model, tools: readonly FunctionDefinition[], frames: readonly (Frame | Pause)[]) {
  const context = new LLMContext([{ role: 'user', content: 'Go.' }], tools)
  const pair = new LLMContextAggregatorPair(context)
  const { down } = await runTest([pair.user, model, pair.assistant], {
    frames: [new LLMContextFrame(context), ...frames],
  })
  return { context, down }
}

const toolMessages = (messages: readonly Message[]): string[] =>
  messages.flatMap((message) => ('role' in message && message.role === 'tool' ? [message.content] : []))

describe('the idempotency key of a call', () => {
  test('is its own, and that of an earlier call like it which did not finish', async () => {
    const keys: string[] = []
    const model: Model = new Model([
      [
        ['pay', '{"to":"bob","sum":5}'],
        ['pay', '{"sum":5,"to":"bob"}'],
      ],
      [['pay', '{"sum":5,"to":"bob"}']],
      [['pay', '{"sum":6,"to":"bob"}']],
      [['pay', '{"sum":5,"to":"bob"}']],
    ])
    const pay: FunctionDefinition = {
      name: 'pay',
      description: 'Pays',
      handler: async (_args, { idempotencyKey, signal }) => {
        keys.push(idempotencyKey)
        if (keys.length === 2) await model.delay(1000, signal)
        return { ok: true }
      },
    }
    await converse(model, [pay], [new InterruptionFrame(), again(), { pauseMs: 100 }])
    const [first, cut, repeated, other, later] = keys
    expect(keys).toHaveLength(5)
    expect(repeated).toBe(cut)
    expect(new Set([first, cut, other, later]).size).toBe(4)
  })

  test('is kept after a failure and after a timeout', async () => {
    const keys: string[] = []
    const model: Model = new Model([[['pay']], [['pay']], [['pay']]])
    const pay: FunctionDefinition = {
      name: 'pay',
      description: 'Pays',
      timeoutSecs: 1,
      handler: async (_args, { idempotencyKey, signal }) => {
        keys.push(idempotencyKey)
        if (keys.length === 1) throw new Error('broken line')
        if (keys.length === 2) await model.delay(5000, signal)
        return { ok: true }
      },
    }
    await converse(model, [pay], [{ pauseMs: 3000 }])
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })

  test.each<[string, LLMServiceOptions, number, boolean]>([
    ['ten minutes', {}, 599_000, true],
    ['ten minutes', {}, 601_000, false],
    ['as long as the service says', { idempotencyKeySecs: 5 }, 4000, true],
    ['as long as the service says', { idempotencyKeySecs: 5 }, 6000, false],
  ])('is kept for %s (%o, again after %i ms: %s)', async (_howLong, options, pauseMs, kept) => {
    const keys: string[] = []
    const model = new Model([[['pay']], [], [['pay']]], options)
    const pay: FunctionDefinition = {
      name: 'pay',
      description: 'Pays',
      handler: async (_args, { idempotencyKey }) => {
        keys.push(idempotencyKey)
        throw new Error('broken line')
      },
    }
    await converse(model, [pay], [{ pauseMs }, again(), { pauseMs: 100 }])
    expect(keys).toHaveLength(2)
    expect(keys[0] === keys[1]).toBe(kept)
  })
})

describe('a call that detaches on interruption', () => {
  const slow = (model: () => Model): FunctionDefinition => ({
    name: 'search',
    description: 'Searches',
    cancelOnInterruption: 'detach',
    handler: async (_args, { signal, progress }) => {
      progress('too early')
      await model().delay(500, signal)
      progress('half')
      await model().delay(500, signal)
      return 'found'
    },
  })

  test('goes on in the background, reports in between, and its result is delivered', async () => {
    const model: Model = new Model([[['search']]])
    const { context } = await converse(model, [slow(() => model)], [new InterruptionFrame(), { pauseMs: 2000 }])
    expect(JSON.parse(toolMessages(context.messages)[0] ?? '')).toMatchObject({ type: 'async_tool', status: 'running' })
    const reports = context.messages.flatMap((message) =>
      'role' in message && message.role === 'developer' && typeof message.content === 'string'
        ? [JSON.parse(message.content)]
        : [],
    )
    expect(reports).toMatchObject([
      { status: 'running', result: 'half' },
      { status: 'finished', result: 'found' },
    ])
    expect(model.asked).toHaveLength(3)
  })

  test('is an ordinary call when nobody interrupts', async () => {
    const model: Model = new Model([[['search']]])
    const { context } = await converse(model, [slow(() => model)], [{ pauseMs: 2000 }])
    expect(toolMessages(context.messages)).toEqual(['"found"'])
    expect(model.asked).toHaveLength(2)
  })

  test('that had not begun when the user cut in begins in the background', async () => {
    const model: Model = new Model([[['first'], ['search']]], { runInParallel: false })
    const first: FunctionDefinition = {
      name: 'first',
      description: 'Waits',
      cancelOnInterruption: false,
      handler: async () => {
        await model.delay(100)
        return 1
      },
    }
    const { context, down } = await converse(
      model,
      [first, slow(() => model)],
      [new InterruptionFrame(), { pauseMs: 3000 }],
    )
    const begun = down.flatMap((frame) => (frame instanceof FunctionCallInProgressFrame ? [frame.background] : []))
    expect(begun).toEqual([false, true])
    expect(toolMessages(context.messages)[0]).toBe('1')
  })
})

describe('a function that the model may cancel', () => {
  const long = (name: string, model: () => Model): FunctionDefinition => ({
    name,
    description: 'Takes long',
    background: true,
    cancellableByLlm: true,
    handler: async (_args, { signal }) => {
      await model().delay(10_000, signal)
      return 'done'
    },
  })
  const offered = (model: Model): string[][] => model.offered.map((tools) => tools.map(({ name }) => name))

  test('is offered to be cancelled only while it runs', async () => {
    const model: Model = new Model([[['search', '{}', 'a']], [['cancel_search']]])
    const { context, down } = await converse(model, [long('search', () => model)], [again(), again(), { pauseMs: 100 }])
    expect(offered(model)).toEqual([['search'], ['search', 'cancel_search'], ['search'], ['search']])
    const cancels = down.flatMap((frame) => (frame instanceof FunctionCallCancelFrame ? [frame.toolCallId] : []))
    expect(cancels).toEqual(['a'])
    expect(toolMessages(context.messages)[1]).toBe('{"cancelled":"a"}')
    expect(context.messages).toContainEqual(
      expect.objectContaining({ role: 'developer', content: expect.stringContaining('no result') }),
    )
  })

  test('is named when several run, and a refusal lists them', async () => {
    const model: Model = new Model([
      [
        ['search', '{}', 'a'],
        ['search', '{}', 'b'],
      ],
      [['cancel_search']],
      [['cancel_search', '{"tool_call_id":"b"}']],
    ])
    const { context } = await converse(model, [long('search', () => model)], [again(), { pauseMs: 100 }])
    expect(toolMessages(context.messages).slice(2)).toEqual([
      '{"error":"Say by tool_call_id which of these to cancel.","running":["a","b"]}',
      '{"cancelled":"b"}',
    ])
  })

  test('gives way to a function of the same name, also where a catch-all stands', async () => {
    const model: Model = new Model([[['search']], [['cancel_search']]])
    const own: FunctionDefinition = { name: 'cancel_search', description: 'Own', handler: () => 'mine' }
    const { context } = await converse(model, [long('search', () => model), own], [again(), { pauseMs: 100 }])
    expect(toolMessages(context.messages)[1]).toBe('"mine"')
    const catching: Model = new Model([[['search', '{}', 'a']], [['cancel_search']]])
    catching.registerFunction(null, () => 'caught')
    const caught = await converse(catching, [long('search', () => catching)], [again(), { pauseMs: 100 }])
    expect(toolMessages(caught.context.messages)[1]).toBe('{"cancelled":"a"}')
  })
})

test('a background function is announced as such, and the function of the context stays as it is', async () => {
  const search = new FunctionSchema({ name: 'search', description: 'Searches', background: true })
  const model = new Model([])
  const { context } = await converse(model, [search], [])
  expect(model.offered[0]?.[0]?.description).toMatch(/^Searches\nRuns in the background/)
  expect(context.tools?.find('search')?.description).toBe('Searches')
})

test('calls of one answer run the model one by one when they are no group', async () => {
  const make = async (groupParallelTools: boolean): Promise<number> => {
    const model: Model = new Model([[['fast'], ['slow']]], { groupParallelTools })
    const tool = (name: string, ms: number): FunctionDefinition => ({
      name,
      description: name,
      handler: async () => {
        await model.delay(ms)
        return ms
      },
    })
    await converse(model, [tool('fast', 10), tool('slow', 100)], [{ pauseMs: 1000 }])
    return model.asked.length
  }
  expect([await make(true), await make(false)]).toEqual([2, 3])
})

test('a handler that throws, or never answers within its time, leaves no call running for others to wait for', async () => {
  const model: Model = new Model([[['throws'], ['hangs']]])
  const throws: FunctionDefinition = {
    name: 'throws',
    description: 'Throws',
    handler: () => {
      throw new Error('private details')
    },
  }
  const hangs: FunctionDefinition = {
    name: 'hangs',
    description: 'Hangs',
    timeoutSecs: 2,
    handler: () => new Promise(() => {}),
  }
  const context = new LLMContext([{ role: 'user', content: 'Go.' }], [throws, hangs])
  const pair = new LLMContextAggregatorPair(context)
  const running: (readonly string[])[] = []
  model.on('functionCallsCancelled', () => running.push(pair.assistant().runningToolCalls))
  await runTest([pair.user, model, pair.assistant], { frames: [new LLMContextFrame(context), { pauseMs: 3000 }] })
  expect(running).toEqual([[]])
  expect(toolMessages(context.messages)).toEqual(['{"error":"The function failed and gave no result."}', 'CANCELLED'])
  expect(model.asked).toHaveLength(2)
})
