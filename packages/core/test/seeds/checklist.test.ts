import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  type AnyFrame,
  AudioFilterProcessor,
  AudioMixerProcessor,
  AudioProcessor,
  AudioResampler,
  type BaseClock,
  BaseInputTransport,
  BaseObject,
  BaseOutputTransport,
  type BasePipeline,
  type BasePipelineTask,
  BaseTransport,
  BotStoppedSpeakingFrame,
  CancelFrame,
  defineFunction,
  EndFrame,
  type Frame,
  type FrameContext,
  FrameDirection,
  FrameProcessor,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  InputAudioRawFrame,
  InterimTranscriptionFrame,
  InterruptionFrame,
  LLMAssistantContextAggregator,
  LLMContext,
  LLMContextAggregatorPair,
  LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesFrame,
  LLMProcessor,
  LLMRunFrame,
  LLMService,
  LLMSummarizeContextFrame,
  LLMSwitcher,
  LLMTextFrame,
  LLMUserContextAggregator,
  ManuallySwitchServiceFrame,
  messageText,
  OpenAILLMContext,
  OpenAILLMContextFrame,
  OutputAudioRawFrame,
  ParallelPipeline,
  Pipeline,
  PipelineParams,
  PipelineRunner,
  PipelineSink,
  PipelineSource,
  PipelineTask,
  ServiceSwitcher,
  ServiceSwitcherStrategyFailover,
  ServiceSwitcherStrategyManual,
  ServiceSwitcherStrategyRoundRobin,
  StartFrame,
  Supervisor,
  SyncParallelPipeline,
  TextFrame,
  TranscriptionFrame,
  TransportParams,
  TTSAudioRawFrame,
  TTSService,
  TTSSpeakFrame,
  TTSTextFrame,
  TurnAnalyzer,
  type TurnVerdict,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  VADAnalyzer,
  type VideoEvent,
  VideoService,
  VisionService,
  AudioFrame,
  BotMessageFrame,
  FunctionCallFrame,
  UserMessageFrame,
} from '../../src/index.ts'
import { TestClock } from '../../src/testing/index.ts'
import { Probe, rig, started, textOf } from '../support.ts'
import { provenIn } from './proven-in.ts'

const AUDIO = new Int16Array([1, 2, 3, 4])

const inFlows = 'flows/test/seeds-checklist.test.ts'

/** A language model that repeats what the user said. */
class EchoLLM extends LLMService {
  override async *generate(context: LLMContext): AsyncIterable<string> {
    const last = context.messages.at(-1)
    yield `You said: ${last !== undefined && 'content' in last ? messageText(last) : ''}`
  }
}

class BriefLLM extends LLMService {
  override async *generate(): AsyncIterable<string> {
    yield 'Yes.'
  }
}

class BrokenLLM extends LLMService {
  override generate(): AsyncIterable<string> {
    throw new Error('out of order')
  }
}

class SilentTTS extends TTSService {
  override async *synthesize(): AsyncIterable<Int16Array> {
    yield new Int16Array(480)
  }
}

class SilentOutput extends BaseOutputTransport {
  protected writeAudio(): void {}
  protected writeMessage(): void {}
}

class Microphone extends BaseInputTransport {}

class QuietVAD extends VADAnalyzer {
  readonly windowSamples = 512
  async load(): Promise<void> {}
  confidence(): number {
    return 0
  }
  resetModel(): void {}
}

class Patient extends TurnAnalyzer {
  override appendAudio(): boolean {
    return false
  }
  override async analyze(): Promise<TurnVerdict> {
    return { complete: false }
  }
  override clear(): void {}
}

class LocalTransport extends BaseTransport<string> {
  stopped = 0
  connect(client: string): void {
    this.emit('clientConnected', client)
  }
  leave(client: string): void {
    this.emit('clientDisconnected', client)
  }
  override async stop(): Promise<void> {
    this.stopped++
  }
  protected override createInput(): BaseInputTransport {
    return new Microphone({ name: 'input' })
  }
  protected override createOutput(): BaseOutputTransport {
    return new SilentOutput({ name: 'output' })
  }
}

const upper = (name = 'upper'): FrameProcessor =>
  new Probe(name, (frame, direction, ctx) => {
    ctx.push(frame.type === 'TextFrame' ? frame.with({ text: frame.text.toUpperCase() }) : frame, direction)
  })

const typesOf = (frames: readonly Frame[]): string[] => frames.map(({ type }) => type)

