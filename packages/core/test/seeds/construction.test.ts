import { describe, expect, it } from 'vitest'
import {
  AudioFilterProcessor,
  AudioMixerProcessor,
  AudioResampler,
  type ContentPart,
  defineFunction,
  defineProcessor,
  type FrameProcessor,
  type FunctionCallResultFrame,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  messageText,
  Pipeline,
  PipelineTask,
  SoundfileMixer,
  UserImageRawFrame,
  VisionService,
} from '../../src/index.ts'
import { call, tell } from '../talk.ts'
import { conversation, Echo, Recogniser, Speaker, Stage } from './stage.ts'

const PICTURE = { image: new Uint8Array(12), size: [2, 2], format: 'RGB' } as const

describe('nested pipelines', () => {
  it('a pipeline of audio filter, resampler and mixer stands in the list, and speech gets through it', async () => {
    const stage = new Stage()
    const { transport } = stage
    const rates: number[] = []
    const halving = {
      start: (sampleRate: number) => void rates.push(sampleRate),
      filter: (audio: Int16Array) => audio.map((sample) => sample / 2),
      stop: () => {},
    }
    const hum = new SoundfileMixer({
      soundFiles: { hum: { audio: new Int16Array(800).fill(10), sampleRate: 8000 } },
      volume: 1,
    })
    const doubled = defineProcessor({
      name: 'doubled',
      on: { InputAudioRawFrame: (frame) => frame.with({ audio: frame.audio.map((sample) => sample * 2) }) },
    })
    const seen: number[] = []
    const gauge = defineProcessor({
      name: 'gauge',
      on: {
        InputAudioRawFrame: (frame) => {
          seen.push(frame.sampleRate)
          return frame
        },
      },
    })
    const audioProcessingPipeline = new Pipeline([
      new AudioFilterProcessor(halving),
      new AudioResampler({ sampleRate: 8000 }),
      new AudioMixerProcessor(hum),
    ])
    const mainPipeline = new Pipeline([
      transport.input(),
      audioProcessingPipeline,
      gauge,
      doubled,
      new Recogniser({ sampleRate: 8000 }),
      new Echo(),
      new Speaker(),
      transport.output(),
    ])
    const task = new PipelineTask(mainPipeline, {}, stage.options)
    void task.run()
    await stage.clock.settle()
    await stage.say('Testing one two')
    await task.cancel()
    expect([rates, new Set(seen)]).toEqual([[16_000], new Set([8000])])
    expect(stage.heard).toEqual(['You said Testing one two.'])
    expect(conversation(task)).toEqual(['user: Testing one two', 'assistant: You said Testing one two.'])
  })
})

describe('dynamic construction', () => {
  class Eyes extends VisionService {
    override async *describeImage(): AsyncIterable<string> {
      yield 'A cat.'
    }
  }

  /** Calls the lamp's function where it may. */
  class Butler extends LLMService {
    override async *generate(context: LLMContext): AsyncIterable<LLMEvent> {
      const last = context.messages.at(-1)
      const isResult = last !== undefined && 'role' in last && last.role === 'tool'
      if (isResult) yield `It is ${messageText(last)}.`
      else yield context.tools?.find('lamp') ? call('lamp') : 'I have no hands.'
      yield { type: 'done', finishReason: 'stop' }
    }
  }

  it.each([
    [false, false, ['I have no hands.'], ['user: Light please', 'assistant: I have no hands.']],
    [
      true,
      true,
      ['A cat.', 'It is "on".'],
      ['assistant: A cat.', 'user: Light please', 'calls lamp', 'tool: "on"', 'assistant: It is "on".'],
    ],
  ])('vision %s, functions %s', async (useVision, enableFunctions, heard, messages) => {
    const stage = new Stage()
    const { transport } = stage
    const results: unknown[] = []
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const llmService = new Butler()

    const buildPipeline = (options: { useVision?: boolean; enableFunctions?: boolean } = {}): Pipeline => {
      const processors: FrameProcessor[] = [transport.input(), new Recogniser()]
      if (options.useVision) processors.push(new Eyes())
      processors.push(pair.user(), llmService)
      if (options.enableFunctions) {
        const lamp = defineFunction({ name: 'lamp', description: 'Switches the lamp', handler: () => 'on' })
        context.setTools([lamp])
        const functionHandler = defineProcessor({
          name: 'function handler',
          on: {
            FunctionCallResultFrame: (frame: FunctionCallResultFrame) => {
              results.push(frame.result)
              return frame
            },
          },
        })
        processors.push(functionHandler)
      }
      processors.push(pair.assistant(), new Speaker(), transport.output())
      return new Pipeline(processors)
    }

    const task = new PipelineTask(buildPipeline({ useVision, enableFunctions }), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    if (useVision) await task.queueFrame(new UserImageRawFrame(PICTURE, { text: 'What is it?' }))
    await stage.quiet(1000)
    await stage.say('Light please')
    await task.cancel()
    expect(stage.heard).toEqual(heard)
    expect(tell(context.messages)).toEqual(messages)
    expect(results).toEqual(enableFunctions ? ['on'] : [])
  })

  it('a picture for the context goes with the question, and the model sees both', async () => {
    const stage = new Stage()
    const { transport } = stage
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    class Seeing extends LLMService {
      override async *generate({ messages }: LLMContext): AsyncIterable<LLMEvent> {
        const parts: readonly ContentPart[] = messages.flatMap((message) =>
          'content' in message && Array.isArray(message.content) ? message.content : [],
        )
        yield `I see ${parts.filter(({ type }) => type === 'image_url').length} picture.`
      }
    }
    const list = [transport.input(), new Recogniser(), pair.user, new Seeing(), new Speaker(), transport.output()]
    const task = new PipelineTask(new Pipeline([...list, pair.assistant]), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    await task.queueFrame(
      new UserImageRawFrame({ ...PICTURE, format: 'image/png' }, { text: 'What is on it?', appendToContext: true }),
    )
    await stage.quiet(2000)
    await task.cancel()
    expect(stage.heard).toEqual(['I see 1 picture.'])
    expect(tell(context.messages)).toEqual(['user: What is on it?', 'assistant: I see 1 picture.'])
  })
})
