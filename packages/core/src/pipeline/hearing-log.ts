import type { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import type { PcError } from '../runtime/errors.ts'
import { isApplicationError, type Request, type RequestLog } from './request-log.ts'

/** Audio that is kept of an utterance without a final transcript, microseconds. */
const KEEP_US = 20_000_000
/** A connection that breaks so often in a row is given up for that of another service. */
const MAX_BREAKS = 2
/** Audio that is kept from before speech, microseconds. */
const PRE_ROLL_US = 1_000_000

/**
 * Of a recognition service: the audio of the utterance that has no final transcript yet. The next service hears it again;
 * what the first one let pass is not passed on twice, being the same frames.
 */
export class HearingLog implements RequestLog {
  readonly keepsText = false
  readonly #losesSegments: () => boolean
  #frames: Frame[] = []
  #heldUs = 0
  #speaking = false
  #unfinished = true
  #sawVad = false
  #breaks = 0

  /** @param losesSegments - whether the active service asks once per utterance, rather than keeping a connection */
  constructor(losesSegments: () => boolean) {
    this.#losesSegments = losesSegments
  }

  /** Where no voice activity is known, whatever is heard after a final transcript. */
  begins({ type }: Frame): boolean {
    if (type === 'VADUserStartedSpeakingFrame') return true
    if (this.#sawVad || this.#unfinished || type !== 'InputAudioRawFrame') return false
    this.#unfinished = true
    return true
  }

  entered(frame: Frame): void {
    switch (frame.type) {
      case 'InputAudioRawFrame':
      case 'UserAudioRawFrame':
        this.#heldUs += durationUs(frame as InputAudioRawFrame)
        break
      case 'VADUserStartedSpeakingFrame':
        this.#speaking = true
        this.#sawVad = true
        this.#unfinished = true
        break
      case 'VADUserStoppedSpeakingFrame':
        this.#speaking = false
        break
      default:
        return
    }
    this.#frames.push(frame)
    this.#trim()
  }

  left(frame: Frame): void {
    if (!frame.type.endsWith('TranscriptionFrame')) return
    this.#breaks = 0
    if (this.#speaking || frame.type !== 'TranscriptionFrame') return
    this.#unfinished = false
    this.#trim()
  }

  settled(_frame: Frame): void {}

  interrupted(): void {}

  isLost(error: PcError, _request: Request | undefined): boolean {
    if (isApplicationError(error)) return false
    return this.#losesSegments() || ++this.#breaks >= MAX_BREAKS
  }

  handOver(request: Request | undefined): readonly Request[] {
    this.#breaks = 0
    const heard = this.#frames.map((frame): Request => ({ frame, direction: 'downstream' }))
    return request === undefined ? heard : [...heard, request]
  }

  #trim(): void {
    const keepUs = this.#unfinished || !this.#sawVad ? KEEP_US : PRE_ROLL_US
    let drop = 0
    for (; this.#heldUs > keepUs && drop < this.#frames.length; drop++) this.#heldUs -= durationUs(this.#frames[drop])
    if (drop > 0) this.#frames.splice(0, drop)
  }
}

function durationUs(frame: Frame | undefined): number {
  if (frame === undefined || !frame.family.includes('InputAudioRawFrame')) return 0
  const { audio, numChannels, sampleRate } = frame as InputAudioRawFrame
  return Math.round((audio.length / numChannels / sampleRate) * 1e6)
}
