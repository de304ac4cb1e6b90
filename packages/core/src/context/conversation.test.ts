import { expect, test } from 'vitest'
import { RecordingOutput } from '../../test/recording-output.ts'
import { EndFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMMessagesAppendFrame, LLMRunFrame } from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { PlayoutReportFrame } from '../frames/transport.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { sleep } from '../runtime/clock.ts'
import { LLMService } from '../services/llm-service.ts'
import type { GenerateOptions, LLMEvent } from '../services/llm-types.ts'
import type { SynthesisOptions, TTSEvent } from '../services/tts-types.ts'
import { TTSService } from '../services/tts-service.ts'
import { TestClock } from '../testing/test-clock.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'
import { LLMContextAggregatorPair } from './aggregator-pair.ts'
import type { FunctionDefinition } from './function-schema.ts'
import { LLMContext } from './llm-context.ts'
import { type Message, messageText } from './messages.ts'

type Answer = readonly (LLMEvent | { readonly pauseMs: number })[]

/** Gives one answer after the other, and keeps what it was asked. */
class ScriptedModel extends LLMService {
  readonly asked: (readonly Message[])[] = []
  readonly #answers: Answer[]
  constructor(answers: readonly Answer[]) {
    super({ name: 'model' })
    this.#answers = [...answers]
  }
  override async *generate(context: LLMContext, { signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    this.asked.push([...context.messages])
    for (const event of this.#answers.shift() ?? []) {
      if (typeof event === 'object' && 'pauseMs' in event) await sleep(this.runtime.clock, event.pauseMs, signal)
      else yield event
    }
    yield { type: 'done', finishReason: 'stop' }
  }
}

/** Speaks ten characters a second, with word times if asked. */
class Voice extends TTSService {
  readonly #withWords: boolean
  constructor(withWords: boolean) {
    super({ name: 'voice' })
    this.#withWords = withWords
  }
  override async *synthesize(text: string, { sampleRate }: SynthesisOptions): AsyncIterable<TTSEvent> {
    if (this.#withWords) {
      for (const { 0: word, index } of text.matchAll(/\S+/g))
        yield { type: 'word', text: word, startUs: index * 100_000 }
    }
    yield new Int16Array((text.length * sampleRate) / 10).fill(1000)
  }
}

async function converse(answers: readonly Answer[], options: { words?: boolean; tools?: FunctionDefinition[] } = {}) {
  const clock = new TestClock()
  const model = new ScriptedModel(answers)
  const context = new LLMContext({ messages: [{ role: 'user', content: 'Hi' }], tools: options.tools })
  const pair = new LLMContextAggregatorPair(context)
  const pipeline = new Pipeline([
    pair.user,
    model,
    new Voice(options.words ?? true),
    new RecordingOutput(),
    pair.assistant,
  ])
  const task = new PipelineTask(
    pipeline,
    {},
    { runtime: createTestRuntime(clock), idleTimeoutSecs: null, defaultParts: false },
  )
  const run = task.run()
  await clock.settle()
  const send = async (...frames: Parameters<PipelineTask['queueFrame']>[0][]): Promise<void> => {
    for (const frame of frames) await task.queueFrame(frame)
    await clock.settle()
  }
  const end = async (): Promise<readonly unknown[]> => {
    await task.queueFrame(new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    await run
    return told(context)
  }
  return { clock, model, context, send, end }
}

/** The messages in short. */
function told(context: LLMContext): readonly unknown[] {
  return context.messages.map((message) => {
    if (!('role' in message)) return message
    if (message.role === 'assistant' && message.tool_calls) return message.tool_calls.map((call) => call.function.name)
    return `${message.role}: ${messageText(message)}`
  })
}

const call = (name: string): LLMEvent => ({ type: 'toolCall', id: `call-${name}`, name, arguments: '{}' })

test('what was spoken to its end is in the history as the model wrote it', async () => {
  const { send, end } = await converse([['Hel', 'lo **there**. ', 'How are', ' you?']])
  await send(new LLMRunFrame())
  expect(await end()).toEqual(['user: Hi', 'assistant: Hello **there**. How are you?'])
})

test.each([true, false])('a reply cut at a word is in the history up to that word (word times: %s)', async (words) => {
  const { clock, send, end } = await converse([['One two three four. ', 'Five six.'], ['Good.']], { words })
  await send(new LLMRunFrame())
  await clock.advance(850)
  await send(new InterruptionFrame(), new LLMMessagesAppendFrame([{ role: 'user', content: 'Stop' }], { runLlm: true }))
  expect(await end()).toEqual(['user: Hi', 'assistant: One two', 'user: Stop', 'assistant: Good.'])
})

test('a reply cut before any audio is not in the history', async () => {
  const { clock, send, end } = await converse([[{ pauseMs: 300 }, 'Never heard.']])
  await send(new LLMRunFrame())
  await clock.advance(200)
  await send(new InterruptionFrame())
  expect(await end()).toEqual(['user: Hi'])
})

test('the report of the player corrects the history in place while the next reply is spoken', async () => {
  const { clock, send, end, context } = await converse([['One two three four.'], ['Five six.']])
  await send(new PlayoutReportFrame(undefined, 0, false), new LLMRunFrame())
  await clock.advance(1500)
  const contextId = 'id-2'
  await send(new InterruptionFrame(), new LLMMessagesAppendFrame([{ role: 'user', content: 'Stop' }], { runLlm: true }))
  expect(told(context)).toEqual(['user: Hi', 'assistant: One two three', 'user: Stop'])
  await clock.advance(100)
  await send(new PlayoutReportFrame(contextId, 450, true))
  expect(await end()).toEqual(['user: Hi', 'assistant: One', 'user: Stop', 'assistant: Five six.'])
})

test('text and calls of one response are in the history once, text first, and the model reads both', async () => {
  const look: FunctionDefinition = { name: 'look', description: 'Look', handler: () => ({ sky: 'blue' }) }
  const { clock, send, end, model } = await converse([['Let me look', call('look')], ['It is blue.']], {
    tools: [look],
  })
  await send(new LLMRunFrame())
  await clock.advance(1000)
  expect(model.asked).toHaveLength(1)
  await clock.advance(1000)
  expect(await end()).toEqual([
    'user: Hi',
    'assistant: Let me look',
    ['look'],
    'tool: {"sky":"blue"}',
    'assistant: It is blue.',
  ])
  expect(model.asked).toHaveLength(2)
  expect(model.asked[1]?.map((message) => 'role' in message && message.role)).toEqual([
    'user',
    'assistant',
    'assistant',
    'tool',
  ])
})

test('two calls of one answer, one of which fails, cause one more run', async () => {
  const tools: FunctionDefinition[] = [
    { name: 'good', description: '', handler: (_args, { signal }) => (signal.aborted ? null : 1) },
    { name: 'bad', description: '', handler: () => Promise.reject(new Error('secret')) },
  ]
  const { send, end, model, context } = await converse([[call('good'), call('bad')], ['Done.']], { tools })
  await send(new LLMRunFrame())
  const history = await end()
  expect(history.slice(0, 3)).toEqual(['user: Hi', ['good', 'bad'], 'tool: 1'])
  expect(history.at(-1)).toBe('assistant: Done.')
  expect(model.asked).toHaveLength(2)
  expect(JSON.stringify(context.messages)).not.toContain('secret')
})

test('a call that an interruption cancels is in the history as cancelled, behind what was heard of its response', async () => {
  const slow: FunctionDefinition = {
    name: 'slow',
    description: '',
    handler: (_args, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const { clock, send, end, model } = await converse([['One two three. ', call('slow')]], { tools: [slow] })
  await send(new LLMRunFrame())
  await clock.advance(450)
  await send(new InterruptionFrame())
  expect(await end()).toEqual(['user: Hi', 'assistant: One', ['slow'], 'tool: CANCELLED'])
  expect(model.asked).toHaveLength(1)
})

test('a call that goes on through an interruption has its result in the history', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  const kept: FunctionDefinition = {
    name: 'kept',
    description: '',
    cancelOnInterruption: false,
    handler: () => promise,
  }
  const { clock, send, end, model } = await converse([['One two three. ', call('kept')], ['There.']], { tools: [kept] })
  await send(new LLMRunFrame())
  await clock.advance(450)
  await send(new InterruptionFrame())
  resolve('later')
  await clock.settle()
  expect(await end()).toEqual(['user: Hi', 'assistant: One', ['kept'], 'tool: "later"', 'assistant: There.'])
  expect(model.asked).toHaveLength(2)
})

test('speech of the application is in the history as far as it was heard', async () => {
  const { clock, send, end } = await converse([])
  await send(new TTSSpeakFrame('Welcome to us.'), new TTSSpeakFrame('Quiet.', { appendToContext: false }))
  await clock.advance(5000)
  await send(new TTSSpeakFrame('Call again soon.'))
  await clock.advance(1150)
  await send(new InterruptionFrame())
  expect(await end()).toEqual(['user: Hi', 'assistant: Welcome to us.', 'assistant: Call again'])
})
