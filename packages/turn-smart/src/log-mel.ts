import { createFourierTransform } from './fourier.ts'
import { melFilters } from './mel-filters.ts'

/** The rate that the model hears, Hz. */
export const MODEL_RATE = 16_000
/** The audio that the model sees at once: 8 s. */
export const MODEL_SAMPLES: number = 8 * MODEL_RATE
/** Rows of the features. */
export const MEL_BANDS = 80
/** Columns of the features, 10 ms each. */
export const MEL_FRAMES = 800

const WINDOW = 400
const HOP = 160
const HALF = WINDOW / 2
const BINS = HALF + 1

/** Features of the last 8 s of 16 kHz mono audio: {@link MEL_BANDS} rows of {@link MEL_FRAMES} values each. */
export type LogMelExtractor = (samples: Int16Array) => Float32Array

/**
 * Prepares the features that Whisper-based models hear: audio of zero mean and unit variance, padded with zeros at its
 * beginning to 8 s, spectra of 25 ms every 10 ms, 80 mel bands, decimal logarithms from the loudest value down to 8
 * below it, divided by 4 (A. Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022).
 *
 * An extractor holds 1 MB of work space; it is not reentrant and need not be, as it is synchronous.
 */
export function createLogMelExtractor(): LogMelExtractor {
  const transform = createFourierTransform([4, 4, 5, 5])
  const filters = melFilters(MEL_BANDS, BINS, MODEL_RATE / 2)
  const hann = Float64Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW))
  const audio = new Float64Array(MODEL_SAMPLES + WINDOW)
  const re = new Float64Array(WINDOW)
  const im = new Float64Array(WINDOW)
  const powers = [new Float64Array(BINS), new Float64Array(BINS)] as const

  /** Two frames of real samples at once, as the real and the imaginary part of one transform. */
  const spectra = (frame: number): void => {
    const start = frame * HOP
    for (let i = 0; i < WINDOW; i++) {
      re[i] = audio[start + i]! * hann[i]!
      im[i] = audio[start + HOP + i]! * hann[i]!
    }
    transform(re, im)
    for (let bin = 0; bin < BINS; bin++) {
      const mirror = bin === 0 ? 0 : WINDOW - bin
      const evenR = (re[bin]! + re[mirror]!) / 2
      const oddI = (im[bin]! - im[mirror]!) / 2
      const evenI = (im[bin]! + im[mirror]!) / 2
      const oddR = (re[mirror]! - re[bin]!) / 2
      powers[0][bin] = evenR * evenR + oddI * oddI
      powers[1][bin] = evenI * evenI + oddR * oddR
    }
  }

  return (samples) => {
    const features = new Float32Array(MEL_BANDS * MEL_FRAMES)
    const padding = layOut(samples, audio)
    // All frames inside the padding are alike: the last two are computed, the others are copies.
    const alike = Math.max(0, Math.floor((padding - HALF) / HOP) + 1)
    const first = Math.max(0, (alike - 2) & ~1)
    let loudest = -10
    for (let frame = first; frame < MEL_FRAMES; frame += 2) {
      spectra(frame)
      for (let band = 0; band < MEL_BANDS; band++) {
        const at = band * MEL_FRAMES + frame
        const { firstBin, weights } = filters[band]!
        const left = logOf(powers[0], firstBin, weights)
        const right = logOf(powers[1], firstBin, weights)
        features[at] = left
        features[at + 1] = right
        if (left > loudest) loudest = left
        if (right > loudest) loudest = right
      }
    }
    const floor = loudest - 8
    for (let band = 0; band < MEL_BANDS; band++) {
      const row = features.subarray(band * MEL_FRAMES, (band + 1) * MEL_FRAMES)
      for (let frame = first; frame < MEL_FRAMES; frame++) row[frame] = (Math.max(row[frame]!, floor) + 4) / 4
      row.fill(row[first]!, 0, first)
    }
    return features
  }
}

/** Writes the padded, normalised and at both ends mirrored audio; returns the length of the padding in samples. */
function layOut(samples: Int16Array, audio: Float64Array): number {
  const heard = samples.length > MODEL_SAMPLES ? samples.subarray(samples.length - MODEL_SAMPLES) : samples
  let sum = 0
  let squares = 0
  for (let i = 0; i < heard.length; i++) {
    const sample = heard[i]!
    sum += sample
    squares += sample * sample
  }
  // Sums of 16-bit samples and of their squares are whole numbers below 2^53: no digit is lost before this line.
  const mean = sum / MODEL_SAMPLES
  const variance = (squares / MODEL_SAMPLES - mean * mean) / 32_768 ** 2
  const scale = 1 / (32_768 * Math.sqrt(Math.max(0, variance) + 1e-7))

  const padding = MODEL_SAMPLES - heard.length
  audio.fill(-mean * scale, HALF, HALF + padding)
  for (let i = 0, at = HALF + padding; i < heard.length; i++, at++) audio[at] = (heard[i]! - mean) * scale
  const end = HALF + MODEL_SAMPLES
  for (let i = 1; i <= HALF; i++) {
    audio[HALF - i] = audio[HALF + i]!
    audio[end - 1 + i] = audio[end - 1 - i]!
  }
  return padding
}

function logOf(power: Float64Array, firstBin: number, weights: Float64Array): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * power[firstBin + i]!
  return Math.log10(Math.max(sum, 1e-10))
}
