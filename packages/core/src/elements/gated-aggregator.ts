import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { mustPass } from './frame-kinds.ts'

/** The options of {@link GatedAggregator}. */
export interface GatedAggregatorOptions {
  /** Whether a frame opens the closed gate: it goes first, what was held follows. */
  readonly gateOpenFn: (frame: AnyFrame) => boolean
  /** Whether a frame closes the open gate: it is held already. */
  readonly gateCloseFn: (frame: AnyFrame) => boolean
  /** Default false. */
  readonly startOpen?: boolean
  /** Which way gated frames travel. Default `downstream`. */
  readonly direction?: FrameDirection
  readonly name?: string
}

/**
 * Holds frames while its gate is closed. System frames, frames of the other direction and those that steer the task
 * always pass. An interruption drops what is held, except what survives interruptions anywhere.
 */
export class GatedAggregator extends FrameProcessor {
  readonly #options: GatedAggregatorOptions
  #open: boolean
  #held: AnyFrame[] = []

  constructor(options: GatedAggregatorOptions) {
    super(options.name)
    this.#options = options
    this.#open = options.startOpen ?? false
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    const { direction: gated = 'downstream', gateOpenFn, gateCloseFn } = this.#options
    if (direction !== gated || mustPass(frame)) {
      ctx.push(frame, direction)
      return
    }
    this.#open = this.#open ? !gateCloseFn(frame) : gateOpenFn(frame)
    if (!this.#open) {
      this.#held.push(frame)
      return
    }
    ctx.push(frame, direction)
    for (const held of this.#held.splice(0)) ctx.push(held, direction)
  }

  override onInterruption(): void {
    this.#held = this.#held.filter(({ sticky }) => sticky)
  }
}
