import { expect, test } from 'vitest'
import { TransformersRecognizer } from './transformers-recognizer.ts'
import type { DownloadProgress } from './transformers-recognizer.ts'

const audio = Int16Array.from({ length: 3200 }, (_, index) => (index % 2 === 0 ? 16_384 : -16_384))
const at16k = { sampleRate: 16_000 }

/** A stand-in for the package: it answers with `result` and writes down how it was asked. */
function standIn(result: unknown, loadFailures: unknown[] = []) {
  const asked = { loads: [] as unknown[], samples: [] as Float32Array[], options: [] as unknown[] }
  const transformers = {
    env: { localModelPath: '/models/' },
    async pipeline(task: string, model: string, options: { progress_callback: (info: unknown) => void }) {
      asked.loads.push({ task, model, ...options })
      const failure = loadFailures.shift()
      if (failure !== undefined) throw failure
      options.progress_callback({ status: 'initiate', file: 'model.onnx' })
      options.progress_callback({ status: 'progress', file: 'model.onnx', loaded: 10, total: 40, progress: 25 })
      options.progress_callback('nonsense')
      return async (samples: Float32Array, runOptions: unknown) => {
        asked.samples.push(samples)
        asked.options.push(runOptions)
        if (result instanceof Error) throw result
        return result
      }
    },
  }
  return { asked, transformers, loadModule: async () => transformers }
}

test('the default model gets 16 kHz samples from -1 to 1 and its words come back without outer space', async () => {
  const { asked, loadModule } = standIn({ text: ' hello there ' })
  const recognizer = new TransformersRecognizer({ loadModule })
  expect(await recognizer.recognize(audio, at16k)).toBe('hello there')
  expect(await recognizer.recognize(audio, { sampleRate: 32_000 })).toBe('hello there')
  expect(asked.loads).toHaveLength(1)
  expect(asked.loads[0]).toMatchObject({
    task: 'automatic-speech-recognition',
    model: 'onnx-community/moonshine-base-ONNX',
  })
  expect(asked.loads[0]).not.toHaveProperty('local_files_only')
  expect(asked.samples[0]?.slice(0, 2)).toEqual(Float32Array.of(0.5, -0.5))
  expect(asked.samples[1]?.length).toBe(1600)
})

test('each option reaches the package', async () => {
  const { asked, transformers, loadModule } = standIn([{ text: 'bonjour' }])
  const options = { model: 'me/whisper', modelFolder: '/data/models', dtype: 'q8', language: 'fr', loadModule }
  expect(await new TransformersRecognizer(options).recognize(audio, at16k)).toBe('bonjour')
  expect(asked.loads[0]).toMatchObject({ model: 'me/whisper', dtype: 'q8', local_files_only: true })
  expect(transformers.env.localModelPath).toBe('/data/models')
  expect(asked.options[0]).toEqual({ language: 'fr' })
})

test('a download reports its progress', async () => {
  const seen: DownloadProgress[] = []
  const { loadModule } = standIn({ text: '' })
  await new TransformersRecognizer({ loadModule, onDownload: (progress) => seen.push(progress) }).warmUp()
  expect(seen).toEqual([{ file: 'model.onnx', loadedBytes: 10, totalBytes: 40 }])
})

test('a missing package is named with the command that installs it', async () => {
  const recognizer = new TransformersRecognizer({ loadModule: () => Promise.reject(new Error('Cannot find package')) })
  await expect(recognizer.recognize(audio, at16k)).rejects.toMatchObject({
    code: 'package-missing',
    kind: 'config',
    service: 'transformers',
    message: expect.stringMatching(/@huggingface\/transformers.*npm install @huggingface\/transformers/),
  })
})

test.each([undefined, {}, { pipeline: () => undefined }])('a module of another form is refused: %j', async (loaded) => {
  const recognizer = new TransformersRecognizer({ loadModule: () => Promise.resolve(loaded) })
  await expect(recognizer.warmUp()).rejects.toMatchObject({ code: 'package-missing' })
})

test('a model missing from its folder is named with the folder and the switch', async () => {
  const { loadModule } = standIn({ text: '' }, [new Error('config.json was not found')])
  await expect(new TransformersRecognizer({ loadModule, modelFolder: '/data/models' }).warmUp()).rejects.toMatchObject({
    code: 'model-missing',
    kind: 'config',
    message: expect.stringMatching(/moonshine-base-ONNX.*\/data\/models.*config\.json.*modelFolder/),
  })
})

test('a model that cannot be downloaded names the model and the way without a network, and is tried again', async () => {
  const { asked, loadModule } = standIn({ text: 'hello' }, [new TypeError('fetch failed')])
  const recognizer = new TransformersRecognizer({ loadModule })
  await expect(recognizer.warmUp()).rejects.toMatchObject({
    code: 'download-failed',
    kind: 'transient',
    retryable: true,
    message: expect.stringMatching(/moonshine-base-ONNX.*huggingface\.co.*fetch failed.*modelFolder/),
  })
  expect(await recognizer.recognize(audio, at16k)).toBe('hello')
  expect(asked.loads).toHaveLength(2)
})

test.each([new Error('out of memory'), { words: 'x' }, undefined])(
  'a failing model gives an error: %s',
  async (result) => {
    const { loadModule } = standIn(result)
    const recognizer = new TransformersRecognizer({ loadModule })
    await expect(recognizer.recognize(audio, at16k)).rejects.toMatchObject({ code: 'engine-failed' })
  },
)

test('an abort rejects at once, and an aborted utterance that waits never reaches the model', async () => {
  const { asked, loadModule } = standIn({ text: 'hello' })
  const recognizer = new TransformersRecognizer({ loadModule })
  const control = new AbortController()
  const reason = new Error('interrupted')
  const cut = recognizer.recognize(audio, { ...at16k, signal: control.signal })
  const next = recognizer.recognize(audio, at16k)
  control.abort(reason)
  await expect(cut).rejects.toBe(reason)
  expect(await next).toBe('hello')
  expect(asked.samples).toHaveLength(1)
  await expect(recognizer.recognize(audio, { ...at16k, signal: control.signal })).rejects.toBe(reason)
})
