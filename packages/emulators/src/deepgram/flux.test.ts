import { DeepgramClient } from '@deepgram/sdk'
import type { Deepgram } from '@deepgram/sdk'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { refusalOf, SocketClient } from '../../test/socket-client.ts'
import { joined, silence, tone } from '../../test/sounds.ts'
import { startEmulators } from '../emulators.ts'
import type { Emulators } from '../emulators.ts'
import type { JsonObject } from '../json.ts'
import { TurnRecognizer } from './flux-turns.ts'
import type { TurnReport } from './flux-turns.ts'

const RATE = 16_000

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterEach(() => emulators.reset())
afterAll(() => emulators.close())

const fluxUrl = (params: Record<string, string> = {}, from: Emulators = emulators): string => {
  const query = new URLSearchParams({
    model: 'flux-general-en',
    encoding: 'linear16',
    sample_rate: String(RATE),
    ...params,
  })
  return `${from.deepgram.environment.production}/v2/listen?${query.toString()}`
}

const open = (params?: Record<string, string>): Promise<SocketClient> => new SocketClient(fluxUrl(params)).opened()

const exchange = async (client: SocketClient, audio: Int16Array): Promise<JsonObject[]> => {
  client.sendPcm(audio, RATE)
  client.send({ type: 'CloseStream' })
  expect(await client.closed).toMatchObject({ code: 1000 })
  return client.messages
}

const turnsOf = (messages: readonly JsonObject[]): JsonObject[] => messages.filter(({ type }) => type === 'TurnInfo')

const outline = (messages: readonly JsonObject[]): unknown[] =>
  turnsOf(messages)
    .filter(({ event }) => event !== 'Update')
    .map(({ event, turn_index: index, transcript }) => [event, index, transcript])

describe('listen v2 through the SDK', () => {
  it('is connected first and then reports a turn from start to end', async () => {
    emulators.deepgram.flux.reply('What time is it?')
    const client = new DeepgramClient({ apiKey: 'key', environment: emulators.deepgram.environment })
    const socket = await client.listen.v2.connect({
      model: 'flux-general-en',
      encoding: 'linear16',
      sample_rate: RATE,
      reconnectAttempts: 0,
    })
    const messages: Deepgram.listen.ListenV2TurnInfo[] = []
    const types: string[] = []
    socket.on('message', (message) => {
      types.push(message.type)
      if (message.type === 'TurnInfo') messages.push(message)
    })
    const closed = new Promise((resolve) => socket.on('close', resolve))
    socket.connect()
    await socket.waitForOpen()
    socket.sendMedia(joined(silence(0.5, RATE), tone(1, RATE), silence(1, RATE)))
    socket.sendCloseStream({ type: 'CloseStream' })
    await closed

    expect(types[0]).toBe('Connected')
    const events = messages.map(({ event }) => event)
    expect([events[0], events.at(-1)]).toEqual(['StartOfTurn', 'EndOfTurn'])
    expect(events.slice(1, -1).every((event) => event === 'Update')).toBe(true)
    expect(events.length).toBeGreaterThan(4)
    expect(messages[0]?.transcript).toBe('What')
    const last = messages.at(-1)
    expect(last).toMatchObject({ transcript: 'What time is it?', turn_index: 0, trigger: 'model' })
    expect(last?.end_of_turn_confidence).toBeCloseTo(0.7, 2)
    expect(last?.audio_window_start).toBeCloseTo(0.5, 2)
    expect(last?.audio_window_end).toBeCloseTo(2.2, 2)
    expect(last?.words.map(({ word }) => word)).toEqual(['What', 'time', 'is', 'it?'])
    expect(messages.map(({ sequence_id: id }) => id)).toEqual(messages.map((_, index) => index + 1))
  })
})

