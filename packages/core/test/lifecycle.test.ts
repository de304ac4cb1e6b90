import { describe, expect, it } from 'vitest'
import {
  BotSpeakingFrame,
  CancelFrame,
  CancelTaskFrame,
  defineProcessor,
  EndFrame,
  EndTaskFrame,
  FrameProcessor,
  FrameProcessorPauseUrgentFrame,
  FrameProcessorResumeFrame,
  FunctionCallResultFrame,
  InputAudioRawFrame,
  InterruptionFrame,
  type Observer,
  ParallelPipeline,
  PcError,
  Pipeline,
  PipelineTask,
  type PipelineTaskOptions,
  sleep,
  StopFrame,
  TextFrame,
  UserStartedSpeakingFrame,
} from '../src/index.ts'
import { TestClock } from '../src/testing/index.ts'
import { delay, Probe, rig, type Rig, started, textOf } from './support.ts'

const never = new Promise<void>(() => {})

describe('lifecycle', () => {
  it('a processor never handles a frame before its StartFrame, and the held frames arrive afterwards in order', async () => {
    const seen: string[] = []
    const early = defineProcessor({
      name: 'early',
      on: {},
      async onSetup({ runtime }) {
        this.pushFrame(new TextFrame('during setup'))
        await sleep(runtime.clock, 10)
        this.pushFrame(new UserStartedSpeakingFrame())
      },
      async onStart(_frame, ctx) {
        ctx.push(new TextFrame('1'))
        await sleep(ctx.runtime.clock, 10)
        ctx.push(new TextFrame('2'))
      },
    })
    const late = new Probe('late', (frame) => {
      seen.push(textOf(frame))
      return frame
    })
    const { clock, texts } = rig([early, late])
    await clock.advance(15)
    expect(seen).toEqual([])
    await clock.advance(15)
    // A system frame overtakes here too; each lane keeps its order.
    expect(seen).toEqual(['StartFrame', 'UserStartedSpeakingFrame', 'during setup', '1', '2'])
    expect(texts()).toEqual(seen.slice(1))
  })

  it('frames held before StartFrame are bounded to 20 s, sticky ones excepted', async () => {
    const slow = defineProcessor({ name: 'slow', on: {}, onStart: (_frame, ctx) => sleep(ctx.runtime.clock, 50_000) })
    const { clock, texts, task, run } = rig([slow], {}, { startTimeoutSecs: 100 })
    await clock.settle()
    slow.queueFrame(new TextFrame('old'))
    slow.queueFrame(new FunctionCallResultFrame({ functionName: 'f', toolCallId: '1', arguments: {} }, 'kept'))
    await clock.advance(25_000)
    slow.queueFrame(new TextFrame('new'))
    await clock.advance(30_000)
    expect(texts()).toEqual(['FunctionCallResultFrame', 'new'])
    await task.cancel()
    await run
  })

  it('frames emitted inside a parallel branch while StartFrame is still in another branch leave after the StartFrame', async () => {
    const seen: string[] = []
    const eager = defineProcessor({ name: 'eager', on: {}, onStart: (_frame, ctx) => ctx.push(new TextFrame('eager')) })
    const slow = defineProcessor({ name: 'slow', on: {}, onStart: (_frame, ctx) => sleep(ctx.runtime.clock, 30) })
    const after = new Probe('after', (frame) => void seen.push(textOf(frame)))
    const { clock } = rig([new ParallelPipeline([eager], [slow]), after])
    await clock.advance(10)
    expect(seen).toEqual([])
    await clock.advance(30)
    expect(seen).toEqual(['StartFrame', 'eager'])
  })

  it('EndFrame leaves a parallel pipeline only after every branch flushed, and after their output', async () => {
    const flush = (name: string, ms: number): FrameProcessor =>
      defineProcessor({
        name,
        on: {},
        async onEnd(_frame, ctx) {
          await sleep(ctx.runtime.clock, ms)
          ctx.push(new TextFrame(name))
        },
      })
    const seen: string[] = []
    const after = new Probe('after', (frame) => void seen.push(textOf(frame)))
    const { clock, task, run } = await started([new ParallelPipeline([flush('fast', 5)], [flush('slow', 50)]), after])
    await task.stopWhenDone()
    await clock.advance(20)
    expect(seen).toEqual(['StartFrame', 'fast'])
    await clock.advance(50)
    await run
    expect(seen).toEqual(['StartFrame', 'fast', 'slow', 'EndFrame'])
  })

  it('a cancel does not complete while a slow branch is still being cancelled', async () => {
    const log: string[] = []
    const branch = (name: string, ms: number): FrameProcessor =>
      defineProcessor({
        name,
        on: {},
        async onCancel() {
          await sleep(this.runtime.clock, ms)
          log.push(name)
        },
      })
    const { clock, task, run } = await started([new ParallelPipeline([branch('fast', 1)], [branch('slow', 100)])])
    void task.cancel()
    await clock.advance(50)
    expect([log, task.hasFinished()]).toEqual([['fast'], false])
    await clock.advance(60)
    await run
    expect(log).toEqual(['fast', 'slow'])
  })

  it.each([new EndFrame(), new StopFrame()])(
    '$type queued behind a slow frame survives an interruption and still ends the pipeline',
    async (terminal) => {
      const { clock, task, run, texts } = await started([delay('slow', 1000)])
      const finished: string[] = []
      task.on('pipelineFinished', (frame) => finished.push(frame.type))
      void task.queueFrames([new TextFrame('a'), new TextFrame('b'), terminal])
      await clock.advance(10)
      await task.queueFrame(new InterruptionFrame())
      await clock.advance(1)
      await run
      expect([texts(), finished]).toEqual([[], [terminal.type]])
    },
  )

  it('EndTaskFrame pushed downstream turns round at the sink and ends behind what is queued', async () => {
    const asker = defineProcessor({
      name: 'asker',
      on: {
        TextFrame(frame, ctx) {
          ctx.push(new EndTaskFrame('done'))
          ctx.push(frame.with({ text: `${frame.text}!` }))
        },
      },
    })
    const { clock, task, run, texts } = await started([asker, delay('slow', 20)])
    await task.queueFrame(new TextFrame('bye'))
    await clock.advance(50)
    await run
    expect(texts()).toEqual(['bye!'])
  })

  it('a cancel pushed out of either end of the pipeline ends the task', async () => {
    for (const [frame, direction] of [
      [new CancelFrame(), 'downstream'],
      [new CancelTaskFrame(), 'upstream'],
    ] as const) {
      const leaver = new Probe('leaver', (_frame, _direction, ctx) => ctx.push(frame, direction))
      const { clock, task, run } = await started([leaver])
      await task.queueFrame(new TextFrame('bye'))
      await clock.settle()
      await run
      expect(task.hasFinished()).toBe(true)
    }
  })

  it('cancel before StartFrame reached the sink finishes, after the end returns at once, and twice cancels once', async () => {
    const cancels: string[] = []
    const stuck = defineProcessor({
      name: 'stuck',
      on: {},
      onStart: () => never,
      onCancel: () => void cancels.push('cancel'),
    })
    const observer: Observer = { frames: ['CancelFrame'], onPushFrame: () => void cancels.push('frame') }
    const { clock, task, run } = rig([stuck], {}, { observers: [observer] })
    await clock.settle()
    const both = Promise.all([task.cancel(), task.cancel(), task.queueFrame(new CancelFrame())])
    await clock.settle()
    await both
    await run
    await task.cancel()
    expect([cancels, task.hasFinished(), clock.nowMs()]).toEqual([['frame', 'cancel'], true, 0])
  })

  it('an end that is asked for after the end leaves no timer behind and raises nothing', async () => {
    const { clock, task, run } = await started([new FrameProcessor('p')])
    let timeouts = 0
    task.on('pipelineTimeout', () => timeouts++)
    await task.stopWhenDone()
    await run
    await task.stopWhenDone()
    expect(clock.pending).toBe(0)
    await clock.advance(60_000)
    expect(timeouts).toBe(0)
  })

  it('a task that was never run can be cancelled, and running it then does nothing', async () => {
    const log: string[] = []
    const note = (what: string) => () => void log.push(what)
    const idle = defineProcessor({ name: 'idle', on: {}, onSetup: note('setup'), onCancel: note('cancel') })
    const task = new PipelineTask(new Pipeline([idle]), {}, { defaultParts: false })
    task.on('pipelineFinished', (frame) => log.push(frame.type))
    await task.cancel()
    await task.run()
    expect([task.hasFinished(), log]).toEqual([true, ['CancelFrame']])
  })

  it('a processor that swallows the cancel delays the end by at most cancelTimeoutSecs, is named, and the task still finishes', async () => {
    const deaf = defineProcessor({ name: 'deaf', on: {}, onCancel: () => never })
    const { clock, task, run } = await started([deaf], {}, { cancelTimeoutSecs: 2 })
    const events: unknown[] = []
    task.on('pipelineTimeout', (type, holders) => events.push([type, holders]))
    task.on('pipelineFinished', (frame) => events.push(frame.type))
    void task.cancel()
    await clock.advance(1999)
    expect(events).toEqual([])
    await clock.advance(2)
    await run
    expect(events).toEqual([['CancelFrame', ['deaf']], 'CancelFrame'])
  })

  it('a processor blocked in setup is abandoned at the setup timeout, named, and the others are still cleaned up', async () => {
    const cleaned: string[] = []
    const blocked = defineProcessor({ name: 'blocked', on: {}, onSetup: () => never })
    const fine = defineProcessor({ name: 'fine', on: {}, onCleanup: () => void cleaned.push('fine') })
    const { clock, task, run } = rig([blocked, fine], {}, { setupTimeoutSecs: 3 })
    const timeouts: unknown[] = []
    task.on('setupTimeout', (holders) => timeouts.push(holders))
    await clock.advance(3001)
    await run
    expect([timeouts, cleaned]).toEqual([[['blocked']], ['fine']])
  })

  it('one processor throwing in cleanup does not prevent the others, and two throwing in setup give two error frames', async () => {
    const cleaned: string[] = []
    const failing = (name: string): FrameProcessor =>
      defineProcessor({
        name,
        on: {},
        onSetup: () => Promise.reject(new Error(`${name} setup`)),
        onCleanup() {
          cleaned.push(name)
          throw new Error('cleanup')
        },
      })
    const { clock, task, run, errors } = await started([failing('a'), failing('b')])
    await task.stopWhenDone()
    await clock.settle()
    await run
    expect(errors).toEqual(['a: a setup', 'b: b setup'])
    expect(cleaned).toEqual(['a', 'b'])
  })

  it('frames queued to a processor after it was cancelled have no effect', async () => {
    const seen: string[] = []
    const processor = defineProcessor({ name: 'p', on: { TextFrame: (frame) => void seen.push(frame.text) } })
    const { clock, task, run } = await started([processor])
    const cancel = task.cancel()
    processor.queueFrame(new TextFrame('late'))
    await clock.settle()
    await cancel
    await run
    expect([seen, task.counters.dropped]).toEqual([[], 1])
  })

  it('idleTimeout fires once per quiet period even if audio flows and its listener is slow; heartbeats are no activity, what is swallowed mid-pipeline is', async () => {
    const swallow = defineProcessor({ name: 'swallow', on: { BotSpeakingFrame: () => {} } })
    const { clock, task, run } = await started(
      [new FrameProcessor('first'), swallow],
      { enableHeartbeats: true },
      { idleTimeoutSecs: 10, cancelOnIdleTimeout: false },
    )
    let idle = 0
    task.on('idleTimeout', () => {
      idle++
      return sleep(clock, 100_000)
    })
    const listen = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) {
        await task.queueFrame(new InputAudioRawFrame(new Int16Array(1600), 16_000))
        await clock.advance(100)
      }
    }
    await listen(9000)
    await task.queueFrame(new BotSpeakingFrame())
    await listen(9900)
    expect(idle).toBe(0)
    await listen(200)
    expect(idle).toBe(1)
    await listen(9000)
    expect(idle).toBe(1)
    await listen(1100)
    expect(idle).toBe(2)
    await task.cancel()
    await run
  })

  it('an idle task cancels itself', async () => {
    const { clock, run, task } = await started([new FrameProcessor('p')], {}, { idleTimeoutSecs: 5 })
    await clock.advance(5001)
    await run
    expect(task.hasFinished()).toBe(true)
  })

  it('heartbeats are not sent before all processors have started, and a stalled pipeline raises the timeout repeatedly', async () => {
    const beats: number[] = []
    const slowStart = defineProcessor({
      name: 'slow',
      on: {},
      onStart: (_frame, ctx) => sleep(ctx.runtime.clock, 3000),
    })
    const gate = defineProcessor({ name: 'gate', on: { HeartbeatFrame: (frame) => void beats.push(frame.sentAtMs) } })
    const { clock, task, run } = rig([slowStart, gate], { enableHeartbeats: true, heartbeatsMonitorSecs: 5 })
    let timeouts = 0
    task.on('heartbeatTimeout', () => timeouts++)
    await clock.advance(3000)
    expect(beats).toEqual([])
    await clock.advance(1000)
    expect(beats).toEqual([4000])
    await clock.advance(15_000)
    expect(timeouts).toBe(3)
    await task.cancel()
    await run
  })

  it('a resume frame reaches a paused processor, which then handles what waited in order', async () => {
    const paused = new FrameProcessor('paused')
    const { task, texts } = await started([new FrameProcessor('first'), paused])
    await task.queueFrame(new FrameProcessorPauseUrgentFrame(paused))
    await task.queueFrames([new TextFrame('1'), new TextFrame('2')])
    await task.queueFrame(new UserStartedSpeakingFrame())
    expect(texts()).toEqual(['UserStartedSpeakingFrame'])
    await task.queueFrame(new FrameProcessorResumeFrame(paused))
    expect(texts()).toEqual(['UserStartedSpeakingFrame', '1', '2'])
  })

  it('a failing start does not stop StartFrame from travelling on', async () => {
    const failing = defineProcessor({ name: 'failing', on: {}, onStart: () => Promise.reject(new Error('no')) })
    const { clock, task, errors } = rig([failing, new FrameProcessor('next')])
    await clock.settle()
    await task.started
    expect(errors).toEqual(['failing: no'])
  })

  it('a run aborted from outside still cancels, drops what is queued and cleans up', async () => {
    const log: string[] = []
    const processor = new Probe('p', (frame) => {
      if (textOf(frame) === 'slow') return never
      log.push(textOf(frame))
      return undefined
    })
    processor.onCancel = () => void log.push('cancel')
    processor.onCleanup = () => void log.push('cleanup')
    const task = new PipelineTask(new Pipeline([processor]), {}, { defaultParts: false, clock: new TestClock() })
    const controller = new AbortController()
    const run = task.run({ signal: controller.signal })
    await task.started
    await task.queueFrames([new TextFrame('slow'), new TextFrame('queued'), new EndFrame()])
    controller.abort()
    await run
    expect([log, task.hasFinished()]).toEqual([['StartFrame', 'cancel', 'cleanup'], true])
  })

  it('a cancel goes past an end that a handler holds up', async () => {
    const stuck = new Probe('stuck', (frame) => (frame.type === 'TextFrame' ? never : undefined))
    const { clock, task, run } = await started([stuck], {}, { endTimeoutSecs: 5 })
    const timeouts: unknown[] = []
    task.on('pipelineTimeout', (type, holders) => timeouts.push([type, holders]))
    await task.queueFrame(new TextFrame('x'))
    await task.stopWhenDone()
    await clock.advance(1000)
    expect(task.hasFinished()).toBe(false)
    await task.queueFrame(new CancelFrame())
    await clock.settle()
    await run
    expect([task.hasFinished(), timeouts]).toEqual([true, []])
  })

  it('an end without progress is cancelled after endTimeoutSecs and names who holds it; progress restarts the deadline', async () => {
    const stuck = new Probe('stuck', (frame) => (frame.type === 'TextFrame' ? never : frame))
    const { clock, task, run } = await started([stuck], {}, { endTimeoutSecs: 5 })
    const timeouts: unknown[] = []
    task.on('pipelineTimeout', (type, holders) => timeouts.push([type, holders]))
    await task.queueFrame(new TextFrame('x'))
    await task.stopWhenDone()
    await clock.advance(4000)
    task.progress()
    await clock.advance(4000)
    expect(timeouts).toEqual([])
    await clock.advance(1001)
    await run
    expect(timeouts).toEqual([['EndFrame', ['stuck']]])
  })

  describe('of a pipeline too crowded to take more', () => {
    const crowd = async (options: PipelineTaskOptions = {}): Promise<Rig> => {
      const made = await started(
        [new Probe('slow', (frame) => (frame.type === 'TextFrame' ? never : frame))],
        {},
        options,
      )
      for (let i = 0; i < 300; i++) made.task.processors[0]?.queueFrame(new TextFrame(`${i}`))
      return made
    }

    it('an ordered frame waits to get in, and one that steers does not', async () => {
      const { task, texts } = await crowd()
      let inside = false
      void task.queueFrame(new TextFrame('one more')).then(() => (inside = true))
      await task.queueFrame(new UserStartedSpeakingFrame())
      expect([texts(), inside]).toEqual([['UserStartedSpeakingFrame'], false])
      await task.queueFrame(new InterruptionFrame())
      expect(task.counters).toMatchObject({ interruptions: 1, dropped: 299 })
      await task.queueFrame(new TextFrame('next'))
      expect(inside).toBe(true)
    })

    it('a cancel ends it at once', async () => {
      const { task, run } = await crowd()
      await task.queueFrame(new CancelFrame())
      await run
      expect(task.hasFinished()).toBe(true)
    })

    it('an end that waits to get in has its deadline, and names who holds it', async () => {
      const { clock, task, run } = await crowd({ endTimeoutSecs: 5 })
      const timeouts: unknown[] = []
      task.on('pipelineTimeout', (type, holders) => timeouts.push([type, holders]))
      void task.stopWhenDone()
      await clock.advance(4999)
      expect(task.hasFinished()).toBe(false)
      await clock.advance(2)
      await run
      expect(timeouts).toEqual([['EndFrame', ['slow']]])
    })

    it('a flush gives up in time', async () => {
      const { clock, task } = await crowd()
      const flushed = task.flushPipeline(2)
      await clock.advance(2000)
      expect(await flushed).toBe(false)
    })
  })

  it('a start that a branch holds up is cancelled and the branch is named', async () => {
    const stuck = defineProcessor({ name: 'stuck', on: {}, onStart: () => never })
    const parallel = new ParallelPipeline([new FrameProcessor('fine')], [stuck])
    const { clock, task, run } = rig([parallel], {}, { startTimeoutSecs: 2 })
    const timeouts: unknown[] = []
    task.on('pipelineTimeout', (type, holders) => timeouts.push([type, holders]))
    await clock.advance(2001)
    await run
    expect(timeouts).toEqual([['StartFrame', [`${parallel.name} (waiting for ${parallel.name}/1)`, 'stuck']]])
  })

  it('pushing StartFrame by hand, early or twice, is harmless', async () => {
    let starts = 0
    const pushing = new Probe('pushing', (frame, _direction, ctx) => {
      ctx.push(frame)
      if (frame.type === 'StartFrame') ctx.push(frame)
    })
    const counting = defineProcessor({ name: 'counting', on: {}, onStart: () => void starts++ })
    const { task, texts } = await started([pushing, counting])
    await task.queueFrame(new TextFrame('x'))
    expect([starts, texts()]).toEqual([1, ['x']])
  })

  it('StopFrame ends the task and leaves processors uncleaned', async () => {
    const log: string[] = []
    const processor = defineProcessor({
      name: 'p',
      on: {},
      onStop: () => void log.push('stop'),
      onCleanup: () => void log.push('cleanup'),
    })
    const { task, clock, run } = await started([processor])
    await task.queueFrame(new StopFrame())
    await clock.settle()
    await run
    expect(log).toEqual(['stop'])
  })

  it('a handler that throws loses its frame only, and the error goes upstream with the name', async () => {
    const throwing = new Probe('throwing', (frame) => {
      if (textOf(frame) === 'bad') throw new PcError('broken', { code: 'x', kind: 'internal' })
      return frame
    })
    const { task, texts, errors } = await started([throwing])
    await task.queueFrames([new TextFrame('bad'), new TextFrame('good')])
    expect([texts(), errors]).toEqual([['good'], ['throwing: broken']])
  })

  it('work that was spawned and does not stop is named at the end', async () => {
    const messages: string[] = []
    const processor = defineProcessor({
      name: 'p',
      on: {},
      onStart() {
        this.spawn('poll', () => never)
      },
    })
    const log = { enabled: () => true, log: (_level: string, message: string) => void messages.push(message) }
    const { task, clock, run } = await started([processor], {}, { runtime: { log } })
    void task.cancel()
    await clock.advance(10_000)
    await run
    expect(messages.join()).toContain('p: poll')
  })
})
