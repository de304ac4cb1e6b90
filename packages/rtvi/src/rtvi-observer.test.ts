import {
  AggregatedTextFrame,
  BotSpeechHeardFrame,
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  defineProcessor,
  ErrorFrame,
  type Frame,
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  FunctionCallsStartedFrame,
  InputAudioRawFrame,
  InterimTranscriptionFrame,
  InterruptionFrame,
  LLMContext,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMTextFrame,
  type Message,
  MetricsFrame,
  PcError,
  TextFrame,
  TranscriptionFrame,
  TTSAudioRawFrame,
  TTSStartedFrame,
  TTSStoppedFrame,
  TTSTextFrame,
  UserMuteStartedFrame,
  UserMuteStoppedFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  VADUserStartedSpeakingFrame,
} from '@pc/core'
import { describe, expect, test } from 'vitest'
import { startSession, type Received, type SessionOptions } from '../test/support.ts'
import { RTVIServerMessageFrame, RTVIUICommandFrame } from './frames.ts'

async function observe(frames: readonly Frame[], options: SessionOptions = {}): Promise<Received[]> {
  const session = await startSession(options)
  await session.queue(...frames)
  await session.end()
  return session.messages
}

const call = { functionName: 'book', toolCallId: 't1', arguments: { seats: 2 } }

describe('each frame is reported as its message', () => {
  test.each<[string, Frame, Received[]]>([
    ['the start of a turn', new UserStartedSpeakingFrame(), [{ type: 'user-started-speaking' }]],
    ['the end of a turn', new UserStoppedSpeakingFrame(), [{ type: 'user-stopped-speaking' }]],
    ['muting', new UserMuteStartedFrame(), [{ type: 'user-mute-started' }]],
    ['unmuting', new UserMuteStoppedFrame(), [{ type: 'user-mute-stopped' }]],
    [
      'a final transcript',
      new TranscriptionFrame('hi', 'u', '2026-01-01T00:00:00Z'),
      [
        {
          type: 'user-transcription',
          data: { text: 'hi', user_id: 'u', timestamp: '2026-01-01T00:00:00Z', final: true },
        },
      ],
    ],
    [
      'an interim transcript',
      new InterimTranscriptionFrame('h'),
      [{ type: 'user-transcription', data: { text: 'h', user_id: '', timestamp: '', final: false } }],
    ],
    ['the start of an answer', new LLMFullResponseStartFrame(), [{ type: 'bot-llm-started' }]],
    ['the start of speech synthesis', new TTSStartedFrame('c'), [{ type: 'bot-tts-started' }]],
    ['the end of speech synthesis', new TTSStoppedFrame('c'), [{ type: 'bot-tts-stopped' }]],
    ['the first sound', new BotStartedSpeakingFrame(), [{ type: 'bot-started-speaking' }]],
    ['the last sound', new BotStoppedSpeakingFrame(), [{ type: 'bot-stopped-speaking' }]],
    ['an interruption', new InterruptionFrame(), [{ type: 'bot-interrupted' }]],
    ['a message of the application', new RTVIServerMessageFrame([1]), [{ type: 'server-message', data: [1] }]],
    [
      'a command for the page',
      new RTVIUICommandFrame('toast', { title: 'Hi' }),
      [{ type: 'ui-command', data: { command: 'toast', payload: { title: 'Hi' } } }],
    ],
    ['raw voice activity, not by default', new VADUserStartedSpeakingFrame(), []],
  ])('%s', async (_name, frame, messages) => {
    expect(await observe([frame])).toEqual(messages)
  })
})

test('a frame is reported once, however many processors it passes', async () => {
  const between = ['a', 'b', 'c'].map((name) => defineProcessor({ name, on: {} }))
  expect(await observe([new UserStartedSpeakingFrame()], { between })).toHaveLength(1)
})

test('a frame that is sent both ways is reported once', async () => {
  const turn = defineProcessor({
    name: 'turn',
    on: { TextFrame: (_frame, ctx) => ctx.broadcast(new UserStartedSpeakingFrame()) },
  })
  expect(await observe([new TextFrame('now')], { between: [turn] })).toEqual([{ type: 'user-started-speaking' }])
})

