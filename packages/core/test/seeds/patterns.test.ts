import { describe, expect, it } from 'vitest'
import {
  FrameProcessor,
  InputImageRawFrame,
  LLMContext,
  LLMContextAggregatorPair,
  LLMRunFrame,
  type OutputImageRawFrame,
  Pipeline,
  PipelineRunner,
  PipelineTask,
  type RenderSpeechOptions,
  TurnAnalyzer,
  type TurnVerdict,
  UserImageRawFrame,
  type VideoEvent,
  VideoService,
  VisionService,
} from '../../src/index.ts'
import { tell } from '../talk.ts'
import { conversation, Echo, type LocalTransport, LoudnessAnalyzer, Recogniser, Speaker, Stage } from './stage.ts'

const PICTURE = { image: new Uint8Array(12), size: [2, 2], format: 'RGB' } as const

describe('the guide', () => {
  it('a function that makes pipeline and transport: the plainest list hears, answers and remembers', async () => {
    const stage = new Stage()
    const createPipeline = (): { pipeline: Pipeline; transport: LocalTransport } => {
      const { transport } = stage
      const [stt, llm, tts] = [new Recogniser(), new Echo(), new Speaker()]
      return { pipeline: new Pipeline([transport.input(), stt, llm, tts, transport.output()]), transport }
    }
    const { pipeline, transport } = createPipeline()
    const task = new PipelineTask(pipeline, {}, stage.options)
    const run = new PipelineRunner().run(task)
    await stage.clock.settle()
    await stage.say('Hello')
    await stage.say('Goodbye')
    await task.stopWhenDone()
    await stage.clock.advance(5000)
    await run
    expect(transport).toBe(stage.transport)
    expect(stage.heard).toEqual(['You said Hello.', 'You said Goodbye.'])
    expect(conversation(task)).toEqual([
      'user: Hello',
      'assistant: You said Hello.',
      'user: Goodbye',
      'assistant: You said Goodbye.',
    ])
  })
})

