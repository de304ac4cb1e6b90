import { expect, test } from 'vitest'
import { DeepgramFluxSTTService, DeepgramHttpTTSService, DeepgramSTTService, DeepgramTTSService } from './index.ts'

const { signal } = new AbortController()

async function* noAudio(): AsyncIterable<Int16Array> {}

const transcribe = (stt: DeepgramSTTService | DeepgramFluxSTTService): AsyncIterable<unknown> =>
  stt.transcribe(noAudio(), { signal, sampleRate: 16_000, settings: stt.settings, onFinalize: () => {} })

const synthesize = (tts: DeepgramTTSService | DeepgramHttpTTSService): AsyncIterable<unknown> =>
  tts.synthesize('Hello.', { signal, contextId: 'c1', sampleRate: 24_000, settings: tts.settings })

test.each([
  ['DeepgramSTTService', () => transcribe(new DeepgramSTTService({ apiKey: 'any' }))],
  ['DeepgramFluxSTTService', () => transcribe(new DeepgramFluxSTTService({ apiKey: 'any' }))],
  ['DeepgramTTSService', () => synthesize(new DeepgramTTSService({ apiKey: 'any' }))],
  ['DeepgramHttpTTSService', () => synthesize(new DeepgramHttpTTSService({ apiKey: 'any' }))],
])('%s that no task runs yet says so', async (name, start) => {
  await expect(start()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: 'not-set-up',
    kind: 'config',
    message: `${name} is not part of a running task yet.`,
  })
})
