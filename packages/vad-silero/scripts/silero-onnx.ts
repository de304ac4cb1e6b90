import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { ENCODER_CHANNELS, HIDDEN_UNITS } from '../src/network-shape.ts'
import type { NetworkShape } from '../src/network-shape.ts'
import type { Affine, SileroWeights } from '../src/weights.ts'
import { readConstants } from './onnx.ts'
import type { OnnxTensor } from './onnx.ts'

/** Silero VAD v6 as `@ricky0123/vad-web` 0.0.31 carries it. The extraction is written for this file and no other. */
const MODEL_SHA256 = '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3'

/** Path of the pinned model file in the dev dependency. */
export const modelPath: string = createRequire(import.meta.url)
  .resolve('@ricky0123/vad-web/package.json')
  .replace(/package\.json$/, 'dist/silero_vad_v6.onnx')

/**
 * Reads the pinned model file.
 *
 * @throws Error when its SHA-256 is not the pinned one.
 */
export function readModel(): Uint8Array {
  const model = new Uint8Array(readFileSync(modelPath))
  const sha256 = createHash('sha256').update(model).digest('hex')
  if (sha256 !== MODEL_SHA256) {
    throw new Error(
      `${modelPath} has SHA-256 ${sha256}, expected ${MODEL_SHA256}: another Silero version was installed`,
    )
  }
  return model
}

/** Takes the exact weights of one rate from the model, in the layout of {@link SileroWeights}. */
export function extractWeights(model: Uint8Array, shape: NetworkShape): SileroWeights {
  const constants = readConstants(model)
  // The graph is one `If` on the sample rate with 16 kHz as its then-branch.
  const branch = shape.sampleRate === 16000 ? 'then' : 'else'
  const tensor = (name: string, ...dims: number[]): OnnxTensor => {
    const found = constants.get(`If_0_${branch}_branch__Inline_0__${name}`)
    if (found?.dims.join() === dims.join()) return found
    const actual = found ? `[${found.dims.join()}]` : 'missing'
    throw new Error(`tensor ${name} of ${shape.sampleRate} Hz is ${actual}, expected [${dims.join()}]`)
  }

  const convolution = (layer: number, inputs: number, outputs: number, taps: readonly number[]): Affine => {
    const { values } = tensor(`encoder.${layer}.reparam_conv.weight`, outputs, inputs, 3)
    const columns = taps.length * inputs
    const weights = new Float32Array(outputs * columns)
    for (let output = 0; output < outputs; output++) {
      for (const [position, tap] of taps.entries()) {
        for (let input = 0; input < inputs; input++) {
          weights[output * columns + position * inputs + input] = values[(output * inputs + input) * 3 + tap]!
        }
      }
    }
    return { rows: outputs, columns, weights, bias: tensor(`encoder.${layer}.reparam_conv.bias`, outputs).values }
  }

  const lstm = (inputs: number): Affine => {
    const rows = 4 * HIDDEN_UNITS
    const columns = inputs + HIDDEN_UNITS
    const ofInput = tensor('decoder.rnn.weight_ih', rows, inputs).values
    const ofHidden = tensor('decoder.rnn.weight_hh', rows, HIDDEN_UNITS).values
    const weights = new Float32Array(rows * columns)
    for (let row = 0; row < rows; row++) {
      weights.set(ofInput.subarray(row * inputs, (row + 1) * inputs), row * columns)
      weights.set(ofHidden.subarray(row * HIDDEN_UNITS, (row + 1) * HIDDEN_UNITS), row * columns + inputs)
    }
    const inputBias = tensor('decoder.rnn.bias_ih', rows).values
    const hiddenBias = tensor('decoder.rnn.bias_hh', rows).values
    return { rows, columns, weights, bias: inputBias.map((bias, row) => bias + hiddenBias[row]!) }
  }

  const [first, second, third, fourth] = ENCODER_CHANNELS
  return {
    encoder0: convolution(0, shape.bins, first, [0, 1, 2]),
    encoder1: convolution(1, first, second, [0, 1, 2]),
    encoder2: convolution(2, second, third, [1, 2]),
    encoder3: convolution(3, third, fourth, [1]),
    lstm: lstm(fourth),
    output: {
      rows: 1,
      columns: HIDDEN_UNITS,
      weights: tensor('decoder.decoder.2.weight', 1, HIDDEN_UNITS, 1).values,
      bias: tensor('decoder.decoder.2.bias', 1).values,
    },
  }
}
