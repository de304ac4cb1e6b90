import { describe, expect, it } from 'vitest'
import {
  type AnyFrame,
  type Frame,
  FrameProcessor,
  LLMRunFrame,
  ParallelPipeline,
  Pipeline,
  PipelineSink,
  PipelineSource,
  PipelineTask,
  type Result,
  sleep,
  SyncParallelPipeline,
  TextFrame,
} from '../../src/index.ts'
import { Probe } from '../support.ts'
import { conversation, Echo, Speaker, spell, Stage } from './stage.ts'

class Accent extends Speaker {
  override async *synthesize(text: string, { sampleRate }: { sampleRate: number }): AsyncIterable<Int16Array> {
    yield spell(`${this.name}: ${text}`, sampleRate)
  }
}

describe('parallel processing', () => {
  it('several voices speak the same text, one after another, beside a logger; the context holds what was heard', async () => {
    const stage = new Stage()
    const logged: string[] = []
    const metricsLogger = new Probe('metrics', (frame) => {
      logged.push(frame.type)
    })
    const parallelTts = new ParallelPipeline([new Accent({ name: 'a' }), new Accent({ name: 'b' }), metricsLogger])
    const pipeline = new Pipeline([new Echo(), parallelTts, stage.transport.output()])
    const task = new PipelineTask(pipeline, {}, stage.options)
    void task.run()
    await task.queueFrame(new LLMRunFrame())
    await stage.clock.advance(5000)
    await task.cancel()
    expect(stage.heard).toEqual(['a: Welcome.', 'b: Welcome.'])
    expect(logged).toContain('LLMTextFrame')
    expect(conversation(task)).toEqual(['assistant: Welcome. Welcome.'])
  })
})

describe('synchronised processing', () => {
  it('metrics, logger and audit are done with a sentence before it is spoken, and it is spoken once', async () => {
    const stage = new Stage()
    const done: string[] = []
    const slowly = (name: string, delayMs: number): FrameProcessor =>
      new Probe(name, async (frame, direction, ctx) => {
        if (frame.type === 'LLMTextFrame') {
          await sleep(ctx.runtime.clock, delayMs, ctx.signal)
          done.push(`${name} at ${ctx.runtime.clock.nowMs()}`)
        }
        ctx.push(frame, direction)
      })
    const sync = new SyncParallelPipeline([slowly('metrics', 10), slowly('logger', 30), slowly('audit', 500)])
    const task = new PipelineTask(
      new Pipeline([new Echo(), sync, new Speaker(), stage.transport.output()]),
      {},
      stage.options,
    )
    void task.run()
    await task.queueFrame(new LLMRunFrame())
    await stage.clock.advance(490)
    expect([stage.heard, done]).toEqual([[], ['metrics at 10', 'logger at 30']])
    await stage.clock.advance(3000)
    await task.cancel()
    expect(done).toEqual(['metrics at 10', 'logger at 30', 'audit at 500'])
    expect(stage.heard).toEqual(['Welcome.'])
    expect(conversation(task)).toEqual(['assistant: Welcome.'])
  })
})

describe('pipelines made by hand', () => {
  it('a source and a sink hand what reaches the ends to functions, and are fed themselves', async () => {
    const stage = new Stage()
    const reached: string[] = []
    const handleUpstream = async (frame: Frame): Promise<void> => void reached.push(`upstream ${frame.type}`)
    const handleDownstream = async (frame: Frame): Promise<void> => void reached.push(`downstream ${frame.type}`)
    const source = new PipelineSource(handleUpstream)
    class Upper extends FrameProcessor {
      override processFrame(frame: AnyFrame): Result {
        return frame.type === 'TextFrame' ? frame.with({ text: frame.text.toUpperCase() }) : frame
      }
    }
    const list = [source, new Upper(), new Speaker(), stage.transport.output(), new PipelineSink(handleDownstream)]
    const task = new PipelineTask(new Pipeline(list), {}, stage.options)
    void task.run()
    await stage.clock.settle()
    source.queueFrame(new TextFrame('hello.'))
    await stage.clock.advance(3000)
    await task.cancel()
    expect(stage.heard).toEqual(['HELLO.'])
    expect(reached).toContain('upstream BotStartedSpeakingFrame')
    expect(reached).toContain('downstream BotStoppedSpeakingFrame')
  })
})
