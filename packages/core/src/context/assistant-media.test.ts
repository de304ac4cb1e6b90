import { expect, test } from 'vitest'
import type { Frame } from '../frames/frame.ts'
import { AssistantImageRawFrame, UserImageRawFrame, UserImageRequestFrame } from '../frames/image.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import {
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMarkerFrame,
  LLMThoughtEndFrame,
  LLMThoughtStartFrame,
  LLMThoughtTextFrame,
} from '../frames/llm.ts'
import { LLMTextFrame } from '../frames/text.ts'
import { FunctionCallCancelFrame, FunctionCallInProgressFrame, FunctionCallResultFrame } from '../frames/tool.ts'
import { LLMService } from '../services/llm-service.ts'
import type { LLMEvent } from '../services/llm-types.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { LLMAssistantAggregator } from './assistant-aggregator.ts'
import { LLMContext } from './llm-context.ts'
import type { Message } from './messages.ts'

const jpeg = { image: new Uint8Array([1, 2, 3]), size: [8, 8], format: 'image/jpeg' } as const
const url = 'data:image/jpeg;base64,AQID'
const picture = { type: 'image_url', image_url: { url } }
const pixels = { image: new Uint8Array(12), size: [2, 2], format: 'RGB' } as const
const call = { functionName: 'see', toolCallId: 'a', arguments: {} }

async function run(frames: readonly (Frame | Pause)[]) {
  const context = new LLMContext()
  const aggregator = new LLMAssistantAggregator({ context })
  const thoughts: string[] = []
  const stopped: string[] = []
  aggregator.eventHandler('on_assistant_thought', ({ content }) => thoughts.push(content))
  aggregator.eventHandler('on_assistant_turn_stopped', ({ content }) => stopped.push(content))
  /** What the model would have read, at each of its runs. */
  const runs: (readonly Message[])[] = []
  const model = defineProcessor({
    name: 'model',
    direction: 'upstream',
    on: { LLMContextFrame: (frame) => void runs.push([...frame.context.messages]) },
  })
  const { down } = await runTest([model, aggregator], { frames })
  return { context, messages: context.messages, runs, thoughts, stopped, down }
}

test('a picture goes into the context when it is to, and the model runs on it once', async () => {
  const { messages, runs, down } = await run([
    new UserImageRawFrame(jpeg, { text: 'Look', appendToContext: true }),
    { pauseMs: 10 },
  ])
  expect(messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Look' }, picture] }])
  expect(runs).toEqual([messages])
  expect(down.map(({ type }) => type)).toEqual(['UserImageRawFrame'])
  const shown = await run([new UserImageRawFrame(jpeg), { pauseMs: 10 }])
  expect([shown.messages, shown.runs]).toEqual([[], []])
  const raw = await run([new UserImageRawFrame(pixels, { appendToContext: true }), { pauseMs: 10 }])
  expect(raw.runs).toHaveLength(1)
})

test('a picture that a function asked for comes with its result and triggers one run, not a loop', async () => {
  const context = new LLMContext(
    [{ role: 'user', content: 'What do you see?' }],
    [
      {
        name: 'see',
        description: 'Looks',
        handler: (_args, { llm, toolCallId }) => {
          const request = new UserImageRequestFrame({ userId: 'ann', text: 'My camera', toolCallId })
          return new Promise((resolve) => {
            llm.pushFrame(request.with({ resultCallback: resolve }), 'upstream')
          })
        },
      },
    ],
  )
  const asked: (readonly Message[])[] = []
  class Model extends LLMService {
    override async *generate({ messages }: LLMContext): AsyncIterable<LLMEvent> {
      asked.push([...messages])
      if (asked.length === 1) yield { type: 'toolCall', id: 'a', name: 'see', arguments: '{}' }
      else yield 'A cat.'
      yield { type: 'done', finishReason: 'stop' }
    }
  }
  const camera = defineProcessor({
    name: 'camera',
    on: {
      UserImageRequestFrame: (request, ctx) =>
        ctx.push(new UserImageRawFrame(jpeg, { userId: request.userId, request }), 'downstream'),
    },
  })
  await runTest([camera, new Model({ name: 'model' }), new LLMAssistantAggregator({ context })], {
    frames: [new LLMContextFrame(context), { pauseMs: 100 }],
  })
  expect(asked).toHaveLength(2)
  expect(asked[1]?.slice(1)).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a' }] },
    { role: 'tool', tool_call_id: 'a', content: 'COMPLETED' },
    { role: 'user', content: [{ type: 'text', text: 'My camera' }, picture] },
  ])
})

