import OpenAI, { APIError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError } from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'
import { tokenize } from './chat-reply.ts'

let emulators: Emulators
let client: OpenAI

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  client = new OpenAI({ apiKey: 'sk-test-key', baseURL: emulators.openai.baseUrl, maxRetries: 0 })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const ask = (content: string) => ({ model: 'gpt-5.4', messages: [{ role: 'user' as const, content }] })

const weatherTool = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

const chunksOf = async (body: Parameters<typeof client.chat.completions.create>[0]) => {
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) chunks.push(chunk)
  return chunks
}

describe('a streamed chat completion', () => {
  it('gives the scripted text in pieces between a role delta and a finish reason', async () => {
    emulators.openai.chat.reply('Hello there.')
    const chunks = await chunksOf(ask('Hi'))
    const deltas = chunks.map(({ choices }) => choices[0]?.delta)
    expect(deltas[0]).toMatchObject({ role: 'assistant', content: '' })
    expect(deltas.slice(1, -1).map((delta) => delta?.content)).toEqual(['Hello', ' there.'])
    expect(deltas.at(-1)).toEqual({})
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, 'stop'])
    expect(new Set(chunks.map(({ id, object, model }) => `${id} ${object} ${model}`)).size).toBe(1)
  })

  it('carries usage null on every chunk but a last one without choices when usage is asked for', async () => {
    emulators.openai.chat.reply({ text: 'One two.', usage: { promptTokens: 7, cachedTokens: 3 } })
    const chunks = await chunksOf({ ...ask('Hi'), stream_options: { include_usage: true } })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 7,
        completion_tokens: 2,
        total_tokens: 9,
        prompt_tokens_details: { cached_tokens: 3 },
      },
    })
  })

  it('has no usage field when usage is not asked for', async () => {
    const chunks = await chunksOf(ask('Hi'))
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false)
  })

  it('names each tool call once and then sends only its index and fragments of its arguments', async () => {
    emulators.openai.chat.reply({
      toolCalls: [
        { name: 'get_weather', arguments: { city: 'Paris' }, id: 'call_1' },
        { name: 'get_weather', arguments: { city: 'São Paulo' } },
      ],
    })
    const chunks = await chunksOf({ ...ask('Weather?'), tools: [weatherTool] })
    const pieces = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? [])
    const first = pieces.filter(({ index }) => index === 0)
    expect(first[0]).toEqual({
      index: 0,
      id: 'call_1',
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    })
    expect(first.length).toBeGreaterThan(2)
    for (const piece of first.slice(1)) expect(Object.keys(piece).toSorted()).toEqual(['function', 'index'])
    const argumentsOf = (at: number): string =>
      pieces.map(({ index, function: called }) => (index === at ? (called?.arguments ?? '') : '')).join('')
    expect(JSON.parse(argumentsOf(0))).toEqual({ city: 'Paris' })
    expect(JSON.parse(argumentsOf(1))).toEqual({ city: 'São Paulo' })
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  })

  it("satisfies the SDK's stream helper with text and tool calls in one reply", async () => {
    emulators.openai.chat.reply({ text: 'Let me look.', toolCalls: [{ name: 'get_weather', arguments: '{}' }] })
    const final = await client.chat.completions
      .stream({ ...ask('Weather?'), tools: [weatherTool] })
      .finalChatCompletion()
    const message = final.choices[0]?.message
    expect(message?.content).toBe('Let me look.')
    const call = message?.tool_calls?.[0]
    expect(call?.type === 'function' && call.function).toMatchObject({ name: 'get_weather', arguments: '{}' })
  })

  it('is recorded as left when the client aborts in mid-stream', async () => {
    emulators.openai.chat.faults.next({ kind: 'stall', afterMessages: 2 })
    const stream = await client.chat.completions.create({ ...ask('Hi'), stream: true })
    const texts: (string | null | undefined)[] = []
    for await (const chunk of stream) {
      texts.push(chunk.choices[0]?.delta.content)
      if (texts.length === 2) break
    }
    const left = await emulators.waitForRequest((message) => message.kind === 'close')
    expect(left.path).toBe('/v1/chat/completions')
    expect(texts).toEqual(['', 'You'])
  })

  it('takes the time to the first token and the pace from the reply', async () => {
    const clock = new ManualClock()
    const paced = await startEmulators({ clock, speed: 2 })
    paced.openai.chat.reply({ text: 'One two three.', firstTokenSecs: 1, tokensPerSecond: 10 })
    const slow = new OpenAI({ apiKey: 'k', baseURL: paced.openai.baseUrl })
    const read = async (): Promise<number> => {
      let count = 0
      for await (const chunk of await slow.chat.completions.create({ ...ask('Hi'), stream: true })) {
        count += chunk.choices.length
      }
      return count
    }
    expect(await clock.drive(read())).toBe(5)
    // The role delta after 1 s and three tokens at 0.1 s each, at double speed.
    expect(clock.nowMs()).toBeCloseTo(650, 6)
    await paced.close()
  })
})

