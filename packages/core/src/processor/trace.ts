import type { Frame, FrameDirection } from '../frames/frame.ts'
import { FrameContext } from './frame-context.ts'
import type { FrameProcessor } from './frame-processor.ts'
import type { Node } from './node.ts'

/** One step of a task's scheduler. */
export interface ScheduleStep {
  /** `run`: its handler is called now. `wait`: the lane was busy, so it queues. */
  readonly kind: 'run' | 'wait'
  readonly processor: FrameProcessor
  readonly frame: Frame
  readonly direction: FrameDirection
}

/** Follows which frame was made while which other one was handled, and the order in which handlers run. */
export class Trace {
  /** What is being handled on the stack. */
  current: Frame | undefined = undefined
  readonly #causes = new WeakMap<Frame, Frame>()
  readonly #onStep: (step: ScheduleStep) => void

  constructor(onStep: (step: ScheduleStep) => void) {
    this.#onStep = onStep
  }

  causeOf(frame: Frame): Frame | undefined {
    return this.#causes.get(frame)
  }

  /** A frame is seen; the first time it was just made. */
  seen(frame: Frame): void {
    const { current } = this
    if (current !== undefined && current !== frame && !this.#causes.has(frame)) this.#causes.set(frame, current)
  }

  wait(node: Node, frame: Frame, direction: FrameDirection): void {
    this.#onStep({ kind: 'wait', processor: node.processor, frame, direction })
  }

  run(node: Node, frame: Frame, direction: FrameDirection): void {
    this.#onStep({ kind: 'run', processor: node.processor, frame, direction })
  }

  /** Runs `fn` as part of the handling of a frame. */
  within<T>(frame: Frame | undefined, fn: () => T): T {
    const outer = this.current
    this.current = frame
    try {
      return fn()
    } finally {
      this.current = outer
    }
  }
}

/** The context of one run of a traced node: what it pushes, now or later, has the handled frame for a cause. */
export class TracedContext extends FrameContext {
  readonly #trace: Trace
  readonly #cause: Frame

  constructor(node: Node, like: FrameContext, trace: Trace, cause: Frame) {
    super(node, like.guarded, like.direction)
    this.#trace = trace
    this.#cause = cause
  }

  override push(frame: Frame, direction?: FrameDirection): void {
    this.#trace.within(this.#cause, () => super.push(frame, direction))
  }
}
