import { describe, expect, it } from 'vitest'
import {
  type FrameProcessor,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  LLMSwitcher,
  ManuallySwitchServiceFrame,
  PcError,
  Pipeline,
  PipelineTask,
  ServiceSwitcher,
  ServiceSwitcherStrategy,
  ServiceSwitcherStrategyFailover,
  ServiceSwitcherStrategyManual,
  type SynthesisOptions,
  TTSSpeakFrame,
} from '../../src/index.ts'
import { call, tell } from '../talk.ts'
import { conversation, Echo, Recogniser, Speaker, spell, Stage } from './stage.ts'

/** A voice with an accent, which fails from its `failsFrom`th text on. */
class Voice extends Speaker {
  readonly spoken: string[] = []
  readonly #failsFrom: number
  constructor(name: string, failsFrom = Infinity) {
    super({ name })
    this.#failsFrom = failsFrom
  }
  override async *synthesize(text: string, { sampleRate }: SynthesisOptions): AsyncIterable<Int16Array> {
    this.spoken.push(text)
    if (this.spoken.length >= this.#failsFrom) {
      throw new PcError('the line is dead', { code: 'dead', kind: 'transient', retryable: false })
    }
    yield spell(`${this.name}: ${text}`, sampleRate)
  }
}

async function perform(middle: readonly FrameProcessor[]): Promise<{ stage: Stage; task: PipelineTask }> {
  const stage = new Stage()
  const { transport } = stage
  const task = new PipelineTask(new Pipeline([transport.input(), ...middle, transport.output()]), {}, stage.options)
  void task.run()
  await stage.clock.settle()
  return { stage, task }
}

describe('switching services', () => {
  it('by hand: the frame names a service by its index or itself', async () => {
    const voices = [new Voice('one'), new Voice('two'), new Voice('three')] as const
    const strategy = new ServiceSwitcherStrategyManual({ defaultIndex: 0 })
    const switcher = new ServiceSwitcher({ services: voices, strategy })
    const { stage, task } = await perform([new Recogniser(), new Echo(), switcher])
    await stage.say('A', 3000)
    await task.queueFrame(new ManuallySwitchServiceFrame({ serviceIndex: 1 }))
    await stage.say('B', 3000)
    await task.queueFrame(new ManuallySwitchServiceFrame({ service: voices[2] }))
    await stage.say('C', 3000)
    expect(switcher.getCurrentService()).toBe(voices[2])
    await task.cancel()
    expect(stage.heard).toEqual(['one: You said A.', 'two: You said B.', 'three: You said C.'])
    expect(conversation(task).filter((line) => line.startsWith('assistant'))).toEqual([
      'assistant: You said A.',
      'assistant: You said B.',
      'assistant: You said C.',
    ])
  })

  it('by a round robin of one’s own, given as an instance or as a class', async () => {
    class RoundRobinStrategy extends ServiceSwitcherStrategy {
      #index = 0
      override select(services: readonly FrameProcessor[]): number {
        const index = this.#index
        this.#index = (this.#index + 1) % services.length
        return index
      }
    }
    for (const strategy of [new RoundRobinStrategy(), RoundRobinStrategy]) {
      const switcher = new ServiceSwitcher({ services: [new Voice('one'), new Voice('two')], strategy })
      const { stage, task } = await perform([switcher])
      await task.queueFrames([new TTSSpeakFrame('First.'), new TTSSpeakFrame('Second.'), new TTSSpeakFrame('Third.')])
      await stage.clock.advance(5000)
      await task.cancel()
      expect(stage.heard).toEqual(['one: First.', 'two: Second.', 'one: Third.'])
    }
  })

  it('by a fallback of one’s own, which a handler of on_connection_error moves on: nothing is lost', async () => {
    class FallbackStrategy extends ServiceSwitcherStrategy {
      #current = 0
      override select(): number {
        return this.#current
      }
      fail(services: readonly FrameProcessor[]): void {
        this.#current = (this.#current + 1) % services.length
      }
    }
    const services = [new Voice('primary', 2), new Voice('secondary'), new Voice('tertiary')] as const
    const fallbackStrategy = new FallbackStrategy()
    const switcher = new ServiceSwitcher({ services, strategy: fallbackStrategy })
    services[0].eventHandler('on_connection_error', () => fallbackStrategy.fail(services))
    const { stage, task } = await perform([new Recogniser(), new Echo(), switcher])
    await stage.say('A', 3000)
    await stage.say('B', 3000)
    await task.cancel()
    expect(services[0].spoken).toContain('You said B.')
    expect(stage.heard).toEqual(['primary: You said A.', 'secondary: You said B.'])
    expect(conversation(task)).toEqual(['user: A', 'assistant: You said A.', 'user: B', 'assistant: You said B.'])
  })
})

