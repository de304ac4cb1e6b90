import { type AnyFrame, type FrameContext, type FrameDirection, FrameProcessor } from '@pc/core'

/** Holds every frame for a while. */
export class Slow extends FrameProcessor {
  readonly #ms: number
  constructor(ms: number) {
    super({ name: 'slow' })
    this.#ms = ms
  }
  override async processFrame(frame: AnyFrame, _direction: FrameDirection, ctx: FrameContext): Promise<void> {
    await new Promise<void>((resolve) => void this.runtime.clock.setTimeout(resolve, this.#ms))
    ctx.push(frame)
  }
}

/** Has the pipeline wait to be set up. */
export class LateStart extends FrameProcessor {
  readonly #opened: Promise<void>
  constructor(opened: Promise<void>) {
    super({ name: 'late' })
    this.#opened = opened
  }
  override onSetup(): Promise<void> {
    return this.#opened
  }
}
