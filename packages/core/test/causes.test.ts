import { describe, expect, test } from 'vitest'
import {
  defineProcessor,
  type Frame,
  FrameProcessor,
  type FrameContext,
  InterruptionFrame,
  LLMTextFrame,
  type Observer,
  sleep,
  TextFrame,
  TTSSpeakFrame,
} from '@pc/core'
import { runTest } from '@pc/core/testing'

/** Names what each text frame was made from. */
function causeLog(): { observer: Observer; causes: Map<string, string | undefined> } {
  const causes = new Map<string, string | undefined>()
  const textOf = (frame: Frame | undefined): string | undefined =>
    frame === undefined ? undefined : 'text' in frame ? String(frame.text) : frame.type
  return {
    causes,
    observer: {
      causes: true,
      frames: ['TextFrame', 'TTSSpeakFrame'],
      onPushFrame: (frame, _direction, _source, _destination, _atMs, cause) => {
        causes.set(textOf(frame) ?? '', textOf(cause))
      },
    },
  }
}

/** Answers texts with other frames: at once, later, and from outside of any handler. */
class Answering extends FrameProcessor {
  override async processFrame(frame: Frame, _direction: unknown, ctx: FrameContext): Promise<void> {
    if (frame.type !== 'TextFrame' || !('text' in frame)) {
      ctx.push(frame)
      return
    }
    ctx.push(frame)
    ctx.push(new LLMTextFrame(`at once for ${String(frame.text)}`))
    this.runtime.clock.setTimeout(() => this.pushFrame(new LLMTextFrame(`by itself after ${String(frame.text)}`)), 50)
    await Promise.resolve()
    ctx.push(new TTSSpeakFrame(`later for ${String(frame.text)}`))
  }

  override onInterruption(_frame: Frame, ctx: FrameContext): void {
    ctx.push(new LLMTextFrame('for the interruption'))
  }
}

describe('causes', () => {
  test('a frame made in a handler knows the frame that was handled, also after an await', async () => {
    const { observer, causes } = causeLog()
    const frames = [new TextFrame('one'), new TextFrame('two'), { pauseMs: 100 }, new InterruptionFrame()]
    await runTest(new Answering(), { observers: [observer], frames })
    expect(Object.fromEntries(causes)).toEqual({
      one: undefined,
      two: undefined,
      'at once for one': 'one',
      'later for one': 'one',
      'at once for two': 'two',
      'later for two': 'two',
      'by itself after one': undefined,
      'by itself after two': undefined,
      'for the interruption': 'InterruptionFrame',
    })
  })

  test('the order in which handlers ran is told, and a run with the same input has the same', async () => {
    const run = async (): Promise<string[]> => {
      const steps: string[] = []
      const observer: Observer = {
        onSchedule: ({ kind, processor, frame, direction }) => {
          if ('text' in frame) steps.push(`${kind} ${processor.name} ${String(frame.text)} ${direction}`)
        },
      }
      const slow = defineProcessor({
        name: 'slow',
        on: {
          TextFrame: async (frame, ctx) => {
            await sleep(ctx.runtime.clock, 10)
            return frame
          },
        },
      })
      const last = defineProcessor({ name: 'last', on: {} })
      await runTest([slow, last], { observers: [observer], frames: [new TextFrame('one'), new TextFrame('two')] })
      return steps
    }
    const steps = await run()
    expect(steps).toEqual([
      'run slow one downstream',
      'wait slow two downstream',
      'run last one downstream',
      'run slow two downstream',
      'run last two downstream',
    ])
    expect(await run()).toEqual(steps)
  })

  test('a handler of a followed node hears no abort after it has returned', async () => {
    const aborted: string[] = []
    const listening = defineProcessor({
      name: 'listening',
      on: {
        TextFrame: (frame, ctx) => {
          ctx.onAbort(() => aborted.push(frame.text))
          return frame.text === 'long' ? sleep(ctx.runtime.clock, 1000) : undefined
        },
      },
    })
    const frames = [new TextFrame('short'), new TextFrame('long'), { pauseMs: 10 }, new InterruptionFrame()]
    await runTest(listening, { observers: [{ causes: true }], frames })
    expect(aborted).toEqual(['long'])
  })
})
