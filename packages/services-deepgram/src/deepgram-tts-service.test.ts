import {
  InterruptionFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMTextFrame,
  TTSAudioRawFrame,
  TTSSpeakFrame,
  TTSStoppedFrame,
  TTSUpdateSettingsFrame,
} from '@pc/core'
import { type Emulators, type Fault, type RecordedText, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LiveTask, received } from '../test/live-task.ts'
import { DeepgramHttpTTSService } from './deepgram-http-tts-service.ts'
import { DeepgramTTSService } from './deepgram-tts-service.ts'
import type { DeepgramTTSServiceOptions } from './speak-options.ts'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const ramp = Int16Array.from({ length: 24_000 }, (_, i) => (i % 1000) + 100)

const queries = (kind: 'upgrade' | 'http'): URLSearchParams[] => received(emulators, kind).map(({ query }) => query)

const sent = (type: string): RecordedText[] =>
  received(emulators, 'text').filter(({ text }) => text.includes(`"${type}"`))

describe.each([
  ['DeepgramTTSService', DeepgramTTSService, 'upgrade'],
  ['DeepgramHttpTTSService', DeepgramHttpTTSService, 'http'],
] as const)('%s', (_name, Service, kind) => {
  const service = (options: DeepgramTTSServiceOptions = {}): DeepgramTTSService | DeepgramHttpTTSService =>
    new Service({ apiKey: 'dg-key', baseUrl: emulators.deepgram.baseUrl, ...options })

  test('speaks every sample in order, though the bytes are cut anywhere', async () => {
    emulators.deepgram.speak.respond(() => ramp)
    const task = new LiveTask(service())
    await task.send(new TTSSpeakFrame('Hello there.'))
    await task.end()
    expect(task.speech).toEqual([...ramp])
    expect(task.errors).toEqual([])
    expect(Object.fromEntries(queries(kind).at(-1) ?? [])).toMatchObject({
      model: 'aura-2-thalia-en',
      encoding: 'linear16',
      sample_rate: '24000',
    })
  })

  test('asks for a rate that the provider has and resamples the rest', async () => {
    emulators.deepgram.speak.respond(() => ramp)
    const task = new LiveTask(service(), { audioOutSampleRate: 44_100 })
    await task.send(new TTSSpeakFrame('Hello.'))
    await task.end()
    expect(queries(kind).at(-1)?.get('sample_rate')).toBe('24000')
    expect(task.speech).toHaveLength(44_100)
  })

  test.each<[keyof DeepgramTTSServiceOptions, unknown, string, string]>([
    ['voice', 'aura-2-zeus-en', 'model', 'aura-2-zeus-en'],
    ['speed', 1.2, 'speed', '1.2'],
    ['mipOptOut', true, 'mip_opt_out', 'true'],
    ['sampleRate', 48_000, 'sample_rate', '48000'],
    ['extra', { tag: ['a'] }, 'tag', 'a'],
  ])('option %s = %j changes the request', async (option, value, parameter, expected) => {
    const task = new LiveTask(service({ [option]: value }))
    await task.send(new TTSSpeakFrame('Hello.'))
    await task.end()
    expect(queries(kind).at(-1)?.get(parameter)).toBe(expected)
  })

  test('settings change while it runs', async () => {
    const task = new LiveTask(service())
    await task.send(
      new TTSSpeakFrame('One.'),
      new TTSUpdateSettingsFrame({ voice: 'aura-2-zeus-en' }),
      new TTSSpeakFrame('Two.'),
    )
    await task.end()
    expect(queries(kind).map((query) => query.get('model'))).toEqual(['aura-2-thalia-en', 'aura-2-zeus-en'])
  })

  test.each<[string, Fault]>([
    ['a server error', { kind: 'refuse', status: 500 }],
    ['a cut connection', { kind: 'reset' }],
  ])('%s before the first sound is tried once more', async (_fault, fault) => {
    emulators.deepgram.speak.faults.next(fault)
    const task = new LiveTask(service())
    await task.send(new TTSSpeakFrame('Hello.'))
    await task.end()
    expect(task.speech.length).toBeGreaterThan(0)
    expect(task.errors).toEqual([])
  })

  test('a refused key makes it unusable and appears nowhere', async () => {
    emulators.deepgram.apiKeys.add('another')
    const tts = service()
    const task = new LiveTask(tts)
    await task.send(new TTSSpeakFrame('Hello.'))
    await task.end()
    expect(task.errors).toMatchObject([{ code: 'http-401', kind: 'auth', status: 401 }])
    expect(tts.isUsable).toBe(false)
    expect(JSON.stringify([task.errors, task.errors.map((error) => error.message), task.logged])).not.toContain(
      'dg-key',
    )
  })

  test('a cut in the middle is reported, and the speech comes to an end', async () => {
    emulators.deepgram.speak.respond(() => ramp)
    emulators.deepgram.speak.faults.next({ kind: 'dropAfter', afterMessages: 3 })
    const task = new LiveTask(service())
    await task.send(new TTSSpeakFrame('Hello there, you.'))
    await task.end()
    expect(task.errors).toHaveLength(1)
    expect(task.errors[0]?.retryable).toBe(true)
    expect(task.speech.length).toBeLessThan(24_000)
    expect(task.down.filter((frame) => frame instanceof TTSStoppedFrame)).toHaveLength(1)
  })

  test('silence in the middle is reported, and the speech comes to an end', async () => {
    emulators.deepgram.speak.respond(() => ramp)
    emulators.deepgram.speak.faults.next({ kind: 'stall', afterMessages: 3 })
    const task = new LiveTask(service({ idleTimeoutSecs: 0.2 }))
    await task.send(new TTSSpeakFrame('Hello there, you.'))
    await task.end()
    expect(task.errors.map((error) => error.code)).toEqual(['stream-stalled'])
  })
})