describe('document A, the complete technical guide', () => {
  provenIn(
    'A1: the application layer (flow manager, adapters, actions) stands on pipeline and foundation in @pc/flows',
    inFlows,
  )
  it('A1: the pipeline layer has transports, processors, services and pipelines; the foundation frames and tasks', () => {
    for (const layer of [BaseTransport, FrameProcessor, LLMService, Pipeline, StartFrame, PipelineTask]) {
      expect(layer).toBeTypeOf('function')
    }
  })

  it('A2: a service is swapped for another without any change around it', async () => {
    const answers: string[] = []
    for (const llm of [new EchoLLM(), new BriefLLM()]) {
      const context = new LLMContext({ messages: [{ role: 'user', content: 'Hi' }] })
      const pair = new LLMContextAggregatorPair(context)
      const { task, clock } = await started([pair.user, llm, new SilentTTS(), new SilentOutput(), pair.assistant])
      await task.queueFrame(new LLMRunFrame())
      await clock.advance(1000)
      answers.push(...context.messages.slice(1).map((message) => ('content' in message ? messageText(message) : '')))
    }
    expect(answers).toEqual(['You said: Hi', 'Yes.'])
  })
  it.todo('A2: video beside audio, and a visual editor of flows on the web')

  it('A3: TextFrame and LLMMessagesFrame are built as the guide builds them', () => {
    expect(new TextFrame('hello')).toMatchObject({ type: 'TextFrame', text: 'hello' })
    const messages = [{ role: 'user', content: 'Hi' }] as const
    expect(new LLMMessagesFrame(messages).messages).toEqual(messages)
  })
  it('A3: audio, what user and agent say, and calls travel as frames with the fields of the guide', () => {
    expect(new InputAudioRawFrame(AUDIO, 16_000, 1)).toMatchObject({ audio: AUDIO, sampleRate: 16_000, numChannels: 1 })
    expect(new TranscriptionFrame('Hi', 'ann', '2026-01-01T00:00:00Z')).toMatchObject({
      text: 'Hi',
      timestamp: '2026-01-01T00:00:00Z',
    })
    expect(new TTSTextFrame('Hello.', 'sentence')).toMatchObject({ text: 'Hello.' })
    const call = { functionName: 'order', arguments: { size: 'small' }, toolCallId: '1' }
    expect(new FunctionCallInProgressFrame(call)).toMatchObject(call)
  })
  it('A3: AudioFrame, UserMessageFrame, BotMessageFrame and FunctionCallFrame as names of frames to build', () => {
    const audio = new AudioFrame(new Uint8Array(AUDIO.buffer, AUDIO.byteOffset, AUDIO.byteLength), 16_000, 1)
    expect(audio).toMatchObject({ type: 'InputAudioRawFrame', audio: AUDIO, sampleRate: 16_000, numChannels: 1 })
    expect(audio instanceof AudioFrame).toBe(true)
    expect(new TTSAudioRawFrame(AUDIO, 16_000) instanceof AudioFrame).toBe(true)
    expect(new TextFrame('hello') instanceof AudioFrame).toBe(false)

    const said = new UserMessageFrame('Hi', 1_767_225_600)
    expect(said instanceof UserMessageFrame).toBe(true)
    expect(said).toMatchObject({ text: 'Hi', timestamp: '2026-01-01T00:00:00.000Z', finalized: true })
    const answer = new BotMessageFrame('Hello.', 12)
    expect(answer instanceof BotMessageFrame).toBe(true)
    expect(answer).toMatchObject({ text: 'Hello.', metadata: { timestamp: 12 } })
    const call = new FunctionCallFrame('order', { size: 'small' }, '1')
    expect(call instanceof FunctionCallFrame).toBe(true)
    expect(call).toMatchObject({ functionName: 'order', arguments: { size: 'small' }, toolCallId: '1' })
  })

  it('A4: a FrameProcessor has a name, overrides processFrame and sends on with pushFrame in a FrameDirection', async () => {
    class Shout extends FrameProcessor {
      override processFrame(frame: AnyFrame, direction: FrameDirection): void {
        this.pushFrame(frame.type === 'TextFrame' ? new TextFrame(`${frame.text}!`) : frame, direction)
      }
    }
    const shout = new Shout('shout')
    expect(shout.name).toBe('shout')
    expect(FrameDirection).toEqual({ DOWNSTREAM: 'downstream', UPSTREAM: 'upstream' })
    const { task, texts, up } = await started([shout])
    await task.queueFrame(new TextFrame('hello'))
    await task.queueFrame(new TextFrame('back'), FrameDirection.UPSTREAM)
    expect(texts()).toEqual(['hello!'])
    expect(up).toMatchObject([{ text: 'back!' }])
  })
  it('A4: AudioProcessor.processAudio and LLMProcessor.processLLMMessages as points to override', async () => {
    class Louder extends AudioProcessor {
      override processAudio(frame: AudioFrame, direction: FrameDirection): void {
        this.pushFrame(frame.with({ audio: frame.audio.map((sample) => sample * 2) }), direction)
      }
    }
    class Counting extends LLMProcessor {
      override processLLMMessages(frame: LLMMessagesFrame, direction: FrameDirection): void {
        this.pushFrame(new LLMTextFrame(`${frame.messages.length} messages.`), direction)
      }
    }
    const { task, clock, down } = await started([new Louder(), new Counting()])
    await task.queueFrames([new OutputAudioRawFrame(AUDIO, 8000), new LLMContextFrame(new LLMContext())])
    await clock.settle()
    expect(down).toMatchObject([
      { audio: new Int16Array([2, 4, 6, 8]) },
      { type: 'LLMFullResponseStartFrame' },
      { text: '0 messages.' },
      { type: 'LLMFullResponseEndFrame' },
    ])
  })

  it('A5: a function builds Pipeline([input, stt, llm, tts, output]) and returns it with its transport', () => {
    const build = (): { pipeline: Pipeline; transport: LocalTransport } => {
      const transport = new LocalTransport()
      const parts = [new FrameProcessor('stt'), new EchoLLM({ name: 'llm' }), new SilentTTS({ name: 'tts' })]
      return { pipeline: new Pipeline([transport.input(), ...parts, transport.output()]), transport }
    }
    const { pipeline, transport } = build()
    expect(pipeline.getProcessors().map(({ name }) => name)).toEqual(['input', 'stt', 'llm', 'tts', 'output'])
    expect(pipeline.getProcessors()[0]).toBe(transport.input())
  })

  provenIn('A6: FlowManager in static and dynamic mode, state, currentNode, currentFunctions, setNode', inFlows)
  provenIn('A7: FlowConfig and NodeConfig, adapters per model format, actions as side effects', inFlows)
  provenIn('A8: FlowsFunctionSchema with transition_to and enum properties, FlowArgs, FlowResult', inFlows)

  it('A9: the schema of a direct function is derived from its parameters, and its handler runs', async () => {
    const order = defineFunction({
      name: 'order',
      description: 'Orders a pizza',
      parameters: z.object({ size: z.enum(['small', 'large']) }),
      handler: async ({ size }) => `a ${size} one`,
    })
    expect(order).toMatchObject({ properties: { size: { enum: ['small', 'large'] } }, required: ['size'] })
    const llm = new EchoLLM()
    llm.registerDirectFunction(order)
    expect(llm.hasFunction('order')).toBe(true)
  })
  provenIn(
    'A9: direct functions of flows get the manager first and return [result, nextNode] or [error, null]',
    inFlows,
  )

  it.todo('A10: DailyTransport with its options and events')
  it.todo('A11: LiveKitTransport with its options and events, and local audio')

  it('A12: a language model that fails says an apology', async () => {
    const llm = new BrokenLLM({ onLLMError: { say: 'I am sorry.' } })
    const { task, clock, down } = await started([llm])
    await task.queueFrame(new LLMContextFrame(new LLMContext()))
    await clock.advance(60_000)
    expect(down.find((frame): frame is TTSSpeakFrame => frame.type === 'TTSSpeakFrame')?.text).toBe('I am sorry.')
  })
  provenIn(
    'A12: OpenAILLMService with apiKey, model, baseUrl, temperature, streaming and tools',
    'services-openai/test/seeds-checklist.test.ts',
  )
  it.todo('A13: ElevenLabsTTSService with voice, model, stability, similarity boost, streaming and sample rate')
  provenIn(
    'A14: DeepgramSTTService with model, language, interim results, smart format and endpointing over a websocket',
    'services-deepgram/test/seeds-checklist.test.ts',
  )
  provenIn('A15: MultiAgentFlowManager routes to named agents with a handoff context', inFlows)
  provenIn('A16: OptimizedFlowManager with caches, rate limiter and metrics as opt-in middleware', inFlows)
  provenIn('A17: the examples pizza size selection and appointment booking with confirmation', inFlows)
})

