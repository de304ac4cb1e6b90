import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { type FrameKind, isOfKind, mustPass } from './frame-kinds.ts'

/**
 * Lets frames of these kinds pass, and system frames and those that steer the task. All others stop here.
 *
 * ```ts
 * new FrameFilter([TranscriptionFrame, 'LLMRunFrame'])
 * ```
 */
export class FrameFilter extends FrameProcessor {
  readonly #passes: (frame: AnyFrame) => boolean

  constructor(types: readonly FrameKind[], name?: string) {
    super(name)
    this.#passes = isOfKind(types)
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (mustPass(frame) || this.#passes(frame)) ctx.push(frame, direction)
  }
}
