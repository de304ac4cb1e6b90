import { StreamResampler, toMono } from '@pc/audio'
import { AudioProcessor } from '../elements/audio-processor.ts'
import type { AudioRaw } from '../frames/audio.ts'
import { OutputAudioRawFrame, TTSAudioRawFrame } from '../frames/audio.ts'
import type { AnyFrame, Frame, FrameDirection } from '../frames/frame.ts'
import type { InterruptionFrame } from '../frames/lifecycle.ts'
import type { AudioFrame } from '../frames/message-frames.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import type { FrameProcessorOptions } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'
import { PcError } from '../runtime/errors.ts'

/** The options of {@link AudioResampler}. */
export interface AudioResamplerOptions extends FrameProcessorOptions {
  /** Hz of the audio that leaves it, 4000 to 384000. */
  readonly sampleRate: number
}

/**
 * Brings all audio that passes to one rate, mono. Processors behind it must take audio of that rate from its frames:
 * the rates that the task announces stay as they are.
 *
 * @throws PcError `audio-resampler` for a rate outside its range.
 */
export class AudioResampler extends AudioProcessor {
  readonly sampleRate: number
  /** One per kind of audio. */
  readonly #streams = new Map<string, StreamResampler>()

  constructor(options: AudioResamplerOptions) {
    super(options)
    const { sampleRate } = options
    if (!Number.isInteger(sampleRate) || sampleRate < 4000 || sampleRate > 384_000) {
      throw new PcError(`sampleRate is ${sampleRate}; pass 4000 to 384000 Hz.`, {
        code: 'audio-resampler',
        kind: 'config',
      })
    }
    this.sampleRate = sampleRate
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    for (const type of this.#streams.keys()) if (!INPUT.has(type)) this.#streams.delete(type)
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (frame.type === 'TTSStoppedFrame') this.#flush(frame.contextId, ctx)
    return super.processFrame(frame, direction, ctx)
  }

  override processAudio(frame: AudioFrame): AudioFrame | undefined {
    const audio = this.#convert(frame)
    return audio.length > 0 ? frame.with({ audio, sampleRate: this.sampleRate, numChannels: 1 }) : undefined
  }

  #convert(frame: Frame & AudioRaw): Int16Array {
    const mono = toMono(frame.audio, frame.numChannels)
    if (frame.sampleRate === this.sampleRate) return mono
    let stream = this.#streams.get(frame.type)
    if (stream?.fromRate !== frame.sampleRate) {
      stream = new StreamResampler(frame.sampleRate, this.sampleRate)
      this.#streams.set(frame.type, stream)
    }
    return stream.process(mono)
  }

  /** The end of an utterance must not wait for the next one. */
  #flush(contextId: string | undefined, ctx: FrameContext): void {
    for (const type of ['TTSAudioRawFrame', 'OutputAudioRawFrame']) {
      const audio = this.#streams.get(type)?.flush()
      if (audio === undefined || audio.length === 0) continue
      if (type === 'TTSAudioRawFrame') ctx.push(new TTSAudioRawFrame(audio, this.sampleRate, 1, contextId))
      else ctx.push(new OutputAudioRawFrame(audio, this.sampleRate))
    }
  }
}

const INPUT: ReadonlySet<string> = new Set(['InputAudioRawFrame', 'UserAudioRawFrame'])
