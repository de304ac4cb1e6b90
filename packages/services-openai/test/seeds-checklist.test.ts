import {
  EndFrame,
  type Frame,
  FunctionCallFrame,
  FunctionSchema,
  LLMContext,
  LLMContextAggregatorPair,
  LLMMessagesFrame,
  LLMRunFrame,
  LLMTextFrame,
  Pipeline,
  PipelineTask,
  TextFrame,
} from '@pc/core'
import { type Emulators, type RecordedHttp, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OpenAILLMService } from '../src/index.ts'
import { runLive } from './run-live.ts'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
  emulators.openai.apiKeys.add('your_openai_key')
})
afterAll(() => emulators.close())

const requests = (): RecordedHttp[] =>
  emulators.requests.filter((message): message is RecordedHttp => message.kind === 'http')

describe('document A, the complete technical guide', () => {
  it('A12: OpenAILLMService with apiKey, model, baseUrl, temperature, streaming and tools', async () => {
    const llm = (): OpenAILLMService =>
      new OpenAILLMService({
        apiKey: 'your_openai_key',
        model: 'gpt-4o',
        baseUrl: emulators.openai.baseUrl,
        temperature: 0.7,
      })
    const messages = [{ role: 'user', content: 'What time is it?' }] as const

    emulators.openai.chat.reply('It is half past two in the afternoon.')
    const { down, errors } = await runLive(llm(), [new LLMMessagesFrame(messages)])
    const texts = down.filter((frame) => frame instanceof TextFrame)
    expect(errors).toEqual([])
    expect(texts.map(({ text }) => text).join('')).toBe('It is half past two in the afternoon.')
    expect(texts.length).toBeGreaterThan(3)
    expect(requests()[0]?.body).toMatchObject({ model: 'gpt-4o', messages, temperature: 0.7, stream: true })

    const size = { type: 'string', enum: ['small', 'medium', 'large'] } as const
    const asked: unknown[] = []
    const order = new FunctionSchema({
      name: 'select_pizza_size',
      description: 'Select the size of pizza the customer wants',
      properties: { size },
      required: ['size'],
      handler: (args) => {
        asked.push(args)
        return { status: 'success' }
      },
    })
    emulators.openai.chat.reply({ toolCalls: [{ name: order.name, arguments: { size: 'large' }, id: 'call_1' }] })
    emulators.openai.chat.reply('A large one, then.')
    const context = new LLMContext([{ role: 'user', content: 'A large pizza, please.' }], [order])
    const { user, assistant } = new LLMContextAggregatorPair(context)
    const task = new PipelineTask(new Pipeline([user, llm(), assistant]), {}, { defaultParts: false })
    const seen: Frame[] = []
    const answered = new Promise<void>((resolve) => {
      task.on('frameReachedDownstream', (frame) => {
        seen.push(frame)
        if (frame instanceof LLMTextFrame && frame.text.includes('then')) resolve()
      })
    })
    const run = task.run()
    await task.queueFrame(new LLMRunFrame())
    await answered
    await task.queueFrame(new EndFrame())
    await run
    expect(requests()[1]?.body).toMatchObject({
      tools: [{ function: { name: 'select_pizza_size', parameters: { properties: { size }, required: ['size'] } } }],
    })
    expect(seen.filter((frame) => frame instanceof FunctionCallFrame)).toMatchObject([
      { functionName: 'select_pizza_size', arguments: { size: 'large' }, toolCallId: 'call_1' },
    ])
    expect(asked).toEqual([{ size: 'large' }])
    expect(context.messages.at(-1)).toEqual({ role: 'assistant', content: 'A large one, then.' })
  })
})
