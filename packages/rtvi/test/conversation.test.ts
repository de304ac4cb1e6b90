import {
  BaseOutputTransport,
  defineProcessor,
  EndFrame,
  FunctionSchema,
  type GenerateOptions,
  InputTransportMessageFrame,
  LatencyObserver,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  messageText,
  type OutputChunk,
  Pipeline,
  PipelineTask,
  type ReplyLatency,
  sleep,
  type SynthesisOptions,
  type TTSEvent,
  TTSService,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { RTVIProcessor } from '../src/index.ts'
import type { Received } from './support.ts'

type Answer = readonly (LLMEvent | { readonly pauseMs: number })[]

class ScriptedModel extends LLMService {
  readonly #answers: Answer[]
  constructor(answers: readonly Answer[]) {
    super()
    this.#answers = [...answers]
  }
  override async *generate(_context: LLMContext, { signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    for (const event of this.#answers.shift() ?? []) {
      if (typeof event === 'object' && 'pauseMs' in event) await sleep(this.runtime.clock, event.pauseMs, signal)
      else yield event
    }
    yield { type: 'done', finishReason: 'stop' }
  }
}

/** Speaks ten characters a second. */
class Voice extends TTSService {
  override async *synthesize(text: string, { sampleRate, signal }: SynthesisOptions): AsyncIterable<TTSEvent> {
    await sleep(this.runtime.clock, 50, signal)
    yield new Int16Array((text.length * sampleRate) / 10).fill(9000)
  }
}

class Wire extends BaseOutputTransport {
  readonly log: { readonly atMs: number; readonly message: Received }[] = []
  chunks = 0
  protected override writeAudio(_chunk: OutputChunk): void {
    this.chunks++
  }
  protected override writeMessage(message: unknown): void {
    this.log.push({ atMs: this.runtime.clock.nowMs(), message: JSON.parse(JSON.stringify(message)) })
  }
}

async function converse(answers: readonly Answer[], beside = false) {
  const clock = new TestClock()
  const rtvi = new RTVIProcessor({ observer: { botLlm: false, botTranscription: false, metrics: false } })
  const wire = new Wire({ params: { audioOutEndSilenceSecs: 0 } })
  const locate = new FunctionSchema({
    name: 'locate',
    description: 'Where the user is',
    handler: rtvi.clientFunction('locate'),
  })
  const context = new LLMContext({ tools: [locate] })
  const pair = new LLMContextAggregatorPair(context)
  const latency = new LatencyObserver()
  const latencies: ReplyLatency[] = []
  latency.on('latency', (measured) => latencies.push(measured))
  const input = defineProcessor({ name: 'input', on: {} })
  const head = beside ? [input] : [input, rtvi]
  const task = new PipelineTask(
    new Pipeline([...head, pair.user, new ScriptedModel(answers), new Voice(), wire, pair.assistant]),
    {},
    { runtime: createTestRuntime(clock), defaultParts: false, idleTimeoutSecs: null, observers: [latency] },
  )
  if (beside) rtvi.attachTo(task, input)
  const run = task.run()
  await clock.settle()
  let ids = 0
  return {
    clock,
    wire,
    latencies,
    client: async (type: string, data: unknown): Promise<void> => {
      await task.queueFrame(new InputTransportMessageFrame({ label: 'rtvi-ai', id: `m${++ids}`, type, data }))
      await clock.settle()
    },
    /** The conversation as `role: text`. */
    told: () =>
      context.messages.map((message) => ('role' in message ? `${message.role}: ${messageText(message)}` : message)),
    /** Messages in short, with their times. */
    heard: (): string[] => wire.log.map(({ atMs, message }) => `${atMs} ${inShort(message)}`),
    async end() {
      await task.queueFrame(new EndFrame())
      await clock.advanceUntil(() => task.hasFinished())
      await run
    },
  }
}

function inShort({ type, data }: Received): string {
  const { text, spoken_status, spoken_progress, tool_call_id } = (data ?? {}) as {
    text?: string
    spoken_status?: string
    spoken_progress?: { accumulated_text: string }
    tool_call_id?: string
  }
  if (type === 'server-message') return JSON.stringify(data)
  const progress = spoken_progress && `<${spoken_progress.accumulated_text}>`
  return [type, spoken_status, progress ?? text, tool_call_id].filter((part) => part !== undefined).join(' ')
}

test.each([false, true])('a spoken answer is told in step with its audio (beside: %s)', async (beside) => {
  const { client, clock, heard, end, latencies, told } = await converse([['Hello there. ', 'Bye.']], beside)
  await client('send-text', { content: 'Hi' })
  await clock.advance(3000)
  await end()
  expect(heard()).toEqual([
    '0 bot-interrupted',
    '0 user-llm-text Hi',
    '0 bot-tts-started',
    '50 bot-started-speaking',
    '50 bot-output new <>',
    '100 bot-tts-stopped',
    '550 bot-tts-text Hello',
    '550 bot-output in-progress <Hello>',
    '1250 bot-tts-text there.',
    '1250 bot-output completed <Hello there.>',
    '1250 bot-output new <>',
    '1650 bot-tts-text Bye.',
    '1650 bot-output completed <Bye.>',
    '1650 bot-stopped-speaking',
  ])
  expect(latencies).toEqual([{ turn: 1, typed: true, stages: { llmMs: 0, sentenceMs: 0, ttsMs: 50 }, totalMs: 50 }])
  expect(told()).toEqual(['user: Hi', 'assistant: Hello there. Bye.'])
})

test('a typed text cuts the answer, and what was heard of it stands before the new text', async () => {
  const { client, clock, told, end } = await converse([['One two three four five.'], ['Good.']])
  await client('send-text', { content: 'Count' })
  await clock.advance(900)
  await client('send-text', { content: 'Stop' })
  await clock.advance(2000)
  await end()
  expect(told()).toEqual(['user: Count', 'assistant: One two', 'user: Stop', 'assistant: Good.'])
})

test('a player that reports corrects what was heard, in the history and in the client', async () => {
  const { client, clock, told, heard, wire, end } = await converse([['One two three four five.'], ['Good.']])
  await client('client-message', { t: 'pc/playout', d: { enabled: true } })
  await client('send-text', { content: 'Count' })
  await clock.advance(900)
  await client('send-text', { content: 'Stop' })
  const first = wire.log.find(({ message }) => inShort(message).includes('pc/heard'))!
  const { contextId } = first.message.data as { contextId: string }
  await client('client-message', { t: 'pc/playout', d: { contextId, playedMs: 400, flushed: true } })
  await clock.advance(2000)
  await end()
  expect(told()).toEqual(['user: Count', 'assistant: One', 'user: Stop', 'assistant: Good.'])
  const ours = heard().filter((line) => line.includes('pc/'))
  const segments = (heardText: string, unheard: string): string =>
    JSON.stringify({ type: 'pc/heard', contextId, segments: [{ segmentId: 1, heard: heardText, unheard }] })
  expect(ours.slice(-3)).toEqual([
    '900 {"type":"pc/flush"}',
    `900 ${segments('One two', ' three four five.')}`,
    `900 ${segments('One', ' two three four five.')}`,
  ])
})

test('a text answer is shown, not spoken, and the next answer is spoken again', async () => {
  const { client, clock, heard, wire, told, end } = await converse([['In writing. ', 'Only.'], ['Aloud.']])
  await client('send-text', { content: 'Write', options: { audio_response: false } })
  await clock.advance(1000)
  expect(wire.chunks).toBe(0)
  await client('send-text', { content: 'Speak' })
  await clock.advance(2000)
  await end()
  expect(heard().filter((line) => line.includes('bot-output'))).toEqual([
    '0 bot-output In writing.',
    '0 bot-output Only.',
    expect.stringContaining('bot-output new <>'),
    expect.stringContaining('bot-output completed <Aloud.>'),
  ])
  expect(wire.chunks).toBeGreaterThan(0)
  expect(told()).toEqual(['user: Write', 'assistant: In writing. Only.', 'user: Speak', 'assistant: Aloud.'])
})

test('an answer in writing that is interrupted leaves the voice on', async () => {
  const { client, clock, wire, end } = await converse([['Writing ', { pauseMs: 5000 }, 'more.'], ['Aloud.']])
  await client('send-text', { content: 'Write', options: { audio_response: false } })
  await clock.advance(1000)
  await client('send-text', { content: 'Speak' })
  await clock.advance(2000)
  await end()
  expect(wire.chunks).toBeGreaterThan(0)
})

test('the model calls a function that runs in the client, and goes on with its result', async () => {
  const call: LLMEvent = { type: 'toolCall', id: 'call-1', name: 'locate', arguments: '{}' }
  const { client, clock, wire, told, heard, end } = await converse([[call], ['You are in Rome.']])
  await client('send-text', { content: 'Where am I?' })
  await clock.advance(100)
  const asked = wire.log.find(({ message }) => message.type === 'llm-function-call-in-progress')
  expect(asked?.message.data).toEqual({ tool_call_id: 'call-1', function_name: 'locate', arguments: {} })
  await client('llm-function-call-result', {
    function_name: 'locate',
    tool_call_id: 'call-1',
    arguments: {},
    result: { city: 'Rome' },
  })
  await clock.advance(3000)
  await end()
  expect(heard().some((line) => line.includes('llm-function-call-stopped'))).toBe(true)
  expect(told().at(-1)).toBe('assistant: You are in Rome.')
})
