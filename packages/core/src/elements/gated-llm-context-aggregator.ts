import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Notifier } from './notifier.ts'

/** The options of {@link GatedLLMContextAggregator}. */
export interface GatedLLMContextAggregatorOptions {
  /** Each notification lets the held context through. */
  readonly notifier: Notifier
  /** Whether the first context passes without one. Default false. */
  readonly startOpen?: boolean
  readonly name?: string
}

/**
 * Keeps the model from answering until it is notified: of the contexts that came meanwhile only the latest goes on. An
 * interruption drops it; the next one holds the same conversation.
 */
export class GatedLLMContextAggregator extends FrameProcessor {
  readonly #notifier: Notifier
  #open: boolean
  #held: AnyFrame | undefined

  constructor(options: GatedLLMContextAggregatorOptions) {
    super(options.name)
    this.#notifier = options.notifier
    this.#open = options.startOpen ?? false
  }

  override handles(_type: string): boolean {
    return false
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void {
    this.spawn('wait for notifications', async (signal) => {
      for (;;) {
        await this.#notifier.wait(signal)
        const frame = this.#held
        this.#held = undefined
        if (frame !== undefined) this.pushFrame(frame)
      }
    })
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (direction === 'upstream' || !frame.family.includes('LLMContextFrame') || this.#open) {
      if (frame.family.includes('LLMContextFrame')) this.#open = false
      ctx.push(frame, direction)
    } else this.#held = frame
  }

  override onInterruption(): void {
    this.#held = undefined
  }
}
