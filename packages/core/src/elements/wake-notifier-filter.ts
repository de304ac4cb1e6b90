import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { type FrameKind, isOfKind } from './frame-kinds.ts'
import type { Notifier } from './notifier.ts'

/** The options of {@link WakeNotifierFilter}. */
export interface WakeNotifierFilterOptions {
  readonly notifier: Notifier
  /** The kinds of frames that are looked at. */
  readonly types: readonly FrameKind[]
  /** Whether such a frame notifies. While its promise is pending, later frames wait. */
  readonly filter: (frame: AnyFrame) => boolean | Promise<boolean>
  readonly name?: string
}

/** Notifies when a frame of a kind says what is waited for. Everything passes. */
export class WakeNotifierFilter extends FrameProcessor {
  readonly #options: WakeNotifierFilterOptions
  readonly #looksAt: (frame: AnyFrame) => boolean

  constructor(options: WakeNotifierFilterOptions) {
    super(options.name)
    this.#options = options
    this.#looksAt = isOfKind(options.types)
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const wakes = this.#looksAt(frame) && this.#options.filter(frame)
    const pass = (wake: boolean): void => {
      if (wake) this.#options.notifier.notify()
      ctx.push(frame, direction)
    }
    return typeof wakes === 'boolean' ? pass(wakes) : wakes.then(pass)
  }
}
