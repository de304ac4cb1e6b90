import { StreamResampler } from '@pc/audio'
import { type AudioFilter, AudioFilterProcessor, type FilterControlFrame, type FrameProcessor } from '@pc/core'
import { FRAME_SAMPLES, loadRNNoise, RNNOISE_RATE, type RNNoiseStream } from './rnnoise.ts'

/** The options of {@link RNNoiseFilter}. */
export interface RNNoiseFilterOptions {
  /** Whether it is on at the start; `FilterEnableFrame` switches it. Default true. */
  readonly enabled?: boolean | undefined
}

/**
 * Takes noise out of the user's audio before anything hears it. It is the `audioInFilter` of a transport, or stands in
 * a pipeline's list. One filter serves one stream of mono audio.
 *
 * It delays audio by 20 to 32 ms: 20 ms inside RNNoise, up to 10 ms to fill a frame, and up to 2 ms where the rate is
 * not 48 kHz. Switched off it passes audio on without delay.
 *
 * ```ts
 * const transport = new SomeTransport({ audioInFilter: new RNNoiseFilter() })
 * ```
 */
export class RNNoiseFilter implements AudioFilter {
  #enabled: boolean
  #up: StreamResampler | undefined = undefined
  #down: StreamResampler | undefined = undefined
  #stream: RNNoiseStream | undefined = undefined
  readonly #frame = new Float32Array(FRAME_SAMPLES)
  #filled = 0
  #voice = 0

  constructor(options: RNNoiseFilterOptions = {}) {
    this.#enabled = options.enabled ?? true
  }

  /** The probability that the last 10 ms held a voice, 0 to 1. */
  get voiceProbability(): number {
    return this.#voice
  }

  /** @param sampleRate - Hz of the audio to come, 4000 to 384000; RNNoise itself works at 48000. */
  async start(sampleRate: number): Promise<void> {
    const rnnoise = await loadRNNoise()
    this.stop()
    this.#up = new StreamResampler(sampleRate, RNNOISE_RATE)
    this.#down = new StreamResampler(RNNOISE_RATE, sampleRate)
    this.#stream = rnnoise.open()
  }

  /** The audio without noise, in whole steps of 10 ms: empty where none is complete. Before a start: the audio itself. */
  filter(audio: Int16Array): Int16Array {
    if (!this.#enabled || this.#up === undefined || this.#down === undefined) return audio
    const input = this.#up.process(audio)
    const output = new Int16Array(Math.floor((this.#filled + input.length) / FRAME_SAMPLES) * FRAME_SAMPLES)
    let written = 0
    for (const sample of input) {
      this.#frame[this.#filled++] = sample
      if (this.#filled < FRAME_SAMPLES) continue
      this.#processFrame(output.subarray(written, written + FRAME_SAMPLES))
      written += FRAME_SAMPLES
    }
    return this.#down.process(output)
  }

  processFrame(frame: FilterControlFrame): void {
    if (frame.type !== 'FilterEnableFrame' || frame.enable === this.#enabled) return
    this.#enabled = frame.enable
    this.#forget()
  }

  stop(): void {
    this.#forget()
    this.#stream?.close()
    this.#stream = undefined
    this.#up = undefined
    this.#down = undefined
  }

  /** The processor that runs this filter where it stands in a list. */
  toProcessor(): FrameProcessor {
    return new AudioFilterProcessor(this, { name: 'RNNoiseFilter' })
  }

  #processFrame(output: Int16Array): void {
    this.#filled = 0
    this.#voice = this.#stream?.process(this.#frame) ?? 0
    for (let i = 0; i < output.length; i++) {
      output[i] = Math.max(-32_768, Math.min(32_767, Math.round(this.#frame[i]!)))
    }
  }

  #forget(): void {
    this.#filled = 0
    this.#voice = 0
    this.#up?.reset()
    this.#down?.reset()
  }
}
