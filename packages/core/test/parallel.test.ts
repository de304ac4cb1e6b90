import { describe, expect, it } from 'vitest'
import {
  defineProcessor,
  EndFrame,
  FrameProcessor,
  InterruptionFrame,
  LLMTextFrame,
  ParallelPipeline,
  Pipeline,
  sleep,
  SyncParallelPipeline,
  TextFrame,
  UserStartedSpeakingFrame,
} from '../src/index.ts'
import { delay, Probe, started, textOf } from './support.ts'

const named = (name: string): FrameProcessor =>
  defineProcessor({ name, on: { TextFrame: (frame) => frame.with({ text: `${name} ${frame.text}` }) } })

describe('parallel pipelines', () => {
  it('one array holds branches, several arguments are branches in series', async () => {
    const flat = await started([new ParallelPipeline([named('a'), named('b')])])
    await flat.task.queueFrame(new TextFrame('x'))
    expect(flat.texts()).toEqual(['a x', 'b x'])
    const series = await started([new ParallelPipeline([named('a'), named('b')], [named('c')])])
    await series.task.queueFrame(new TextFrame('x'))
    expect(series.texts()).toEqual(['b a x', 'c x'])
  })

  it('refuses to be without branches', () => {
    expect(() => new ParallelPipeline([])).toThrow(/at least one branch/)
  })

  it('passes a frame that leaves several branches on once, in both directions', async () => {
    const { task, texts, up } = await started([
      new ParallelPipeline([new FrameProcessor('a')], [new FrameProcessor('b')], []),
    ])
    await task.queueFrame(new TextFrame('down'))
    await task.queueFrame(new UserStartedSpeakingFrame())
    await task.queueFrame(new TextFrame('up'), 'upstream')
    expect([texts(), up.map(textOf)]).toEqual([['down', 'UserStartedSpeakingFrame'], ['up']])
  })

  it('keeps no frame after it has passed', async () => {
    const parallel = new ParallelPipeline([new FrameProcessor('a')], [new FrameProcessor('b')])
    const sink = defineProcessor({ name: 'sink', on: { TextFrame: () => {} } })
    const { task } = await started([parallel, sink])
    const head = task.processors[0]!
    const heap = (): number => {
      globalThis.gc?.()
      globalThis.gc?.()
      return process.memoryUsage().heapUsed
    }
    for (let i = 0; i < 50_000; i++) head.queueFrame(new TextFrame('warm'))
    const before = heap()
    for (let i = 0; i < 200_000; i++) head.queueFrame(new TextFrame('x'))
    const grown = heap() - before
    // Without a collection to order there is nothing to conclude.
    if (globalThis.gc) expect(grown).toBeLessThan(2_000_000)
  })

  it('frames are frozen where branches share them, and changed by a copy', async () => {
    const failures: string[] = []
    const vandal = new Probe('vandal', (frame) => {
      try {
        if (frame.type === 'TextFrame') Object.assign(frame, { text: 'mine' })
      } catch (error) {
        failures.push((error as Error).name)
      }
      return frame
    })
    const { task, texts } = await started([new ParallelPipeline([vandal], [named('copy')])])
    const frame = new LLMTextFrame('x')
    await task.queueFrame(new TextFrame('shared'))
    await task.queueFrame(frame)
    expect([failures, texts()]).toEqual([['TypeError'], ['shared', 'copy shared', 'x', 'copy x']])
    const copy = frame.with({ text: 'y' })
    expect([copy instanceof LLMTextFrame, copy.text, copy.includesInterFrameSpaces, copy.id !== frame.id]).toEqual([
      true,
      'y',
      true,
      true,
    ])
  })

  it('an interruption reaches branches and drops what they make', async () => {
    const { clock, task, texts } = await started([new ParallelPipeline([delay('a', 50)], [delay('b', 100)])])
    await task.queueFrame(new TextFrame('old'))
    await clock.advance(60)
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('new'))
    await clock.advance(200)
    expect(texts()).toEqual(['old', 'new'])
  })

  it('nests, and elements may be pipelines, functions and things that make a processor', async () => {
    const element = { toProcessor: () => named('made') }
    const { task, texts } = await started([
      new Pipeline([element, new Pipeline([() => named('called')])]),
      new ParallelPipeline([new ParallelPipeline([named('inner')])], [new Pipeline([named('nested')])]),
    ])
    await task.queueFrame(new TextFrame('x'))
    expect(texts()).toEqual(['inner called made x', 'nested called made x'])
  })

  it('says which element of a list is none, and when a processor stands twice', async () => {
    expect(() => new Pipeline([named('a'), 5 as never], 'voice')).toThrow(
      'voice[1] is a number, not a pipeline element',
    )
    const twice = named('twice')
    await expect(started([twice, twice])).rejects.toThrow('twice stands twice in the pipeline')
  })
})

describe('synchronised parallel pipelines', () => {
  it('releases what branches make of a frame together, when the last is done', async () => {
    const { clock, task, texts } = await started([
      new SyncParallelPipeline([delay('fast', 10), named('a')], [delay('slow', 50), named('b')]),
    ])
    void task.queueFrames([new TextFrame('1'), new TextFrame('2')])
    await clock.advance(40)
    expect(texts()).toEqual([])
    await clock.advance(20)
    expect(texts()).toEqual(['a 1', 'b 1'])
    await clock.advance(60)
    expect(texts()).toEqual(['a 1', 'b 1', 'a 2', 'b 2'])
  })

  it('can release branch by branch', async () => {
    const { clock, task, texts } = await started([
      SyncParallelPipeline.inBranchOrder([delay('slow', 50), named('a')], [delay('fast', 10), named('b')]),
    ])
    await task.queueFrame(new TextFrame('x'))
    await clock.advance(60)
    expect(texts()).toEqual(['a x', 'b x'])
  })

  it('delivers a system frame exactly once and at once, StartFrame included', async () => {
    let starts = 0
    const after = defineProcessor({ name: 'after', on: {}, onStart: () => void starts++ })
    const { task, texts } = await started([
      new SyncParallelPipeline([delay('slow', 50)], [new FrameProcessor('b')]),
      after,
    ])
    void task.queueFrame(new TextFrame('busy'))
    await task.queueFrame(new UserStartedSpeakingFrame())
    expect([starts, texts()]).toEqual([1, ['UserStartedSpeakingFrame']])
  })

  it('releases upstream frames that a branch emits with the output of the frame they came from, once', async () => {
    const asking = defineProcessor({
      name: 'asking',
      on: {
        TextFrame(frame, ctx) {
          ctx.push(new TextFrame('up'), 'upstream')
          ctx.push(frame)
        },
      },
    })
    const { clock, task, texts, up } = await started([new SyncParallelPipeline([asking], [delay('slow', 20)])])
    await task.queueFrame(new TextFrame('x'))
    expect(up).toEqual([])
    await clock.advance(30)
    expect([texts(), up.map(textOf)]).toEqual([['x'], ['up']])
  })

  it('ends, with what the branches flush', async () => {
    const flushing = defineProcessor({
      name: 'flushing',
      on: {},
      async onEnd(_frame, ctx) {
        await sleep(ctx.runtime.clock, 20)
        ctx.push(new TextFrame('flushed'))
      },
    })
    const { clock, task, run, texts } = await started([new SyncParallelPipeline([flushing], [new FrameProcessor('b')])])
    await task.queueFrame(new EndFrame())
    await clock.advance(30)
    await run
    expect(texts()).toEqual(['flushed'])
  })
})
