import { PcmByteStream, StreamResampler } from '@pc/audio'

/** Turns what a provider sends, bytes cut anywhere or samples, into samples of one rate. */
export class SpeechAudio {
  /** Hz. */
  readonly outputRate: number
  readonly #bytes = new PcmByteStream()
  #resampler: StreamResampler | undefined

  constructor(outputRate: number) {
    this.outputRate = outputRate
  }

  /** The samples that a piece of audio completes, perhaps none. */
  take(audio: Int16Array | Uint8Array, rate: number): Int16Array {
    const samples = audio instanceof Int16Array ? audio : this.#bytes.process(audio)
    if (rate === this.outputRate) return samples
    if (this.#resampler?.fromRate !== rate) this.#resampler = new StreamResampler(rate, this.outputRate)
    return this.#resampler.process(samples)
  }

  /** The end of a stream: what the resampler held back. A half sample is dropped, so it never shifts what follows. */
  flush(): Int16Array {
    this.#bytes.reset()
    return this.#resampler?.flush() ?? new Int16Array(0)
  }
}
