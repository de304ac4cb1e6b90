import { EXPONENT_LIMIT, INT16_STEP } from './forward-pass.ts'
import type { ForwardPass } from './forward-pass.ts'
import { fourierTables } from './fourier-tables.ts'
import { ENCODER_CHANNELS, HIDDEN_UNITS, SPECTRUM_FRAMES, stateFloats } from './network-shape.ts'
import type { NetworkShape } from './network-shape.ts'
import type { Affine, SileroWeights } from './weights.ts'

/**
 * The network in plain JavaScript: the form to read, the check of the WASM engine, and the engine where WASM SIMD is
 * missing. About ten times slower than WASM.
 */
export function createJavaScriptPass(shape: NetworkShape, weights: SileroWeights): ForwardPass {
  const { windowSamples, contextSamples, fftSamples, hopSamples, bins } = shape
  const [channels0, channels1, channels2] = ENCODER_CHANNELS
  const magnitudes = createMagnitudes(fftSamples)

  const samples = new Float64Array(contextSamples + windowSamples + contextSamples)
  // Frames lie end to end with one zero frame before and after, so that the input of a convolution is one slice.
  const spectrum = new Float64Array((SPECTRUM_FRAMES + 2) * bins)
  const encoded0 = new Float64Array((SPECTRUM_FRAMES + 2) * channels0)
  const encoded1 = new Float64Array(2 * channels1)
  const encoded2 = new Float64Array(channels2)
  const cellInput = new Float64Array(weights.lstm.columns)
  const gates = new Float64Array(weights.lstm.rows)

  const states: Float32Array[] = []
  const free: number[] = []
  const stateOf = (slot: number): Float32Array => states[slot]!

  return {
    open() {
      const reused = free.pop()
      if (reused !== undefined) return reused
      return states.push(new Float32Array(stateFloats(shape))) - 1
    },

    run(slot, window) {
      const state = stateOf(slot)
      const context = state.subarray(0, contextSamples)
      const hidden = state.subarray(contextSamples, contextSamples + HIDDEN_UNITS)
      const cell = state.subarray(contextSamples + HIDDEN_UNITS)

      // Context, window, and the end of the window mirrored about its last sample.
      const end = contextSamples + windowSamples
      const step = window instanceof Int16Array ? INT16_STEP : 1
      samples.set(context)
      for (let i = 0; i < windowSamples; i++) samples[contextSamples + i] = window[i]! * step
      for (let i = 0; i < contextSamples; i++) samples[end + i] = samples[end - 2 - i]!
      context.set(samples.subarray(windowSamples, end))

      for (let frame = 0; frame < SPECTRUM_FRAMES; frame++) {
        magnitudes(samples.subarray(frame * hopSamples), spectrum.subarray((frame + 1) * bins))
      }
      for (let frame = 0; frame < SPECTRUM_FRAMES; frame++) {
        affineRelu(weights.encoder0, spectrum.subarray(frame * bins), encoded0.subarray((frame + 1) * channels0))
      }
      for (let frame = 0; frame < 2; frame++) {
        affineRelu(weights.encoder1, encoded0.subarray(2 * frame * channels0), encoded1.subarray(frame * channels1))
      }
      affineRelu(weights.encoder2, encoded1, encoded2)
      affineRelu(weights.encoder3, encoded2, cellInput)

      cellInput.set(hidden, cellInput.length - HIDDEN_UNITS)
      affine(weights.lstm, cellInput, gates)
      for (let i = 0; i < HIDDEN_UNITS; i++) {
        const input = sigmoid(gates[i]!)
        const forget = sigmoid(gates[HIDDEN_UNITS + i]!)
        const candidate = Math.tanh(gates[2 * HIDDEN_UNITS + i]!)
        const output = sigmoid(gates[3 * HIDDEN_UNITS + i]!)
        cell[i] = forget * cell[i]! + input * candidate
        hidden[i] = output * Math.tanh(cell[i]!)
      }

      let logit = weights.output.bias[0]!
      for (let i = 0; i < HIDDEN_UNITS; i++) logit += relu(hidden[i]!) * weights.output.weights[i]!
      return sigmoid(logit)
    },

    state: stateOf,

    close(slot) {
      stateOf(slot).fill(0)
      free.push(slot)
    },
  }
}