test('frames of an ignored processor are not reported, nor when others pass them on', async () => {
  const branch = defineProcessor({
    name: 'branch',
    on: { TranscriptionFrame: (_frame, ctx) => ctx.push(new LLMTextFrame('secret')) },
  })
  const after = defineProcessor({ name: 'after', on: {} })
  const messages = await observe([new TranscriptionFrame('hi')], {
    between: [branch, after],
    observer: { ignoredSources: [branch], botOutput: false },
  })
  expect(messages.map(({ type }) => type)).toEqual(['user-transcription'])
})

test('an answer is reported token by token, and sentence by sentence for older clients', async () => {
  const messages = await observe(
    [
      new LLMFullResponseStartFrame(),
      ...['Hello', ' there. ', 'How', ' are you?'].map((text) => new LLMTextFrame(text)),
      new LLMFullResponseEndFrame(),
    ],
    { observer: { botOutput: false } },
  )
  expect(messages).toEqual([
    { type: 'bot-llm-started' },
    { type: 'bot-llm-text', data: { text: 'Hello' } },
    { type: 'bot-llm-text', data: { text: ' there. ' } },
    { type: 'bot-llm-text', data: { text: 'How' } },
    { type: 'bot-transcription', data: { text: 'Hello there.' } },
    { type: 'bot-llm-text', data: { text: ' are you?' } },
    { type: 'bot-transcription', data: { text: 'How are you?' } },
    { type: 'bot-llm-stopped' },
  ])
})

test('an interruption ends the sentence that was in the making', async () => {
  const messages = await observe([
    new LLMTextFrame('I was say'),
    new InterruptionFrame(),
    new LLMFullResponseEndFrame(),
  ])
  expect(messages.map(({ type }) => type)).not.toContain('bot-transcription')
})

describe('what the user said to the model', () => {
  const context = (messages: readonly Message[]): Frame => new LLMContextFrame(new LLMContext(messages))

  test('is the last message of the context, parts joined', async () => {
    const content = [
      { type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: 'data:' } },
      { type: 'text', text: 'here' },
    ] as const
    const messages = await observe([context([{ role: 'user', content: 'hi' }]), context([{ role: 'user', content }])])
    expect(messages).toEqual([
      { type: 'user-llm-text', data: { text: 'hi' } },
      { type: 'user-llm-text', data: { text: 'look here' } },
    ])
  })

  test('is nothing when the model runs for another reason', async () => {
    const frames = [context([]), context([{ role: 'system', content: 'greet' }])]
    expect(await observe(frames)).toEqual([])
  })
})

describe('function calls', () => {
  const frames = (): Frame[] => [
    new FunctionCallsStartedFrame([{ ...call, context: new LLMContext() }]),
    new FunctionCallInProgressFrame(call),
    new FunctionCallResultFrame(call, 'still looking', { isFinal: false }),
    new FunctionCallResultFrame(call, { ok: true }),
    new FunctionCallCancelFrame('book', 't2'),
  ]

  test.each([
    ['disabled', []],
    [
      'none',
      [{}, { tool_call_id: 't1' }, { tool_call_id: 't1', cancelled: false }, { tool_call_id: 't2', cancelled: true }],
    ],
    [
      'name',
      [
        { function_name: 'book' },
        { tool_call_id: 't1', function_name: 'book' },
        { tool_call_id: 't1', cancelled: false, function_name: 'book' },
        { tool_call_id: 't2', cancelled: true, function_name: 'book' },
      ],
    ],
    [
      'full',
      [
        { function_name: 'book' },
        { tool_call_id: 't1', function_name: 'book', arguments: { seats: 2 } },
        { tool_call_id: 't1', cancelled: false, function_name: 'book', result: { ok: true } },
        { tool_call_id: 't2', cancelled: true, function_name: 'book' },
      ],
    ],
  ] as const)('at level %s', async (level, expected) => {
    const messages = await observe(frames(), { observer: { functionCalls: { '*': 'none', book: level } } })
    expect(messages.map(({ data }) => data)).toEqual(expected)
    if (level !== 'disabled') {
      expect(messages.map(({ type }) => type)).toEqual([
        'llm-function-call-started',
        'llm-function-call-in-progress',
        'llm-function-call-stopped',
        'llm-function-call-stopped',
      ])
    }
  })

  test('do not name the function by default', async () => {
    expect(JSON.stringify(await observe(frames()))).not.toContain('book')
  })

  test('of functions that run in the client are reported in full', async () => {
    const session = await startSession({ observer: { functionCalls: { '*': 'disabled' } } })
    session.rtvi.clientFunction('book')
    await session.queue(new FunctionCallInProgressFrame(call))
    expect(session.ofType('llm-function-call-in-progress')).toEqual([
      { tool_call_id: 't1', function_name: 'book', arguments: { seats: 2 } },
    ])
    await session.end()
  })
})

