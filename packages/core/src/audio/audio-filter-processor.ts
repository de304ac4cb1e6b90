import { toMono } from '@pc/audio'
import type { FilterControlFrame } from '../frames/audio-control.ts'
import type { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'
import type { AudioFilter } from '../transport/audio-parts.ts'

/**
 * Runs an {@link AudioFilter} where it stands in a list, on the user's audio, which it makes mono. Filter control frames
 * reach the filter and go on. A filter that fails is reported, and audio passes as it is.
 *
 * ```ts
 * new Pipeline([transport.input(), new AudioFilterProcessor(filter), stt])
 * ```
 */
export class AudioFilterProcessor extends FrameProcessor {
  readonly #filter: AudioFilter
  /** Hz for which the filter is ready; 0 when it is not. */
  #rate = 0
  #failing = false

  constructor(filter: AudioFilter, options: FrameProcessorOptions = {}) {
    super(options)
    this.#filter = filter
  }

  override handles(_type: string): boolean {
    return false
  }

  override onStart(frame: StartFrame, _ctx: FrameContext): Promise<void> {
    return this.#start(frame.audioInSampleRate)
  }

  override async onCleanup(): Promise<void> {
    if (this.#rate === 0) return
    this.#rate = 0
    await this.#filter.stop()
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        return this.#take(frame, ctx)
      case 'FilterEnableFrame':
      case 'FilterUpdateSettingsFrame':
        ctx.push(frame, direction)
        return this.#control(frame)
      default:
        ctx.push(frame, direction)
        return undefined
    }
  }

  #take(frame: InputAudioRawFrame | UserAudioRawFrame, ctx: FrameContext): Result {
    if (this.#rate === frame.sampleRate) return this.#filtered(frame, ctx)
    return this.#start(frame.sampleRate).then(() => this.#filtered(frame, ctx))
  }

  #filtered(frame: InputAudioRawFrame | UserAudioRawFrame, ctx: FrameContext): void {
    let audio = toMono(frame.audio, frame.numChannels)
    try {
      audio = this.#filter.filter(audio)
      this.#failing = false
    } catch (error) {
      this.#report(error)
    }
    if (audio.length > 0) ctx.push(frame.with({ audio, numChannels: 1 }))
  }

  /** A filter that cannot start counts as ready and says so once; it then fails on every piece, which is not told. */
  async #start(sampleRate: number): Promise<void> {
    const running = this.#rate !== 0
    this.#rate = sampleRate
    try {
      if (running) await this.#filter.stop()
      await this.#filter.start(sampleRate)
    } catch (error) {
      this.#report(error)
    }
  }

  async #control(frame: FilterControlFrame): Promise<void> {
    try {
      await this.#filter.processFrame?.(frame)
    } catch (error) {
      this.pushError(error, { code: 'audio-filter-failed', kind: 'config' })
    }
  }

  /** The first of a row says it. */
  #report(error: unknown): void {
    if (!this.#failing) this.pushError(error, { code: 'audio-filter-failed', kind: 'internal' })
    this.#failing = true
  }
}