describe('switching language models', () => {
  /** Asks for the weather once, then tells it. */
  class Weatherman extends LLMService {
    override async *generate(context: LLMContext): AsyncIterable<LLMEvent> {
      const last = context.messages.at(-1)
      if (last !== undefined && 'role' in last && last.role === 'tool') yield `${this.name} says ${last.content}.`
      else if (context.tools?.find('get_weather') === undefined) yield `${this.name} cannot know.`
      else yield call('get_weather', '{"location":"San Francisco, CA"}')
      yield { type: 'done', finishReason: 'stop' }
    }
  }

  it('functions are registered with all models, one is asked out of band, and a frame switches', async () => {
    const stage = new Stage()
    const { transport } = stage
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const llms = [new Weatherman({ name: 'first' }), new Weatherman({ name: 'second' }), new Echo('Briefly')] as const
    const llmSwitcher = new LLMSwitcher({ llms, strategy: new ServiceSwitcherStrategyManual({ defaultIndex: 0 }) })
    const places: unknown[] = []
    llmSwitcher.registerFunction({
      functionName: 'get_weather',
      handler: async (args) => {
        places.push(args['location'])
        return 'sunny'
      },
      description: 'Get current weather for a location',
      properties: { location: { type: 'string', description: 'City and state, e.g. San Francisco, CA' } },
      required: ['location'],
    })
    const pipeline = new Pipeline([
      transport.input(),
      new Recogniser(),
      pair.user,
      llmSwitcher,
      new Speaker(),
      transport.output(),
      pair.assistant,
    ])
    const task = new PipelineTask(pipeline, {}, stage.options)
    void task.run()
    await stage.clock.settle()
    await stage.say('The weather', 3000)
    expect([llmSwitcher.llms, llmSwitcher.activeLlm]).toEqual([llms, llms[0]])

    const response = await llmSwitcher.runInference({
      llmIndex: 2,
      messages: [{ role: 'user', content: 'Quick question' }],
    })
    expect([response, llmSwitcher.activeLlm]).toEqual(['Briefly Quick question.', llms[0]])

    await task.queueFrame(new ManuallySwitchServiceFrame({ serviceIndex: 1 }))
    await stage.say('Again', 3000)
    expect(llmSwitcher.activeLlm).toBe(llms[1])
    await task.cancel()
    expect(places).toEqual(['San Francisco, CA', 'San Francisco, CA'])
    expect(stage.heard).toEqual(['first says "sunny".', 'second says "sunny".'])
    expect(tell(context.messages)).toEqual([
      'user: The weather',
      'calls get_weather',
      'tool: "sunny"',
      'assistant: first says "sunny".',
      'user: Again',
      'calls get_weather',
      'tool: "sunny"',
      'assistant: second says "sunny".',
    ])
  })

  it('a model that fails is replaced, and the user does not notice', async () => {
    class Broken extends LLMService {
      override generate(): AsyncIterable<LLMEvent> {
        throw new PcError('no money left', { code: 'quota', kind: 'quota', retryable: false })
      }
    }
    const switcher = new LLMSwitcher({ llms: [new Broken(), new Echo()], strategy: ServiceSwitcherStrategyFailover })
    const { stage, task } = await perform([new Recogniser(), switcher, new Speaker()])
    await stage.say('Hello')
    await task.cancel()
    expect(stage.heard).toEqual(['You said Hello.'])
    expect(conversation(task)).toEqual(['user: Hello', 'assistant: You said Hello.'])
  })
})
