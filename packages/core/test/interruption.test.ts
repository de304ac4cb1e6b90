import { describe, expect, it } from 'vitest'
import type { FrameProcessor, Logger } from '../src/index.ts'
import {
  defineProcessor,
  FrameProcessorPauseUrgentFrame,
  FunctionCallResultFrame,
  InputAudioRawFrame,
  InterruptionFrame,
  InterruptionTaskFrame,
  ParallelPipeline,
  sleep,
  TextFrame,
  TranscriptionFrame,
  UserStartedSpeakingFrame,
} from '../src/index.ts'
import { delay, Probe, started, textOf } from './support.ts'

const result = (text: string): FunctionCallResultFrame =>
  new FunctionCallResultFrame({ functionName: text, toolCallId: text, arguments: {} }, text)
const label = (frame: { type: string }): string =>
  frame instanceof FunctionCallResultFrame ? frame.functionName : textOf(frame as never)

describe('interruption', () => {
  it('a slow interruptible frame is cut at once even when an uninterruptible frame waits behind it', async () => {
    const { clock, task, down } = await started([delay('slow', 1000)])
    await task.queueFrames([new TextFrame('slow'), result('R')])
    await clock.advance(10)
    await task.queueFrame(new InterruptionFrame())
    await clock.settle()
    expect([down.map(label), clock.nowMs()]).toEqual([['R'], 10])
  })

  it('an uninterruptible frame in progress runs to completion; interruptible ones behind it are gone', async () => {
    const slow = new Probe('slow', async (frame, direction, ctx) => {
      if (frame.lane === 'ordered') await sleep(ctx.runtime.clock, 100, ctx.signal)
      ctx.push(frame, direction)
      if (frame.type === 'FunctionCallResultFrame') ctx.push(new TextFrame('made by the result'))
    })
    const { clock, task, down } = await started([slow])
    await task.queueFrames([result('R1'), new TextFrame('a'), result('R2'), new TextFrame('b')])
    await clock.advance(50)
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('c'))
    await clock.advance(1000)
    expect(down.map(label)).toEqual(['R1', 'made by the result', 'R2', 'made by the result', 'c'])
    expect(task.counters.dropped).toBe(2)
  })

  it('an interruption pushed out of either end of the pipeline interrupts the task', async () => {
    for (const [frame, direction] of [
      [new InterruptionFrame(), 'downstream'],
      [new InterruptionTaskFrame(), 'upstream'],
    ] as const) {
      const leaver = new Probe('leaver', (handled, _direction, ctx) => {
        if (handled.type === 'TextFrame') ctx.push(frame, direction)
      })
      const { task } = await started([leaver])
      await task.queueFrame(new TextFrame('stop'))
      expect(task.counters.interruptions).toBe(1)
    }
  })

  it('a hook that interrupts again and again is stopped, also when it had to wait for its handler', async () => {
    const looping = defineProcessor({
      name: 'looping',
      on: { TextFrame: (frame, ctx) => ctx.interrupt().push(frame) },
      onInterruption() {
        this.broadcastInterruption()
      },
    })
    const logged: string[] = []
    const log: Logger = { enabled: () => true, log: (_level, message) => logged.push(message) }
    const { task, texts } = await started([looping], {}, { runtime: { log } })
    await task.queueFrame(new TextFrame('one'))
    await task.queueFrame(new InterruptionFrame())
    expect(texts()).toEqual(['one'])
    expect(logged.filter((message) => message.includes('keep interrupting'))).toHaveLength(2)
  })

  it('code after an interruption in the same handler still runs, and what its new context pushes arrives afterwards', async () => {
    const log: string[] = []
    const cutter = defineProcessor({
      name: 'cutter',
      on: {
        TextFrame(frame, ctx) {
          const next = ctx.interrupt()
          ctx.push(frame.with({ text: 'old context' }))
          next.push(frame.with({ text: 'new context' }))
          log.push('after')
        },
      },
    })
    const sink = new Probe('sink', (frame) => void log.push(textOf(frame)))
    const { task } = await started([cutter, sink])
    await task.queueFrame(new TextFrame('go'))
    expect(log).toEqual(['StartFrame', 'InterruptionFrame', 'new context', 'after'])
    expect(task.counters.stale).toBe(1)
  })

  it('visits every node once in pipeline order, branches included, ahead of frames of the new epoch', async () => {
    const log: string[] = []
    const hooked = (name: string): FrameProcessor =>
      defineProcessor({
        name,
        on: {
          TextFrame(frame, ctx) {
            log.push(`${name} ${frame.text}`)
            ctx.push(frame)
          },
        },
        onInterruption(_frame, ctx) {
          log.push(`${name} hook`)
          if (name === 'a') ctx.push(new TextFrame('from the hook of a'))
        },
      })
    const { task } = await started([hooked('a'), new ParallelPipeline([hooked('b')], [hooked('c')]), hooked('d')])
    await task.queueFrame(new InterruptionTaskFrame())
    expect(log).toEqual([
      'a hook',
      'b hook',
      'c hook',
      'd hook',
      'b from the hook of a',
      'd from the hook of a',
      'c from the hook of a',
    ])
  })

  it('a node on the stack gets its hook when it unwinds, before frames that wait for it', async () => {
    const log: string[] = []
    const early = defineProcessor({
      name: 'early',
      on: {
        TextFrame(frame, ctx) {
          log.push(`in ${frame.text}`)
          ctx.push(frame)
          log.push(`out ${frame.text}`)
        },
      },
      onInterruption: () => void log.push('hook'),
    })
    const bomb = defineProcessor({
      name: 'bomb',
      on: {
        TextFrame(frame, ctx) {
          if (frame.text !== 'x') return
          ctx.interrupt().push(new TextFrame('bounced'), 'upstream')
        },
      },
    })
    const { task } = await started([early, bomb])
    await task.queueFrame(new TextFrame('x'))
    expect(log).toEqual(['in x', 'out x', 'hook', 'in bounced', 'out bounced'])
  })

  it('between the interruption and the last processor nothing old is behind it: all queues are empty at once', async () => {
    const stages = Array.from({ length: 5 }, (_, index) => delay(`stage ${index}`, 1000))
    const { clock, task, texts } = await started(stages)
    for (const stage of stages) for (let i = 0; i < 10; i++) stage.queueFrame(new TextFrame(`${stage.name} ${i}`))
    await clock.advance(10)
    await task.queueFrame(new InterruptionFrame())
    expect(task.counters.dropped).toBe(45)
    await task.queueFrame(new TextFrame('new'))
    await clock.advance(5000)
    expect(texts()).toEqual(['new'])
  })

  it('a handler that ignores its signal cannot push, is detached after 250 ms and named, and the lane goes on', async () => {
    const deaf = new Probe('deaf', async (frame, _direction, ctx) => {
      if (textOf(frame) === 'deaf') await sleep(ctx.runtime.clock, 10_000)
      ctx.push(frame)
    })
    const { clock, task, texts, errors } = await started([deaf])
    await task.queueFrame(new TextFrame('deaf'))
    await clock.advance(1)
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('next'))
    await clock.advance(249)
    expect(texts()).toEqual([])
    await clock.advance(2)
    expect([texts(), task.counters.detached]).toEqual([['next'], 1])
    await clock.advance(20_000)
    expect(texts()).toEqual(['next'])
    expect(errors.join()).toMatch(/deaf ignored an interruption/)
  })

  it('what a timer of an old context pushes is dropped and counted', async () => {
    const later = defineProcessor({
      name: 'later',
      on: { TextFrame: (frame, ctx) => void ctx.runtime.clock.setTimeout(() => ctx.push(frame), 100) },
    })
    const { clock, task, texts } = await started([later])
    await task.queueFrame(new TextFrame('a'))
    await clock.advance(50)
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('b'))
    await clock.advance(200)
    expect([texts(), task.counters.stale]).toEqual([['b'], 1])
  })

  it('a stream stops delivering at once, even from a generator that waits for ever', async () => {
    async function* endless(): AsyncGenerator<TextFrame> {
      yield new TextFrame('first')
      await new Promise(() => {})
    }
    const streaming = defineProcessor({
      name: 'streaming',
      on: { TextFrame: (frame) => (frame.text === 'go' ? endless() : frame) },
    })
    const { clock, task, texts } = await started([streaming])
    await task.queueFrame(new TextFrame('go'))
    await clock.settle()
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('next'))
    await clock.settle()
    expect([texts(), clock.nowMs()]).toEqual([['first', 'next'], 0])
  })

  it('signals abort once with an AbortError, and never for work that is done', async () => {
    const aborted: string[] = []
    const worker = new Probe('worker', async (frame, direction, ctx) => {
      if (frame.type !== 'TextFrame') return ctx.push(frame, direction)
      ctx.signal.addEventListener('abort', () => aborted.push(`${textOf(frame)} ${(ctx.signal.reason as Error).name}`))
      await sleep(ctx.runtime.clock, textOf(frame) === 'long' ? 1000 : 1)
    })
    const { clock, task } = await started([worker])
    await task.queueFrame(new TextFrame('short'))
    await clock.advance(5)
    await task.queueFrame(new TextFrame('long'))
    await clock.advance(5)
    await task.queueFrames([new InterruptionFrame(), new InterruptionFrame()])
    expect(aborted).toEqual(['long AbortError'])
  })

  it('onAbort fires when the work is overtaken and not after its removal', async () => {
    const log: string[] = []
    const worker = defineProcessor({
      name: 'worker',
      on: {
        async TextFrame(frame, ctx) {
          const remove = ctx.onAbort(() => log.push(frame.text))
          if (frame.text === 'removed') remove()
          await sleep(ctx.runtime.clock, 100, ctx.signal)
        },
      },
    })
    const { clock, task } = await started([worker])
    for (const text of ['heard', 'removed']) {
      await task.queueFrame(new TextFrame(text))
      await clock.advance(1)
      await task.queueFrame(new InterruptionFrame())
      await clock.settle()
    }
    expect(log).toEqual(['heard'])
  })

  it('cuts the agent, never the user: transcripts in progress and in queues arrive', async () => {
    const { clock, task, texts } = await started([delay('aggregate', 10, 'TranscriptionFrame')])
    await task.queueFrames([new TranscriptionFrame('I want a large'), new TextFrame('bot')])
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TranscriptionFrame('pepperoni pizza'))
    await clock.advance(50)
    expect(texts()).toEqual(['I want a large', 'pepperoni pizza'])
  })

  it('lifts a pause, except while an uninterruptible frame is being processed', async () => {
    const stage = delay('stage', 10, 'FunctionCallResultFrame')
    const { clock, task, down } = await started([stage])
    await task.queueFrame(new FrameProcessorPauseUrgentFrame(stage))
    await task.queueFrames([new TextFrame('waits'), result('R')])
    await task.queueFrame(new InterruptionFrame())
    await clock.advance(11)
    expect(down.map(label)).toEqual(['R'])
    await task.queueFrame(result('S'))
    await task.queueFrame(new FrameProcessorPauseUrgentFrame(stage))
    await task.queueFrame(new InterruptionFrame())
    await task.queueFrame(new TextFrame('still waits'))
    await clock.advance(50)
    expect(down.map(label)).toEqual(['R', 'S'])
    stage.resumeProcessingFrames()
    expect(down.map(label)).toEqual(['R', 'S', 'still waits'])
  })

  it('a system frame never waits for an ordered handler, and overtakes what is queued', async () => {
    const { clock, task, texts } = await started([delay('slow', 100)])
    await task.queueFrames([new TextFrame('a'), new TextFrame('b'), new UserStartedSpeakingFrame()])
    expect(texts()).toEqual(['UserStartedSpeakingFrame'])
    await clock.advance(300)
    expect(texts()).toEqual(['UserStartedSpeakingFrame', 'a', 'b'])
  })

  it('a system handler pending over 100 ms is named', async () => {
    const messages: string[] = []
    const log = { enabled: () => true, log: (_level: string, message: string) => void messages.push(message) }
    const slow = delay('slow', 500, 'InputAudioRawFrame')
    const { clock, task } = await started([slow], {}, { runtime: { log } })
    await task.queueFrame(new InputAudioRawFrame(new Int16Array(320), 16_000))
    await clock.advance(150)
    for (let i = 0; i < 3; i++) await task.queueFrame(new UserStartedSpeakingFrame())
    expect(messages).toEqual(['slow has been handling a system frame for 150 ms; move long work to spawn().'])
  })

  it('hooks that interrupt each other for ever are stopped', async () => {
    const messages: string[] = []
    const log = { enabled: () => true, log: (_level: string, message: string) => void messages.push(message) }
    const looping = defineProcessor({ name: 'looping', on: {}, onInterruption: (_frame, ctx) => void ctx.interrupt() })
    const { task } = await started([looping], {}, { runtime: { log } })
    await task.queueFrame(new InterruptionFrame())
    expect(messages.join()).toMatch(/keep interrupting/)
  })
})
