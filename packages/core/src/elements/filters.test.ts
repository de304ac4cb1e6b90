import { describe, expect, test } from 'vitest'
import type { AnyFrame, Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMRunFrame } from '../frames/llm.ts'
import { LLMTextFrame, TextFrame, TranscriptionFrame } from '../frames/text.ts'
import { UserStartedSpeakingFrame } from '../frames/turn.ts'
import { ParallelPipeline } from '../pipeline/parallel-pipeline.ts'
import { sleep } from '../runtime/clock.ts'
import { runTest } from '../testing/run-test.ts'
import { FrameFilter } from './frame-filter.ts'
import { FunctionFilter } from './function-filter.ts'
import { IdentityFilter } from './identity-filter.ts'
import { NullFilter } from './null-filter.ts'

const types = (frames: readonly Frame[]): string[] => frames.map(({ type }) => type)
const some = (): Frame[] => [new LLMTextFrame('a'), new LLMRunFrame(), new UserStartedSpeakingFrame()]
const isText = (frame: AnyFrame): boolean => frame.type === 'TextFrame'

describe('FrameFilter', () => {
  test('lets chosen frames pass, named by class or tag, their subclasses, and system frames', async () => {
    expect(types((await runTest(new FrameFilter([TextFrame]), { frames: some() })).down)).toEqual([
      'LLMTextFrame',
      'UserStartedSpeakingFrame',
    ])
    const named = await runTest(new FrameFilter(['LLMRunFrame']), { frames: some() })
    expect(types(named.down)).toEqual(['LLMRunFrame', 'UserStartedSpeakingFrame'])
  })

  test('does not keep what steers a task: it ends, and a probe comes back', async () => {
    const { task, clock } = await runTest(new FrameFilter([]), { frames: [], end: false })
    expect(await task.flushPipeline()).toBe(true)
    await task.stopWhenDone()
    await clock.settle()
    expect(task.hasFinished()).toBe(true)
  })
})

test('IdentityFilter lets everything pass, NullFilter only system frames', async () => {
  expect(types((await runTest(new IdentityFilter(), { frames: some() })).down)).toHaveLength(3)
  expect(types((await runTest(new NullFilter(), { frames: some() })).down)).toEqual(['UserStartedSpeakingFrame'])
})

test('a branch that ends in a NullFilter listens and adds nothing', async () => {
  const parallel = new ParallelPipeline([new IdentityFilter()], [new FrameFilter([TextFrame]), new NullFilter()])
  expect((await runTest(parallel, { frames: some() })).down).toHaveLength(3)
})

describe('FunctionFilter', () => {
  test('asks about frames of its direction and lets system frames and others pass', async () => {
    const filter = (): FunctionFilter => new FunctionFilter((frame) => !isText(frame))
    const frames = [new TextFrame('no'), new LLMTextFrame('yes'), new UserStartedSpeakingFrame()]
    expect(types((await runTest(filter(), { frames })).down)).toEqual(['LLMTextFrame', 'UserStartedSpeakingFrame'])
    expect((await runTest(filter(), { frames: [new TextFrame('up')], direction: 'upstream' })).up).toHaveLength(1)
  })

  test('asks both ways without a direction, and about system frames if told so', async () => {
    const options = { direction: null, filterSystemFrames: true }
    const nothing = (): FunctionFilter => new FunctionFilter(() => false, options)
    const down = await runTest(nothing(), { frames: some() })
    const up = await runTest(nothing(), { frames: [new TextFrame('up')], direction: 'upstream' })
    expect([down.down, up.up, down.task.hasFinished()]).toEqual([[], [], true])
  })

  test('keeps the order while an answer is pending', async () => {
    const { down } = await runTest(
      new FunctionFilter(async (frame) => {
        if (frame.type === 'TranscriptionFrame') await Promise.resolve()
        return !isText(frame)
      }),
      { frames: [new TranscriptionFrame('1'), new LLMTextFrame('2'), new TextFrame('3')] },
    )
    expect(types(down)).toEqual(['TranscriptionFrame', 'LLMTextFrame'])
  })
})

test('the promise of a filter that an interruption overtakes lets nothing of before pass', async () => {
  const filter = new FunctionFilter(async () => {
    await sleep(filter.runtime.clock, 50)
    return true
  })
  const { down } = await runTest(filter, {
    frames: [new TextFrame('old'), new InterruptionFrame(), new TextFrame('new'), { pauseMs: 200 }],
  })
  expect(down.map((frame) => (frame as TextFrame).text)).toEqual(['new'])
})
