import { StreamResampler, toMono } from '@pc/audio'
import type { AudioRaw } from '../frames/audio.ts'

/** Cuts audio chunks of any length, rate and channel count into mono windows of one length and rate. */
export class AudioWindows {
  readonly sampleRate: number
  readonly windowSecs: number
  readonly #window: Int16Array
  #filled = 0
  #resampler: StreamResampler | undefined

  /** @param windowSamples - at `sampleRate` Hz */
  constructor(sampleRate: number, windowSamples: number) {
    this.sampleRate = sampleRate
    this.windowSecs = windowSamples / sampleRate
    this.#window = new Int16Array(windowSamples)
  }

  /** Calls `onWindow` for each window that the chunk completes. The window's memory is used again for the next. */
  push(chunk: AudioRaw, onWindow: (window: Int16Array) => void): void {
    const mono = toMono(chunk.audio, chunk.numChannels)
    const audio = chunk.sampleRate === this.sampleRate ? mono : this.#resample(mono, chunk.sampleRate)
    for (let at = 0; at < audio.length;) {
      const room = this.#window.length - this.#filled
      const piece = at === 0 && audio.length <= room ? audio : audio.subarray(at, at + room)
      this.#window.set(piece, this.#filled)
      this.#filled += piece.length
      at += piece.length
      if (this.#filled < this.#window.length) return
      this.#filled = 0
      onWindow(this.#window)
    }
  }

  /** The stream is not continuous here: an unfinished window is dropped. */
  reset(): void {
    this.#filled = 0
    this.#resampler?.reset()
  }

  #resample(mono: Int16Array, fromRate: number): Int16Array {
    if (this.#resampler?.fromRate !== fromRate) this.#resampler = new StreamResampler(fromRate, this.sampleRate)
    return this.#resampler.process(mono)
  }
}
