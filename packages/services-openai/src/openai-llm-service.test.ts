import {
  defineFunction,
  FunctionCallResultFrame,
  LLMContext,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMTextFrame,
  LLMUpdateSettingsFrame,
  MetricsFrame,
  Pipeline,
  PipelineTask,
  TTSSpeakFrame,
  InterruptionFrame,
} from '@pc/core'
import { type Emulators, type Fault, type RecordedHttp, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type LiveResult, runLive } from '../test/run-live.ts'
import { OpenAILLMService, type OpenAILLMServiceOptions } from './openai-llm-service.ts'

const KEY = 'sk-test-0123456789'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const service = (options: OpenAILLMServiceOptions = {}): OpenAILLMService =>
  new OpenAILLMService({ apiKey: KEY, baseUrl: emulators.openai.baseUrl, ...options })

const context = (tools: ConstructorParameters<typeof LLMContext>[1] = []): LLMContext =>
  new LLMContext([{ role: 'user', content: 'What time is it?' }], tools)

const textOf = ({ down }: LiveResult): string =>
  down.flatMap((frame) => (frame instanceof LLMTextFrame ? [frame.text] : [])).join('')

const chatRequests = (): RecordedHttp[] =>
  emulators.requests.filter(
    (message): message is RecordedHttp => message.kind === 'http' && message.path.endsWith('/completions'),
  )

const body = (index = -1): Record<string, unknown> => {
  const found: unknown = chatRequests().at(index)?.body
  return typeof found === 'object' && found !== null ? { ...found } : {}
}

