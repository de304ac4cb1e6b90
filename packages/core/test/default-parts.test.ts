import { describe, expect, it } from 'vitest'
import {
  FrameProcessor,
  LLMContext,
  LLMContextAggregatorPair,
  LLMService,
  messageText,
  Pipeline,
  PipelineTask,
  type StandardMessage,
  TranscriptionFrame,
  UserTurnProcessor,
  VADAnalyzer,
} from '../src/index.ts'
import { createTestRuntime, TestClock } from '../src/testing/index.ts'

class EchoLLM extends LLMService {
  override async *generate(context: LLMContext): AsyncGenerator<string> {
    yield `You said: ${messageText(context.messages.at(-1) as StandardMessage)}`
  }
}

class LoudnessVAD extends VADAnalyzer {
  readonly windowSamples = 512
  load(): Promise<void> {
    return Promise.resolve()
  }
  confidence(): number {
    return 0
  }
  resetModel(): void {}
}

const stt = (): FrameProcessor => new FrameProcessor('stt')

describe('default parts', () => {
  it('complete the plainest list: turn processor and aggregators around the model', () => {
    const task = new PipelineTask(new Pipeline([stt(), new EchoLLM({ name: 'llm' }), new FrameProcessor('tts')]))
    expect(task.describe().replace(/#\d+/g, '')).toBe(
      [
        'stt',
        'TurnProcessor (default)',
        'LLMUserAggregator (default)',
        'llm',
        'tts',
        'LLMAssistantAggregator (default)',
      ].join('\n'),
    )
  })

  it('take the context that the model was given', async () => {
    const context = new LLMContext([{ role: 'system', content: 'Be brief.' }])
    const llm = new EchoLLM({ name: 'llm' })
    llm.setContext(context)
    const clock = new TestClock()
    const task = new PipelineTask(
      new Pipeline([stt(), llm]),
      {},
      { runtime: createTestRuntime(clock), idleTimeoutSecs: null },
    )
    const run = task.run()
    await clock.settle()
    await task.queueFrame(new TranscriptionFrame('hello', 'ann', '', { finalized: true }))
    await clock.advance(10_000)
    expect(context.messages.map((message) => 'content' in message && message.content)).toEqual([
      'Be brief.',
      'hello',
      'You said: hello',
    ])
    void task.cancel()
    await clock.advance(1)
    await run
  })

  it('leave a list alone that has its own', () => {
    const pair = new LLMContextAggregatorPair(new LLMContext())
    const list = [stt(), new UserTurnProcessor(), pair.user, new EchoLLM(), pair.assistant]
    expect(new PipelineTask(new Pipeline(list)).describe()).not.toContain('(default)')
    expect(new PipelineTask(new Pipeline([stt(), new FrameProcessor('plain')])).describe()).not.toContain('(default)')
  })

  it('only add a turn processor where the aggregators are there', () => {
    const pair = new LLMContextAggregatorPair(new LLMContext())
    const { processors } = new PipelineTask(new Pipeline([stt(), pair.user(), new EchoLLM(), pair.assistant()]))
    expect(processors.map((processor) => processor instanceof UserTurnProcessor)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ])
  })

  it('an analyzer in a list runs where it stands', () => {
    const names = new PipelineTask(new Pipeline([new LoudnessVAD(), stt()])).processors.map(({ name }) =>
      name.replace(/#\d+/, ''),
    )
    expect(names).toEqual(['VADProcessor', 'stt'])
  })

  it('can be turned off', () => {
    const task = new PipelineTask(new Pipeline([stt(), new EchoLLM()]), {}, { defaultParts: false })
    expect(task.processors).toHaveLength(2)
  })
})
