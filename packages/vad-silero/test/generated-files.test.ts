import { readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { engineModule } from '../scripts/engine/assemble.ts'
import { extractWeights, readModel } from '../scripts/silero-onnx.ts'
import { packWeights } from '../scripts/pack-weights.ts'
import { weightsModule } from '../scripts/weights-module.ts'
import { networkShape } from '../src/network-shape.ts'
import { layerSizes, LAYER_NAMES, unpackWeights } from '../src/weights.ts'

const generated = (name: string): string =>
  readFileSync(new URL(`../src/${name}.generated.ts`, import.meta.url), 'utf8')

test('the engine in the package is what its generator writes', async () => {
  expect((await engineModule()) === generated('engine')).toBe(true)
})

for (const sampleRate of [16000, 8000] as const) {
  test(`the weights for ${sampleRate} Hz in the package are those of the pinned model`, () => {
    expect(weightsModule(readModel(), sampleRate) === generated(`weights-${sampleRate / 1000}k`)).toBe(true)
  })

  test(`packing changes no weight for ${sampleRate} Hz by more than a step of 24 bits`, () => {
    const shape = networkShape(sampleRate)
    const exact = extractWeights(readModel(), shape)
    const unpacked = unpackWeights(shape, new Uint8Array(packWeights(exact)))
    for (const name of LAYER_NAMES) {
      const largest = exact[name].weights.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      const worst = exact[name].weights.reduce(
        (max, value, i) => Math.max(max, Math.abs(value - (unpacked[name].weights[i] ?? Number.NaN))),
        0,
      )
      expect(worst).toBeLessThan(largest / 2 ** 23)
      expect(unpacked[name].bias).toEqual(exact[name].bias)
      expect(unpacked[name].weights).toHaveLength(layerSizes(shape)[name].rows * layerSizes(shape)[name].columns)
    }
  })
}

test('packed weights of the wrong size are refused by name', () => {
  expect(() => unpackWeights(networkShape(16000), new Uint8Array(8))).toThrow(/16000 Hz have 8 bytes, expected \d+/)
})
