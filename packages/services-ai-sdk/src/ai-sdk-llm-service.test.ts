import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { LoadAPIKeyError, APICallError, UnsupportedFunctionalityError, TypeValidationError } from '@ai-sdk/provider'
import { createOpenAI } from '@ai-sdk/openai'
import {
  FunctionSchema,
  InterruptionFrame,
  LLMContext,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMUpdateSettingsFrame,
  Pipeline,
  PipelineTask,
  ToolsSchema,
} from '@pc/core'
import { type Emulators, type Fault, startEmulators } from '@pc/emulators'
import { MockLanguageModelV3, MockLanguageModelV4, convertArrayToReadableStream } from 'ai/test'
import { MockLanguageModelV2 } from 'ai-v5/test'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runLive } from '../test/run-live.ts'
import { AISDKLLMService, type AISDKLLMServiceOptions } from './ai-sdk-llm-service.ts'
import type { LanguageModel } from './language-model.ts'

/** As the package of that version declares it. */
type V2Result = Awaited<ReturnType<MockLanguageModelV2['doStream']>>
type V2StreamPart = V2Result['stream'] extends ReadableStream<infer Part> ? Part : never

const TEXT = [
  { type: 'text-start', id: '0' },
  { type: 'text-delta', id: '0', delta: 'It is half' },
  { type: 'text-delta', id: '0', delta: ' past two.' },
  { type: 'text-end', id: '0' },
] as const

const USAGE = {
  inputTokens: { total: 12, noCache: 8, cacheRead: 4, cacheWrite: 1 },
  outputTokens: { total: 5, text: 3, reasoning: 2 },
}

const finish = <Reason extends 'stop' | 'tool-calls' | 'error' | 'other' | 'interrupted'>(
  unified: Reason,
  raw?: string,
) => ({ type: 'finish', usage: USAGE, finishReason: { unified, raw } }) as const

/** A model that gives these answers in turn. */
const answering = (...answers: (readonly LanguageModelV4StreamPart[])[]): MockLanguageModelV4 =>
  new MockLanguageModelV4({
    doStream: async () => ({ stream: convertArrayToReadableStream([...(answers.shift() ?? [])]) }),
  })

const failing = (error: unknown): MockLanguageModelV4 =>
  new MockLanguageModelV4({
    doStream: async () => {
      throw error
    },
  })

const context = (tools?: ToolsSchema): LLMContext =>
  new LLMContext([{ role: 'user', content: 'What time is it?' }], tools)

const ask = (model: LanguageModel, options: Partial<AISDKLLMServiceOptions> = {}, about = context()) =>
  runLive(new AISDKLLMService({ model, ...options }), [new LLMContextFrame(about)])

const clock = new FunctionSchema({
  name: 'get_time',
  description: 'The time at a place',
  properties: { city: { type: 'string' } },
  required: ['city'],
})

