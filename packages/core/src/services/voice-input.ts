import { StreamResampler, toMono } from '@pc/audio'
import type { InputAudioRawFrame } from '../frames/audio.ts'

/** Input audio as one mono stream of one rate. */
export class VoiceInput {
  /** Hz. */
  readonly sampleRate: number
  #resampler: StreamResampler | undefined

  constructor(sampleRate: number) {
    this.sampleRate = sampleRate
  }

  take(frame: InputAudioRawFrame<string>): Int16Array {
    const mono = toMono(frame.audio, frame.numChannels)
    if (frame.sampleRate === this.sampleRate) return mono
    if (this.#resampler?.fromRate !== frame.sampleRate) {
      this.#resampler = new StreamResampler(frame.sampleRate, this.sampleRate)
    }
    return this.#resampler.process(mono)
  }
}