describe('document B, the developer reference', () => {
  it.todo('B1: an answer begins within 500 to 800 ms, as a gate of the bench with real providers')
  it.todo('B2: one example each for assistant, phone service, multimodal, storytelling, voice game and automation')

  it('B3: the full list runs with aggregators as functions, and frames that nobody handles pass both ways', async () => {
    const pair = new LLMContextAggregatorPair(new LLMContext())
    const list = [new Microphone(), new FrameProcessor('stt'), pair.user(), new EchoLLM(), new SilentTTS()]
    const { task, down, up } = await started([...list, new SilentOutput(), pair.assistant()])
    await task.queueFrame(new UserStartedSpeakingFrame())
    await task.queueFrame(new UserStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
    expect(typesOf(down)).toContain('UserStartedSpeakingFrame')
    expect(typesOf(up)).toContain('UserStoppedSpeakingFrame')
  })
  provenIn('B3: rtvi as a processor of the list', 'rtvi/test/seeds-checklist.test.ts')

  it('B4: a voice activity analyzer stands in the list itself and runs where it stands', () => {
    const list = [new Microphone({ name: 'input' }), new QuietVAD(), new FrameProcessor('stt')]
    const names = new Pipeline(list).getProcessors().map(({ constructor }) => constructor.name)
    expect(names).toEqual(['Microphone', 'VADProcessor', 'FrameProcessor'])
  })
  it('B4: vision, video and a turn analyzer stand in the list', () => {
    class Eyes extends VisionService {
      override async *describeImage(): AsyncIterable<string> {}
    }
    class Face extends VideoService {
      override async *renderSpeech(): AsyncIterable<VideoEvent> {}
    }
    const list = [new Microphone(), new QuietVAD(), new Patient(), new FrameProcessor('stt'), new Eyes(), new Face()]
    const names = new Pipeline(list).getProcessors().map(({ constructor }) => constructor.name)
    expect(names).toEqual(['Microphone', 'VADProcessor', 'TurnAnalyzerProcessor', 'FrameProcessor', 'Eyes', 'Face'])
  })
  provenIn('B4: LocalSmartTurnAnalyzerV3 in the list', 'turn-smart/test/seeds-checklist.test.ts')

  it('B5: the profiles of voice activity stop after 0.1, 0.2 and 0.5 s', () => {
    expect([0.1, 0.2, 0.5].map((stopSecs) => new QuietVAD({ params: { stopSecs } }).params.stopSecs)).toEqual([
      0.1, 0.2, 0.5,
    ])
  })

  it('B6: task, runner, params and LLMRunFrame; a transport tells when its client comes and goes', async () => {
    const clock = new TestClock()
    const transport = new LocalTransport()
    const task = new PipelineTask(
      new Pipeline([transport.input(), new FrameProcessor('rest')]),
      new PipelineParams({ enableMetrics: true }),
      { clock, idleTimeoutSecs: null },
    )
    const seen: string[] = []
    transport.eventHandler('on_client_connected', async (client) => {
      seen.push(`${client} came`)
      await task.queueFrame(new LLMRunFrame())
    })
    transport.eventHandler('on_client_disconnected', async (client) => {
      seen.push(`${client} left`)
      await task.cancel()
    })
    task.on('frameReachedDownstream', ({ type }) => seen.push(type))
    const run = new PipelineRunner().run(task)
    await clock.settle()
    transport.connect('ann')
    await clock.settle()
    transport.leave('ann')
    await clock.advance(1000)
    await run
    expect(seen).toEqual(['ann came', 'LLMRunFrame', 'ann left'])
    expect(task.hasFinished()).toBe(true)
  })

  it('B7: LLMContextAggregatorPair takes user= and assistant=, context=, or the context alone', () => {
    const context = new LLMContext({ messages: [{ role: 'system', content: 'Be brief.' }] })
    for (const pair of [
      new LLMContextAggregatorPair({ user: context, assistant: context }),
      new LLMContextAggregatorPair({ context }),
      new LLMContextAggregatorPair(context),
    ]) {
      expect([pair.user().context, pair.assistant().context]).toEqual([context, context])
      expect(pair.user()).toBe(pair.user())
    }
  })

  it.todo('B8: AssemblyAI, Whisper, Cartesia, ElevenLabs, Google, Azure, Anthropic, Gemini, HeyGen, Tavus and mem0')
  it.todo('B9: transports for WebRTC, Daily and Twilio')

  it('B10: messages have the OpenAI format, and the application prunes and replaces them', () => {
    const context = new LLMContext([{ role: 'system', content: 'The user likes tea.' }])
    context.addMessage({ role: 'user', content: 'Hi' })
    context.addMessage({ role: 'assistant', content: 'Hello.' })
    context.setMessages(context.messages.slice(0, 1))
    expect(context.messages).toEqual([{ role: 'system', content: 'The user likes tea.' }])
  })
  it('B10: what is old of a long conversation is summarised, and the instructions stay', async () => {
    class Summariser extends LLMService {
      override async *generate(): AsyncIterable<string> {
        yield 'The user likes tea.'
      }
    }
    const context = new LLMContext([{ role: 'system', content: 'Be brief.' }])
    for (let i = 0; i < 4; i++) {
      context.addMessage({ role: 'user', content: `question ${i}` })
      context.addMessage({ role: 'assistant', content: `answer ${i}` })
    }
    const { assistant } = new LLMContextAggregatorPair(context)
    const { task, clock } = await started([new Summariser(), assistant])
    await task.queueFrame(new LLMSummarizeContextFrame({ minMessagesAfterSummary: 2 }))
    await clock.advance(1000)
    expect(context.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Conversation summary: The user likes tea.' },
      { role: 'user', content: 'question 3' },
      { role: 'assistant', content: 'answer 3' },
    ])
  })

  it.todo('B11: the quickstart serves its client at /client on port 7860 and starts within a second')
  it.todo('B12: a meta package that installs every provider')
  it.todo('B13: generators for Dockerfile and pcc-deploy.toml, and a server of the same shape')
  it.todo('B14: use cases with tools: calendar, tasks, retrieval with sources, smart home, messages, personalisation')

  it('B15: metrics and usage metrics are switched on in the params and reach a handler of on_metrics', async () => {
    const metrics: string[] = []
    const { task, clock } = rig([new EchoLLM()], { enableMetrics: true, enableUsageMetrics: true })
    task.eventHandler('on_metrics', ({ data }) => metrics.push(...data.map(({ kind }) => kind)))
    await clock.settle()
    await task.queueFrame(new LLMContextFrame(new LLMContext()))
    await clock.advance(1000)
    expect(metrics).toContain('ttfb')
    expect(metrics).toContain('processing')
  })
  it.todo('B15: sentry_dsn and configure_opentelemetry()')

  it('B16: a failure of one frame is reported and the pipeline goes on', async () => {
    const failing = new Probe('failing', (frame, direction, ctx) => {
      if (frame.type === 'TextFrame' && frame.text === 'bad') throw new Error('cannot')
      ctx.push(frame, direction)
    })
    const { task, errors, texts } = await started([failing])
    await task.queueFrames([new TextFrame('bad'), new TextFrame('good')])
    expect(errors).toEqual(['failing: cannot'])
    expect(texts()).toEqual(['good'])
  })
  it('B16: a supervisor that restarts a pipeline', async () => {
    const clock = new TestClock()
    const attempts: number[] = []
    const start = (attempt: number): PipelineTask => {
      attempts.push(attempt)
      const broken = new Probe('broken', function (frame, direction, ctx) {
        if (attempt === 0) this.pushError(new Error('lost'), { fatal: true })
        ctx.push(frame, direction)
      })
      const task = new PipelineTask(new Pipeline([broken]), {}, { clock })
      void task.queueFrame(attempt === 0 ? new TextFrame('hi') : new EndFrame())
      return task
    }
    const run = new Supervisor({ start, clock }).run()
    await clock.advance(10_000)
    await run
    expect(attempts).toEqual([0, 1])
  })

  it.todo('B17: authentication of sessions, a store with limits and deletion, and a redactor')
  it.todo('B18: profiles for development and production')
})

