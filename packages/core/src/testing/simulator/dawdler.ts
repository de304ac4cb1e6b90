import type { AnyFrame, FrameDirection } from '../../frames/frame.ts'
import type { FrameContext } from '../../processor/frame-context.ts'
import { FrameProcessor } from '../../processor/frame-processor.ts'
import type { World } from './world.ts'

/** Thinks about every piece of text for a while, and sends it on whatever has happened meanwhile. */
export class Dawdler extends FrameProcessor {
  readonly #world: World
  readonly #delayMs: number
  #thinking = false

  constructor(world: World, delayMs: number) {
    super('dawdler')
    this.#world = world
    this.#delayMs = delayMs
  }

  /** It thinks about something, or has to. */
  get busy(): boolean {
    return this.#thinking || this.queuedFrames > 0
  }

  override handles(): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.type !== 'LLMTextFrame') return ctx.push(frame, direction)
    this.#thinking = true
    return this.#world.sleep(this.#delayMs).then(() => {
      this.#thinking = false
      ctx.push(frame, direction)
    })
  }
}
