import { access } from 'node:fs/promises'
import { parentPort } from 'node:worker_threads'
import type * as Onnx from 'onnxruntime-node'
import { createLogMelExtractor, MEL_BANDS, MEL_FRAMES, MODEL_SAMPLES } from './log-mel.ts'
import type { WorkerAnswer, WorkerRequest } from './worker-messages.ts'

type Failure = Extract<WorkerAnswer, { failure: unknown }>['failure']

class StepFailed extends Error {
  readonly step: Failure

  constructor(step: Failure, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause))
    this.step = step
  }
}

interface Model {
  judge(samples: Int16Array): Promise<number>
}

const extract = createLogMelExtractor()
const models = new Map<string, Promise<Model>>()

parentPort?.on('message', (request: WorkerRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply))
})

async function answer({ modelPath, samples }: WorkerRequest): Promise<WorkerAnswer> {
  try {
    const model = await loaded(modelPath)
    return { probability: samples === undefined ? 0 : await named('analysis-failed', () => model.judge(samples)) }
  } catch (error) {
    const failure = error instanceof StepFailed ? error.step : 'analysis-failed'
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return { failure, reason }
  }
}

function loaded(modelPath: string): Promise<Model> {
  let model = models.get(modelPath)
  if (!model) {
    model = load(modelPath)
    models.set(modelPath, model)
    model.catch(() => models.delete(modelPath))
  }
  return model
}

async function load(modelPath: string): Promise<Model> {
  const onnx = await named('onnxruntime-missing', () => import('onnxruntime-node'))
  await named('model-missing', () => access(modelPath))
  return named('model-invalid', async () => {
    const session = await onnx.InferenceSession.create(modelPath, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    })
    const model = modelOf(onnx, session)
    // The first run allocates and shows whether the file is such a model at all; noise gets the features compiled.
    await model.judge(new Int16Array(0))
    extract(Int16Array.from({ length: MODEL_SAMPLES }, (_, i) => ((i * 7919) % 2001) - 1000))
    return model
  })
}

function modelOf(onnx: typeof Onnx, session: Onnx.InferenceSession): Model {
  const [input = ''] = session.inputNames
  const [output = ''] = session.outputNames
  return {
    async judge(samples) {
      const features = new onnx.Tensor('float32', extract(samples), [1, MEL_BANDS, MEL_FRAMES])
      const results = await session.run({ [input]: features })
      const probability = results[output]?.data[0]
      if (typeof probability === 'number' && probability >= 0 && probability <= 1) return probability
      throw new TypeError(`the output ${output} holds ${String(probability)}, not a probability`)
    },
  }
}

async function named<T>(step: Failure, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new StepFailed(step, error)
  }
}