describe('document C, the reference of the pipeline API', () => {
  it('C1: a Pipeline has a name, gives its processors and takes frames one after another', async () => {
    const pipeline = new Pipeline([upper('one'), upper('two')], 'voice')
    expect(pipeline.name).toBe('voice')
    expect(pipeline.getProcessors().map(({ name }) => name)).toEqual(['one', 'two'])
    const { task, texts } = await started([pipeline])
    await task.queueFrames([new TextFrame('a'), new TextFrame('b')])
    expect(texts()).toEqual(['A', 'B'])
  })
  it('C1: Pipeline.run, Pipeline.queueFrames, enableDirectMode and getMetrics', async () => {
    const pipeline = new Pipeline([new SilentTTS({ name: 'tts' })], { name: 'alone', enableDirectMode: true })
    await pipeline.queueFrames([new TTSSpeakFrame('Hello.'), new EndFrame()])
    await pipeline.run({ enableMetrics: true, enableUsageMetrics: true })
    expect(pipeline.getMetrics()['tts']).toMatchObject({ ttsUsage: { characters: 6 } })
  })

  it('C2: ParallelPipeline takes a flat list of processors and lists of branches', async () => {
    const plain = (): FrameProcessor => new FrameProcessor()
    const tag = (name: string): FrameProcessor =>
      new Probe(name, (frame, direction, ctx) => {
        ctx.push(frame.type === 'TextFrame' ? new TextFrame(`${frame.text} ${name}`) : frame, direction)
      })
    for (const parallel of [
      new ParallelPipeline([tag('a'), tag('b')]),
      new ParallelPipeline([tag('a'), plain()], [tag('b')]),
    ]) {
      const { task, texts } = await started([parallel])
      await task.queueFrame(new TextFrame('hi'))
      expect(texts()).toEqual(['hi a', 'hi b'])
    }
  })

  it('C3: SyncParallelPipeline releases what its branches make of a frame together', async () => {
    const slow = new Probe('slow', async (frame, direction, ctx) => {
      if (frame.type === 'TextFrame') await new Promise<void>((resolve) => clock.setTimeout(resolve, 100))
      ctx.push(frame, direction)
    })
    const { task, clock, texts } = await started([new SyncParallelPipeline([slow], [upper()])])
    await task.queueFrame(new TextFrame('hi'))
    await clock.advance(50)
    expect(texts()).toEqual([])
    await clock.advance(100)
    expect(texts().toSorted()).toEqual(['HI', 'hi'])
  })

  it('C4: PipelineSource and PipelineSink hand the frames at the ends to functions', async () => {
    const seen: string[] = []
    const source = new PipelineSource(async (frame, direction) => void seen.push(`${direction} ${frame.type}`))
    const sink = new PipelineSink(async (frame, direction) => void seen.push(`${direction} ${frame.type}`))
    const { clock } = await started([source, upper(), sink])
    source.queueFrame(new TextFrame('Hello'))
    await clock.settle()
    sink.queueFrame(new TextFrame('back'), FrameDirection.UPSTREAM)
    expect(seen.filter((line) => line.endsWith('TextFrame'))).toEqual(['downstream TextFrame', 'upstream TextFrame'])
  })

  it('C5: PipelineTask takes pipeline, params and clock, or all of it by name; it runs, ends and is cancelled', async () => {
    const clock = new TestClock()
    const list = (): Pipeline => new Pipeline([upper()])
    const tasks = [
      new PipelineTask(list(), new PipelineParams(), { clock }),
      new PipelineTask({ pipeline: list(), params: { enableMetrics: true }, clock }),
    ]
    const runs = tasks.map((task) => task.run())
    await clock.settle()
    expect(new Set(tasks.map(({ id }) => id)).size).toBe(2)
    await tasks[0]?.queueFrame(new EndFrame())
    await tasks[1]?.cancel()
    await clock.advance(1000)
    await Promise.all(runs)
    expect(tasks.map((task) => task.hasFinished())).toEqual([true, true])
  })
  it('C5: the names BasePipeline, BasePipelineTask, BaseObject and BaseClock', async () => {
    class Desk extends BaseObject<{ called: [number: string] }> {
      ring(number: string): void {
        this.emit('called', number)
      }
    }
    const desk = new Desk('desk')
    const calls: string[] = []
    desk.eventHandler('on_called', (number) => calls.push(number))
    desk.ring('112')
    expect([desk.name, calls]).toEqual(['desk', ['112']])
    const clock: BaseClock = new TestClock()
    const pipelines: BasePipeline[] = [new Pipeline([upper('a')]), new ParallelPipeline([upper('a')])]
    expect(pipelines.map((each) => each.getProcessors().map(({ name }) => name))).toEqual([['a'], ['a']])
    const task: BasePipelineTask = new PipelineTask(new Pipeline([]), {}, { clock })
    await task.cancel()
    expect(task.hasFinished()).toBe(true)
  })

  it('C6: PipelineParams takes the four switches of the reference, allowInterruptions included', () => {
    const switches = {
      allowInterruptions: false,
      enableMetrics: true,
      enableUsageMetrics: true,
      reportOnlyInitialTtfb: true,
    }
    expect(new PipelineParams(switches)).toMatchObject(switches)
  })

  it('C7: PipelineRunner.run takes a task, or a pipeline with its transport, which it stops', async () => {
    const transport = new LocalTransport()
    const ends = (): Pipeline =>
      new Pipeline([
        new Probe('ends', (frame, direction, ctx) => {
          ctx.push(frame, direction)
          if (frame.type === 'StartFrame') ctx.push(new CancelFrame())
        }),
      ])
    await new PipelineRunner().run({ pipeline: ends(), transport })
    expect(transport.stopped).toBe(1)
    await new PipelineRunner().run(new PipelineTask(ends()))
  })

  it('C8: ServiceSwitcher with strategies, as class or instance, and ManuallySwitchServiceFrame by index or service', async () => {
    for (const strategy of [ServiceSwitcherStrategyManual, new ServiceSwitcherStrategyManual({ defaultIndex: 0 })]) {
      const services = [upper('one'), new FrameProcessor('two')]
      const switcher = new ServiceSwitcher({ services, strategy })
      const { task, texts } = await started([switcher])
      await task.queueFrames([new TextFrame('a'), new ManuallySwitchServiceFrame({ serviceIndex: 1 })])
      await task.queueFrames([new TextFrame('b'), new ManuallySwitchServiceFrame({ service: services[0]! })])
      await task.queueFrame(new TextFrame('c'))
      switcher.setService(1)
      expect(switcher.getCurrentService()).toBe(services[1])
      expect(texts()).toEqual(['A', 'b', 'C'])
    }
  })
  it('C9: LLMSwitcher with registerFunction, runInference, llms, activeLlm, round robin and fallback', async () => {
    const ask = async (switcher: LLMSwitcher): Promise<string[]> => {
      const { task, clock, texts } = await started([switcher])
      await task.queueFrames([new LLMContextFrame(new LLMContext()), new LLMContextFrame(new LLMContext())])
      await clock.settle()
      return texts().filter((text) => !text.startsWith('LLM'))
    }
    const llms = [new EchoLLM(), new BriefLLM()]
    const manual = new LLMSwitcher({ llms, strategy: new ServiceSwitcherStrategyManual({ defaultIndex: 1 }) })
    manual.registerFunction({ functionName: 'look', handler: () => 'here', description: 'Looks' })
    expect([manual.llms, manual.activeLlm, llms.every((llm) => llm.hasFunction('look'))]).toEqual([llms, llms[1], true])
    expect(await ask(manual)).toEqual(['Yes.', 'Yes.'])
    const messages = [{ role: 'user', content: 'Quick question' }] as const
    expect(await manual.runInference({ llmIndex: 0, messages })).toBe('You said: Quick question')
    const robin = new LLMSwitcher({
      llms: [new EchoLLM(), new BriefLLM()],
      strategy: ServiceSwitcherStrategyRoundRobin,
    })
    expect(await ask(robin)).toEqual(['You said: ', 'Yes.'])
    const fallback = new LLMSwitcher({
      llms: [new BrokenLLM(), new BriefLLM()],
      strategy: ServiceSwitcherStrategyFailover,
    })
    expect(await ask(fallback)).toEqual(['Yes.', 'Yes.'])
  })

  it('C10: frames go into a running task, pipelines nest, and TTSSpeakFrame and EndFrame are among them', async () => {
    const inner = new Pipeline([upper('inner')])
    const { task, clock, run, down } = await started([new Pipeline([inner, new FrameProcessor()])])
    await task.queueFrames([new TTSSpeakFrame('Good morning.'), new TextFrame('hi'), new EndFrame()])
    await clock.advance(1000)
    await run
    expect(down).toMatchObject([{ text: 'Good morning.' }, { text: 'HI' }])
  })
  it('C10: audio filter, resampler and mixer as elements of the list', async () => {
    const filter = { start: () => {}, stop: () => {}, filter: (audio: Int16Array) => audio.map((each) => each * 2) }
    const mixer = { start: () => {}, stop: () => {}, mix: (audio: Int16Array) => audio.map((each) => each + 1) }
    const { task, clock, down } = await started([
      new Pipeline([new AudioFilterProcessor(filter), new AudioMixerProcessor(mixer)]),
      new AudioResampler({ sampleRate: 8000 }),
    ])
    for (let i = 0; i < 10; i++) await task.queueFrame(new InputAudioRawFrame(new Int16Array(320).fill(1000), 16_000))
    await clock.settle()
    const last = down.findLast((frame): frame is InputAudioRawFrame => frame.type === 'InputAudioRawFrame')
    expect([last?.sampleRate, last?.audio.at(-1)]).toEqual([8000, 2001])
  })

  it('C11: llm.setContext, transport.stop and the switches of transport params', async () => {
    const llm = new EchoLLM()
    const context = new LLMContext()
    llm.setContext(context)
    expect(llm.context).toBe(context)
    const transport = new LocalTransport()
    await transport.stop()
    expect(transport.stopped).toBe(1)
    const params = { audioInEnabled: true, audioOutEnabled: false, vadAnalyzer: new QuietVAD() }
    expect(new TransportParams(params)).toMatchObject(params)
  })
  it.todo('C11: DailyParams, OpenAITTSService, GoogleLLMService and AnthropicLLMService')
  it.todo('C12: pages on core concepts, pipeline, runner, transports and turns')
})

