import { decodeWav } from '@pc/audio'
import {
  InputAudioRawFrame,
  type Frame,
  STTUpdateSettingsFrame,
  TranscriptionFrame,
  TTSSpeakFrame,
  TTSStoppedFrame,
  TTSUpdateSettingsFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { type Emulators, type Fault, type RecordedHttp, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runLive } from '../test/run-live.ts'
import { OpenAISTTService, type OpenAISTTServiceOptions } from './openai-stt-service.ts'
import { OpenAITTSService, type OpenAITTSServiceOptions } from './openai-tts-service.ts'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const requests = (): RecordedHttp[] =>
  emulators.requests.filter((message): message is RecordedHttp => message.kind === 'http')

describe('OpenAITTSService', () => {
  const service = (options: OpenAITTSServiceOptions = {}): OpenAITTSService =>
    new OpenAITTSService({ apiKey: 'k', baseUrl: emulators.openai.baseUrl, ...options })

  const body = (): Record<string, unknown> => {
    const found: unknown = requests().at(-1)?.body
    return typeof found === 'object' && found !== null ? { ...found } : {}
  }

  const ramp = Int16Array.from({ length: 24_000 }, (_, i) => (i % 1000) + 100)

  test('speaks every sample in order, though the bytes are cut anywhere', async () => {
    emulators.openai.speech.respond(() => ramp)
    const { speech, errors } = await runLive(service(), [new TTSSpeakFrame('Hello there.')])
    expect(speech).toEqual([...ramp])
    expect(errors).toEqual([])
    expect(body()).toEqual({ input: 'Hello there.', model: 'gpt-4o-mini-tts', voice: 'marin', response_format: 'pcm' })
  })

  test('resamples to the rate of the task', async () => {
    emulators.openai.speech.respond(() => ramp)
    const { speech } = await runLive(service(), [new TTSSpeakFrame('Hello.')], { audioOutSampleRate: 16_000 })
    expect(speech).toHaveLength(16_000)
  })

  test.each<[keyof OpenAITTSServiceOptions, unknown, string]>([
    ['model', 'tts-1', 'model'],
    ['voice', 'cedar', 'voice'],
    ['speed', 1.5, 'speed'],
    ['instructions', 'Whisper.', 'instructions'],
    ['extra', { stream_format: 'audio' }, 'stream_format'],
  ])('option %s changes the request', async (option, value, field) => {
    await runLive(service({ [option]: value }), [new TTSSpeakFrame('Hello.')])
    expect(body()[field]).toBe(option === 'extra' ? 'audio' : value)
  })

  test('settings change while it runs', async () => {
    const update = new TTSUpdateSettingsFrame({ voice: 'echo', speed: 2, instructions: 'Shout.' })
    await runLive(service({ instructions: 'Whisper.' }), [update, new TTSSpeakFrame('Hello.')])
    expect(body()).toMatchObject({ voice: 'echo', speed: 2, instructions: 'Shout.' })
  })

  test('warns that its model is going away', async () => {
    expect((await runLive(service(), [])).logged.join()).toContain('gpt-4o-mini-tts on 2027-01-06')
  })

  test.each<[string, Fault, string]>([
    ['a cut connection', { kind: 'dropAfter', afterMessages: 2 }, 'stream-truncated'],
    ['silence in the middle', { kind: 'stall', afterMessages: 2 }, 'stream-stalled'],
  ])('%s is reported, and the speech comes to an end', async (_name, fault, code) => {
    emulators.openai.speech.faults.next(fault)
    const { down, speech, errors } = await runLive(service({ idleTimeoutSecs: 0.2 }), [
      new TTSSpeakFrame('Hello there, you.'),
    ])
    expect(speech.length).toBeGreaterThan(0)
    expect(errors.map((error) => error.code)).toEqual([code])
    expect(down.filter((frame) => frame instanceof TTSStoppedFrame)).toHaveLength(1)
    expect(requests()).toHaveLength(1)
  })

  test('a failure before the first sound is tried once more', async () => {
    emulators.openai.speech.faults.next({ kind: 'refuse', status: 500 })
    const { speech, errors } = await runLive(service(), [new TTSSpeakFrame('Hello.')])
    expect(speech.length).toBeGreaterThan(0)
    expect(errors).toEqual([])
    expect(requests()).toHaveLength(2)
  })

  test('a voice that does not exist makes it unusable, with the reason', async () => {
    const tts = service({ voice: 'nobody' })
    const { errors } = await runLive(tts, [new TTSSpeakFrame('Hello.')])
    expect(errors.map((error) => error.kind)).toEqual(['invalid-request'])
    expect(errors[0]?.message).toContain('nobody')
    expect(tts.isUsable).toBe(false)
  })
})

describe('OpenAISTTService', () => {
  const service = (options: OpenAISTTServiceOptions = {}): OpenAISTTService =>
    new OpenAISTTService({ apiKey: 'k', baseUrl: emulators.openai.baseUrl, ...options })

  const spoken = (secs = 1): Frame[] => [
    new VADUserStartedSpeakingFrame(),
    ...Array.from({ length: secs * 50 }, () => new InputAudioRawFrame(new Int16Array(320).fill(1000), 16_000)),
    new VADUserStoppedSpeakingFrame(),
  ]

  const form = (): FormData | undefined => requests().at(-1)?.form

  test('sends the utterance as a WAV file of the right rate, and pushes a finalized transcript', async () => {
    emulators.openai.transcriptions.reply('What time is it?')
    const { down, errors } = await runLive(service(), spoken(2))
    const transcripts = down.filter((frame) => frame instanceof TranscriptionFrame)
    expect(transcripts).toMatchObject([{ text: 'What time is it?', finalized: true }])
    expect(errors).toEqual([])
    const file = form()?.get('file')
    if (!(file instanceof Blob)) throw new Error('no file was sent')
    const wav = decodeWav(new Uint8Array(await file.arrayBuffer()))
    expect(wav).toMatchObject({ sampleRate: 16_000, channels: 1 })
    expect(wav.pcm).toHaveLength(32_000)
    expect(form()?.get('model')).toBe('gpt-transcribe')
  })

  test.each<[keyof OpenAISTTServiceOptions, unknown, string, string]>([
    ['model', 'whisper-1', 'model', 'whisper-1'],
    ['language', 'de', 'language', 'de'],
    ['prompt', 'Names: Ann', 'prompt', 'Names: Ann'],
    ['temperature', 0.4, 'temperature', '0.4'],
    ['extra', { chunking_strategy: 'auto' }, 'chunking_strategy', 'auto'],
  ])('option %s changes the request', async (option, value, field, sent) => {
    await runLive(service({ [option]: value }), spoken())
    expect(form()?.get(field)).toBe(sent)
  })

  test('settings change while it runs', async () => {
    await runLive(service(), [new STTUpdateSettingsFrame({ model: 'whisper-1', language: 'fr' }), ...spoken()])
    expect(form()?.get('model')).toBe('whisper-1')
    expect(form()?.get('language')).toBe('fr')
  })

  test('audio too short to hold a word is not sent', async () => {
    const frames = [
      new VADUserStartedSpeakingFrame(),
      new InputAudioRawFrame(new Int16Array(320), 16_000),
      new VADUserStoppedSpeakingFrame(),
    ]
    const { errors } = await runLive(service(), frames)
    expect(requests()).toEqual([])
    expect(errors).toEqual([])
  })

  test('a failure that may pass is tried once more, one that may not is reported', async () => {
    emulators.openai.transcriptions.faults.next({ kind: 'refuse', status: 500 })
    const first = await runLive(service(), spoken())
    expect(first.down.some((frame) => frame instanceof TranscriptionFrame)).toBe(true)
    expect(first.errors).toEqual([])
    emulators.openai.transcriptions.faults.next({ kind: 'refuse', status: 401 })
    const stt = service()
    const second = await runLive(stt, spoken())
    expect(second.errors.map((error) => error.kind)).toEqual(['auth'])
    expect(stt.isUsable).toBe(false)
  })
})
