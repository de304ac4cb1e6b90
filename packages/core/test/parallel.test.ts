import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import {
  defineProcessor,
  EndFrame,
  EndTaskFrame,
  firstSight,
  FrameProcessor,
  FrameProcessorPauseFrame,
  FrameProcessorPauseUrgentFrame,
  FrameProcessorResumeFrame,
  InterruptionFrame,
  LatencyObserver,
  LLMTextFrame,
  type Logger,
  type Observer,
  ParallelPipeline,
  Pipeline,
  ServiceSwitcher,
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

  it('keeps nothing of a frame that has passed, and neither do the monitors that tell new frames from known ones', async () => {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    const heap = (): number => {
      if (typeof collect !== 'function') throw new Error('no garbage collection can be ordered')
      for (let i = 0; i < 3; i++) collect()
      return process.memoryUsage().heapUsed
    }
    const isNew = firstSight()
    let seen = 0
    const observer: Observer = { onPushFrame: (frame) => void (isNew(frame) && seen++) }
    const parallel = new ParallelPipeline([new FrameProcessor('a')], [new FrameProcessor('b')])
    const sink = defineProcessor({ name: 'sink', on: { TextFrame: () => {} } })
    const { task, run } = await started(
      [parallel, sink],
      {},
      {
        idleTimeoutSecs: 10,
        idleTimeoutFrames: ['TextFrame'],
        observers: [observer, new LatencyObserver()],
      },
    )
    const head = task.processors[0]!
    // More than below: what knows the frames alive between two collections has its size then.
    for (let i = 0; i < 200_000; i++) head.queueFrame(new TextFrame('warm'))
    const before = heap()
    for (let i = 0; i < 100_000; i++) head.queueFrame(new TextFrame('x'))
    const grown = heap() - before
    expect(seen).toBeGreaterThan(100_000)
    // The smallest record of a number per frame would take more than three times as much.
    expect(grown).toBeLessThan(500_000)
    await task.cancel()
    await run
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

  it('are not held up at their end by a branch that drops the EndFrame, and name one that never lets it through', async () => {
    const hole = new Probe('hole', () => {})
    const dropping = await started([new ParallelPipeline([hole], [named('b')])])
    await dropping.task.queueFrames([new TextFrame('1'), new EndFrame()])
    await dropping.clock.settle()
    await dropping.run
    expect([dropping.texts(), dropping.clock.nowMs()]).toEqual([['b 1'], 0])

    const stuck = defineProcessor({ name: 'stuck', on: {}, onEnd: () => new Promise<void>(() => {}) })
    const parallel = new ParallelPipeline([stuck], [named('b')])
    const { clock, task, run } = await started([parallel], {}, { endTimeoutSecs: 3 })
    const timeouts: unknown[] = []
    task.on('pipelineTimeout', (type, holders) => timeouts.push([type, holders]))
    await task.stopWhenDone()
    await clock.advance(3001)
    await run
    expect(timeouts).toEqual([['EndFrame', [`${parallel.name} (waiting for ${parallel.name}/0)`, 'stuck']]])
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

describe('what the engine carries through branches', () => {
  const flat = (slow: FrameProcessor): FrameProcessor => new ParallelPipeline([slow], [named('inner')])

  it('a branch of a synchronised pipeline is done when the parallel pipeline inside it is', async () => {
    const { clock, task, texts } = await started([
      new SyncParallelPipeline([flat(delay('slow', 50))], [named('outer')]),
    ])
    await task.queueFrame(new TextFrame('1'))
    await clock.advance(40)
    expect(texts()).toEqual([])
    await clock.advance(20)
    expect(texts()).toEqual(['inner 1', 'outer 1', '1'])
  })

  it('the next frame enters a switcher when the parallel pipeline inside its service is done, interrupted or not', async () => {
    const switcher = new ServiceSwitcher({ services: [flat(delay('slow', 50))] })
    const { clock, task, texts } = await started([switcher])
    await task.queueFrames([new TextFrame('1'), new TextFrame('2')])
    await clock.advance(40)
    expect(texts()).toEqual(['inner 1'])
    await clock.advance(20)
    expect(texts()).toEqual(['inner 1', '1', 'inner 2'])
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('3'))
    await clock.advance(60)
    expect(texts()).toEqual(['inner 1', '1', 'inner 2', 'inner 3', '3'])
  })

  it.each([
    ['a branch', (held: FrameProcessor) => new ParallelPipeline([held], [])],
    ['a branch in a branch', (held: FrameProcessor) => new ParallelPipeline([new ParallelPipeline([held], [])], [])],
    ['a synchronised branch', (held: FrameProcessor) => new SyncParallelPipeline([held], [])],
    ['a switcher', (held: FrameProcessor) => new ServiceSwitcher({ services: [held] })],
  ])('a processor in %s is paused and resumed by frames', async (_place, put) => {
    for (const Pause of [FrameProcessorPauseFrame, FrameProcessorPauseUrgentFrame]) {
      const held = named('held')
      const { clock, task, texts } = await started([put(held)])
      await task.queueFrame(new Pause(held))
      await task.queueFrame(new TextFrame('x'))
      await clock.settle()
      expect([texts().includes('held x'), held.queuedFrames > 0]).toEqual([false, true])
      await task.queueFrame(new FrameProcessorResumeFrame(held))
      await clock.settle()
      expect(texts()).toContain('held x')
    }
  })

  it('a processor behind branches is paused after what the branches still hold', async () => {
    const last = named('last')
    const { clock, task, texts } = await started([new ParallelPipeline([delay('slow', 50)], [named('b')]), last])
    await task.queueFrame(new TextFrame('x'))
    await task.queueFrame(new FrameProcessorPauseFrame(last))
    await clock.advance(60)
    await task.queueFrame(new TextFrame('y'))
    await clock.advance(60)
    expect(texts()).toEqual(['last b x', 'last x'])
    await task.queueFrame(new FrameProcessorResumeFrame(last))
    expect(texts()).toEqual(['last b x', 'last x', 'last b y', 'last y'])
  })

  it('a flush comes back when the slowest branch is empty, and once, also where a branch drops the probe', async () => {
    const hole = new Probe('hole', () => {})
    const flush = 'PipelineFlushFrame'
    const passed: string[] = []
    const after = new Probe('after', (frame, direction, ctx) => {
      if (frame.type === flush) passed.push(direction)
      ctx.push(frame, direction)
    })
    const { clock, task } = await started([
      new ParallelPipeline([delay('slow', 50)], [named('b')], [hole], [delay('later', 20, flush)]),
      after,
    ])
    await task.queueFrame(new TextFrame('x'))
    let back: boolean | undefined
    void task.flushPipeline().then((inTime) => (back = inTime))
    await clock.advance(45)
    expect([passed, back]).toEqual([[], undefined])
    await clock.advance(30)
    expect([passed, back]).toEqual([['downstream', 'upstream'], true])
  })

  it('a heartbeat goes on, once, when the slowest branch has let it through, also where a branch drops it', async () => {
    const beats: number[] = []
    const hole = new Probe('hole', () => {})
    const after = new Probe('after', (frame, _direction, ctx) => {
      if (frame.type === 'HeartbeatFrame') beats.push(ctx.runtime.clock.nowMs() - frame.sentAtMs)
      ctx.push(frame)
    })
    const branches = new ParallelPipeline([delay('slow', 300)], [named('b')], [hole])
    const { clock, task } = await started([branches, after], { enableHeartbeats: true })
    await clock.advance(900)
    await task.queueFrame(new TextFrame('x'))
    await clock.advance(1200)
    expect(beats).toEqual([200, 0])
    await task.cancel()
  })

  it('a branch that stands still raises the heartbeat timeout, though the others go on', async () => {
    const stuck = defineProcessor({ name: 'stuck', on: { TextFrame: () => new Promise<void>(() => {}) } })
    const params = { enableHeartbeats: true, heartbeatsMonitorSecs: 5 }
    const { clock, task } = await started([new ParallelPipeline([stuck], [named('b')])], params)
    let timeouts = 0
    task.on('heartbeatTimeout', () => timeouts++)
    await clock.advance(12_000)
    expect(timeouts).toBe(0)
    await task.queueFrame(new TextFrame('x'))
    await clock.advance(14_000)
    expect(timeouts).toBe(2)
    await task.cancel()
  })

  it('a task that is asked to end from ahead of branches ends', async () => {
    const asking = defineProcessor({ name: 'asking', on: { TextFrame: () => new EndTaskFrame('enough') } })
    const { clock, task, run } = await started([asking, new ParallelPipeline([named('a')], [named('b')])])
    const reasons: unknown[] = []
    task.on('pipelineFinished', (frame) => reasons.push('reason' in frame && frame.reason))
    await task.queueFrame(new TextFrame('x'))
    await clock.settle()
    await run
    expect([reasons, clock.nowMs()]).toEqual([['enough'], 0])
  })

  it.each([
    ['a synchronised pipeline', (slow: FrameProcessor) => new SyncParallelPipeline([slow], [named('b')])],
    ['a switcher', (slow: FrameProcessor) => new ServiceSwitcher({ services: [slow, named('b')] })],
  ])('a flush comes back through %s', async (_place, put) => {
    const { clock, task } = await started([put(delay('slow', 50))])
    await task.queueFrame(new TextFrame('x'))
    let back: boolean | undefined
    void task.flushPipeline().then((inTime) => (back = inTime))
    await clock.advance(45)
    expect(back).toBeUndefined()
    await clock.advance(30)
    expect(back).toBe(true)
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
    const { clock, task, texts } = await started([
      new SyncParallelPipeline([delay('slow', 50)], [new FrameProcessor('b')]),
      after,
    ])
    void task.queueFrame(new TextFrame('busy'))
    // The branches have it.
    await clock.advance(10)
    await task.queueFrame(new UserStartedSpeakingFrame())
    expect([starts, texts()]).toEqual([1, ['UserStartedSpeakingFrame']])
    void task.queueFrame(new TextFrame('next'))
    await clock.advance(200)
    expect([starts, texts()]).toEqual([1, ['UserStartedSpeakingFrame', 'busy', 'next']])
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
    await task.queueFrame(new TextFrame('y'))
    await clock.advance(30)
    expect([texts(), up.map(textOf)]).toEqual([
      ['x', 'y'],
      ['up', 'up'],
    ])
  })

  it('says which branch holds a frame back while it does, once a round', async () => {
    const logged: string[] = []
    const log: Logger = { enabled: () => true, log: (level, message) => void logged.push(`${level}: ${message}`) }
    const stuck = defineProcessor({
      name: 'stuck',
      on: { TextFrame: ({ text }, ctx) => sleep(ctx.runtime.clock, text === 'quick' ? 90 : 1e9, ctx.signal) },
    })
    const pipeline = new SyncParallelPipeline([new FrameProcessor('a')], [new FrameProcessor('b'), stuck])
    const held: unknown[] = []
    pipeline.on('roundHeld', (branches, frame) => held.push([branches, textOf(frame)]))
    const { clock, task, run } = await started([pipeline], {}, { runtime: { log } })
    await task.queueFrame(new TextFrame('quick'))
    await clock.advance(1000)
    expect(held).toEqual([])
    await task.queueFrame(new TextFrame('hangs'))
    await clock.advance(99)
    expect(held).toEqual([])
    await clock.advance(5000)
    expect(held).toEqual([[[`${pipeline.name}/1`], 'hangs']])
    expect(logged).toEqual([
      `warn: ${pipeline.name} has waited 100 ms for ${pipeline.name}/1 (stuck) to be done with a TextFrame; what is behind it waits too.`,
    ])
    expect(pipeline.waitingFor).toEqual([`${pipeline.name}/1`])
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('again'))
    await clock.advance(5000)
    expect(held).toHaveLength(2)
    await task.cancel()
    await run
  })

  it('says nothing of a round that the end of the task cuts short', async () => {
    const stuck = defineProcessor({ name: 'stuck', on: { TextFrame: () => new Promise<void>(() => {}) } })
    const pipeline = new SyncParallelPipeline([stuck], [])
    const held: unknown[] = []
    pipeline.on('roundHeld', (branches) => held.push(branches))
    const { clock, task, run } = await started([pipeline])
    await task.queueFrame(new TextFrame('hangs'))
    void task.cancel()
    await clock.advance(5000)
    await run
    expect(held).toEqual([])
  })

  it('is not held up by a branch that drops what it gets, the frames of the life cycle included', async () => {
    const hole = new Probe('hole', () => {})
    const { clock, task, run, texts } = await started([new SyncParallelPipeline([hole], [named('b')])])
    await task.queueFrames([new TextFrame('1'), new TextFrame('2'), new EndFrame()])
    await clock.settle()
    await run
    expect([texts(), clock.nowMs()]).toEqual([['b 1', 'b 2'], 0])
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
