import { interleaveChannels, mixAudio, splitChannels } from '@pc/audio'
import type { MixerControlFrame } from '../frames/audio-control.ts'
import type { AnyFrame, FrameDirection, FrameFamily } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type FrameProcessorOptions } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'
import type { AudioMixer } from '../transport/audio-parts.ts'

/** The options of {@link AudioMixerProcessor}. */
export interface AudioMixerProcessorOptions extends FrameProcessorOptions {
  /** Whose audio it mixes into: the user's, `input`, or the agent's, `output`. Default `input`. */
  readonly audio?: 'input' | 'output' | undefined
}

type Audio = FrameFamily<'InputAudioRawFrame'> | FrameFamily<'OutputAudioRawFrame'>

/**
 * Runs an {@link AudioMixer} where it stands in a list: it mixes into the audio that passes, and only then. Background
 * sound without gaps is the `audioOutMixer` of the output transport.
 */
export class AudioMixerProcessor extends FrameProcessor {
  readonly #mixer: AudioMixer
  readonly #tag: 'InputAudioRawFrame' | 'OutputAudioRawFrame'
  #rate = 0
  #failed = false

  constructor(mixer: AudioMixer, options: AudioMixerProcessorOptions = {}) {
    super(options)
    this.#mixer = mixer
    this.#tag = options.audio === 'output' ? 'OutputAudioRawFrame' : 'InputAudioRawFrame'
  }

  override handles(_type: string): boolean {
    return false
  }

  override onStart(frame: StartFrame, _ctx: FrameContext): Promise<void> {
    return this.#start(this.#tag === 'InputAudioRawFrame' ? frame.audioInSampleRate : frame.audioOutSampleRate)
  }

  override async onCleanup(): Promise<void> {
    if (this.#rate === 0) return
    this.#rate = 0
    await this.#mixer.stop()
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (frame.type === 'MixerEnableFrame' || frame.type === 'MixerUpdateSettingsFrame') {
      ctx.push(frame, direction)
      return this.#control(frame)
    }
    if (!this.#takes(frame)) {
      ctx.push(frame, direction)
      return undefined
    }
    if (this.#rate === frame.sampleRate) return this.#mix(frame, ctx)
    return this.#start(frame.sampleRate).then(() => this.#mix(frame, ctx))
  }

  #takes(frame: AnyFrame): frame is Audio {
    return frame.family.includes(this.#tag)
  }

  /** The background is mono: it goes into every channel alike. */
  #mix(frame: Audio, ctx: FrameContext): void {
    const { numChannels } = frame
    let { audio } = frame
    if (!this.#failed) {
      try {
        audio = numChannels === 1 ? this.#mixer.mix(audio) : this.#mixChannels(audio, numChannels)
      } catch (error) {
        this.#report(error)
      }
    }
    ctx.push(audio === frame.audio ? frame : frame.with({ audio }))
  }

  #mixChannels(audio: Int16Array, numChannels: number): Int16Array {
    const channels = splitChannels(audio, numChannels)
    const silence = new Int16Array(audio.length / numChannels)
    const background = this.#mixer.mix(silence)
    return interleaveChannels(channels.map((pcm) => mixAudio([{ pcm }, { pcm: background }])))
  }

  async #start(sampleRate: number): Promise<void> {
    const running = this.#rate !== 0
    this.#rate = sampleRate
    try {
      if (running) await this.#mixer.stop()
      await this.#mixer.start(sampleRate, 1)
      this.#failed = false
    } catch (error) {
      this.#report(error)
    }
  }

  async #control(frame: MixerControlFrame): Promise<void> {
    try {
      await this.#mixer.processFrame?.(frame)
    } catch (error) {
      this.pushError(error, { code: 'audio-mixer-failed', kind: 'config' })
    }
  }

  #report(error: unknown): void {
    this.#failed = true
    this.pushError(error, { code: 'audio-mixer-failed', kind: 'internal' })
  }
}
