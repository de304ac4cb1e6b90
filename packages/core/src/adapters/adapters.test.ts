import { describe, expect, test } from 'vitest'
import { defineFunction, FunctionSchema } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { Message } from '../context/messages.ts'
import { ToolsSchema } from '../context/tools.ts'
import type { Logger } from '../runtime/log.ts'
import { type AdapterOptions, toAnthropic, toBedrock, toGemini, toOpenAIChat, toOpenAIResponses } from './index.ts'

const all = {
  openai: toOpenAIChat,
  'openai-responses': toOpenAIResponses,
  anthropic: toAnthropic,
  gemini: toGemini,
  bedrock: toBedrock,
}
type Adapter = (context: LLMContext, options?: AdapterOptions) => object
const adapters: [string, Adapter][] = Object.entries(all)

const user = (content: string): Message => ({ role: 'user', content })
const system = (content: string): Message => ({ role: 'system', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const tool = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content })
const calls = (...ids: string[]): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({
    id,
    type: 'function',
    function: { name: `look_${id}`, arguments: `{"at":"${id}"}` },
  })),
})

const weather = new FunctionSchema({
  name: 'weather',
  description: 'The weather',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } },
  required: ['city'],
})
const cleaned = {
  type: 'object',
  properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } },
  required: ['city'],
}

/** A conversation with two calls of one group. */
const talk = [
  system('Be brief.'),
  user('Compare'),
  said('Let me look.'),
  calls('a', 'b'),
  tool('a', '{"sky":"blue"}'),
  tool('b', 'IN_PROGRESS'),
  user('And?'),
]

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}

function warnings(): { log: Logger; lines: string[] } {
  const lines: string[] = []
  return { lines, log: { enabled: () => true, log: (_level, message) => void lines.push(message) } }
}

describe('a conversation with text, calls and results', () => {
  const context = new LLMContext({ messages: talk, tools: [weather], toolChoice: 'required' })

  test('for OpenAI chat', () => {
    expect(toOpenAIChat(context)).toEqual({
      messages: talk,
      tools: [{ type: 'function', function: { name: 'weather', description: 'The weather', parameters: cleaned } }],
      tool_choice: 'required',
    })
  })

  test('for OpenAI Responses', () => {
    expect(toOpenAIResponses(context)).toEqual({
      input: [
        { role: 'system', content: [{ type: 'input_text', text: 'Be brief.' }] },
        { role: 'user', content: [{ type: 'input_text', text: 'Compare' }] },
        { role: 'assistant', content: [{ type: 'output_text', text: 'Let me look.' }] },
        { type: 'function_call', call_id: 'a', name: 'look_a', arguments: '{"at":"a"}' },
        { type: 'function_call', call_id: 'b', name: 'look_b', arguments: '{"at":"b"}' },
        { type: 'function_call_output', call_id: 'a', output: '{"sky":"blue"}' },
        { type: 'function_call_output', call_id: 'b', output: 'IN_PROGRESS' },
        { role: 'user', content: [{ type: 'input_text', text: 'And?' }] },
      ],
      tools: [{ type: 'function', name: 'weather', description: 'The weather', parameters: cleaned, strict: false }],
      tool_choice: 'required',
    })
  })

  test('for Anthropic', () => {
    expect(toAnthropic(context)).toEqual({
      system: 'Be brief.',
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Compare' }] },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 'a', name: 'look_a', input: { at: 'a' } },
            { type: 'tool_use', id: 'b', name: 'look_b', input: { at: 'b' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'a', content: '{"sky":"blue"}' },
            { type: 'tool_result', tool_use_id: 'b', content: 'IN_PROGRESS' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      tools: [{ name: 'weather', description: 'The weather', input_schema: cleaned }],
      tool_choice: { type: 'any' },
    })
  })

  test('for Gemini', () => {
    expect(toGemini(context)).toEqual({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Compare' }] },
        {
          role: 'model',
          parts: [
            { text: 'Let me look.' },
            { functionCall: { name: 'look_a', args: { at: 'a' } } },
            { functionCall: { name: 'look_b', args: { at: 'b' } } },
          ],
        },
        {
          role: 'user',
          parts: [
            { functionResponse: { name: 'look_a', response: { sky: 'blue' } } },
            { functionResponse: { name: 'look_b', response: { status: 'IN_PROGRESS' } } },
          ],
        },
        { role: 'user', parts: [{ text: 'And?' }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'weather', description: 'The weather', parameters: cleaned }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY' } },
    })
  })

  test('for Bedrock', () => {
    expect(toBedrock(context)).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ text: 'Compare' }] },
        {
          role: 'assistant',
          content: [
            { text: 'Let me look.' },
            { toolUse: { toolUseId: 'a', name: 'look_a', input: { at: 'a' } } },
            { toolUse: { toolUseId: 'b', name: 'look_b', input: { at: 'b' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'a', content: [{ text: '{"sky":"blue"}' }] } },
            { toolResult: { toolUseId: 'b', content: [{ text: 'IN_PROGRESS' }] } },
            { text: 'And?' },
          ],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'weather', description: 'The weather', inputSchema: { json: cleaned } } }],
        toolChoice: { any: {} },
      },
    })
  })
})