describe('the turns of listen v2', () => {
  it('count up, one sentence each', async () => {
    emulators.deepgram.flux.reply('One.', 'Two.')
    const turn = joined(tone(0.5, RATE), silence(1, RATE))
    expect(outline(await exchange(await open(), joined(turn, turn)))).toEqual([
      ['StartOfTurn', 0, 'One.'],
      ['EndOfTurn', 0, 'One.'],
      ['StartOfTurn', 1, 'Two.'],
      ['EndOfTurn', 1, 'Two.'],
    ])
  })

  it('end early only when a threshold is set, with the words of the end', async () => {
    emulators.deepgram.flux.reply('One two three four five six.')
    const client = await open({ eager_eot_threshold: '0.4' })
    expect(outline(await exchange(client, joined(tone(0.5, RATE), silence(1, RATE))))).toEqual([
      ['StartOfTurn', 0, 'One'],
      ['EagerEndOfTurn', 0, 'One two three four five six.'],
      ['EndOfTurn', 0, 'One two three four five six.'],
    ])
  })

  it('resume after an early end with the next sentence added', async () => {
    emulators.deepgram.flux.reply('Wait,', 'I have more.')
    const client = await open({ eager_eot_threshold: '0.4' })
    const audio = joined(tone(0.5, RATE), silence(0.5, RATE), tone(1, RATE), silence(1, RATE))
    expect(outline(await exchange(client, audio))).toEqual([
      ['StartOfTurn', 0, 'Wait,'],
      ['EagerEndOfTurn', 0, 'Wait,'],
      ['TurnResumed', 0, 'Wait,'],
      ['EagerEndOfTurn', 0, 'Wait, I have more.'],
      ['EndOfTurn', 0, 'Wait, I have more.'],
    ])
  })

  it('end by timeout when the threshold is never reached', async () => {
    const client = await open({ eot_threshold: '1', eot_timeout_ms: '1500' })
    const messages = await exchange(client, joined(tone(0.5, RATE), silence(2, RATE)))
    expect(turnsOf(messages).at(-1)).toMatchObject({ event: 'EndOfTurn', trigger: 'timeout', audio_window_end: 2 })
  })

  it('stay open while no audio comes, and end when the client asks', async () => {
    emulators.deepgram.flux.reply('Hello there.')
    const client = await open()
    client.sendPcm(tone(0.5, RATE), RATE)
    await client.roundTrip()
    expect(turnsOf(client.messages).some(({ event }) => event === 'EndOfTurn')).toBe(false)
    client.send({ type: 'ForceEndTurn' })
    const end = await client.until(({ event }) => event === 'EndOfTurn')
    expect(end).toMatchObject({ trigger: 'manual', transcript: 'Hello there.' })
    client.send({ type: 'ForceEndTurn' })
    await client.roundTrip()
    expect(client.messages.at(-1)).toBe(end)
    client.socket.close()
  })

  it('keep the legal order of events for any sound', () => {
    const windows = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 80 })), { maxLength: 20 })
    fc.assert(
      fc.property(windows, fc.boolean(), (pattern, eager) => {
        const reports: TurnReport[] = []
        const thresholds = { eotThreshold: 0.7, eotTimeoutSecs: 5, ...(eager && { eagerEotThreshold: 0.4 }) }
        const recognizer = new TurnRecognizer({
          thresholds: () => thresholds,
          sentence: () => 'a b c',
          continuation: () => 'd e',
          emit: (report) => reports.push(report),
        })
        for (const [loud, count] of pattern) for (let index = 0; index < count; index++) recognizer.hear(loud)
        recognizer.end('manual')
        const letters = { StartOfTurn: 'S', Update: 'U', EagerEndOfTurn: 'E', TurnResumed: 'R', EndOfTurn: 'X' }
        for (const turn of reports
          .map(({ event }) => letters[event])
          .join('')
          .split(/(?<=X)/)) {
          expect(turn).toMatch(/^(SU*(ERU*)*E?X)?$/)
        }
        for (const [index, report] of reports.entries()) {
          const before = reports[index - 1]
          if (report.event === 'EndOfTurn' && before?.event === 'EagerEndOfTurn') {
            expect(report.words.map(({ text }) => text)).toEqual(before.words.map(({ text }) => text))
          }
        }
      }),
      { numRuns: 200, seed: 1 },
    )
  })

  it('carry languages with the multilingual model', async () => {
    const client = await open({ model: 'flux-general-multi', language_hint: 'de' })
    const messages = await exchange(client, joined(tone(0.5, RATE), silence(1, RATE)))
    expect(turnsOf(messages).at(-1)).toMatchObject({ languages: ['en'], languages_hinted: ['de'] })
  })

  it('can be scripted by position in the audio', async () => {
    emulators.deepgram.flux.script([
      { atSecs: 0.1, event: 'StartOfTurn', text: 'Hi' },
      { atSecs: 0.3, event: 'EndOfTurn', text: 'Hi there', trigger: 'timeout', confidence: 0.3 },
      { atSecs: 0.4, event: 'message', message: { type: 'Surprise' } },
      { atSecs: 0.5, event: 'close', code: 1011, reason: 'gone' },
    ])
    const client = await open()
    client.sendPcm(silence(1, RATE), RATE)
    expect(await client.closed).toEqual({ code: 1011, reason: 'gone' })
    expect(client.messages).toMatchObject([
      { type: 'Connected' },
      { event: 'StartOfTurn', transcript: 'Hi', turn_index: 0 },
      { event: 'EndOfTurn', transcript: 'Hi there', trigger: 'timeout', end_of_turn_confidence: 0.3 },
      { type: 'Surprise' },
    ])
  })
})

