import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndFrame, StopFrame } from '../frames/lifecycle.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import type { KeypadEntry } from '../frames/transport.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Timer } from '../runtime/clock.ts'

/** The options of {@link DTMFAggregator}. */
export interface DTMFAggregatorOptions {
  /** A sequence is over this long after its last key, seconds. Default 2. */
  readonly timeoutSecs?: number
  /** The key that ends a sequence and belongs to it. Default `#`. */
  readonly terminationDigit?: KeypadEntry
  /** Stands before the keys, so that the model knows what it reads. Default `DTMF: `. */
  readonly prefix?: string
  readonly name?: string
}

/**
 * Makes what the user typed on a telephone into what they said: a finalized TranscriptionFrame per sequence of keys. The
 * first key of a sequence interrupts the agent, unless the pipeline's `allowInterruptions` is false or the user is muted.
 * It stands behind the input transport, ahead of the turn processor.
 */
export class DTMFAggregator extends FrameProcessor {
  readonly #timeoutSecs: number
  readonly #terminationDigit: KeypadEntry
  readonly #prefix: string
  #keys = ''
  #muted = false
  #timer: Timer | undefined

  constructor(options: DTMFAggregatorOptions = {}) {
    super(options.name)
    this.#timeoutSecs = options.timeoutSecs ?? 2
    this.#terminationDigit = options.terminationDigit ?? '#'
    this.#prefix = options.prefix ?? 'DTMF: '
  }

  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    ctx.push(frame, direction)
    if (frame.type === 'UserMuteStartedFrame' || frame.type === 'UserMuteStoppedFrame') {
      this.#muted = frame.type === 'UserMuteStartedFrame'
    }
    if (frame.type !== 'InputDTMFFrame') return
    const first = this.#keys === ''
    this.#keys += frame.button
    this.#timer?.cancel()
    if (first && !this.#muted && this.setup.params.allowInterruptions) this.broadcastInterruption()
    if (frame.button === this.#terminationDigit) this.#flush()
    else this.#timer = this.runtime.clock.setTimeout(() => this.#flush(), this.#timeoutSecs * 1000)
  }

  override onEnd(_frame: EndFrame, _ctx: FrameContext): void {
    this.#flush()
  }

  override onStop(_frame: StopFrame, _ctx: FrameContext): void {
    this.#flush()
  }

  override onCleanup(): void {
    this.#timer?.cancel()
  }

  #flush(): void {
    this.#timer?.cancel()
    if (this.#keys === '') return
    const timestamp = new Date(this.runtime.clock.epochMs()).toISOString()
    const text = this.#prefix + this.#keys
    this.#keys = ''
    this.pushFrame(new TranscriptionFrame(text, '', timestamp, { finalized: true }))
  }
}