test.each(adapters)('%s: the context is never changed, and what comes out may be', (llm, adapt) => {
  const own = {
    llm,
    message: {
      role: llm === 'gemini' ? 'model' : 'assistant',
      content: [{ type: 'text', text: 'x ' }],
      parts: [{ text: 'x' }],
    },
  }
  const messages = deepFreeze([
    ...talk,
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    own,
  ] satisfies Message[])
  const tools = deepFreeze(new ToolsSchema({ standardTools: [weather], customTools: { [llm]: [{ own: true }] } }))
  const context = new LLMContext({ messages, tools })
  const before = structuredClone(context.messages)
  const first = JSON.stringify(adapt(context))
  adapt(context)
  expect(context.messages).toEqual(before)
  expect(JSON.stringify(adapt(context))).toBe(first)
})

test.each(adapters)('%s: own messages and own tools go as they are, those of others not at all', (llm, adapt) => {
  const mark = { role: llm === 'gemini' ? 'model' : 'assistant', content: [{ own: 1 }], parts: [{ own: 1 }] }
  const messages: Message[] = [user('a'), { llm, message: mark }, { llm: 'other', message: { foreign: 1 } }]
  const context = new LLMContext({
    messages,
    tools: new ToolsSchema({ customTools: { [llm]: [{ mine: 1 }], other: [{ theirs: 1 }] } }),
  })
  const { log, lines } = warnings()
  const request = JSON.stringify(adapt(context, { log }))
  expect(request).toContain('"own":1')
  expect(request).toContain('"mine":1')
  expect(request).not.toMatch(/foreign|theirs/)
  expect(lines).toHaveLength(1)
  const broken = new LLMContext([user('a'), { llm, message: 'text' }])
  expect(() => adapt(broken)).toThrow(expect.objectContaining({ code: 'invalid-specific-message' }))
})

test.each(adapters)('%s: no tools means no choice among them', (_llm, adapt) => {
  const context = new LLMContext({ messages: [user('a')], tools: [weather], toolChoice: 'auto' })
  const words = JSON.stringify(adapt(context, { tools: null }))
  expect(words).not.toMatch(/tool|auto/i)
  const other = new ToolsSchema([{ name: 'other', description: 'Another' }])
  expect(JSON.stringify(adapt(context, { tools: other, toolChoice: 'required' }))).toMatch(/other/)
})

test.each(adapters)(
  '%s: a call without a result counts as cancelled, a result without a call is left out',
  (_llm, adapt) => {
    const { log, lines } = warnings()
    const request = JSON.stringify(
      adapt(new LLMContext([user('q'), calls('a'), user('x'), tool('z', 'stray')]), { log }),
    )
    expect(request).toContain('CANCELLED')
    expect(request).not.toContain('stray')
    expect(lines).toHaveLength(1)
  },
)

test.each(adapters)('%s: results are moved to their calls, also when an id comes twice', (_llm, adapt) => {
  const messy = [
    user('q'),
    calls('a'),
    user('meanwhile'),
    tool('a', 'one'),
    said('ok'),
    calls('a'),
    tool('a', 'two'),
    user('so'),
  ]
  const tidy = [
    user('q'),
    calls('a'),
    tool('a', 'one'),
    user('meanwhile'),
    said('ok'),
    calls('a'),
    tool('a', 'two'),
    user('so'),
  ]
  expect(adapt(new LLMContext(messy))).toEqual(adapt(new LLMContext(tidy)))
})

