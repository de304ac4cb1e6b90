import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { mustPass } from './frame-kinds.ts'

/** Lets nothing pass but system frames and those that steer the task: the end of a branch that only listens. */
export class NullFilter extends FrameProcessor {
  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (mustPass(frame)) ctx.push(frame, direction)
  }
}
