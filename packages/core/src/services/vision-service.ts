import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { defineFrame, Frame } from '../frames/frame.ts'
import type { UserImageRawFrame } from '../frames/image.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { LLMTextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import { Completion } from './completion.ts'
import type { LLMEvent } from './llm-types.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'

/** A picture that waits for its turn: the lane of pictures and sound must not wait for an answer. */
class VisionRequestFrame extends Frame<'pc/vision-request'> {
  declare readonly question: UserImageRawFrame
  constructor(question: UserImageRawFrame) {
    super()
    this.question = question
  }
  static {
    defineFrame(this, 'pc/vision-request')
  }
}

declare module '../frames/frame.ts' {
  interface FrameTypes {
    'pc/vision-request': VisionRequestFrame
  }
}

/** What {@link VisionService.describeImage} gets beside the picture. */
export interface DescribeImageOptions {
  /** Aborts when nobody wants the answer any more. */
  readonly signal: AbortSignal
  /** What is asked about the picture. */
  readonly question: string
}

/** Events of a vision service. */
export interface VisionServiceEvents extends ProcessorEvents {
  usableChanged: [usable: boolean]
}

/** The options of every vision service. */
export interface VisionServiceOptions {
  name?: string | undefined
  /** Shown in metrics. */
  model?: string | undefined
  /** Waiting for the first output, seconds; then the request is made once more. Default 10. */
  firstOutputTimeoutSecs?: number | undefined
  /** Waiting for more output, seconds. Default 10. */
  idleTimeoutSecs?: number | undefined
}

/**
 * Says what is to be seen. A provider implements {@link describeImage}. A UserImageRawFrame with a text, which is the
 * question, and without `appendToContext`, which would be for the language model, is answered as a model's response:
 * LLMFullResponseStartFrame, LLMTextFrames, LLMFullResponseEndFrame. Pictures themselves pass.
 *
 * ```ts
 * class SizeVision extends VisionService {
 *   override async *describeImage({ size }: UserImageRawFrame) {
 *     yield `A picture of ${size.join(' by ')} pixels.`
 *   }
 * }
 * ```
 */
export abstract class VisionService extends FrameProcessor<VisionServiceEvents> {
  readonly metrics: ServiceMetrics
  readonly #options: VisionServiceOptions
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))

  constructor(options: VisionServiceOptions = {}) {
    super(options.name)
    this.#options = options
    this.metrics = new ServiceMetrics(this, () => options.model)
  }

  /**
   * Answers a question about a picture. Yield text, or what a language model yields. Stop at the signal. Throw a `PcError`
   * when it fails: one that is `retryable` is tried again while no text was yielded.
   */
  abstract describeImage(image: UserImageRawFrame, options: DescribeImageOptions): AsyncIterable<LLMEvent>

  /** False after a permanent error: pictures then only pass. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  setUsable(usable: boolean): void {
    this.#health.set(usable)
  }

  override get canGenerateMetrics(): boolean {
    return true
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    if (frame.type === 'pc/vision-request') return this.#answer(frame.question, ctx)
    ctx.push(frame, direction)
    if (frame.type !== 'UserImageRawFrame' || direction === 'upstream' || !this.isUsable) return undefined
    if (frame.text !== undefined && frame.text !== '' && !frame.appendToContext) {
      this.queueFrame(new VisionRequestFrame(frame))
    }
    return undefined
  }

  async #answer(image: UserImageRawFrame, ctx: FrameContext): Promise<void> {
    const { clock } = this.runtime
    const { firstOutputTimeoutSecs = 10, idleTimeoutSecs = 10 } = this.#options
    const beganMs = clock.nowMs()
    const options = {
      runtime: this.runtime,
      work: ctx,
      firstTimeoutMs: firstOutputTimeoutSecs * 1000,
      idleTimeoutMs: idleTimeoutSecs * 1000,
    }
    const completion = new Completion(options, {
      text: (text) => {
        ctx.push(new LLMTextFrame(text), 'downstream')
        return ctx.ready('downstream')
      },
      began: (elapsedMs) => this.metrics.ttfb(elapsedMs / 1000),
    })
    ctx.push(new LLMFullResponseStartFrame(), 'downstream')
    let failure: PcError | undefined
    try {
      const outcome = await completion.run((signal) =>
        this.describeImage(image, { signal, question: image.text ?? '' }),
      )
      if (outcome === 'done') this.#health.set(true)
    } catch (error) {
      failure = PcError.from(error, { code: 'vision-failed', service: this.name })
    }
    if (ctx.stale) return
    ctx.push(new LLMFullResponseEndFrame(), 'downstream')
    this.metrics.processing((clock.nowMs() - beganMs) / 1000)
    if (completion.usage !== undefined) this.metrics.llmUsage(completion.usage)
    if (failure === undefined) return
    this.#health.judge(failure)
    this.emit('connectionError', failure)
    this.pushError(failure)
  }
}