describe('document D, the implementation of an architecture', () => {
  it('D1: transport params name a voice activity analyzer and let audio pass or not', () => {
    const params = new TransportParams({ vadAnalyzer: new QuietVAD(), audioInPassthrough: true })
    const task = new PipelineTask(new Pipeline([new Microphone({ name: 'input', params }), new FrameProcessor('stt')]))
    expect(task.describe().replace(/#\d+/g, '').split('\n')).toEqual(['input', 'VADProcessor (default)', 'stt'])
  })
  it.todo('D1: FastAPIWebsocketTransport with addWavHeader and a serializer on any server of Node')
  it.todo('D2: TwilioFrameSerializer with streamSid and autoHangUp, and a helper that reads connected and start')
  it.todo('D3: a route per language, and the Language enum')
  it.todo('D4: SarvamSTTService, SarvamTTSService, SarvamHttpTTSService and SarvamLLMService')

  it('D5: the user aggregator commits after its aggregationTimeout where nobody decides turns', async () => {
    const context = new OpenAILLMContext([{ role: 'system', content: 'System prompt' }])
    const user = new LLMUserContextAggregator({ context, params: { aggregationTimeout: 2 } })
    const { task, clock, down } = await started([user])
    await task.queueFrame(new TranscriptionFrame('I want'))
    await clock.advance(1900)
    await task.queueFrame(new TranscriptionFrame('a pizza'))
    await clock.advance(1900)
    expect(context.messages).toHaveLength(1)
    await clock.advance(200)
    expect(context.messages.at(-1)).toEqual({ role: 'user', content: 'I want a pizza' })
    expect(down.map(({ family }) => family.includes('LLMContextFrame'))).toEqual([true])
  })

  it('D5: the assistant aggregator before the speech service sends text on and puts spaces between stripped words', async () => {
    const context = new OpenAILLMContext()
    const assistant = new LLMAssistantContextAggregator({ context, params: { expectStrippedWords: true } })
    const { task, down } = await started([assistant])
    await task.queueFrames([
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('Hello'),
      new LLMTextFrame('there.'),
      new LLMFullResponseEndFrame(),
    ])
    const sent = down.filter(({ type }) => type !== 'LLMContextAssistantTurnFrame').map(textOf)
    expect(sent.filter((text) => !text.startsWith('LLM'))).toEqual(['Hello', 'there.'])
    expect(context.messages).toEqual([{ role: 'assistant', content: 'Hello there.' }])
  })

  it('D5: a processor that handles OpenAILLMContextFrame also gets what the user aggregator sends', () => {
    const frame = new OpenAILLMContextFrame(new LLMContext())
    expect(frame.family).toEqual(['OpenAILLMContextFrame', 'LLMContextFrame'])
    expect(new LLMContextFrame(new LLMContext()).type).toBe('LLMContextFrame')
  })

  it('D6: the frames of the architecture exist, each with its name as its tag', () => {
    const context = new LLMContext()
    const frames = [
      new CancelFrame(),
      new InterruptionFrame(),
      new InputAudioRawFrame(AUDIO, 8000),
      new OutputAudioRawFrame(AUDIO, 8000),
      new TTSAudioRawFrame(AUDIO, 8000),
      new TranscriptionFrame('hi', 'ann', '2026-01-01T00:00:00Z'),
      new InterimTranscriptionFrame('h'),
      new LLMMessagesFrame([]),
      new LLMContextFrame(context),
      new LLMFullResponseStartFrame(),
      new LLMFullResponseEndFrame(),
      new LLMTextFrame('hi'),
      new UserStartedSpeakingFrame(),
      new UserStoppedSpeakingFrame(),
      new BotStoppedSpeakingFrame(),
      new FunctionCallResultFrame({ functionName: 'f', toolCallId: '1', arguments: {} }, 'done'),
    ]
    expect(typesOf(frames)).toEqual(frames.map(({ constructor }) => constructor.name))
  })

  it('D7: the voice activity and sample rates of the telephony setup', () => {
    const params = { confidence: 0.85, startSecs: 0.4, stopSecs: 1.5, minVolume: 0.75 }
    expect(new QuietVAD({ params }).params).toEqual(params)
    const rates = { audioInSampleRate: 8000, audioOutSampleRate: 8000 }
    expect(new PipelineParams(rates)).toMatchObject(rates)
  })

  it('D8: a custom model that calls its base and pushes StartFrame itself, or forgets to, works either way', async () => {
    class CustomLLM extends FrameProcessor {
      readonly #pushesStart: boolean
      constructor(pushesStart: boolean) {
        super('custom')
        this.#pushesStart = pushesStart
      }
      override async processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Promise<void> {
        if (frame.type === 'StartFrame') {
          await super.processFrame(frame, direction, ctx)
          if (this.#pushesStart) this.pushFrame(frame, direction)
          return
        }
        if (frame.type === 'LLMContextFrame') {
          for (const answer of [
            new LLMFullResponseStartFrame(),
            new LLMTextFrame('Namaste.'),
            new LLMFullResponseEndFrame(),
          ])
            ctx.push(answer, 'downstream')
        }
      }
    }
    for (const pushesStart of [true, false]) {
      const { task, clock, down } = await started([new CustomLLM(pushesStart)])
      await task.queueFrame(new LLMContextFrame(new LLMContext()))
      await clock.settle()
      expect(typesOf(down)).toEqual(['LLMFullResponseStartFrame', 'LLMTextFrame', 'LLMFullResponseEndFrame'])
    }
  })

  it('D9: a frame that follows another at once never overtakes it in a processor that waits', async () => {
    const waiting = new Probe('waiting', async (frame, direction, ctx): Promise<void> => {
      if (frame.type === 'TextFrame' && frame.text === 'slow')
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 100))
      ctx.push(frame, direction)
    })
    const { task, clock, texts } = await started([waiting])
    await task.queueFrames([new TextFrame('slow'), new TextFrame('quick')])
    await clock.advance(200)
    expect(texts()).toEqual(['slow', 'quick'])
  })
  it('D9: the assistant aggregator before the speech service forwards what it records', async () => {
    const pair = new LLMContextAggregatorPair(new LLMContext())
    const { task, clock, down } = await started([pair.assistant, new SilentTTS()])
    await task.queueFrames([new LLMFullResponseStartFrame(), new LLMTextFrame('Yes.'), new LLMFullResponseEndFrame()])
    await clock.settle()
    expect(typesOf(down)).toContain('TTSAudioRawFrame')
    expect(pair.assistant().context.messages).toEqual([{ role: 'assistant', content: 'Yes.' }])
  })
})
