import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Timer } from '../runtime/clock.ts'
import { type FrameKind, isOfKind } from './frame-kinds.ts'

/** The options of {@link IdleFrameProcessor}. */
export interface IdleFrameProcessorOptions {
  /** Called whenever nothing came for so long; again after the same time, until something comes. */
  readonly callback: (processor: IdleFrameProcessor) => void | Promise<void>
  /** Seconds. */
  readonly timeoutSecs: number
  /** The kinds of frames that count. Default: all. */
  readonly types?: readonly FrameKind[]
  readonly name?: string
}

/** Watches the stream of frames and tells when it falls silent. Everything passes. */
export class IdleFrameProcessor extends FrameProcessor {
  readonly #options: IdleFrameProcessorOptions
  readonly #counts: (frame: AnyFrame) => boolean
  #lastMs = 0
  #timer: Timer | undefined

  constructor(options: IdleFrameProcessorOptions) {
    super(options.name)
    this.#options = options
    this.#counts = options.types === undefined ? () => true : isOfKind(options.types)
  }

  override handles(_type: string): boolean {
    return false
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void {
    this.#lastMs = this.runtime.clock.nowMs()
    this.#wait(this.#timeoutMs)
  }

  /** Only notes the time: the timer looks when it fires. */
  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (this.#counts(frame)) this.#lastMs = this.runtime.clock.nowMs()
    ctx.push(frame, direction)
  }

  override onEnd(): void {
    this.#timer?.cancel()
  }

  override onCleanup(): void {
    this.#timer?.cancel()
  }

  get #timeoutMs(): number {
    return this.#options.timeoutSecs * 1000
  }

  #wait(delayMs: number): void {
    this.#timer = this.runtime.clock.setTimeout(() => this.#check(), delayMs, { background: true })
  }

  #check(): void {
    const { clock } = this.runtime
    const leftMs = this.#lastMs + this.#timeoutMs - clock.nowMs()
    if (leftMs > 0) {
      this.#wait(leftMs)
      return
    }
    this.#lastMs = clock.nowMs()
    this.#wait(this.#timeoutMs)
    this.spawn('idle callback', async () => this.#options.callback(this))
  }
}