describe('the developer reference', () => {
  it('a basic voice assistant: voice detection stands in the list', async () => {
    const stage = new Stage()
    const { transport } = stage
    const vad = new LoudnessAnalyzer({ stopSecs: 0.2 })
    const list = [transport.input(), vad, new Recogniser(), new Echo(), new Speaker(), transport.output()]
    const task = new PipelineTask(new Pipeline(list), {}, stage.options)
    const run = new PipelineRunner().run(task)
    await stage.clock.settle()
    await stage.say('What time is it')
    await task.cancel()
    await run
    expect(stage.heard).toEqual(['You said What time is it.'])
    expect(conversation(task)).toEqual(['user: What time is it', 'assistant: You said What time is it.'])
  })

  it.each([0.1, 0.2, 0.5])('voice detection that waits for %d s of silence answers so much later', async (stopSecs) => {
    const stage = new Stage()
    const { transport } = stage
    const vad = new LoudnessAnalyzer({ stopSecs })
    const list = [transport.input(), vad, new Recogniser(), new Echo(), new Speaker(), transport.output()]
    const task = new PipelineTask(new Pipeline(list), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    const stopped: number[] = []
    task.addObserver({
      frames: ['VADUserStoppedSpeakingFrame'],
      onPushFrame: () => void stopped.push(stage.clock.nowMs()),
    })
    await stage.say('Hello')
    await task.cancel()
    const spokenMs = 5 * 40
    expect(stopped[0]! - spokenMs - stopSecs * 1000).toBeGreaterThanOrEqual(0)
    expect(stopped[0]! - spokenMs - stopSecs * 1000).toBeLessThanOrEqual(60)
    expect(stage.heard).toEqual(['You said Hello.'])
    expect(conversation(task)).toEqual(['user: Hello', 'assistant: You said Hello.'])
  })

  it('a complete bot with context: it greets who connects, and the pair shares one context', async () => {
    const stage = new Stage()
    const { transport } = stage
    const messages = [{ role: 'system', content: 'You are a helpful daily assistant.' }] as const
    const context = new LLMContext({ messages })
    const contextAggregator = new LLMContextAggregatorPair({ user: context, assistant: context })
    const pipeline = new Pipeline([
      transport.input(),
      new LoudnessAnalyzer(),
      new Recogniser(),
      contextAggregator.user(),
      new Echo(),
      new Speaker(),
      transport.output(),
      contextAggregator.assistant(),
    ])
    const task = new PipelineTask(pipeline, {}, stage.options)
    const clients: string[] = []
    transport.eventHandler('on_client_connected', async (client) => {
      clients.push(`${client} is here`)
      await task.queueFrame(new LLMRunFrame())
    })
    transport.eventHandler('on_client_disconnected', async (client) => {
      clients.push(`${client} has gone`)
      await task.cancel()
    })
    const run = new PipelineRunner().run(task)
    await stage.clock.settle()
    transport.connect('Ann')
    await stage.quiet(1000)
    await stage.say('Hello')
    transport.leave('Ann')
    await stage.clock.advance(1000)
    await run
    expect(clients).toEqual(['Ann is here', 'Ann has gone'])
    expect(stage.heard).toEqual(['Welcome.', 'You said Hello.'])
    expect(tell(context.messages)).toEqual([
      'system: You are a helpful daily assistant.',
      'assistant: Welcome.',
      'user: Hello',
      'assistant: You said Hello.',
    ])
  })

  it('voice and vision: a picture is described aloud, and the agent has a face', async () => {
    class Eyes extends VisionService {
      override async *describeImage({ size }: UserImageRawFrame): AsyncIterable<string> {
        yield `I see ${size.join(' by ')} pixels.`
      }
    }
    class Face extends VideoService {
      override async *renderSpeech(
        audio: AsyncIterable<Int16Array>,
        _options: RenderSpeechOptions,
      ): AsyncIterable<VideoEvent> {
        for await (const piece of audio) {
          yield { type: 'image', ...PICTURE }
          yield { type: 'audio', audio: piece }
        }
      }
    }
    const stage = new Stage()
    const { transport } = stage
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const pipeline = new Pipeline([
      transport.input(),
      new LoudnessAnalyzer(),
      new Recogniser(),
      new Eyes(),
      pair.user(),
      new Echo(),
      new Speaker(),
      new Face(),
      transport.output(),
      pair.assistant(),
    ])
    const task = new PipelineTask(pipeline, {}, stage.options)
    const shown: OutputImageRawFrame[] = []
    task.on('frameReachedDownstream', (frame) => {
      if (frame.type === 'OutputImageRawFrame') shown.push(frame as OutputImageRawFrame)
    })
    void task.run()
    await stage.clock.settle()
    await task.queueFrames([
      new InputImageRawFrame(PICTURE),
      new UserImageRawFrame(PICTURE, { text: 'What do you see?' }),
    ])
    await stage.quiet(2000)
    await stage.say('Thanks')
    await task.cancel()
    expect(stage.heard).toEqual(['I see 2 by 2 pixels.', 'You said Thanks.'])
    expect(shown.map(({ size }) => size)).toEqual([
      [2, 2],
      [2, 2],
    ])
    expect(tell(context.messages)).toEqual([
      'assistant: I see 2 by 2 pixels.',
      'user: Thanks',
      'assistant: You said Thanks.',
    ])
  })

  it('turn management: an analyzer in the list lets the user think, and ends the turn when they have finished', async () => {
    class FullStop extends TurnAnalyzer {
      #last = 0
      override appendAudio(audio: Int16Array): boolean {
        this.#last = audio.findLast((sample) => sample > 2000) ?? this.#last
        return false
      }
      override async analyze(): Promise<TurnVerdict> {
        return { complete: Math.round(this.#last / 100) === '.'.charCodeAt(0) }
      }
      override clear(): void {
        this.#last = 0
      }
    }
    const stage = new Stage()
    const { transport } = stage
    const vad = new LoudnessAnalyzer({ stopSecs: 0.2 })
    const list = [transport.input(), vad, new FullStop(), new Recogniser(), new Echo(), new Speaker()]
    const task = new PipelineTask(new Pipeline([...list, transport.output()]), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    await stage.say('My number is', 1500)
    expect(stage.heard).toEqual([])
    await stage.say('five.', 3000)
    await task.cancel()
    expect(stage.heard).toEqual(['You said My number is five..'])
    expect(conversation(task)).toEqual(['user: My number is five.', 'assistant: You said My number is five..'])
  })

  it('frames that nobody handles pass the whole list, both ways', async () => {
    const stage = new Stage()
    const { transport } = stage
    const rest = new FrameProcessor('rest')
    const list = [transport.input(), new Recogniser(), rest, new Echo(), new Speaker(), transport.output()]
    const task = new PipelineTask(new Pipeline(list), {}, stage.options)
    const ends: string[] = []
    task.on('frameReachedDownstream', ({ type }) => ends.push(`down ${type}`))
    task.on('frameReachedUpstream', ({ type }) => ends.push(`up ${type}`))
    void task.run()
    await stage.clock.settle()
    ends.length = 0
    rest.broadcastFrame(new InputImageRawFrame(PICTURE))
    await stage.clock.settle()
    await task.cancel()
    expect(ends.toSorted()).toEqual(['down InputImageRawFrame', 'up InputImageRawFrame'])
  })
})
