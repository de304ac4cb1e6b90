import { describe, expect, it } from 'vitest'
import {
  type AnyFrame,
  FrameDirection,
  FrameProcessor,
  LLMAssistantContextAggregator,
  LLMContext,
  LLMContextAggregatorPair,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMTextFrame,
  LLMUserContextAggregator,
  type Message,
  messageText,
  OpenAILLMContext,
  Pipeline,
  PipelineParams,
  PipelineRunner,
  PipelineTask,
} from '../../src/index.ts'
import { tell } from '../talk.ts'
import { Echo, LoudnessAnalyzer, Recogniser, Speaker, Stage } from './stage.ts'

describe('the pipeline reference', () => {
  it('a voice agent: the context goes to the model, the assistant aggregator stands before the voice', async () => {
    const stage = new Stage({ audioInEnabled: true, audioOutEnabled: true, vadAnalyzer: new LoudnessAnalyzer() })
    const { transport } = stage
    const context = new LLMContext({ messages: [{ role: 'system', content: 'You are a helpful voice assistant.' }] })
    const llm = new Echo()
    llm.setContext(context)
    const aggregators = new LLMContextAggregatorPair({ context })
    const pipeline = new Pipeline([
      transport.input(),
      new Recogniser(),
      aggregators.user,
      llm,
      aggregators.assistant,
      new Speaker(),
      transport.output(),
    ])
    const params = new PipelineParams({ allowInterruptions: true, enableMetrics: true })
    const task = new PipelineTask({ pipeline, params, ...stage.options })
    const run = task.run()
    await stage.clock.settle()
    await stage.say('Hello')
    await task.cancel()
    await run
    expect(stage.heard).toEqual(['You said Hello.'])
    expect(tell(context.messages)).toEqual([
      'system: You are a helpful voice assistant.',
      'user: Hello',
      'assistant: You said Hello.',
    ])
  })

  it.each([
    ['before the voice it records what was generated', false],
    ['after the output it records what was heard', true],
  ])('the assistant aggregator of an interrupted agent: %s', async (_title, afterOutput) => {
    const stage = new Stage()
    const { transport } = stage
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const [tts, output] = [new Speaker(), transport.output()]
    const rest = afterOutput ? [tts, output, pair.assistant] : [pair.assistant, tts, output]
    const list = [transport.input(), new LoudnessAnalyzer(), new Recogniser(), pair.user, new Echo(), ...rest]
    const task = new PipelineTask(new Pipeline(list), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    await stage.say('Tell me of your day', 1300)
    await stage.say('Stop')
    await task.cancel()
    expect(stage.heard).toEqual(['You said Tell me ', 'You said Stop.'])
    expect(tell(context.messages)).toEqual([
      'user: Tell me of your day',
      `assistant: ${afterOutput ? 'You said Tell me' : 'You said Tell me of your day.'}`,
      'user: Stop',
      'assistant: You said Stop.',
    ])
  })

  it('without interruptions the agent finishes what it says', async () => {
    const stage = new Stage()
    const { transport } = stage
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const list = [transport.input(), new LoudnessAnalyzer(), new Recogniser(), pair.user, new Echo(), new Speaker()]
    const pipeline = new Pipeline([...list, transport.output(), pair.assistant])
    const task = new PipelineTask(pipeline, { allowInterruptions: false }, stage.options)
    void task.run()
    await stage.clock.settle()
    await stage.say('Tell me of your day', 1300)
    await stage.say('Stop', 4000)
    await task.cancel()
    expect(stage.heard[0]).toBe('You said Tell me of your day.')
    expect(tell(context.messages).slice(0, 2)).toEqual([
      'user: Tell me of your day',
      'assistant: You said Tell me of your day.',
    ])
  })
})

describe('the architecture', () => {
  /** The custom model as the document writes it; `pushesStart` is the line that it calls critical. */
  class CustomLLM extends FrameProcessor {
    readonly asked: (readonly Message[])[] = []
    readonly #pushesStart: boolean
    constructor(pushesStart: boolean) {
      super('llm')
      this.#pushesStart = pushesStart
    }

    override async processFrame(frame: AnyFrame, direction: FrameDirection): Promise<void> {
      if (frame.type === 'StartFrame') {
        if (this.#pushesStart) this.pushFrame(frame, direction)
        return
      }
      if (frame.type === 'OpenAILLMContextFrame' || frame.type === 'LLMContextFrame') {
        this.#handleMessages(frame.context.messages)
        return
      }
      this.pushFrame(frame, direction)
    }

    #handleMessages(messages: readonly Message[]): void {
      this.asked.push([...messages])
      const last = messages.at(-1)
      const response = `Namaste. ${last !== undefined && 'content' in last ? messageText(last) : ''}?`
      this.pushFrame(new LLMFullResponseStartFrame(), FrameDirection.DOWNSTREAM)
      for (const sentence of response.split(/(?<=\.) /))
        this.pushFrame(new LLMTextFrame(sentence), FrameDirection.DOWNSTREAM)
      this.pushFrame(new LLMFullResponseEndFrame(), FrameDirection.DOWNSTREAM)
    }
  }

  it.each([
    ['pushes StartFrame on', true],
    ['forgets to push StartFrame', false],
  ])('a custom model as a plain FrameProcessor, which %s, in the whole telephone pipeline', async (_title, pushes) => {
    const vadAnalyzer = new LoudnessAnalyzer({
      params: { confidence: 0.85, startSecs: 0.4, stopSecs: 1.5, minVolume: 0.75 },
    })
    const stage = new Stage({
      audioInEnabled: true,
      audioOutEnabled: true,
      audioInPassthrough: true,
      vadAnalyzer,
    })
    const { transport } = stage
    const context = new OpenAILLMContext([{ role: 'system', content: 'You are a helpful assistant.' }])
    const userAggregator = new LLMUserContextAggregator({ context, params: { aggregationTimeout: 2 } })
    const assistantAggregator = new LLMAssistantContextAggregator({ context, params: { expectStrippedWords: true } })
    const llm = new CustomLLM(pushes)
    const pipeline = new Pipeline([
      transport.input(),
      new Recogniser(),
      userAggregator,
      llm,
      assistantAggregator,
      new Speaker({ sampleRate: 8000 }),
      transport.output(),
    ])
    const params = new PipelineParams({
      audioInSampleRate: 8000,
      audioOutSampleRate: 8000,
      enableMetrics: true,
      enableUsageMetrics: true,
    })
    const task = new PipelineTask(pipeline, params, stage.options)
    const run = new PipelineRunner().run(task)
    await stage.clock.settle()
    await stage.say('Half past nine', 5000)
    await task.stopWhenDone()
    await stage.clock.advance(5000)
    await run
    expect(llm.asked.map(tell)).toEqual([['system: You are a helpful assistant.', 'user: Half past nine']])
    expect(stage.heard).toEqual(['Namaste.Half past nine?'])
    expect(new Set(stage.output.written.map(({ sampleRate }) => sampleRate))).toEqual(new Set([8000]))
    expect(tell(context.messages)).toEqual([
      'system: You are a helpful assistant.',
      'user: Half past nine',
      'assistant: Namaste. Half past nine?',
    ])
  })
})