describe('OpenAILLMService', () => {
  test('streams an answer', async () => {
    emulators.openai.chat.reply('It is half past two in the afternoon.')
    const result = await runLive(service(), [new LLMContextFrame(context())])
    expect(textOf(result)).toBe('It is half past two in the afternoon.')
    expect(result.down.filter((frame) => frame instanceof LLMTextFrame).length).toBeGreaterThan(3)
    expect(result.errors).toEqual([])
    expect(body()).toMatchObject({ model: 'gpt-6-luna', stream: true, stream_options: { include_usage: true } })
  })

  test('counts the tokens', async () => {
    const usage = { promptTokens: 12, completionTokens: 5, cachedTokens: 4, reasoningTokens: 2 }
    emulators.openai.chat.reply({ text: 'Two.', usage })
    const llm = service()
    const metrics: unknown[] = []
    const task = new PipelineTask(new Pipeline([llm]), { enableUsageMetrics: true }, { defaultParts: false })
    task.on('frameReachedDownstream', (frame) => {
      if (frame instanceof MetricsFrame)
        metrics.push(...frame.data.flatMap((item) => (item.kind === 'llmUsage' ? [item.usage] : [])))
    })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context()))
    await task.stopWhenDone()
    await run
    expect(metrics).toEqual([
      {
        inputTokens: 12,
        outputTokens: 5,
        totalTokens: 17,
        cacheReadTokens: 4,
        reasoningTokens: 2,
        audioInputTokens: 0,
        audioOutputTokens: 0,
      },
    ])
  })

  test('runs the functions that the model calls, with arguments streamed in pieces', async () => {
    const calls: unknown[] = []
    const tool = defineFunction({
      name: 'order_pizza',
      description: 'Orders a pizza',
      parameters: z.object({ size: z.enum(['small', 'large']), toppings: z.array(z.string()) }),
      handler: (args) => {
        calls.push(args)
        return { ok: true }
      },
    })
    const both = { size: 'large', toppings: ['ham', 'olives'] }
    emulators.openai.chat.reply({
      toolCalls: [
        { name: 'order_pizza', arguments: both, id: 'call_a' },
        { name: 'order_pizza', arguments: { size: 'small', toppings: [] } },
      ],
    })
    const llm = service()
    const results: string[] = []
    const task = new PipelineTask(new Pipeline([llm]), {}, { defaultParts: false })
    const settled = new Promise<void>((resolve) => {
      task.on('frameReachedDownstream', (frame) => {
        if (frame instanceof FunctionCallResultFrame && results.push(frame.toolCallId) === 2) resolve()
      })
    })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context([tool])))
    await settled
    await task.stopWhenDone()
    await run
    expect(calls).toEqual([both, { size: 'small', toppings: [] }])
    expect(results[0]).toBe('call_a')
    expect(body()['tools']).toMatchObject([{ type: 'function', function: { name: 'order_pizza' } }])
  })

  test.each<[keyof OpenAILLMServiceOptions, unknown, string, unknown]>([
    ['model', 'gpt-6-astra', 'model', 'gpt-6-astra'],
    ['temperature', 0.3, 'temperature', 0.3],
    ['topP', 0.5, 'top_p', 0.5],
    ['maxTokens', 77, 'max_completion_tokens', 77],
    ['frequencyPenalty', 0.1, 'frequency_penalty', 0.1],
    ['presencePenalty', 0.2, 'presence_penalty', 0.2],
    ['seed', 7, 'seed', 7],
    ['stop', ['END'], 'stop', ['END']],
    ['reasoningEffort', 'high', 'reasoning_effort', 'high'],
    ['verbosity', 'low', 'verbosity', 'low'],
    ['serviceTier', 'priority', 'service_tier', 'priority'],
    ['parallelToolCalls', false, 'parallel_tool_calls', false],
    ['promptCacheKey', 'k', 'prompt_cache_key', 'k'],
    ['safetyIdentifier', 'u1', 'safety_identifier', 'u1'],
    ['store', false, 'store', false],
    ['metadata', { a: 'b' }, 'metadata', { a: 'b' }],
    ['extra', { logprobs: true }, 'logprobs', true],
  ])('option %s = %j changes the request', async (option, value, field, expected) => {
    await runLive(service(), [new LLMContextFrame(context())])
    const before = body()[field]
    await runLive(service({ [option]: value }), [new LLMContextFrame(context())])
    expect(before).not.toEqual(expected)
    expect(body()[field]).toEqual(expected)
  })

  test('the system instruction goes ahead of the messages', async () => {
    await runLive(service({ systemInstruction: 'Be brief.' }), [new LLMContextFrame(context())])
    expect(body()['messages']).toMatchObject([{ role: 'system', content: 'Be brief.' }, { role: 'user' }])
  })

  test('organization, project and headers of your own are sent', async () => {
    await runLive(service({ organization: 'org', project: 'proj', headers: { 'x-mine': '1' } }), [
      new LLMContextFrame(context()),
    ])
    expect(chatRequests()[0]?.headers).toMatchObject({
      'openai-organization': 'org',
      'openai-project': 'proj',
      'x-mine': '1',
    })
  })

  test.each([
    ['gpt-6-luna', 'none'],
    ['gpt-5.4-mini', 'none'],
    ['gpt-5-mini', 'minimal'],
    ['gpt-4o', undefined],
  ])('%s thinks as little as it can: %s', async (model, effort) => {
    await runLive(service({ model }), [new LLMContextFrame(context())])
    expect(body()['reasoning_effort']).toBe(effort)
  })

  test('settings change while it runs', async () => {
    const update = new LLMUpdateSettingsFrame({ model: 'gpt-5.5', temperature: 0.1, reasoning_effort: 'low' })
    await runLive(service(), [new LLMContextFrame(context()), update, new LLMContextFrame(context())])
    expect(body(0)).toMatchObject({ model: 'gpt-6-luna', reasoning_effort: 'none' })
    expect(body(1)).toMatchObject({ model: 'gpt-5.5', temperature: 0.1, reasoning_effort: 'low' })
  })

  test('warns of a model that is going away', async () => {
    const { logged } = await runLive(service({ model: 'gpt-4o' }), [])
    expect(logged.join()).toContain('gpt-4o on 2027-01-14')
    expect((await runLive(service(), [])).logged.join()).not.toContain('shut')
  })

  test('needs a key, from the option or the environment', () => {
    const before = process.env['OPENAI_API_KEY']
    delete process.env['OPENAI_API_KEY']
    try {
      expect(() => new OpenAILLMService()).toThrow(expect.objectContaining({ code: 'missing-api-key', kind: 'config' }))
      process.env['OPENAI_API_KEY'] = KEY
      expect(() => new OpenAILLMService()).not.toThrow()
    } finally {
      if (before === undefined) delete process.env['OPENAI_API_KEY']
      else process.env['OPENAI_API_KEY'] = before
    }
  })

  test('an interruption ends the request at the server', async () => {
    const slow = await startEmulators()
    slow.openai.chat.reply({ text: 'word '.repeat(500), tokensPerSecond: 50, firstTokenSecs: 0 })
    const task = new PipelineTask(
      new Pipeline([service({ baseUrl: slow.openai.baseUrl })]),
      {},
      { defaultParts: false },
    )
    const errors: unknown[] = []
    task.on('pipelineError', (frame) => errors.push(frame.error))
    let texts = 0
    const speaking = new Promise<void>((resolve) => {
      task.on('frameReachedDownstream', (frame) => {
        if (frame instanceof LLMTextFrame && ++texts === 3) resolve()
      })
    })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context()))
    await speaking
    await task.queueFrame(new InterruptionFrame())
    await slow.waitForRequest((message) => message.kind === 'close')
    const heard = texts
    await task.stopWhenDone()
    await run
    expect(heard).toBeLessThan(20)
    expect(texts).toBe(heard)
    expect(errors).toEqual([])
    expect(task.counters.detached).toBe(0)
    await slow.close()
  })

  describe('faults', () => {
    const run = async (fault: Fault): Promise<LiveResult> => {
      emulators.openai.chat.faults.next(fault)
      // A machine under load is slow, too: only silence is to be told by its length.
      const limits = fault.kind === 'stall' ? { firstOutputTimeoutSecs: 0.5, idleTimeoutSecs: 0.5 } : {}
      return runLive(service({ ...limits, onLLMError: { say: 'Sorry.' } }), [new LLMContextFrame(context())])
    }

    test.each<[string, Fault, string, string]>([
      ['a cut connection', { kind: 'dropAfter', afterMessages: 3 }, 'stream-truncated', 'transient'],
      ['an end that comes too early', { kind: 'closeWith', afterMessages: 3 }, 'stream-truncated', 'transient'],
      ['silence in the middle', { kind: 'stall', afterMessages: 3 }, 'stream-stalled', 'timeout'],
      ['an error in the stream', { kind: 'errorMessage', afterMessages: 3 }, 'server_error', 'transient'],
      ['a message that is not JSON', { kind: 'malformedJson', afterMessages: 3 }, 'malformed-message', 'protocol'],
    ])(
      '%s after the first words is an error, the words are kept, and the apology follows',
      async (_name, fault, code, kind) => {
        const result = await run(fault)
        expect(textOf(result)).not.toBe('')
        expect(result.errors.map((error) => [error.code, error.kind])).toEqual([[code, kind]])
        const types = result.down.map((frame) => frame.constructor)
        expect(types.slice(-2)).toEqual([LLMFullResponseEndFrame, TTSSpeakFrame])
        expect(chatRequests()).toHaveLength(1)
      },
    )

    test.each<[string, Fault]>([
      ['a server error', { kind: 'refuse', status: 503 }],
      ['a rate limit', { kind: 'rateLimit', retryAfterSecs: 1 }],
      ['a connection that is cut at once', { kind: 'reset' }],
      ['a stream that ends before it began', { kind: 'closeWith' }],
      ['silence after the headers', { kind: 'stall' }],
    ])('%s before the first word is tried again, unnoticed', async (_name, fault) => {
      const result = await run(fault)
      expect(textOf(result)).toBe('You said: What time is it?')
      expect(result.errors).toEqual([])
      expect(chatRequests().length).toBeGreaterThan(1)
    })

    test.each<[string, Fault, string, string]>([
      ['a bad key', { kind: 'refuse', status: 401 }, 'http-401', 'auth'],
      ['an unknown model', { kind: 'refuse', status: 404 }, 'http-404', 'invalid-request'],
      [
        'an empty account',
        {
          kind: 'refuse',
          status: 429,
          body: { error: { message: 'no', type: 'insufficient_quota', code: 'insufficient_quota' } },
        },
        'insufficient_quota',
        'quota',
      ],
      [
        'a rate limit that asks for a long wait',
        { kind: 'rateLimit', retryAfterSecs: 60 },
        'rate_limit_exceeded',
        'transient',
      ],
    ])('%s is not tried again', async (_name, fault, code, kind) => {
      const result = await run(fault)
      expect(chatRequests()).toHaveLength(1)
      expect(result.errors.map((error) => error.kind)).toEqual([kind])
      if (!code.startsWith('http-')) expect(result.errors[0]?.code).toBe(code)
      expect(result.down.at(-1)).toBeInstanceOf(TTSSpeakFrame)
    })

    test('the key appears in no error and no log', async () => {
      emulators.openai.apiKeys.add('another')
      const result = await runLive(service(), [new LLMContextFrame(context())])
      expect(result.errors).toHaveLength(1)
      const told = JSON.stringify([
        result.errors,
        result.errors.map((error) => [error.message, String(error.cause)]),
        result.logged,
      ])
      expect(told).not.toContain(KEY)
      expect(told).not.toContain('sk-')
    })

    test('a slow trickle of bytes arrives whole', async () => {
      const result = await run({ kind: 'slowDrip', bytesPerSec: 20_000 })
      expect(textOf(result)).toBe('You said: What time is it?')
    })
  })
})
