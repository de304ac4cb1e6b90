import { describe, expect, test } from 'vitest'

import { SileroModel } from '../src/model.ts'
import { createOnnxSession, loadOnnxRuntime } from './onnx-runtime.ts'
import { noisySpeech } from './recordings.ts'

const ROUNDS = 60
const WINDOWS_PER_ROUND = 20
const ATTEMPTS = 3

const loaded = await loadOnnxRuntime()
const suite =
  'missing' in loaded ? `speed against onnxruntime (skipped: ${loaded.missing})` : 'speed against onnxruntime'

describe.skipIf('missing' in loaded)(suite, () => {
  for (const sampleRate of [16000, 8000] as const) {
    test(`a window at ${sampleRate} Hz takes at most a quarter of its time`, { timeout: 60_000 }, async () => {
      if ('missing' in loaded) throw new Error(loaded.missing)
      const onnx = await createOnnxSession(loaded.runtime, sampleRate)
      const model = await SileroModel.load(sampleRate, { engine: 'wasm' })
      const session = model.session()
      const speech = noisySpeech(sampleRate)
      const windows = Array.from({ length: WINDOWS_PER_ROUND }, (_, i) =>
        Float32Array.from(
          speech.subarray((i + 60) * model.windowSamples, (i + 61) * model.windowSamples),
          (sample) => sample / 32768,
        ),
      )
      // Both are compiled and warm before the first measurement.
      for (let i = 0; i < 50; i++) for (const window of windows) session.process(window)
      for (const window of windows) await onnx.process(window)

      const measure = async (): Promise<number> => {
        const own: number[] = []
        const theirs: number[] = []
        for (let round = 0; round < ROUNDS; round++) {
          const start = performance.now()
          for (const window of windows) session.process(window)
          const between = performance.now()
          for (const window of windows) await onnx.process(window)
          own.push(between - start)
          theirs.push(performance.now() - between)
        }
        return median(own) / median(theirs)
      }
      // Other work on the machine can spoil an attempt, not three.
      let ratio = await measure()
      for (let attempt = 1; attempt < ATTEMPTS && ratio > 0.25; attempt++) ratio = await measure()
      session.close()
      expect(ratio).toBeLessThanOrEqual(0.25)
    })
  }
})

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
