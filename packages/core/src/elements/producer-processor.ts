import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'

/** Makes the frame that a consumer gets. */
export type FrameTransformer = (frame: AnyFrame) => Frame | Promise<Frame>

/** The options of {@link ProducerProcessor}. */
export interface ProducerProcessorOptions {
  /** Which frames go to consumers. While its promise is pending, later frames wait. */
  readonly filter: (frame: AnyFrame) => boolean | Promise<boolean>
  /** Called once per consumer. Default: a copy. */
  readonly transformer?: FrameTransformer
  /** Whether such frames go on here too; all others do in any case. Default true. */
  readonly passthrough?: boolean
  readonly name?: string
}

/** Sends chosen frames to consumers elsewhere: in another branch, in another pipeline. */
export class ProducerProcessor extends FrameProcessor {
  readonly #options: ProducerProcessorOptions
  readonly #consumers = new Set<(frame: Frame) => void>()

  constructor(options: ProducerProcessorOptions) {
    super(options.name)
    this.#options = options
  }

  /** Adds a consumer and returns its remover. */
  addConsumer(consumer: (frame: Frame) => void): () => void {
    this.#consumers.add(consumer)
    return () => void this.#consumers.delete(consumer)
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    const chosen = this.#options.filter(frame)
    if (chosen === false) {
      ctx.push(frame, direction)
      return undefined
    }
    return this.#produce(frame, direction, ctx, chosen)
  }

  // oxlint-disable-next-line max-params -- a handler's parameters and the answer of the filter
  async #produce(
    frame: AnyFrame,
    direction: FrameDirection,
    ctx: FrameContext,
    chosen: true | Promise<boolean>,
  ): Promise<void> {
    const produce = await chosen
    const { transformer = (one: AnyFrame): Frame => one.with({}), passthrough = true } = this.#options
    if (produce) {
      for (const consume of this.#consumers) {
        const made = await transformer(frame)
        if (ctx.stale && !made.sticky) break
        consume(made)
      }
    }
    if (!produce || passthrough) ctx.push(frame, direction)
  }
}