describe('AISDKLLMService with the three versions of models', () => {
  const v2Parts: readonly V2StreamPart[] = [
    { type: 'stream-start', warnings: [] },
    ...TEXT,
    {
      type: 'finish',
      finishReason: 'stop',
      usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17, cachedInputTokens: 4, reasoningTokens: 2 },
    },
  ]
  const parts = [...TEXT, finish('stop', 'stop')]
  const usage = { inputTokens: 12, outputTokens: 5, totalTokens: 17, cacheReadTokens: 4, reasoningTokens: 2 }
  const models = {
    v2: () => new MockLanguageModelV2({ doStream: { stream: convertArrayToReadableStream([...v2Parts]) } }),
    v3: () => new MockLanguageModelV3({ doStream: { stream: convertArrayToReadableStream(parts) } }),
    v4: () => new MockLanguageModelV4({ doStream: { stream: convertArrayToReadableStream(parts) } }),
  }

  test.each(['v2', 'v3', 'v4'] as const)('streams an answer and counts its tokens (%s)', async (version) => {
    const result = await ask(models[version]())
    expect(result.text).toBe('It is half past two.')
    expect(result.errors).toEqual([])
    expect(result.usage).toEqual([{ ...usage, ...(version !== 'v2' && { cacheWriteTokens: 1 }) }])
  })

  test.each(['v2', 'v3', 'v4'] as const)('sends the settings, tools and files (%s)', async (version) => {
    const model = models[version]()
    const tools = new ToolsSchema({ standardTools: [clock], customTools: { 'ai-sdk': [{ id: 'mock.web_search' }] } })
    const about = new LLMContext({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
      ],
      tools,
      toolChoice: { type: 'function', function: { name: 'get_time' } },
    })
    await ask(
      model,
      {
        temperature: 0.3,
        topP: 0.5,
        topK: 9,
        maxTokens: 77,
        frequencyPenalty: 0.1,
        presencePenalty: 0.2,
        seed: 7,
        stop: 'END',
        reasoning: 'low',
        providerOptions: { mock: { tier: 'fast' } },
        headers: { 'x-a': 'b' },
      },
      about,
    )
    const call = model.doStreamCalls[0]
    expect(call).toMatchObject({
      temperature: 0.3,
      topP: 0.5,
      topK: 9,
      maxOutputTokens: 77,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      seed: 7,
      stopSequences: ['END'],
      providerOptions: { mock: { tier: 'fast' } },
      headers: { 'x-a': 'b' },
      toolChoice: { type: 'tool', toolName: 'get_time' },
    })
    expect(call?.tools).toEqual([
      {
        type: 'function',
        name: 'get_time',
        description: 'The time at a place',
        inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
      {
        type: version === 'v2' ? 'provider-defined' : 'provider',
        id: 'mock.web_search',
        name: 'web_search',
        args: {},
      },
    ])
    const data = version === 'v4' ? { type: 'data', data: 'AAAA' } : 'AAAA'
    expect(call?.prompt).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'file', data, mediaType: 'image/png' }] },
    ])
    expect(call !== undefined && 'reasoning' in call ? call.reasoning : undefined).toBe(
      version === 'v4' ? 'low' : undefined,
    )
  })

  test('does not send what was not set', async () => {
    const model = models.v4()
    await ask(model)
    expect(Object.keys(model.doStreamCalls[0] ?? {}).sort()).toEqual(['abortSignal', 'prompt'])
  })
})

