import { describe, expect, it } from 'vitest'
import {
  defineProcessor,
  firstSight,
  type Frame,
  FrameProcessor,
  LLMTextFrame,
  type Observer,
  queuedObserver,
  TextFrame,
  UserStartedSpeakingFrame,
} from '../src/index.ts'
import { started } from './support.ts'

describe('observers', () => {
  it('see each hop of the frames they asked for, families included, with both ends', async () => {
    const hops: string[] = []
    const observer: Observer = {
      frames: ['TextFrame'],
      onPushFrame: (frame, direction, source, destination) =>
        void hops.push(`${frame.type} ${direction} ${source?.name} > ${destination?.name}`),
    }
    const { task } = await started([new FrameProcessor('a'), new FrameProcessor('b')], {}, { observers: [observer] })
    await task.queueFrame(new LLMTextFrame('x'))
    await task.queueFrame(new UserStartedSpeakingFrame())
    await task.queueFrame(new TextFrame('y'), 'upstream')
    expect(hops).toEqual([
      'LLMTextFrame downstream undefined > a',
      'LLMTextFrame downstream a > b',
      'LLMTextFrame downstream b > undefined',
      'TextFrame upstream undefined > b',
      'TextFrame upstream b > a',
      'TextFrame upstream a > undefined',
    ])
  })

  it('are told the time of a hop when they ask for it', async () => {
    const times: unknown[] = []
    const watch = (timestamps: boolean): Observer => ({
      frames: ['TextFrame'],
      timestamps,
      onPushFrame: (_frame, _direction, _source, _destination, atMs) => void times.push(atMs),
    })
    const { clock, task } = await started([], {}, { observers: [watch(true), watch(false)] })
    await clock.advance(40)
    await task.queueFrame(new TextFrame('x'))
    expect(times).toEqual([40, undefined])
  })

  it('may come and go while the task runs', async () => {
    let seen = 0
    const { task } = await started([new FrameProcessor('a')])
    const remove = task.addObserver({ frames: ['TextFrame'], onPushFrame: () => void seen++ })
    await task.queueFrame(new TextFrame('x'))
    remove()
    await task.queueFrame(new TextFrame('y'))
    expect(seen).toBe(2)
  })

  it('a throwing one is reported once and disturbs nobody', async () => {
    const messages: string[] = []
    const log = { enabled: () => true, log: (_level: string, message: string) => void messages.push(message) }
    const broken: Observer = {
      onPushFrame() {
        throw new Error('broken')
      },
    }
    const { task, texts } = await started([new FrameProcessor('a')], {}, { observers: [broken], runtime: { log } })
    await task.queueFrames([new TextFrame('x'), new TextFrame('y')])
    expect([texts(), messages]).toEqual([['x', 'y'], ['An observer failed']])
  })

  it('a slow one has a bounded queue, counts what it lost, and keeps order', async () => {
    const seen: string[] = []
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => (open = resolve))
    const observer = queuedObserver(
      async ({ frame }) => {
        await gate
        seen.push((frame as TextFrame).text)
      },
      { frames: ['TextFrame'], limit: 3 },
    )
    const { task, texts } = await started([], {}, { observers: [observer] })
    await task.queueFrames(['1', '2', '3', '4', '5', '6'].map((text) => new TextFrame(text)))
    expect(texts()).toHaveLength(6)
    open()
    await observer.idle()
    expect([seen.length + observer.dropped, seen]).toEqual([6, [...seen].sort()])
    expect(observer.dropped).toBeGreaterThan(0)
  })

  it('firstSight tells the first hop of a frame from the rest', () => {
    const first = firstSight()
    const frame: Frame = new TextFrame('x')
    expect([first(frame), first(frame), first(frame.with({}))]).toEqual([true, false, true])
  })

  it('hear of metrics in a short form, once per frame', async () => {
    const { MetricsFrame } = await import('../src/index.ts')
    const measuring = defineProcessor({
      name: 'llm',
      on: {
        TextFrame: () =>
          new MetricsFrame([
            { kind: 'ttfb', processor: 'llm', valueSecs: 0.25 },
            { kind: 'llmUsage', processor: 'llm', usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } },
          ]),
      },
    })
    const { task } = await started([measuring, new FrameProcessor('next')])
    const metrics: unknown[] = []
    task.eventHandler('on_metrics', ({ ttfbMs, tokensUsed }) => metrics.push([ttfbMs, tokensUsed]))
    await task.queueFrame(new TextFrame('x'))
    expect(metrics).toEqual([[250, 7]])
  })
})