test('measurements take the names of the wire, and what has no name there is left out', async () => {
  const messages = await observe([
    new MetricsFrame([
      { kind: 'ttfb', processor: 'llm', model: 'm', valueSecs: 0.3 },
      { kind: 'ttfb', processor: 'tts', valueSecs: 0.1 },
      { kind: 'ttfa', processor: 'tts', ttfaSecs: 0.3, ttfbSecs: 0.1, leadingSilenceSecs: 0.2 },
      { kind: 'processing', processor: 'llm', valueSecs: 1 },
      {
        kind: 'llmUsage',
        processor: 'llm',
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, cacheReadTokens: 0 },
      },
      { kind: 'ttsUsage', processor: 'tts', characters: 12 },
      { kind: 'sttUsage', processor: 'stt', audioSecs: 2.5 },
    ]),
    new MetricsFrame([{ kind: 'textAggregation', processor: 'tts', valueSecs: 0.1 }]),
  ])
  expect(messages).toEqual([
    {
      type: 'metrics',
      data: {
        ttfb: [
          { processor: 'llm', model: 'm', value: 0.3 },
          { processor: 'tts', value: 0.1 },
        ],
        ttfa: [{ processor: 'tts', ttfa: 0.3, ttfb: 0.1, leading_silence: 0.2 }],
        processing: [{ processor: 'llm', value: 1 }],
        tokens: [{ prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, cache_read_input_tokens: 0 }],
        characters: [{ processor: 'tts', value: 12 }],
        stt_usage: [{ processor: 'stt', value: 2.5 }],
      },
    },
  ])
})

test('an error of any processor reaches the client under both names of its field, with its kind and service', async () => {
  const broken = defineProcessor({
    name: 'broken',
    on: {
      TextFrame: () => {
        throw new PcError('The provider refused the key.', { code: 'bad-key', kind: 'auth', service: 'acme' })
      },
    },
  })
  const text = 'The provider refused the key.'
  expect(await observe([new TextFrame('x')], { between: [broken] })).toEqual([
    { type: 'error', data: { error: text, message: text, fatal: false, kind: 'auth', service: 'acme' } },
  ])
})

test('a fatal error reaches the client before the task ends', async () => {
  const session = await startSession()
  const error = new PcError('gone', { code: 'gone', kind: 'internal' })
  await session.task.queueFrame(new ErrorFrame(error, 'llm', { fatal: true }), 'upstream')
  await session.clock.advanceUntil(() => session.task.hasFinished())
  const data = { error: 'gone', message: 'gone', fatal: true, kind: 'internal' }
  expect(session.messages).toEqual([{ type: 'error', data }])
})

