// The benchmark's view of @pc/core: only what every user can import.
import { defineFrame, Frame } from '../../packages/core/src/frames/frame.ts'
import { FrameProcessor } from '../../packages/core/src/processor/frame-processor.ts'
import { InputAudioRawFrame } from '../../packages/core/src/frames/audio.ts'
import { TextFrame } from '../../packages/core/src/frames/text.ts'
import { InterruptionFrame } from '../../packages/core/src/frames/lifecycle.ts'
import { Pipeline } from '../../packages/core/src/pipeline/pipeline.ts'
import { PipelineTask } from '../../packages/core/src/pipeline/pipeline-task.ts'

export const name = 'pc'

const AUDIO = new Int16Array(320)

class Tail extends FrameProcessor {
  constructor(onTail) {
    super('tail')
    this.onTail = onTail
  }
  processFrame(frame) {
    this.onTail(frame)
  }
}

/** Nine classes of their own, as a real pipeline has, each in the plainest way to write a processor. */
const passing = (index) =>
  new (new Function(
    'FrameProcessor',
    `return class Stage${index} extends FrameProcessor {
      field${index} = ${index}
      processFrame(frame, direction, ctx) { ctx.push(frame, direction) }
    }`,
  )(FrameProcessor))()

async function start(processors) {
  const task = new PipelineTask(new Pipeline(processors), {}, { defaultParts: false, idleTimeoutSecs: null })
  const run = task.run()
  await task.started
  return {
    task,
    async close() {
      await task.cancel()
      await run
    },
  }
}

export async function w1(n, onTail) {
  const stages = Array.from({ length: n - 1 }, (_, index) => passing(index))
  const { close } = await start([...stages, new Tail(onTail)])
  const head = stages[0]
  return {
    push: (i) => head.queueFrame((i & 1) === 1 ? new TextFrame('hello') : new InputAudioRawFrame(AUDIO, 16_000)),
    close,
  }
}

/** Forty frame types through processors that each switch on the type. */
export async function w1m(n, onTail) {
  const frames = Array.from({ length: 40 }, (_, index) => {
    const made = new Function('Frame', `return class F${index} extends Frame { constructor() { super(); this.v${index} = 1 } }`)(Frame)
    defineFrame(made, `bench/${index}`, { lane: index % 2 === 1 ? 'system' : 'ordered' })
    return new made()
  })
  const switching = (index) =>
    new (new Function(
      'FrameProcessor',
      `return class Switch${index} extends FrameProcessor {
        seen = 0
        processFrame(frame, direction, ctx) {
          switch (frame.type) {
            case 'bench/a${index}': this.seen++; break
            case 'bench/b${index}': this.seen += 2; break
            case 'bench/c${index}': this.seen += 3; break
            default: ctx.push(frame, direction)
          }
        }
      }`,
    )(FrameProcessor))()
  const stages = Array.from({ length: n - 1 }, (_, index) => switching(index))
  const { close } = await start([...stages, new Tail(onTail)])
  return { push: (i) => stages[0].queueFrame(frames[i % 40]), close }
}

export async function w2(n, onAck) {
  let seen = 0
  class Stage extends FrameProcessor {
    processFrame(frame, direction, ctx) {
      if (frame.type !== 'TextFrame') return ctx.push(frame, direction)
      seen++
      return new Promise((resolve) => ctx.onAbort(resolve))
    }
    onInterruption() {}
  }
  class Last extends FrameProcessor {
    onInterruption() {
      onAck()
    }
  }
  const stages = Array.from({ length: n - 1 }, (_, index) => new Stage(`stage ${index}`))
  const { close } = await start([...stages, new Last('last')])
  return {
    fill(stage, count) {
      for (let i = 0; i < count; i++) stages[stage].queueFrame(new TextFrame('x'))
    },
    interrupt: () => stages[0].queueFrame(new InterruptionFrame()),
    pending: () => stages.reduce((sum, stage) => sum + stage.queuedFrames, 0),
    seen: () => seen,
    close,
  }
}
