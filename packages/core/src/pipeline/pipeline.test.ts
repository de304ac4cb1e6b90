import { describe, expect, test } from 'vitest'
import { MetricsFrame } from '../frames/control.ts'
import { EndFrame } from '../frames/lifecycle.ts'
import { TextFrame } from '../frames/text.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import type { FrameProcessor } from '../processor/frame-processor.ts'
import { ParallelPipeline } from './parallel-pipeline.ts'
import { type BasePipeline, Pipeline } from './pipeline.ts'
import { PipelineTask } from './pipeline-task.ts'
import type { BasePipelineTask } from './task-options.ts'

const collect = (texts: string[], name = 'collect'): FrameProcessor =>
  defineProcessor({
    name,
    on: {
      TextFrame(frame, ctx) {
        texts.push(frame.text)
        ctx.push(new MetricsFrame([{ kind: 'processing', processor: name, valueSecs: texts.length }]))
      },
    },
  })

describe('Pipeline', () => {
  test('runs by itself: what was queued before goes in first, and it settles at the end', async () => {
    const texts: string[] = []
    const pipeline = new Pipeline([collect(texts)], { name: 'whole', enableDirectMode: true })
    await pipeline.queueFrames([new TextFrame('a'), new TextFrame('b'), new EndFrame()])
    await pipeline.run()
    expect([pipeline.name, texts]).toEqual(['whole', ['a', 'b']])
    await pipeline.run()
    expect(pipeline.getMetrics()).toEqual({
      collect: { processing: { kind: 'processing', processor: 'collect', valueSecs: 2 } },
    })
  })

  test('belongs to the task that was made for it', async () => {
    const texts: string[] = []
    const pipeline = new Pipeline([collect(texts)], 'whole', false)
    const task: BasePipelineTask = new PipelineTask(pipeline)
    await pipeline.queueFrames([new TextFrame('a'), new EndFrame()])
    await task.run()
    expect([texts, task.hasFinished()]).toEqual([['a'], true])
  })

  test('the metrics that a caller got do not change', async () => {
    const pipeline = new Pipeline([collect([])])
    const before = pipeline.getMetrics()
    await pipeline.queueFrames([new TextFrame('a'), new EndFrame()])
    await pipeline.run()
    expect([before, Object.keys(pipeline.getMetrics())]).toEqual([{}, ['collect']])
  })

  test('has a name and processors like every composition; a name of branches comes last', () => {
    const [a, b] = [collect([], 'a'), collect([], 'b')]
    const compositions: BasePipeline[] = [
      new Pipeline([a, b], 'series'),
      new ParallelPipeline([a, b], 'branches'),
      new ParallelPipeline([a], [b], 'branches'),
    ]
    for (const each of compositions)
      expect([each.name, each.getProcessors()]).toEqual([expect.stringMatching(/^(series|branches)$/), [a, b]])
  })
})