test('a picture without a callback waits for the result of its call; without a call that runs it is forgotten', async () => {
  const request = new UserImageRequestFrame({ userId: 'ann', toolCallId: 'a' })
  const image = new UserImageRawFrame(jpeg, { request })
  const { messages, runs } = await run([
    new FunctionCallInProgressFrame(call),
    image,
    { pauseMs: 10 },
    new FunctionCallResultFrame(call, { ok: true }),
    { pauseMs: 10 },
  ])
  expect(messages.slice(1)).toMatchObject([{ role: 'tool' }, { role: 'user', content: [picture] }])
  expect(runs).toHaveLength(1)
  const cancelled = await run([
    new FunctionCallInProgressFrame(call),
    image,
    { pauseMs: 10 },
    new FunctionCallCancelFrame('see', 'a'),
    image,
    { pauseMs: 10 },
  ])
  expect(cancelled.messages).toHaveLength(2)
  expect(cancelled.runs).toHaveLength(0)
})

test('a picture that the model made is a message of the assistant, as the model gave it', async () => {
  const original = { data: new Uint8Array([9]), mimeType: 'image/webp' }
  const { messages } = await run([new AssistantImageRawFrame(pixels, original), { pauseMs: 10 }])
  expect(messages).toEqual([
    { role: 'assistant', content: [{ type: 'image_url', image_url: { url: 'data:image/webp;base64,CQ==' } }] },
  ])
})

const thought = (start: LLMThoughtStartFrame): Frame[] => [
  new LLMFullResponseStartFrame(),
  start,
  new LLMThoughtTextFrame('They want '),
  new LLMThoughtTextFrame('tea.'),
  new LLMThoughtEndFrame('sig'),
  new LLMTextFrame('Tea?'),
  new LLMFullResponseEndFrame(),
]

test('a thought is told, and stands ahead of what came of it where its provider wants it back', async () => {
  const kept = await run(thought(new LLMThoughtStartFrame({ appendToContext: true, llm: 'anthropic' })))
  expect(kept.messages).toEqual([
    { llm: 'anthropic', message: { type: 'thought', text: 'They want tea.', signature: 'sig' } },
    { role: 'assistant', content: 'Tea?' },
  ])
  expect(kept.thoughts).toEqual(['They want tea.'])
  const told = await run(thought(new LLMThoughtStartFrame()))
  expect(told.messages).toEqual([{ role: 'assistant', content: 'Tea?' }])
  expect(told.thoughts).toEqual(['They want tea.'])
  expect(() => new LLMThoughtStartFrame({ appendToContext: true })).toThrow('needs `llm`')
})

test('a thought that an interruption cuts is forgotten', async () => {
  const { messages, thoughts } = await run([
    new LLMThoughtStartFrame({ appendToContext: true, llm: 'anthropic' }),
    new LLMThoughtTextFrame('They'),
    new InterruptionFrame(),
    new LLMThoughtEndFrame(),
  ])
  expect([messages, thoughts]).toEqual([[], []])
})

test('a marker is a message of its own at once, or part of the message and not of what is reported', async () => {
  const own = await run([new LLMMarkerFrame('○')])
  expect(own.messages).toEqual([{ role: 'assistant', content: '○' }])
  expect(own.down.map(({ type }) => type)).toEqual([
    'LLMContextFrame',
    'LLMContextAssistantTimestampFrame',
    'LLMMarkerFrame',
  ])
  const part = await run([
    new LLMFullResponseStartFrame(),
    new LLMMarkerFrame('✓', { appendToContextImmediately: false }),
    new LLMTextFrame('Sure.'),
    new LLMFullResponseEndFrame(),
  ])
  expect(part.messages).toEqual([{ role: 'assistant', content: '✓ Sure.' }])
  expect(part.stopped).toEqual(['Sure.'])
  expect(part.down.find(({ type }) => type === 'LLMContextAssistantTurnFrame')).toMatchObject({ text: 'Sure.' })
})