describe('DeepgramTTSService over its socket', () => {
  const service = (options: DeepgramTTSServiceOptions = {}): DeepgramTTSService =>
    new DeepgramTTSService({ apiKey: 'dg-key', baseUrl: emulators.deepgram.baseUrl, ...options })

  test('keeps one connection for all texts', async () => {
    const task = new LiveTask(service())
    await task.send(
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('One. Two. Three.'),
      new LLMFullResponseEndFrame(),
    )
    await task.end()
    expect(queries('upgrade')).toHaveLength(1)
    expect(sent('Flush')).toHaveLength(3)
  })

  test('after an interruption nothing of the old text is heard in the new one', async () => {
    const paced = await startEmulators()
    paced.deepgram.speak.respond((text) => new Int16Array(48_000).fill(text === 'Old.' ? 111 : 222))
    const task = new LiveTask(service({ baseUrl: paced.deepgram.baseUrl }))
    await task.send(new TTSSpeakFrame('Old.'))
    await task.until(() => task.speech.length > 0)
    await task.send(new InterruptionFrame())
    const before = task.speech.length
    await task.send(new TTSSpeakFrame('New.'))
    await task.until(() => task.speech.length > before)
    expect(new Set(task.speech.slice(before))).toEqual(new Set([222]))
    expect(received(paced, 'upgrade')).toHaveLength(1)
    expect(received(paced, 'text').some(({ text }) => text.includes('"Clear"'))).toBe(true)
    expect(task.errors).toEqual([])
    await task.cancel()
    await paced.close()
  })

  test('a connection that closed while nothing was said is made again', async () => {
    emulators.deepgram.speak.faults.next({ kind: 'dropAfter', afterMessages: 9, secs: 0.05 })
    const task = new LiveTask(service())
    await emulators.waitForRequest((message) => message.kind === 'close')
    await task.send(new TTSSpeakFrame('Hello.'))
    await task.end()
    expect(task.speech.length).toBeGreaterThan(0)
    expect(task.errors).toEqual([])
  })

  test('more texts than the provider allows on one connection go over a second one', async () => {
    const task = new LiveTask(service())
    await task.send(...Array.from({ length: 25 }, (_, i) => new TTSSpeakFrame(`Text ${i}.`)))
    await task.end()
    expect(task.errors).toEqual([])
    expect(task.down.filter((frame) => frame instanceof TTSStoppedFrame)).toHaveLength(25)
    const spoken = task.down.flatMap((frame) => (frame instanceof TTSAudioRawFrame ? [frame.contextId] : []))
    expect(new Set(spoken).size).toBe(25)
    expect(queries('upgrade')).toHaveLength(2)
  })

  test('a long text is sent in pieces that the provider takes', async () => {
    const task = new LiveTask(service({ textAggregationMode: 'token' }))
    await task.send(
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('word '.repeat(500)),
      new LLMFullResponseEndFrame(),
    )
    await task.end()
    expect(sent('Speak')).toHaveLength(2)
    expect(task.errors).toEqual([])
  })
})
