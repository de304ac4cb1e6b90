import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'

/** Receives the frames that reach an end of a pipeline. */
export type EndHandler = (frame: Frame, direction: FrameDirection) => void | Promise<void>

/** The entry of a hand-made pipeline: upstream frames that reach it go to a function instead. */
export class PipelineSource extends FrameProcessor {
  readonly #upstreamPushFrame: EndHandler

  constructor(upstreamPushFrame: EndHandler, name?: string) {
    super(name)
    this.#upstreamPushFrame = upstreamPushFrame
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    return direction === 'upstream' ? this.#upstreamPushFrame(frame, direction) : ctx.push(frame)
  }
}

/** The exit of a hand-made pipeline: downstream frames that reach it go to a function instead. */
export class PipelineSink extends FrameProcessor {
  readonly #downstreamPushFrame: EndHandler

  constructor(downstreamPushFrame: EndHandler, name?: string) {
    super(name)
    this.#downstreamPushFrame = downstreamPushFrame
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    return direction === 'downstream' ? this.#downstreamPushFrame(frame, direction) : ctx.push(frame)
  }
}
