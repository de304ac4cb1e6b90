import { describe, expect, test } from 'vitest'
import { LLMContext } from '../context/llm-context.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame, LLMRunFrame } from '../frames/llm.ts'
import { TextFrame, TranscriptionFrame } from '../frames/text.ts'
import { UserStartedSpeakingFrame } from '../frames/turn.ts'
import { runTest, type RunTestOptions } from '../testing/run-test.ts'
import { GatedAggregator } from './gated-aggregator.ts'
import { GatedLLMContextAggregator } from './gated-llm-context-aggregator.ts'
import { IdleFrameProcessor } from './idle-frame-processor.ts'
import { Notifier } from './notifier.ts'
import { WakeNotifierFilter } from './wake-notifier-filter.ts'

const told = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => ('text' in frame && typeof frame.text === 'string' ? frame.text : frame.type))
const says =
  (text: string) =>
  (frame: Frame): boolean =>
    frame.type === 'TextFrame' && (frame as TextFrame).text === text
const texts = (...all: string[]): Frame[] => all.map((text) => new TextFrame(text))

describe('GatedAggregator', () => {
  const gate = (startOpen = false): GatedAggregator =>
    new GatedAggregator({ gateOpenFn: says('open'), gateCloseFn: says('close'), startOpen })

  test('holds frames until one opens it, which goes first; the one that closes it is held', async () => {
    const { down } = await runTest(gate(), { frames: texts('1', '2', 'open', '3', 'close', '4', 'open') })
    expect(told(down)).toEqual(['open', '1', '2', '3', 'open', 'close', '4'])
  })

  test('lets system frames and the other direction pass, and may start open', async () => {
    const closed = await runTest(gate(), { frames: [new TextFrame('1'), new UserStartedSpeakingFrame()] })
    expect(told(closed.down)).toEqual(['UserStartedSpeakingFrame'])
    expect(told((await runTest(gate(), { frames: texts('up'), direction: 'upstream' })).up)).toEqual(['up'])
    expect(told((await runTest(gate(true), { frames: texts('1', 'close', '2') })).down)).toEqual(['1'])
  })

  test('an interruption drops what it holds, except what the user said', async () => {
    const frames = [new TextFrame('1'), new TranscriptionFrame('said'), new InterruptionFrame(), ...texts('open')]
    expect(told((await runTest(gate(), { frames })).down)).toEqual(['open', 'said'])
  })
})

describe('Notifier', () => {
  test('wakes one who waits, keeps one notification for the next, and resets itself', async () => {
    const notifier = new Notifier()
    notifier.notify()
    notifier.notify()
    await notifier.wait()
    let woken = 0
    const waiting = notifier.wait().then(() => woken++)
    await Promise.resolve()
    expect(woken).toBe(0)
    notifier.notify()
    await waiting
    expect(woken).toBe(1)
  })

  test('refuses a second waiter, and leaves none behind whose signal aborts', async () => {
    const notifier = new Notifier()
    const controller = new AbortController()
    const first = notifier.wait(controller.signal)
    await expect(notifier.wait()).rejects.toMatchObject({ code: 'notifier-taken' })
    controller.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    await expect(notifier.wait(controller.signal)).rejects.toThrow('enough')
    notifier.notify()
    await notifier.wait()
  })
})

describe('GatedLLMContextAggregator', () => {
  const context = (): LLMContextFrame => new LLMContextFrame(new LLMContext())
  const start = async (startOpen = false): ReturnType<typeof runTest> => runTest(gated(startOpen), rest)
  let notifier = new Notifier()
  const gated = (startOpen: boolean): GatedLLMContextAggregator => {
    notifier = new Notifier()
    return new GatedLLMContextAggregator({ notifier, startOpen })
  }
  const rest: RunTestOptions = { frames: [], end: false }

  test('lets the latest context through when it is notified, each time one', async () => {
    const { task, clock, down } = await start()
    const latest = context()
    await task.queueFrames([context(), latest, new LLMRunFrame()])
    expect(told(down)).toEqual(['LLMRunFrame'])
    notifier.notify()
    await clock.settle()
    notifier.notify()
    await clock.settle()
    expect(down.slice(1)).toEqual([latest])
    await task.cancel()
  })

  test('may let the first through; an interruption drops the one it holds', async () => {
    const { task, clock, down } = await start(true)
    await task.queueFrames([context(), context(), new InterruptionFrame()])
    notifier.notify()
    await clock.settle()
    expect(down).toHaveLength(1)
    await task.cancel()
  })
})

test('WakeNotifierFilter notifies when a frame says so and lets everything pass', async () => {
  const notifier = new Notifier()
  let woken = false
  void notifier.wait().then(() => (woken = true))
  const filter = new WakeNotifierFilter({ notifier, types: [TextFrame], filter: async (frame) => says('now')(frame) })
  const { task, clock, down } = await runTest(filter, { frames: texts('not yet'), end: false })
  expect(woken).toBe(false)
  await task.queueFrames([new TextFrame('now'), new LLMRunFrame()])
  await clock.settle()
  expect([woken, told(down)]).toEqual([true, ['not yet', 'now', 'LLMRunFrame']])
})

describe('IdleFrameProcessor', () => {
  test('tells of silence again and again, from the start on, until something comes', async () => {
    const atMs: number[] = []
    const idle = new IdleFrameProcessor({
      callback: (processor) => void atMs.push(processor.runtime.clock.nowMs()),
      timeoutSecs: 1,
    })
    const { clock } = await runTest(idle, {
      frames: [{ pauseMs: 2500 }, new TextFrame('x'), { pauseMs: 900 }, new TextFrame('y'), { pauseMs: 1500 }],
    })
    expect(atMs).toEqual([1000, 2000, 4400])
    expect(clock.pending).toBe(0)
  })

  test('counts only the kinds it is told, and does not lose one that comes while the callback runs', async () => {
    let calls = 0
    const idle = new IdleFrameProcessor({
      async callback() {
        calls++
        idle.queueFrame(new TextFrame('from the callback'))
        await Promise.resolve()
      },
      timeoutSecs: 1,
      types: ['TextFrame'],
    })
    const { down } = await runTest(idle, {
      frames: [{ pauseMs: 900 }, new LLMRunFrame(), { pauseMs: 200 }, { pauseMs: 700 }, { pauseMs: 300 }],
    })
    expect([calls, told(down)]).toEqual([2, ['LLMRunFrame', 'from the callback', 'from the callback']])
  })
})
