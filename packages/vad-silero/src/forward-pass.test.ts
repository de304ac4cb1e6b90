import { describe, expect, test } from 'vitest'

import { noisySpeech } from '../test/recordings.ts'
import { bytesFromBase64 } from './base64.ts'
import { createJavaScriptPass } from './javascript-pass.ts'
import { networkShape, stateFloats } from './network-shape.ts'
import { createWasmPass } from './wasm-pass.ts'
import { packedWeights } from './weights-16k.generated.ts'
import { unpackWeights } from './weights.ts'

const SMALLEST_NORMAL_FLOAT = 2 ** -126

const shape = networkShape(16000)
const weights = unpackWeights(shape, bytesFromBase64(packedWeights))
const speech = Float32Array.from(noisySpeech(16000).subarray(0, 8 * 16000), (sample) => sample / 32768)
const passes = { wasm: await createWasmPass(shape, weights), javascript: createJavaScriptPass(shape, weights) }

for (const [name, pass] of Object.entries(passes)) {
  const run = (slot: number, window: number, gain = 1): number =>
    pass.run(
      slot,
      speech.subarray(window * 512, (window + 1) * 512).map((sample) => sample * gain),
    )

  describe(`the ${name} pass`, () => {
    test('keeps 1,280 bytes per session', () => {
      const slot = pass.open()
      expect(pass.state(slot).byteLength).toBe(1280)
      expect(pass.state(slot)).toHaveLength(stateFloats(shape))
      pass.close(slot)
    })

    test('keeps the last 64 samples of the window first in the state', () => {
      const slot = pass.open()
      run(slot, 40)
      expect(pass.state(slot).subarray(0, 64)).toEqual(speech.subarray(41 * 512 - 64, 41 * 512))
      pass.close(slot)
    })

    test('zeroes the memory of a closed session and hands it out again', () => {
      const slot = pass.open()
      for (let window = 0; window < 50; window++) run(slot, window)
      expect(pass.state(slot).some((value) => value !== 0)).toBe(true)
      pass.close(slot)
      expect(pass.state(slot).every((value) => value === 0)).toBe(true)
      expect(pass.open()).toBe(slot)
      pass.close(slot)
    })

    test('makes no denormal numbers of audio that is far too loud', () => {
      const slot = pass.open()
      for (let window = 0; window < 250; window++) {
        run(slot, window, 32768 ** 2)
        const recurrent = pass.state(slot).subarray(64)
        expect(recurrent.every((value) => value === 0 || Math.abs(value) >= SMALLEST_NORMAL_FLOAT)).toBe(true)
        expect(recurrent.every((value) => Number.isFinite(value))).toBe(true)
      }
      pass.close(slot)
    })

    test('lets NaN through to its result instead of hiding it', () => {
      const slot = pass.open()
      expect(pass.run(slot, new Float32Array(512).fill(Number.NaN, 0, 1))).toBeNaN()
      pass.close(slot)
    })
  })
}
