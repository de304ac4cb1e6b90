/** Sample rates the network exists for, in Hz. */
export type SileroSampleRate = 8000 | 16000

/**
 * Sizes of the Silero network at one sample rate. The two rates share the structure and differ in the input sizes
 * and in the weights.
 */
export interface NetworkShape {
  readonly sampleRate: SileroSampleRate
  /** samples per decision: 512 at 16 kHz, 256 at 8 kHz (32 ms) */
  readonly windowSamples: number
  /** samples of the previous window put before the window: 64 or 32 */
  readonly contextSamples: number
  /** samples per spectrum frame: 256 or 128 */
  readonly fftSamples: number
  /** samples between the starts of two spectrum frames: 128 or 64 */
  readonly hopSamples: number
  /** magnitudes per spectrum frame: 129 or 65 */
  readonly bins: number
}

/** Spectrum frames per window. */
export const SPECTRUM_FRAMES = 4

/** Width of the LSTM cell, and so of its hidden and its cell state. */
export const HIDDEN_UNITS = 128

/**
 * Channels out of the four convolutions. Kernels span three frames; strides 1, 2, 2, 1 take the frames from 4 to 2
 * to 1 to 1.
 */
export const ENCODER_CHANNELS = [128, 64, 64, 128] as const

/** Sizes of the network at `sampleRate`. */
export function networkShape(sampleRate: SileroSampleRate): NetworkShape {
  const fftSamples = sampleRate === 16000 ? 256 : 128
  const hopSamples = fftSamples / 2
  return {
    sampleRate,
    windowSamples: hopSamples * SPECTRUM_FRAMES,
    contextSamples: hopSamples / 2,
    fftSamples,
    hopSamples,
    bins: hopSamples + 1,
  }
}

/** Floats a session keeps between windows: context, hidden state, cell state, in this order. */
export function stateFloats(shape: NetworkShape): number {
  return shape.contextSamples + 2 * HIDDEN_UNITS
}
