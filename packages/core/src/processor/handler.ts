import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from './frame-context.ts'
import { FrameProcessor } from './frame-processor.ts'
import type { Result } from './result.ts'

/** How a node calls its processor. */
export type Handler = (frame: Frame, direction: FrameDirection, ctx: FrameContext) => Result

const passOn: Handler = (frame, direction, ctx) => ctx.push(frame, direction)

/** `processFrame`, or for a class that does not override it what lets everything through. */
export function handlerOf(processor: FrameProcessor): Handler {
  return processor.processFrame === FrameProcessor.prototype.processFrame ? passOn : (processor.processFrame as Handler)
}
