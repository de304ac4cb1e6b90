import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { type ImageRaw, URLImageRawFrame } from '../frames/image.ts'
import type { TextFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import { PcError } from '../runtime/errors.ts'
import { pumpEvents } from './event-pump.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'

/** A picture as a provider made it. */
export interface GeneratedImage extends ImageRaw {
  /** Where the provider keeps it. */
  readonly url?: string | undefined
}

/** What {@link ImageGenService.generateImage} gets beside the text. */
export interface GenerateImageOptions {
  /** Aborts when nobody wants the picture any more. */
  readonly signal: AbortSignal
}

/** Events of an image service. */
export interface ImageGenServiceEvents extends ProcessorEvents {
  usableChanged: [usable: boolean]
}

/** The options of every image service. */
export interface ImageGenServiceOptions {
  name?: string | undefined
  /** Shown in metrics. */
  model?: string | undefined
  /** Waiting for a picture, seconds. Default 60. */
  timeoutSecs?: number | undefined
}

/**
 * Makes pictures from text. A provider implements {@link generateImage}. Every text frame is passed on, then drawn, and
 * what follows waits: a URLImageRawFrame per picture.
 *
 * ```ts
 * class GreyImages extends ImageGenService {
 *   override async *generateImage() {
 *     yield { image: new Uint8Array(3).fill(128), size: [1, 1] as const, format: 'RGB' }
 *   }
 * }
 * ```
 */
export abstract class ImageGenService extends FrameProcessor<ImageGenServiceEvents> {
  readonly metrics: ServiceMetrics
  readonly #timeoutMs: number
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))

  constructor(options: ImageGenServiceOptions = {}) {
    super(options.name)
    this.metrics = new ServiceMetrics(this, () => options.model)
    this.#timeoutMs = (options.timeoutSecs ?? 60) * 1000
  }

  /**
   * Draws a text. Yield pictures as they come. Stop at the signal. Throw a `PcError` when it fails: one that is
   * `retryable` is tried once more if nothing was yielded.
   */
  abstract generateImage(text: string, options: GenerateImageOptions): AsyncIterable<GeneratedImage>

  /** False after a permanent error: text then only passes. */
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
    ctx.push(frame, direction)
    if (direction === 'upstream' || !frame.family.includes('TextFrame') || !this.isUsable) return undefined
    const { text } = frame as TextFrame
    return text.trim() === '' ? undefined : this.#draw(text, ctx)
  }

  async #draw(text: string, ctx: FrameContext): Promise<void> {
    const { clock } = this.runtime
    const beganMs = clock.nowMs()
    let drawn = 0
    for (let attempt = 0; ; attempt++) {
      try {
        await pumpEvents(
          (signal) => this.generateImage(text, { signal }),
          ({ url, ...image }) => {
            if (drawn++ === 0) this.metrics.ttfb((clock.nowMs() - beganMs) / 1000)
            ctx.push(new URLImageRawFrame(image, url), 'downstream')
            return ctx.ready('downstream')
          },
          { clock, work: ctx, firstTimeoutMs: this.#timeoutMs, idleTimeoutMs: this.#timeoutMs },
        )
        break
      } catch (thrown) {
        if (ctx.stale) return
        const error = PcError.from(thrown, { code: 'image-failed', service: this.name })
        if (error.retryable && drawn === 0 && attempt === 0) continue
        this.#health.judge(error)
        this.emit('connectionError', error)
        this.pushError(error)
        return
      }
    }
    if (!ctx.stale) this.metrics.processing((clock.nowMs() - beganMs) / 1000)
  }
}