describe('instructions', () => {
  const apart: [string, Adapter][] = adapters.filter(([llm]) => !llm.startsWith('openai'))

  test.each(apart)('%s: that of the service wins over that of the context, with a warning', (_llm, adapt) => {
    const { log, lines } = warnings()
    const request = JSON.stringify(
      adapt(new LLMContext([system('theirs'), user('a')]), { systemInstruction: 'mine', log }),
    )
    expect(request).toContain('mine')
    expect(request).not.toContain('theirs')
    expect(lines).toHaveLength(1)
  })

  test.each(apart)('%s: a lone system message is sent as the user’s', (_llm, adapt) => {
    const lone = adapt(new LLMContext([system('Greet the caller.')]))
    expect(lone).toEqual(adapt(new LLMContext([user('Greet the caller.')])))
  })

  test.each(apart)('%s: later system and developer messages are sent as the user’s', (_llm, adapt) => {
    const messages: Message[] = [system('s'), said('Hello'), system('later'), { role: 'developer', content: 'note' }]
    const same = [system('s'), said('Hello'), user('later'), user('note')]
    expect(adapt(new LLMContext(messages))).toEqual(adapt(new LLMContext(same)))
  })

  test('OpenAI keeps both, and developer messages unless the server does not know them', () => {
    const context = new LLMContext([system('theirs'), { role: 'developer', content: 'note' }])
    expect(toOpenAIChat(context, { systemInstruction: 'mine' }).messages.map(({ role }) => role)).toEqual([
      'system',
      'system',
      'developer',
    ])
    expect(toOpenAIChat(context, { developerAsUser: true }).messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
    ])
    const { instructions, input } = toOpenAIResponses(context, { systemInstruction: 'mine' })
    expect([instructions, input.length]).toEqual(['mine', 2])
  })
})

describe('turns', () => {
  test('where roles alternate, the user begins and nothing is empty', () => {
    const context = new LLMContext([said('Hello'), said(' '), said('again '), user('a'), user('b'), said('Bye  ')])
    expect(toAnthropic(context).messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: '(The conversation begins.)' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'text', text: 'again ' },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Bye' }] },
    ])
    expect(toBedrock(context).messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant'])
    expect(toGemini(context).contents.map(({ role }) => role)).toEqual(['model', 'user', 'model'])
    for (const adapt of [toAnthropic, toBedrock]) expect(adapt(new LLMContext()).messages).toHaveLength(1)
    expect(toGemini(new LLMContext()).contents).toHaveLength(1)
  })

  test('Bedrock gets a tool whenever the history holds calls, and none for the choice none', () => {
    const context = new LLMContext([user('q'), calls('a'), tool('a', '1')])
    expect(toBedrock(context).toolConfig?.tools[0]?.toolSpec.name).toBe('no_operation')
    const chosen = new LLMContext({ messages: [user('q')], tools: [weather], toolChoice: 'none' })
    expect(toBedrock(chosen).toolConfig).toBeUndefined()
  })
})

test.each<[string, Adapter, unknown]>([
  ['openai', toOpenAIChat, { type: 'function', function: { name: 'weather' } }],
  ['openai-responses', toOpenAIResponses, { type: 'function', name: 'weather' }],
  ['anthropic', toAnthropic, { type: 'tool', name: 'weather' }],
  ['gemini', toGemini, { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } }],
  ['bedrock', toBedrock, { tool: { name: 'weather' } }],
])('%s: one function can be chosen', (_llm, adapt, choice) => {
  const toolChoice = { type: 'function', function: { name: 'weather' } } as const
  const request = adapt(new LLMContext({ messages: [user('q')], tools: [weather], toolChoice }))
  expect(JSON.stringify(request)).toContain(JSON.stringify(choice))
})