describe('a chat completion in one piece', () => {
  it('carries text, finish reason and usage', async () => {
    emulators.openai.chat.reply('Hello there.')
    const completion = await client.chat.completions.create(ask('Hi'))
    expect(completion.choices[0]).toMatchObject({
      index: 0,
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'Hello there.' },
    })
    expect(completion.usage?.completion_tokens).toBe(2)
    expect(completion._request_id).toMatch(/^req_/)
  })

  it('carries tool calls with content null', async () => {
    emulators.openai.chat.reply({ toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }] })
    const { choices } = await client.chat.completions.create({ ...ask('Weather?'), tools: [weatherTool] })
    expect(choices[0]?.message.content).toBeNull()
    expect(choices[0]?.message.tool_calls).toMatchObject([
      { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
    ])
  })
})

describe('what is answered', () => {
  const say = async (body: OpenAI.ChatCompletionCreateParamsNonStreaming): Promise<string | null | undefined> =>
    (await client.chat.completions.create(body)).choices[0]?.message.content

  it('comes from the queue first, then from the function', async () => {
    emulators.openai.chat.reply('first', 'second')
    emulators.openai.chat.respond(({ messages }) => `heard ${messages.at(-1)?.text}`)
    expect(await say(ask('a'))).toBe('first')
    expect(await say(ask('b'))).toBe('second')
    expect(await say(ask('c'))).toBe('heard c')
  })

  it('repeats the user, or the result of a function, when nothing is scripted', async () => {
    expect(await say(ask('good morning'))).toBe('You said: good morning')
    const called = {
      role: 'assistant' as const,
      tool_calls: [{ id: 'call_1', type: 'function' as const, function: { name: 'get_weather', arguments: '{}' } }],
    }
    const result = { role: 'tool' as const, tool_call_id: 'call_1', content: 'sunny' }
    const messages = [...ask('Weather?').messages, called, result]
    expect(await say({ model: 'gpt-5.4', messages })).toBe('The function returned sunny.')
  })

  it('reads the text of a message given in parts', async () => {
    const content = [
      { type: 'text' as const, text: 'in ' },
      { type: 'text' as const, text: 'parts' },
    ]
    expect(await say({ model: 'gpt-5.4', messages: [{ role: 'user', content }] })).toBe('You said: in parts')
  })

  it('stops at the token limit and at stop words', async () => {
    emulators.openai.chat.reply('one two three', 'one STOP two')
    const limited = await client.chat.completions.create({ ...ask('Hi'), max_completion_tokens: 2 })
    expect(limited.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'one two' } })
    expect(await say({ ...ask('Hi'), stop: ' STOP' })).toBe('one')
  })

  it('is status 500 with the message of a responder that throws', async () => {
    emulators.openai.chat.respond(() => {
      throw new Error('no reply for this')
    })
    const failure = await client.chat.completions.create(ask('Hi')).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(InternalServerError)
    expect(String(failure)).toContain('no reply for this')
  })

  it('joins to the scripted text whatever the characters', () => {
    for (const text of ['', '  two  spaces ', 'naïve 😀😀😀😀😀😀😀😀 end\n', 'abcdefghijklmnop', '\n\n']) {
      expect(tokenize(text).join('')).toBe(text)
    }
  })
})

