import { ENCODER_CHANNELS, HIDDEN_UNITS } from './network-shape.ts'
import type { NetworkShape } from './network-shape.ts'

/** `weights * input + bias`: one row of `columns` weights per output, row after row. */
export interface Affine {
  readonly rows: number
  readonly columns: number
  readonly weights: Float32Array
  readonly bias: Float32Array
}

/**
 * The learnt numbers of the network at one rate.
 *
 * A convolution is stored as the matrix that acts on its frames laid end to end: column `tap * channels + channel`.
 * Taps that can only meet zero padding are left out, so `encoder2` has two taps and `encoder3` one. The rows of
 * `lstm` are the gates input, forget, cell, output; its columns are the cell's input, then its hidden state.
 */
export interface SileroWeights {
  readonly encoder0: Affine
  readonly encoder1: Affine
  readonly encoder2: Affine
  readonly encoder3: Affine
  readonly lstm: Affine
  readonly output: Affine
}

/** The layers in the order in which they run and are stored. */
export const LAYER_NAMES = ['encoder0', 'encoder1', 'encoder2', 'encoder3', 'lstm', 'output'] as const

/** Rows and columns of every layer. */
export function layerSizes(shape: NetworkShape): Record<keyof SileroWeights, { rows: number; columns: number }> {
  const [first, second, third, fourth] = ENCODER_CHANNELS
  return {
    encoder0: { rows: first, columns: 3 * shape.bins },
    encoder1: { rows: second, columns: 3 * first },
    encoder2: { rows: third, columns: 2 * second },
    encoder3: { rows: fourth, columns: third },
    lstm: { rows: 4 * HIDDEN_UNITS, columns: fourth + HIDDEN_UNITS },
    output: { rows: 1, columns: HIDDEN_UNITS },
  }
}

/** Largest whole number of the packed form: 24 bits with sign. */
export const LARGEST_PACKED: number = 2 ** 23 - 1

const PACKED_BYTES = 3

/**
 * Reads the packed form: for each layer a scale per row and a bias per row as 32-bit floats, and after the last layer
 * all weights as 24-bit whole numbers; little endian. A weight is its number times the scale of its row.
 *
 * 24 bits are as good as the original's floats. 16 bits are enough for speech (2e-4) but not for very quiet or very
 * loud audio, where probabilities were off by 0.003 to 0.02.
 *
 * @throws RangeError when the number of bytes does not fit the network.
 */
export function unpackWeights(shape: NetworkShape, packed: Uint8Array<ArrayBuffer>): SileroWeights {
  const sizes = layerSizes(shape)
  let rowCount = 0
  let weightCount = 0
  for (const name of LAYER_NAMES) {
    rowCount += sizes[name].rows
    weightCount += sizes[name].rows * sizes[name].columns
  }
  const floatCount = 2 * rowCount
  const expectedBytes = floatCount * 4 + weightCount * PACKED_BYTES
  if (packed.byteLength !== expectedBytes) {
    throw new RangeError(
      `Silero weights for ${shape.sampleRate} Hz have ${packed.byteLength} bytes, expected ${expectedBytes}: ` +
        'the package is damaged, install it again',
    )
  }
  const floats = new Float32Array(packed.buffer, packed.byteOffset, floatCount)
  let nextFloat = 0
  let nextByte = floatCount * 4

  const readLayer = ({ rows, columns }: { rows: number; columns: number }): Affine => {
    const scales = floats.subarray(nextFloat, (nextFloat += rows))
    const bias = floats.slice(nextFloat, (nextFloat += rows))
    const weights = new Float32Array(rows * columns)
    for (let i = 0; i < weights.length; i++, nextByte += PACKED_BYTES) {
      const bits = (packed[nextByte]! << 8) | (packed[nextByte + 1]! << 16) | (packed[nextByte + 2]! << 24)
      weights[i] = (bits >> 8) * scales[Math.floor(i / columns)]!
    }
    return { rows, columns, weights, bias }
  }
  return {
    encoder0: readLayer(sizes.encoder0),
    encoder1: readLayer(sizes.encoder1),
    encoder2: readLayer(sizes.encoder2),
    encoder3: readLayer(sizes.encoder3),
    lstm: readLayer(sizes.lstm),
    output: readLayer(sizes.output),
  }
}
