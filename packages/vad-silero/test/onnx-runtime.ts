import type * as Onnx from 'onnxruntime-node'
import { modelPath } from '../scripts/silero-onnx.ts'
import { networkShape } from '../src/network-shape.ts'
import type { SileroSampleRate } from '../src/network-shape.ts'

type Runtime = typeof Onnx

/** onnxruntime-node, or why it does not load on this machine. */
export async function loadOnnxRuntime(): Promise<{ runtime: Runtime } | { missing: string }> {
  try {
    return { runtime: await import('onnxruntime-node') }
  } catch (error) {
    return { missing: `onnxruntime-node does not load here: ${String(error)}` }
  }
}

/** The original network, run by onnxruntime: one stream of audio, state and context carried over. */
export interface OnnxSession {
  process(window: Float32Array): Promise<number>
  /** Zeroes the context only, as a caller would who does not know of it. */
  dropContext(): void
}

export async function createOnnxSession(runtime: Runtime, sampleRate: SileroSampleRate): Promise<OnnxSession> {
  const { Tensor, InferenceSession } = runtime
  const { contextSamples, windowSamples } = networkShape(sampleRate)
  const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 })
  const samples = new Float32Array(contextSamples + windowSamples)
  const rate = new Tensor('int64', [BigInt(sampleRate)], [])
  const input = new Tensor('float32', samples, [1, samples.length])
  let state = new Tensor('float32', new Float32Array(256), [2, 1, 128])
  return {
    async process(window) {
      samples.copyWithin(0, windowSamples)
      samples.set(window, contextSamples)
      const { output, stateN } = await session.run({ input, state, sr: rate })
      const probability = output?.data[0]
      if (!stateN || typeof probability !== 'number') throw new TypeError('the model answered without a probability')
      state = new Tensor('float32', Float32Array.from(stateN.data, Number), [2, 1, 128])
      return probability
    },
    dropContext() {
      samples.fill(0)
    },
  }
}