describe('AISDKLLMService', () => {
  test.each(['other', 'interrupted'] as const)(
    'takes a stream that ended for no reason for a broken one (%s)',
    async (reason) => {
      const { text, errors } = await ask(answering([...TEXT, finish(reason)]))
      expect(text).toBe('It is half past two.')
      expect(errors).toMatchObject([{ code: 'stream-truncated', kind: 'transient' }])
    },
  )

  test('takes a reason that only the vendor knows for an end', async () => {
    expect((await ask(answering([...TEXT, finish('other', 'MODEL_SPECIFIC')]))).errors).toEqual([])
  })

  test('takes a stream of the SDK 5 that ended for no known reason for a broken one', async () => {
    const old = new MockLanguageModelV2({
      doStream: {
        stream: convertArrayToReadableStream<V2StreamPart>([
          ...TEXT,
          {
            type: 'finish',
            finishReason: 'unknown',
            usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
          },
        ]),
      },
    })
    expect((await ask(old)).errors).toMatchObject([{ code: 'stream-truncated' }])
  })

  test('gives an answer that the model gave up as an error', async () => {
    const { errors } = await ask(answering([...TEXT, finish('error', 'SAFETY')]))
    expect(errors).toMatchObject([{ code: 'provider-error', kind: 'transient' }])
  })

  test('logs what a model says it does not take', async () => {
    const warnings = [{ type: 'unsupported', feature: 'topK' }] as const
    const { logged } = await ask(
      answering([{ type: 'stream-start', warnings: [...warnings] }, ...TEXT, finish('stop')]),
    )
    expect(logged.filter((line) => line.includes('topK'))).toHaveLength(1)
  })

  test('runs the functions that the model calls, and leaves those to the provider that it runs itself', async () => {
    const calls: unknown[] = []
    const model = answering([
      { type: 'tool-input-start', id: 'a', toolName: 'get_time' },
      { type: 'tool-input-delta', id: 'a', delta: '{"city":"Pa' },
      { type: 'tool-call', toolCallId: 'p', toolName: 'web_search', input: '{}', providerExecuted: true },
      { type: 'tool-call', toolCallId: 'a', toolName: 'get_time', input: '{"city":"Paris"}' },
      { type: 'tool-call', toolCallId: 'b', toolName: 'get_time', input: '{"city":"Rome"}' },
      finish('tool-calls', 'tool_calls'),
    ])
    const llm = new AISDKLLMService({ model })
    llm.registerFunction('get_time', (args, { toolCallId }) => calls.push([toolCallId, args]))
    llm.registerFunction('web_search', () => calls.push('web_search'))
    await runLive(llm, [new LLMContextFrame(context(new ToolsSchema([clock])))])
    expect(calls).toEqual([
      ['a', { city: 'Paris' }],
      ['b', { city: 'Rome' }],
    ])
  })

  test('gives a provider the thoughts and signatures back that belong to a call', async () => {
    const model = answering(
      [
        { type: 'reasoning-start', id: 'r' },
        { type: 'reasoning-delta', id: 'r', delta: 'Which ' },
        { type: 'reasoning-delta', id: 'r', delta: 'city?' },
        { type: 'reasoning-end', id: 'r', providerMetadata: { mock: { signature: 's1' } } },
        {
          type: 'tool-call',
          toolCallId: 'a',
          toolName: 'get_time',
          input: '{"city":"Paris"}',
          providerMetadata: { mock: { thoughtSignature: 's2' } },
        },
        finish('tool-calls', 'tool_calls'),
      ],
      [...TEXT, finish('stop', 'stop')],
    )
    const llm = new AISDKLLMService({ model })
    const thoughts: string[] = []
    llm.on('thought', (text) => thoughts.push(text))
    llm.registerFunction('get_time', () => 'two')
    const second = new LLMContext([
      { role: 'user', content: 'What time is it in Paris?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'get_time', arguments: '{"city":"Paris"}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: '"two"' },
    ])
    const { errors } = await runLive(llm, [new LLMContextFrame(context()), new LLMContextFrame(second)])
    expect(errors).toEqual([])
    expect(thoughts.join('')).toBe('Which city?')
    expect(model.doStreamCalls[1]?.prompt).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What time is it in Paris?' }] },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Which city?', providerOptions: { mock: { signature: 's1' } } },
          { type: 'text', text: 'Let me see.' },
          {
            type: 'tool-call',
            toolCallId: 'a',
            toolName: 'get_time',
            input: { city: 'Paris' },
            providerOptions: { mock: { thoughtSignature: 's2' } },
          },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'get_time', output: { type: 'text', value: '"two"' } },
        ],
      },
    ])
  })

  test('stops the model when the user cuts in', async () => {
    let cancelled = false
    const model = new MockLanguageModelV4({
      doStream: async () => ({
        stream: new ReadableStream({
          start: (controller) => {
            for (const part of TEXT) controller.enqueue(part)
          },
          cancel: () => {
            cancelled = true
          },
        }),
      }),
    })
    const task = new PipelineTask(new Pipeline([new AISDKLLMService({ model })]), {}, { defaultParts: false })
    const spoken = new Promise<void>((resolve) => {
      task.on('frameReachedDownstream', (frame) => {
        if (frame.type === 'LLMTextFrame') resolve()
      })
    })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context()))
    await spoken
    await task.queueFrame(new InterruptionFrame())
    await task.stopWhenDone()
    await run
    expect(model.doStreamCalls[0]?.abortSignal?.aborted).toBe(true)
    expect(cancelled).toBe(true)
  })

  test('changes to another model of the provider while it runs', async () => {
    const models = new Map(['a', 'b'].map((id) => [id, answering([...TEXT, finish('stop', 'stop')])]))
    const provider = (id: string): LanguageModel => {
      const model = models.get(id)
      if (model === undefined) throw new Error(`no model ${id}`)
      return model
    }
    const llm = new AISDKLLMService({ model: 'a', provider })
    const update = new LLMUpdateSettingsFrame({ model: 'b', temperature: 1 })
    await runLive(llm, [new LLMContextFrame(context()), update, new LLMContextFrame(context())])
    expect(models.get('a')?.doStreamCalls).toHaveLength(1)
    expect(models.get('b')?.doStreamCalls).toMatchObject([{ temperature: 1 }])
  })

  test('says that it cannot find a model by its name alone', async () => {
    expect(() => new AISDKLLMService({ model: 'a' })).toThrowError(expect.objectContaining({ code: 'unknown-model' }))
    const llm = new AISDKLLMService({ model: answering() })
    const { errors } = await runLive(llm, [new LLMUpdateSettingsFrame({ model: 'b' }), new LLMContextFrame(context())])
    expect(errors).toMatchObject([{ code: 'unknown-model', kind: 'config' }])
  })

  const call = (statusCode: number | undefined, rest: object = {}) =>
    new APICallError({
      message: 'No: sk-secret',
      url: 'http://example',
      requestBodyValues: {},
      ...(statusCode !== undefined && { statusCode }),
      ...rest,
    })

  test.each<[string, unknown, object]>([
    ['a refused key', call(401), { code: 'http-401', kind: 'auth', status: 401, retryable: false }],
    ['a bad request', call(400), { code: 'http-400', kind: 'invalid-request', retryable: false }],
    ['an overloaded server', call(529), { code: 'http-529', kind: 'transient', retryable: true }],
    [
      'a rate limit that lasts',
      call(429, { responseHeaders: { 'retry-after': '20' } }),
      { kind: 'transient', retryable: false },
    ],
    [
      'an empty account',
      call(429, { data: { error: { message: 'Pay.', code: 'insufficient_quota' } } }),
      { code: 'insufficient_quota', kind: 'quota', retryable: false },
    ],
    ['no connection', call(undefined), { code: 'connection-failed', kind: 'transient' }],
    ['no key', new LoadAPIKeyError({ message: 'Set X_API_KEY.' }), { code: 'missing-api-key', kind: 'config' }],
    [
      'what the model cannot do',
      new UnsupportedFunctionalityError({ functionality: 'audio' }),
      { code: 'invalid-request', kind: 'invalid-request' },
    ],
    [
      'what is no message',
      new TypeValidationError({ value: 1, cause: 1 }),
      { code: 'malformed-message', kind: 'protocol' },
    ],
    ['anything else', new Error('odd'), { kind: 'transient' }],
  ])('gives %s its kind', async (_what, error, expected) => {
    const { errors, down } = await ask(failing(error))
    expect(errors).toMatchObject([expected])
    expect(down.filter((frame) => frame instanceof LLMFullResponseEndFrame)).toHaveLength(1)
  })

  test('keeps what a vendor says about a refused key to itself', async () => {
    const { errors, logged } = await ask(failing(call(401)))
    expect(errors[0]?.message).not.toContain('sk-secret')
    expect(errors[0]?.cause).toBeUndefined()
    expect(logged.join()).not.toContain('sk-secret')
  })

  test('refuses to send the address of an image that the model cannot load', async () => {
    const image = (url: string) =>
      new LLMContext([{ role: 'user', content: [{ type: 'image_url', image_url: { url, detail: 'low' } }] }])
    const url = 'https://example.com/a.png'
    const { errors } = await ask(answering(), {}, image(url))
    expect(errors).toMatchObject([{ code: 'unsupported-content', kind: 'invalid-request' }])
    const able = new MockLanguageModelV4({
      supportedUrls: { 'image/*': [/^https:/] },
      doStream: { stream: convertArrayToReadableStream([...TEXT, finish('stop', 'stop')]) },
    })
    await ask(able, {}, image(url))
    expect(able.doStreamCalls[0]?.prompt).toEqual([
      {
        role: 'user',
        content: [
          {
            type: 'file',
            data: { type: 'url', url: new URL(url) },
            mediaType: 'image/*',
            providerOptions: { openai: { imageDetail: 'low' } },
          },
        ],
      },
    ])
  })
})

