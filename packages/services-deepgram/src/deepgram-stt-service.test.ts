import {
  InterimTranscriptionFrame,
  STTUpdateSettingsFrame,
  TranscriptionFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { type Emulators, type Fault, type RecordedUpgrade, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { audio, connected, LiveTask, received } from '../test/live-task.ts'
import { DeepgramSTTService, type DeepgramSTTServiceOptions } from './deepgram-stt-service.ts'

const KEY = 'dg-key-0123456789'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const service = (options: DeepgramSTTServiceOptions = {}): DeepgramSTTService =>
  new DeepgramSTTService({ apiKey: KEY, baseUrl: emulators.deepgram.baseUrl, ...options })

const finals = (task: LiveTask): TranscriptionFrame[] =>
  task.down.filter((frame) => frame instanceof TranscriptionFrame)

const upgrades = (): RecordedUpgrade[] => received(emulators, 'upgrade')

describe('DeepgramSTTService', () => {
  test('transcribes speech, with interim results before the final one', async () => {
    emulators.deepgram.listen.reply('What time is it?')
    const task = new LiveTask(service({ endpointing: 0.1 }))
    await task.send(...audio(0.3, false), ...audio(1.5), ...audio(1, false))
    await task.until(() => finals(task).length > 0)
    expect(finals(task)).toMatchObject([{ text: 'What time is it?', language: 'en', finalized: true }])
    expect(task.down.some((frame) => frame instanceof InterimTranscriptionFrame)).toBe(true)
    await task.end()
    expect(task.errors).toEqual([])
  })

  test('asks for the result when the user stops speaking, and marks it as finalized', async () => {
    emulators.deepgram.listen.script([{ after: 'Finalize', event: 'final', text: 'Hello.' }])
    const task = new LiveTask(service())
    await task.send(new VADUserStartedSpeakingFrame(), ...audio(0.5))
    await emulators.waitForRequest((message) => message.kind === 'binary')
    await task.send(new VADUserStoppedSpeakingFrame(0.2, 1))
    await task.until(() => finals(task).length > 0)
    expect(finals(task)).toMatchObject([{ text: 'Hello.', finalized: true }])
    await task.end()
  })

  test('the last words come before the end of the task, and the provider is told goodbye', async () => {
    emulators.deepgram.listen.script([{ after: 'CloseStream', event: 'final', text: 'Bye.' }])
    const stt = service()
    const task = new LiveTask(stt)
    await connected(task, stt)
    await task.send(...audio(0.5))
    await task.end()
    expect(finals(task)).toMatchObject([{ text: 'Bye.' }])
    expect(received(emulators, 'binary')).toHaveLength(25)
    expect(task.errors).toEqual([])
  })

  test('tells of speech and utterance ends that the provider detects', async () => {
    emulators.deepgram.listen.script([
      { atSecs: 0.1, event: 'speechStarted' },
      { atSecs: 0.2, event: 'utteranceEnd' },
    ])
    const stt = service({ vadEvents: true, utteranceEndSecs: 1 })
    const events: string[] = []
    stt.on('speechStarted', () => events.push('started'))
    const ended = new Promise<void>((resolve) => {
      stt.on('utteranceEnd', () => {
        events.push('ended')
        resolve()
      })
    })
    const task = new LiveTask(stt)
    await task.send(...audio(0.5))
    await ended
    expect(events).toEqual(['started', 'ended'])
    await task.cancel()
  })

  test.each<[keyof DeepgramSTTServiceOptions, unknown, string, readonly string[]]>([
    ['model', 'nova-2', 'model', ['nova-2']],
    ['language', 'de', 'language', ['de']],
    ['interimResults', false, 'interim_results', ['false']],
    ['punctuate', false, 'punctuate', ['false']],
    ['smartFormat', true, 'smart_format', ['true']],
    ['endpointing', 0.3, 'endpointing', ['300']],
    ['endpointing', false, 'endpointing', ['false']],
    ['endpointing', true, 'endpointing', ['true']],
    ['utteranceEndSecs', 1.5, 'utterance_end_ms', ['1500']],
    ['vadEvents', true, 'vad_events', ['true']],
    ['profanityFilter', true, 'profanity_filter', ['true']],
    ['numerals', true, 'numerals', ['true']],
    ['dictation', true, 'dictation', ['true']],
    ['diarize', true, 'diarize', ['true']],
    ['detectEntities', true, 'detect_entities', ['true']],
    ['keyterms', ['Ann', 'Bob'], 'keyterm', ['Ann', 'Bob']],
    ['redact', ['pci', 'ssn'], 'redact', ['pci', 'ssn']],
    ['replace', ['a:b'], 'replace', ['a:b']],
    ['search', ['x'], 'search', ['x']],
    ['tags', ['t1', 't2'], 'tag', ['t1', 't2']],
    ['mipOptOut', true, 'mip_opt_out', ['true']],
    ['version', 'latest', 'version', ['latest']],
    ['sampleRate', 8000, 'sample_rate', ['8000']],
    ['extra', { filler_words: true }, 'filler_words', ['true']],
  ])('option %s = %j changes the request', async (option, value, parameter, sent) => {
    const stt = service({ [option]: value })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(upgrades()[0]?.query.getAll(parameter)).toEqual(sent)
    await task.cancel()
  })

  test('keywords are for the older models', async () => {
    const stt = service({ model: 'nova-2', keywords: ['Ann:2'] })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(upgrades()[0]?.query.getAll('keywords')).toEqual(['Ann:2'])
    await task.cancel()
  })

  test('by default nothing is sent but what the service needs', async () => {
    const stt = service({ headers: { 'x-mine': '1' } })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(Object.fromEntries(upgrades()[0]?.query ?? [])).toEqual({
      model: 'nova-3-general',
      language: 'en',
      encoding: 'linear16',
      sample_rate: '16000',
      channels: '1',
      interim_results: 'true',
      punctuate: 'true',
    })
    expect(upgrades()[0]?.headers).toMatchObject({ authorization: 'Token ***', 'x-mine': '1' })
    await task.cancel()
  })

  test('new settings make a new connection', async () => {
    const stt = service()
    const task = new LiveTask(stt)
    await connected(task, stt)
    const again = connected(task, stt)
    await task.send(new STTUpdateSettingsFrame({ language: 'fr', smart_format: true }))
    await again
    expect(upgrades().map(({ query }) => [query.get('language'), query.get('smart_format')])).toEqual([
      ['en', null],
      ['fr', 'true'],
    ])
    expect(task.errors).toEqual([])
    await task.cancel()
  })

  test('an address that is none is refused when the service is made, as is a missing key', () => {
    expect(() => new DeepgramSTTService({ apiKey: KEY, baseUrl: 'nowhere' })).toThrow(
      expect.objectContaining({ code: 'invalid-base-url' }),
    )
    const before = process.env['DEEPGRAM_API_KEY']
    delete process.env['DEEPGRAM_API_KEY']
    try {
      expect(() => new DeepgramSTTService()).toThrow(expect.objectContaining({ code: 'missing-api-key' }))
      process.env['DEEPGRAM_API_KEY'] = KEY
      expect(() => new DeepgramSTTService()).not.toThrow()
    } finally {
      if (before === undefined) delete process.env['DEEPGRAM_API_KEY']
      else process.env['DEEPGRAM_API_KEY'] = before
    }
  })

  describe('faults', () => {
    test.each<[number, string]>([
      [400, 'invalid-request'],
      [401, 'auth'],
      [402, 'quota'],
      [403, 'auth'],
    ])('a refusal with HTTP %i stops it at once', async (status, kind) => {
      emulators.deepgram.listen.faults.always({ kind: 'refuse', status })
      const stt = service()
      const task = new LiveTask(stt)
      await task.until(() => task.errors.length > 0)
      expect(task.errors).toMatchObject([{ code: `http-${status}`, kind, status }])
      expect(stt.isUsable).toBe(false)
      await task.end()
      expect(upgrades()).toHaveLength(1)
      const told = JSON.stringify([
        task.errors,
        task.errors.map((error) => [error.message, String(error.cause)]),
        task.logged,
      ])
      expect(told).not.toContain(KEY)
    })

    test.each<[string, Fault, string]>([
      ['a server that is overloaded', { kind: 'refuse', status: 503 }, 'http-503'],
      ['a limit on connections', { kind: 'rateLimit' }, 'http-429'],
      ['a connection that is cut at once', { kind: 'reset' }, 'connection-failed'],
    ])('%s is tried again', async (_name, fault, code) => {
      emulators.deepgram.listen.faults.next(fault)
      const stt = service()
      const task = new LiveTask(stt)
      await connected(task, stt)
      expect(task.errors.map((error) => error.code)).toEqual([code])
      expect(upgrades()).toHaveLength(2)
      expect(stt.isUsable).toBe(true)
      await task.end()
    })

    test.each<[string, Fault, string]>([
      ['a cut line', { kind: 'dropAfter', afterMessages: 2 }, 'connection-closed'],
      [
        'a server that closes',
        { kind: 'closeWith', afterMessages: 2, code: 1011, reason: 'NET-0000: no text in time' },
        'net-0000',
      ],
      [
        'a server that closes as if all were well',
        { kind: 'closeWith', afterMessages: 2, code: 1000 },
        'connection-closed',
      ],
      ['an error message', { kind: 'errorMessage', afterMessages: 2 }, 'net-0000'],
    ])('%s in the middle of speech: the utterance is sent again and comes out whole', async (_name, fault, code) => {
      emulators.deepgram.listen.respond(() => 'One two three four.')
      emulators.deepgram.listen.faults.next(fault)
      const task = new LiveTask(service({ endpointing: 0.1 }))
      await task.send(new VADUserStartedSpeakingFrame(), ...audio(2))
      await task.until(() => task.errors.length > 0)
      await task.send(...audio(1), ...audio(1, false))
      await task.until(() => finals(task).length > 0)
      expect(finals(task).map(({ text }) => text)).toEqual(['One two three four.'])
      expect(task.errors.map((error) => error.code)).toEqual([code])
      const [, second] = upgrades()
      const replayed = received(emulators, 'binary').filter(({ connection }) => connection === second?.connection)
      expect(replayed.length).toBeGreaterThanOrEqual(200)
      await task.end()
    })

    test('audio that cannot be decoded is not sent again', async () => {
      emulators.deepgram.listen.script([{ atSecs: 0.1, event: 'close', code: 1008, reason: 'DATA-0000: undecodable' }])
      const stt = service()
      const task = new LiveTask(stt)
      await task.send(...audio(1))
      await task.until(() => task.errors.length > 0)
      expect(task.errors).toMatchObject([{ code: 'data-0000', kind: 'invalid-request' }])
      expect(stt.isUsable).toBe(false)
      await task.end()
      expect(upgrades()).toHaveLength(1)
    })

    test.each<[string, Fault]>([
      ['a message that is not JSON', { kind: 'malformedJson', afterMessages: 1 }],
      ['a message that comes twice', { kind: 'duplicateMessage', afterMessages: 1 }],
    ])('%s does no harm', async (_name, fault) => {
      emulators.deepgram.listen.script([
        { atSecs: 0.1, event: 'interim', text: 'One' },
        { atSecs: 0.2, event: 'interim', text: 'One two' },
        { atSecs: 0.3, event: 'final', text: 'One two three.' },
      ])
      emulators.deepgram.listen.faults.next(fault)
      const task = new LiveTask(service())
      await task.send(...audio(0.5))
      await task.until(() => finals(task).length > 0)
      expect(finals(task).map(({ text }) => text)).toEqual(['One two three.'])
      expect(task.errors).toEqual([])
      await task.end()
    })

    test('a server that takes its time to open gets all the speech', async () => {
      emulators.deepgram.listen.faults.next({ kind: 'delayOpen', secs: 0.3 })
      const stt = service()
      const task = new LiveTask(stt)
      await task.send(...audio(1))
      await connected(task, stt)
      await emulators.waitForRequest(() => received(emulators, 'binary').length === 50)
      await task.cancel()
    })

    test('a server that never answers the goodbye holds the end up for two seconds at most', async () => {
      emulators.deepgram.listen.faults.next({ kind: 'halfOpen' })
      const stt = service()
      const task = new LiveTask(stt)
      await connected(task, stt)
      const beganMs = performance.now()
      await task.end()
      expect(performance.now() - beganMs).toBeLessThan(3500)
    })
  })
})