test('every switch turns its messages off, or on', async () => {
  const frames = (): Frame[] => [
    new VADUserStartedSpeakingFrame(),
    new UserStartedSpeakingFrame(),
    new UserMuteStartedFrame(),
    new TranscriptionFrame('hi'),
    new LLMContextFrame(new LLMContext([{ role: 'user', content: 'hi' }])),
    new LLMFullResponseStartFrame(),
    new LLMTextFrame('Hello.'),
    new TTSStartedFrame('c'),
    new TTSAudioRawFrame(Int16Array.of(16_384, -16_384), 24_000, 1, 'c'),
    new InputAudioRawFrame(Int16Array.of(3277), 16_000),
    new BotStartedSpeakingFrame(),
    new TTSTextFrame('Hello.', 'word'),
    new MetricsFrame([{ kind: 'ttfb', processor: 'llm', valueSecs: 1 }]),
    new LLMFullResponseEndFrame(),
    new InterruptionFrame(),
  ]
  const output = defineProcessor({ name: 'real output', on: {} })
  Object.assign(output, { isOutputTransport: true })
  const types = async (observer: SessionOptions['observer']): Promise<Set<string>> =>
    new Set(
      (await observe(frames(), { between: [output], ...(observer !== undefined && { observer }) })).map(
        ({ type }) => type,
      ),
    )
  const usual = await types({})
  const switches = {
    botOutput: ['bot-output'],
    botLlm: ['bot-llm-started', 'bot-llm-text', 'bot-llm-stopped'],
    botTts: ['bot-tts-started', 'bot-tts-text'],
    botSpeaking: ['bot-started-speaking', 'bot-interrupted'],
    botTranscription: ['bot-transcription'],
    userLlm: ['user-llm-text'],
    userSpeaking: ['user-started-speaking'],
    userMute: ['user-mute-started'],
    userTranscription: ['user-transcription'],
    metrics: ['metrics'],
  }
  expect([...usual].toSorted()).toEqual(Object.values(switches).flat().toSorted())
  for (const [name, messages] of Object.entries(switches)) {
    expect(
      [...usual].filter((type) => !messages.includes(type)),
      name,
    ).toEqual([...(await types({ [name]: false }))])
  }
  for (const [name, message] of [
    ['vadUserSpeaking', 'vad-user-started-speaking'],
    ['userAudioLevel', 'user-audio-level'],
    ['botAudioLevel', 'bot-audio-level'],
  ] as const) {
    expect(await types({ [name]: true }), name).toEqual(new Set([...usual, message]))
  }
  expect(await types(false)).toEqual(new Set())
})

test('audio levels come at most every 0.15 s', async () => {
  const session = await startSession({ observer: { userAudioLevel: true } })
  for (let index = 0; index < 20; index++) {
    await session.queue(new InputAudioRawFrame(new Int16Array(320).fill(16_384), 16_000))
    await session.clock.advance(20)
  }
  expect(session.ofType('user-audio-level')).toEqual([{ value: 0.5 }, { value: 0.5 }, { value: 0.5 }])
  await session.end()
})

describe('a player that reports its progress', () => {
  const announce = { t: 'pc/playout', d: { enabled: true } }

  test('is told to flush at an interruption, and what was heard', async () => {
    const session = await startSession()
    await session.client('client-message', announce)
    const segment = new AggregatedTextFrame('One two.', 'sentence', {
      contextId: 'c',
      segmentId: 7,
      willBeSpoken: true,
    })
    Object.assign(session.task.processors[0]!, { isOutputTransport: true })
    await session.queue(new BotStartedSpeakingFrame(), segment, new InterruptionFrame())
    await session.queue(new BotSpeechHeardFrame('c', 'One', [{ segmentId: 7, heard: 'One', unheard: ' two.' }], false))
    const announced = session.ofType('bot-output') as { segment_id: number }[]
    expect(session.ofType('server-message')).toEqual([
      { type: 'pc/flush' },
      {
        type: 'pc/heard',
        contextId: 'c',
        segments: [{ segmentId: announced[0]?.segment_id, heard: 'One', unheard: ' two.' }],
      },
    ])
    await session.end()
  })

  test('that did not announce itself hears nothing of it', async () => {
    const heard = new BotSpeechHeardFrame('c', 'One', [], true)
    const messages = await observe([new InterruptionFrame(), heard])
    expect(messages.map(({ type }) => type)).toEqual(['bot-interrupted'])
  })
})
