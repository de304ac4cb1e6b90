import { InputAudioRawFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '@pc/core'
import { runTest } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { TransformersSTTService } from './transformers-stt-service.ts'

/** A stand-in for the package that hears the name of its model. */
function standIn(loads: unknown[]) {
  return async () => ({
    env: {},
    async pipeline(_task: string, model: string, options: { progress_callback: (info: unknown) => void }) {
      loads.push(model)
      options.progress_callback({ status: 'progress', file: 'model.onnx', loaded: 1, total: 2 })
      return async (_samples: Float32Array, { language }: { language?: string }) => ({
        text: ` ${model} ${language ?? ''} `,
      })
    },
  })
}

const speech = [
  new VADUserStartedSpeakingFrame(),
  new InputAudioRawFrame(new Int16Array(1600), 16_000),
  new VADUserStoppedSpeakingFrame(),
]
const params = { audioInSampleRate: 16_000 }

test('an utterance becomes a transcription, and the model is loaded once, when the pipeline starts', async () => {
  const loads: unknown[] = []
  const files: string[] = []
  const onDownload = ({ file }: { file: string }) => void files.push(file)
  const service = new TransformersSTTService({ loadModule: standIn(loads), onDownload, model: 'tiny', language: 'en' })
  const { down } = await runTest(service, { frames: [...speech, ...speech], params })
  const heard = down.filter((frame) => frame.type === 'TranscriptionFrame')
  expect(heard).toHaveLength(2)
  expect(heard[0]).toMatchObject({ text: 'tiny en', finalized: true })
  expect(loads).toEqual(['tiny'])
  expect(files).toEqual(['model.onnx'])
})

test('another model in the settings is loaded in its place', async () => {
  const loads: unknown[] = []
  const service = new TransformersSTTService({ loadModule: standIn(loads) })
  await runTest(service, { frames: [], params })
  const signal = new AbortController().signal
  const text = await service.transcribeSegment(new Int16Array(160), {
    signal,
    sampleRate: 16_000,
    settings: { model: 'other' },
  })
  expect(text).toBe('other')
  expect(loads).toEqual(['onnx-community/moonshine-base-ONNX', 'other'])
})

test('a missing package is reported when the pipeline starts', async () => {
  const service = new TransformersSTTService({ loadModule: () => Promise.reject(new Error('not found')) })
  const { up } = await runTest(service, { frames: [], params })
  expect(up.find((frame) => frame.type === 'ErrorFrame')).toMatchObject({ error: { code: 'package-missing' } })
})