describe('a request that the vendor refuses', () => {
  const failureOf = async (body: object): Promise<unknown> =>
    client.post('/chat/completions', { body }).then(
      () => undefined,
      (error: unknown) => error,
    )

  it('without a key is 401 before anything else is looked at', async () => {
    const response = await fetch(`${emulators.openai.baseUrl}/chat/completions`, { method: 'POST', body: 'not json' })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param: null, code: null } })
  })

  it('with a key that is not accepted is 401 invalid_api_key, and the key is masked', async () => {
    emulators.openai.apiKeys.add('sk-other')
    const failure = await client.chat.completions.create(ask('Hi')).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthenticationError)
    expect(failure).toMatchObject({ code: 'invalid_api_key' })
    expect(String(failure)).not.toContain('sk-test-key')
  })

  it('for an unknown model is 404 model_not_found, until the model is added', async () => {
    const body = { ...ask('Hi'), model: 'house-model' }
    expect(await failureOf(body)).toBeInstanceOf(NotFoundError)
    expect(await failureOf(body)).toMatchObject({ status: 404, code: 'model_not_found' })
    emulators.openai.chat.models.add('house-model')
    expect(await failureOf(body)).toBeUndefined()
  })

  const user = { role: 'user', content: 'Hi' }
  const call = {
    role: 'assistant',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  }
  const result = { role: 'tool', tool_call_id: 'c1', content: 'ok' }
  it.each([
    ['has no model', { messages: [user] }, 'model'],
    ['has no messages', { model: 'gpt-5.4' }, 'messages'],
    ['has an empty list of messages', { model: 'gpt-5.4', messages: [] }, 'messages'],
    ['has a message with an unknown role', { model: 'gpt-5.4', messages: [{ role: 'bot', content: 'x' }] }, 'role'],
    ['has a user message without content', { model: 'gpt-5.4', messages: [{ role: 'user' }] }, 'content'],
    ['has a call without a result', { model: 'gpt-5.4', messages: [user, call] }, 'did not have response messages: c1'],
    ['has a user message between call and result', { model: 'gpt-5.4', messages: [call, user, result] }, 'c1'],
    ['has a result without a call', { model: 'gpt-5.4', messages: [user, result] }, "role 'tool'"],
    ['limits tokens by the old name', { ...ask('Hi'), max_tokens: 5 }, 'max_completion_tokens'],
    ['asks for usage without a stream', { ...ask('Hi'), stream_options: { include_usage: true } }, 'stream_options'],
    [
      'has a tool with a space in its name',
      { ...ask('Hi'), tools: [{ type: 'function', function: { name: 'a b' } }] },
      'name',
    ],
    [
      'has a tool whose parameters are not an object',
      { ...ask('Hi'), tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'string' } } }] },
      "function 'f'",
    ],
  ])('because it %s is 400 and says so', async (_why, body, text) => {
    const failure = await failureOf(body)
    expect(failure).toBeInstanceOf(BadRequestError)
    expect(failure).toMatchObject({ type: 'invalid_request_error' })
    expect(failure instanceof APIError && failure.message).toContain(text)
  })

  it('does not use up a queued reply', async () => {
    emulators.openai.chat.reply('kept')
    await failureOf({ model: 'gpt-5.4', messages: [] })
    expect((await client.chat.completions.create(ask('Hi'))).choices[0]?.message.content).toBe('kept')
  })
})