describe('messages to listen v2', () => {
  it('change thresholds and keep what they leave out', async () => {
    const client = await open({ eot_threshold: '0.8', keyterm: 'pc' })
    client.send({ type: 'Configure', thresholds: { eot_timeout_ms: 1000 }, keyterms: [] })
    const success = await client.until(({ type }) => type === 'ConfigureSuccess')
    expect(success).toMatchObject({ thresholds: { eot_threshold: 0.8, eot_timeout_ms: 1000 }, keyterms: [] })
    client.send({ type: 'Configure', thresholds: { eager_eot_threshold: 0.4 } })
    await client.until(({ thresholds }) => JSON.stringify(thresholds ?? {}).includes('"eager_eot_threshold":0.4'))
    const messages = await exchange(client, joined(tone(0.5, RATE), silence(1, RATE)))
    expect(turnsOf(messages).map(({ event }) => event)).toContain('EagerEndOfTurn')
  })

  it.each([
    [{ thresholds: { eot_threshold: 0.2 } }],
    [{ thresholds: { eager_eot_threshold: 'low' } }],
    [{ language_hints: ['de'] }],
  ])('with %j fail and change nothing', async (change) => {
    const client = await open()
    client.send({ type: 'Configure', ...change })
    await client.until(({ type }) => type === 'ConfigureFailure')
    const messages = await exchange(client, joined(tone(0.5, RATE), silence(1, RATE)))
    expect(turnsOf(messages).at(-1)).toMatchObject({ event: 'EndOfTurn', audio_window_end: 1.2 })
  })

  it('that belong to listen v1, or are no JSON, are answered with an Error and the end of the connection', async () => {
    for (const message of ['{"type":"KeepAlive"}', '{"type":"Finalize"}', 'hello']) {
      const client = await open()
      client.send(message)
      expect(await client.closed).toMatchObject({ code: 1008 })
      expect(client.messages.at(-1)).toMatchObject({ type: 'Error', sequence_id: 1, code: 'UNPARSABLE_CLIENT_MESSAGE' })
    }
  })

  it('must come within 10 s of each other', async () => {
    const clock = new ManualClock()
    const timed = await startEmulators({ clock })
    const client = await new SocketClient(fluxUrl({}, timed)).opened()
    clock.advance(10_000)
    expect(await client.closed).toMatchObject({ code: 1011 })
    expect(client.messages.at(-1)).toMatchObject({ type: 'Error', code: 'NET-0001' })
    await timed.close()
  })
})

describe('an upgrade to listen v2 that the vendor refuses', () => {
  it('without credentials is 401 in the newer form of error', async () => {
    const { status, body } = await refusalOf(fluxUrl(), { headers: {} })
    expect([status, body]).toMatchObject([401, { category: 'INVALID_AUTH', message: expect.any(String) }])
  })

  it.each([
    ['a model of listen v1', { model: 'nova-3' }, 'model'],
    ['an end-of-turn threshold out of range', { eot_threshold: '0.2' }, 'eot_threshold'],
    ['an eager threshold out of range', { eager_eot_threshold: '0.95' }, 'eager_eot_threshold'],
    ['a timeout out of range', { eot_timeout_ms: '100' }, 'eot_timeout_ms'],
    ['a language hint for the English model', { language_hint: 'de' }, 'language_hint'],
  ])('for %s is 400 and names the parameter', async (_what, params, name) => {
    const { status, body } = await refusalOf(fluxUrl(params))
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(name)])
  })
})