describe('media', () => {
  const image = (url: string): Message => ({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
  const inline = image('data:image/png;base64,QUJD')
  const remote = image('https://example.com/a.png')
  const audio: Message = {
    role: 'user',
    content: [{ type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }],
  }

  test.each<[string, Adapter, Message, unknown]>([
    ['openai', toOpenAIChat, inline, { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } }],
    ['openai', toOpenAIChat, audio, { type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }],
    [
      'openai-responses',
      toOpenAIResponses,
      remote,
      { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'auto' },
    ],
    [
      'anthropic',
      toAnthropic,
      inline,
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
    ],
    ['anthropic', toAnthropic, remote, { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }],
    ['gemini', toGemini, inline, { inlineData: { mimeType: 'image/png', data: 'QUJD' } }],
    ['gemini', toGemini, remote, { fileData: { fileUri: 'https://example.com/a.png' } }],
    ['gemini', toGemini, audio, { inlineData: { mimeType: 'audio/wav', data: 'QUJD' } }],
    ['bedrock', toBedrock, inline, { image: { format: 'png', source: { bytes: 'QUJD' } } }],
  ])('%s takes it in its own shape', (_llm, adapt, message, part) => {
    expect(JSON.stringify(adapt(new LLMContext([message])))).toContain(JSON.stringify(part))
  })

  test.each<[string, Adapter, Message]>([
    ['openai-responses', toOpenAIResponses, audio],
    ['anthropic', toAnthropic, audio],
    ['bedrock', toBedrock, audio],
    ['bedrock', toBedrock, remote],
  ])('%s refuses what it cannot take, by name', (_llm, adapt, message) => {
    expect(() => adapt(new LLMContext([message]))).toThrow(expect.objectContaining({ code: 'unsupported-content' }))
  })
})

test('a function without arguments has no parameters for Gemini, and definitions go as JSON Schema', () => {
  const now = defineFunction({ name: 'now', description: 'The time', handler: () => 1 })
  const tree = new FunctionSchema({
    name: 'tree',
    description: 'A tree',
    properties: { root: { $ref: '#/$defs/Node' } },
    $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
  })
  const [tools] = toGemini(new LLMContext({ messages: [user('q')], tools: [now, tree] })).tools ?? []
  expect(tools?.functionDeclarations?.[0]).toEqual({ name: 'now', description: 'The time' })
  expect(tools?.functionDeclarations?.[1]?.parametersJsonSchema).toMatchObject({ $defs: { Node: { type: 'object' } } })
})

describe('thoughts and pictures of the assistant', () => {
  const thought = (llm: string, signature?: string): Message => ({
    llm,
    message: { type: 'thought', text: 'hm', ...(signature !== undefined && { signature }) },
  })

  test('a thought goes back ahead of the words that it led to, in the shape of its provider', () => {
    const talked = (llm: string): LLMContext => new LLMContext([user('a'), thought(llm, 'sig'), said('b')])
    expect(toAnthropic(talked('anthropic')).messages[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        { type: 'text', text: 'b' },
      ],
    })
    expect(toBedrock(talked('bedrock')).messages[1]?.content[0]).toEqual({
      reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } },
    })
    expect(toGemini(talked('gemini')).contents[1]?.parts).toEqual([
      { text: 'hm', thought: true, thoughtSignature: 'sig' },
      { text: 'b' },
    ])
  })

  test('one without a signature, or of a provider that takes none, is left out', () => {
    const same = new LLMContext([user('a'), said('b')])
    const unsigned = (llm: string): LLMContext => new LLMContext([user('a'), thought(llm), said('b')])
    expect(toAnthropic(unsigned('anthropic'))).toEqual(toAnthropic(same))
    expect(toBedrock(unsigned('bedrock'))).toEqual(toBedrock(same))
    expect(toOpenAIChat(unsigned('openai'))).toEqual(toOpenAIChat(same))
    expect(toOpenAIResponses(unsigned('openai-responses'))).toEqual(toOpenAIResponses(same))
  })

  test('a picture of the assistant is shown by the user where only users may, and the context is not changed', () => {
    const url = 'data:image/png;base64,QUJD'
    const messages: Message[] = [
      user('Draw'),
      { role: 'assistant', content: [{ type: 'image_url', image_url: { url } }] },
    ]
    const context = new LLMContext(messages)
    expect(toOpenAIChat(context).messages.at(-1)).toMatchObject({
      role: 'user',
      content: [{ type: 'text' }, { type: 'image_url', image_url: { url } }],
    })
    expect(toAnthropic(context).messages).toHaveLength(1)
    expect(toGemini(context).contents.map(({ role }) => role)).toEqual(['user', 'model'])
    expect(context.messages).toEqual(messages)
  })
})
