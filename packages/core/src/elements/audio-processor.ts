import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { AudioFrame } from '../frames/message-frames.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Result } from '../processor/result.ts'

/**
 * A processor of audio: override {@link processAudio}; everything else passes.
 *
 * ```ts
 * class Quieter extends AudioProcessor {
 *   override processAudio(frame: AudioFrame) {
 *     return frame.with({ audio: frame.audio.map((sample) => sample / 2) })
 *   }
 * }
 * ```
 */
export class AudioProcessor extends FrameProcessor {
  override handles(_type: string): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
      case 'OutputAudioRawFrame':
      case 'TTSAudioRawFrame':
      case 'SpeechOutputAudioRawFrame':
        return this.processAudio(frame, direction, ctx)
      default:
        ctx.push(frame, direction)
        return undefined
    }
  }

  /** What becomes of a frame of audio, the user's or the agent's: push it, or return what goes on. Default: as it is. */
  processAudio(frame: AudioFrame, _direction: FrameDirection, _ctx: FrameContext): Result {
    return frame
  }
}