describe("AISDKLLMService with the SDK's provider for OpenAI, against the emulator", () => {
  let emulators: Emulators
  beforeAll(async () => {
    emulators = await startEmulators({ speed: Infinity })
  })
  afterAll(() => emulators.close())
  beforeEach(() => emulators.reset())

  const model = (): LanguageModel =>
    createOpenAI({ apiKey: 'sk-test-0123456789', baseURL: emulators.openai.baseUrl }).chat('gpt-6-luna')

  test('streams an answer', async () => {
    emulators.openai.chat.reply('It is half past two in the afternoon.')
    const { text, errors, usage } = await ask(model())
    expect(text).toBe('It is half past two in the afternoon.')
    expect(errors).toEqual([])
    expect(usage).toHaveLength(1)
  })

  test('runs a function and tells the model its result', async () => {
    emulators.openai.chat.reply({ toolCalls: [{ name: 'get_time', arguments: { city: 'Paris' }, id: 'call_a' }] })
    emulators.openai.chat.reply('Two.')
    const llm = new AISDKLLMService({ model: model() })
    const asked: unknown[] = []
    llm.registerFunction('get_time', (args) => asked.push(args))
    await runLive(llm, [new LLMContextFrame(context(new ToolsSchema([clock])))])
    const second = new LLMContext([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'get_time', arguments: '{"city":"Paris"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_a', content: '"two"' },
    ])
    expect((await ask(model(), {}, second)).text).toBe('Two.')
    expect(asked).toEqual([{ city: 'Paris' }])
    const bodies = emulators.requests.flatMap((message) => (message.kind === 'http' ? [message.body] : []))
    expect(bodies.at(-1)).toMatchObject({
      messages: [
        { role: 'assistant', tool_calls: [{ id: 'call_a', function: { name: 'get_time' } }] },
        { role: 'tool', tool_call_id: 'call_a', content: '"two"' },
      ],
    })
  })

  test.each<[string, Fault, object]>([
    ['a refusal', { kind: 'refuse', status: 401 }, { kind: 'auth' }],
    ['a cut connection', { kind: 'dropAfter', afterMessages: 2 }, { code: 'stream-truncated', kind: 'transient' }],
    ['an early end', { kind: 'closeWith', afterMessages: 2 }, { code: 'stream-truncated', kind: 'transient' }],
    ['an error inside the stream', { kind: 'errorMessage', afterMessages: 2 }, { kind: 'transient' }],
    ['no connection', { kind: 'reset' }, { code: 'connection-failed', kind: 'transient' }],
  ])('reports %s as what it is', async (_what, fault, expected) => {
    emulators.openai.chat.reply('It is half past two in the afternoon.')
    emulators.openai.chat.faults.always(fault)
    const { errors } = await ask(model())
    emulators.openai.chat.faults.clear()
    expect(errors).toMatchObject([expected])
    expect(JSON.stringify(errors)).not.toContain('sk-test')
  })

  test('falls silent for no longer than it may', async () => {
    emulators.openai.chat.reply('It is half past two in the afternoon.')
    emulators.openai.chat.faults.next({ kind: 'stall', afterMessages: 2 })
    const { errors } = await ask(model(), { idleTimeoutSecs: 0.1 })
    expect(errors).toMatchObject([{ code: 'stream-stalled', kind: 'timeout' }])
  })
})
