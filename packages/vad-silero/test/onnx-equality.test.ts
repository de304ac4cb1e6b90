import { describe, expect, test } from 'vitest'

import { SileroModel } from '../src/model.ts'
import { createOnnxSession, loadOnnxRuntime } from './onnx-runtime.ts'
import { noisySpeech } from './recordings.ts'
import { hardSignals } from './signals.ts'

/** Largest difference of a probability from onnxruntime's over speech; sums in another order leave about 4e-6. */
const SPEECH_TOLERANCE = 5e-5

/** The same over signals far from what the network was made for, where it magnifies rounding. */
const HARD_TOLERANCE = 5e-4

const loaded = await loadOnnxRuntime()
const suite =
  'missing' in loaded ? `equality with onnxruntime (skipped: ${loaded.missing})` : 'equality with onnxruntime'

describe.skipIf('missing' in loaded)(suite, () => {
  const onnxSession = async (sampleRate: 8000 | 16000) => {
    if ('missing' in loaded) throw new Error(loaded.missing)
    return createOnnxSession(loaded.runtime, sampleRate)
  }

  const windowsOf = (audio: Float32Array, size: number): Float32Array[] =>
    Array.from({ length: Math.floor(audio.length / size) }, (_, i) => audio.subarray(i * size, (i + 1) * size))

  for (const sampleRate of [16000, 8000] as const) {
    describe(`at ${sampleRate} Hz`, () => {
      const speech = noisySpeech(sampleRate)

      test('both engines agree with it over minutes of speech in noise', { timeout: 60_000 }, async () => {
        const onnx = await onnxSession(sampleRate)
        const wasm = await SileroModel.load(sampleRate, { engine: 'wasm' })
        const javascript = await SileroModel.load(sampleRate, { engine: 'javascript' })
        const sessions = { wasm: wasm.session(), javascript: javascript.session(), int16: wasm.session() }
        const worst = { wasm: 0, javascript: 0, int16: 0 }
        const counts = { speech: 0, silence: 0, between: 0 }
        for (let i = 0; i + wasm.windowSamples <= speech.length; i += wasm.windowSamples) {
          const pcm = speech.subarray(i, i + wasm.windowSamples)
          const window = Float32Array.from(pcm, (sample) => sample / 32768)
          const expected = await onnx.process(window)
          counts[expected > 0.8 ? 'speech' : expected < 0.2 ? 'silence' : 'between']++
          worst.wasm = Math.max(worst.wasm, Math.abs(sessions.wasm.process(window) - expected))
          worst.javascript = Math.max(worst.javascript, Math.abs(sessions.javascript.process(window) - expected))
          worst.int16 = Math.max(worst.int16, Math.abs(sessions.int16.process(pcm) - expected))
        }
        for (const session of Object.values(sessions)) session.close()

        expect(speech.length / sampleRate).toBeGreaterThan(30)
        // The recording has something of everything, so that agreement means something.
        expect(Math.min(counts.speech, counts.silence, counts.between)).toBeGreaterThan(100)
        expect(Math.max(worst.wasm, worst.javascript, worst.int16)).toBeLessThan(SPEECH_TOLERANCE)
      })

      for (const [name, audio] of Object.entries(hardSignals(sampleRate, speech))) {
        test(`both engines agree with it on ${name}`, async () => {
          const onnx = await onnxSession(sampleRate)
          const wasm = await SileroModel.load(sampleRate, { engine: 'wasm' })
          const javascript = await SileroModel.load(sampleRate, { engine: 'javascript' })
          const sessions = [wasm.session(), javascript.session()]
          let worst = 0
          for (const window of windowsOf(audio, wasm.windowSamples)) {
            const expected = await onnx.process(window)
            for (const session of sessions) worst = Math.max(worst, Math.abs(session.process(window) - expected))
          }
          for (const session of sessions) session.close()
          expect(worst).toBeLessThan(HARD_TOLERANCE)
        })
      }

      test('the end of the previous window is the context of the next', async () => {
        const onnx = await onnxSession(sampleRate)
        const onnxWithoutContext = await onnxSession(sampleRate)
        const model = await SileroModel.load(sampleRate)
        const session = model.session()
        let withContext = 0
        let withoutContext = 0
        const audio = Float32Array.from(speech.subarray(0, 5 * sampleRate), (sample) => sample / 32768)
        for (const window of windowsOf(audio, model.windowSamples)) {
          const probability = session.process(window)
          withContext = Math.max(withContext, Math.abs(probability - (await onnx.process(window))))
          onnxWithoutContext.dropContext()
          withoutContext = Math.max(withoutContext, Math.abs(probability - (await onnxWithoutContext.process(window))))
        }
        session.close()
        expect(withContext).toBeLessThan(SPEECH_TOLERANCE)
        expect(withoutContext).toBeGreaterThan(0.01)
      })
    })
  }
})
