import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, StartFrame, StopFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { ProducerProcessor } from './producer-processor.ts'

/** The options of {@link ConsumerProcessor}. */
export interface ConsumerProcessorOptions {
  readonly producer: ProducerProcessor
  /** Called for every frame that comes from the producer, in order. Default: as it is. */
  readonly transformer?: (frame: Frame) => Frame | Promise<Frame>
  /** Which way they travel from here. Default `downstream`. */
  readonly direction?: FrameDirection
  readonly name?: string
}

/** Where the frames of a {@link ProducerProcessor} come in, from start to end. Everything else passes. */
export class ConsumerProcessor extends FrameProcessor {
  readonly #options: ConsumerProcessorOptions
  #remove: (() => void) | undefined
  #last: Promise<void> | undefined

  constructor(options: ConsumerProcessorOptions) {
    super(options.name)
    this.#options = options
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void {
    this.#remove = this.#options.producer.addConsumer((frame) => this.#take(frame))
  }

  override onEnd(_frame: EndFrame, _ctx: FrameContext): Promise<void> {
    return this.#finish()
  }

  override onStop(_frame: StopFrame, _ctx: FrameContext): Promise<void> {
    return this.#finish()
  }

  override onCleanup(): void {
    this.#remove?.()
  }

  async #finish(): Promise<void> {
    this.#remove?.()
    await this.#last
  }

  #take(frame: Frame): void {
    const { transformer, direction = 'downstream' } = this.#options
    const made = transformer === undefined ? frame : transformer(frame)
    if (!(made instanceof Promise) && this.#last === undefined) {
      this.queueFrame(made, direction)
      return
    }
    const before = this.#last ?? Promise.resolve()
    const turn = before
      .then(async () => this.queueFrame(await made, direction))
      .catch((error: unknown) => this.pushError(error, { code: 'consumer-transformer-failed' }))
      .then(() => {
        if (this.#last === turn) this.#last = undefined
      })
    this.#last = turn
  }
}