function affineRelu(layer: Affine, input: Float64Array, output: Float64Array): void {
  affine(layer, input, output)
  for (let i = 0; i < layer.rows; i++) output[i] = relu(output[i]!)
}

/** Four rows at a time, so that each input is read once for four sums. Every layer but the last has rows in fours. */
function affine({ rows, columns, weights, bias }: Affine, input: Float64Array, output: Float64Array): void {
  for (let row = 0; row < rows; row += 4) {
    let at0 = row * columns
    let at1 = at0 + columns
    let at2 = at1 + columns
    let at3 = at2 + columns
    let sum0 = bias[row]!
    let sum1 = bias[row + 1]!
    let sum2 = bias[row + 2]!
    let sum3 = bias[row + 3]!
    for (let column = 0; column < columns; column++) {
      const value = input[column]!
      sum0 += weights[at0++]! * value
      sum1 += weights[at1++]! * value
      sum2 += weights[at2++]! * value
      sum3 += weights[at3++]! * value
    }
    output[row] = sum0
    output[row + 1] = sum1
    output[row + 2] = sum2
    output[row + 3] = sum3
  }
}

/** Written so that NaN stays NaN. */
function relu(x: number): number {
  return x < 0 ? 0 : x
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(Math.min(EXPONENT_LIMIT, Math.max(-EXPONENT_LIMIT, -x))))
}

/**
 * Hann window and magnitudes of a real Fourier transform. Even samples as real and odd samples as imaginary parts
 * make a complex transform of half the size; a last step takes the two halves apart.
 */
function createMagnitudes(samples: number): (input: Float64Array, output: Float64Array) => void {
  const points = samples / 2
  const { window, cosine, negativeSine, reversed } = fourierTables(samples)
  const real = new Float64Array(points)
  const imaginary = new Float64Array(points)

  return (input, output) => {
    for (let i = 0; i < points; i++) {
      real[reversed[i]!] = input[2 * i]! * window[2 * i]!
      imaginary[reversed[i]!] = input[2 * i + 1]! * window[2 * i + 1]!
    }
    for (let span = 2; span <= points; span *= 2) {
      const half = span / 2
      for (let k = 0; k < half; k++) {
        const c = cosine[(k * samples) / span]!
        const s = negativeSine[(k * samples) / span]!
        for (let low = k; low < points; low += span) {
          const high = low + half
          const turnedReal = real[high]! * c - imaginary[high]! * s
          const turnedImaginary = real[high]! * s + imaginary[high]! * c
          real[high] = real[low]! - turnedReal
          imaginary[high] = imaginary[low]! - turnedImaginary
          real[low] = real[low]! + turnedReal
          imaginary[low] = imaginary[low]! + turnedImaginary
        }
      }
    }
    output[0] = Math.abs(real[0]! + imaginary[0]!)
    output[points] = Math.abs(real[0]! - imaginary[0]!)
    for (let k = 1; k <= points / 2; k++) {
      const mirror = points - k
      const evenReal = real[k]! + real[mirror]!
      const evenImaginary = imaginary[k]! - imaginary[mirror]!
      const oddReal = imaginary[k]! + imaginary[mirror]!
      const oddImaginary = real[mirror]! - real[k]!
      const turnedReal = oddReal * cosine[k]! - oddImaginary * negativeSine[k]!
      const turnedImaginary = oddReal * negativeSine[k]! + oddImaginary * cosine[k]!
      output[k] = 0.5 * magnitude(evenReal + turnedReal, evenImaginary + turnedImaginary)
      output[mirror] = 0.5 * magnitude(evenReal - turnedReal, evenImaginary - turnedImaginary)
    }
  }
}

/** Math.hypot guards against overflow, which costs ten times as much and is of no use here. */
function magnitude(real: number, imaginary: number): number {
  return Math.sqrt(real * real + imaginary * imaginary)
}
