import {
  type GenerateOptions,
  InterimTranscriptionFrame,
  LLMContext,
  LLMContextAggregatorPair,
  type LLMEvent,
  LLMService,
  LLMTextFrame,
  messageText,
  PcError,
  STTMetadataFrame,
  STTUpdateSettingsFrame,
  TranscriptionFrame,
  UserTurnProcessor,
} from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { type Emulators, type Fault, type RecordedUpgrade, startEmulators } from '@pc/emulators'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { audio, connected, LiveTask, received } from '../test/live-task.ts'
import { DeepgramFluxSTTService, type DeepgramFluxSTTServiceOptions } from './deepgram-flux-stt-service.ts'

const KEY = 'dg-key-0123456789'

let emulators: Emulators

beforeAll(async () => {
  emulators = await startEmulators({ speed: Infinity })
})
afterAll(() => emulators.close())
beforeEach(() => emulators.reset())

const service = (options: DeepgramFluxSTTServiceOptions = {}): DeepgramFluxSTTService =>
  new DeepgramFluxSTTService({ apiKey: KEY, baseUrl: emulators.deepgram.baseUrl, ...options })

const finals = (task: LiveTask): string[] =>
  task.down.flatMap((frame) => (frame instanceof TranscriptionFrame ? [frame.text] : []))

/** What left downstream, without repeated interim results. */
const outline = ({ down }: LiveTask): string[] => {
  const told = down.flatMap((frame) => {
    if (frame instanceof TranscriptionFrame) return [`"${frame.text}"`]
    if (frame instanceof STTMetadataFrame) return []
    return frame instanceof InterimTranscriptionFrame ? ['...'] : [frame.type.replace('Frame', '')]
  })
  return told.filter((line, index) => line !== '...' || told[index - 1] !== '...')
}

const upgrades = (): RecordedUpgrade[] => received(emulators, 'upgrade')

const sent = (): string[] => received(emulators, 'text').map(({ text }) => text)

/** Answers with the number of the question, the first time without coming to an end, and keeps what it was asked. */
class Model extends LLMService {
  readonly asked: string[] = []
  readonly signals: AbortSignal[] = []
  readonly #wake: () => void

  constructor(wake: () => void) {
    super({ name: 'model' })
    this.#wake = wake
  }

  override async *generate(context: LLMContext, { signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    const last = context.messages.at(-1)
    this.asked.push(last !== undefined && 'role' in last ? messageText(last) : '')
    this.signals.push(signal)
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
    this.#wake()
    yield `Answer ${this.asked.length}.`
    if (this.asked.length > 1) return
    await stopped
    this.#wake()
  }
}

describe('DeepgramFluxSTTService', () => {
  test('proposes where turns begin and end, with the words between', async () => {
    emulators.deepgram.flux.reply('What time is it?', 'Thanks.')
    const task = new LiveTask(service())
    await task.send(...audio(0.3, false), ...audio(1.5), ...audio(1, false), ...audio(0.5), ...audio(1, false))
    await task.until(() => finals(task).length === 2 && outline(task).at(-1) === 'ProposedUserStoppedSpeaking')
    expect(outline(task)).toEqual([
      'ProposedUserStartedSpeaking',
      '...',
      '"What time is it?"',
      'ProposedUserStoppedSpeaking',
      'ProposedUserStartedSpeaking',
      '...',
      '"Thanks."',
      'ProposedUserStoppedSpeaking',
    ])
    expect(task.down.find((frame) => frame instanceof TranscriptionFrame)).toMatchObject({
      language: 'en',
      finalized: true,
      result: { event: 'EndOfTurn', trigger: 'model' },
    })
    await task.end()
    expect(task.errors).toEqual([])
  })

  test('an early end has the model asked ahead, a resumed turn takes that back, and the end uses the answer', async () => {
    emulators.deepgram.flux.reply('Book a table', 'for two.')
    let wake = (): void => {}
    const model = new Model(() => wake())
    const pair = new LLMContextAggregatorPair(new LLMContext())
    const turns = new UserTurnProcessor({ preemptiveGeneration: { stableSecs: 60 } })
    const task = new LiveTask([service({ eagerEotThreshold: 0.4 }), turns, pair.user, model, pair.assistant])
    const until = async (condition: () => boolean): Promise<void> => {
      while (!condition()) await new Promise<void>((resolve) => (wake = resolve))
    }
    const spoken = (): string[] => task.down.flatMap((frame) => (frame instanceof LLMTextFrame ? [frame.text] : []))

    await task.send(...audio(0.5), ...audio(0.5, false))
    await until(() => model.asked.length === 1)
    expect([model.asked, model.signals[0]?.aborted]).toEqual([['Book a table'], false])
    expect([spoken(), pair.user().context.messages]).toEqual([[], []])

    await task.send(...audio(1))
    await until(() => model.signals[0]?.aborted === true)
    await task.send(...audio(0.5, false))
    await until(() => model.asked.length === 2)
    expect([spoken(), pair.user().context.messages]).toEqual([[], []])

    await task.send(...audio(0.5, false))
    await task.until(() => spoken().length > 0)
    await task.end()
    expect(model.asked).toEqual(['Book a table', 'Book a table for two.'])
    expect(spoken()).toEqual(['Answer 2.'])
    expect(pair.user().context.messages).toEqual([
      { role: 'user', content: 'Book a table for two.' },
      { role: 'assistant', content: 'Answer 2.' },
    ])
    expect(task.errors).toEqual([])
  })

  test('the turn processor follows it by default', async () => {
    emulators.deepgram.flux.reply('Hello there.')
    const turns = new UserTurnProcessor()
    const decided: unknown[] = []
    turns.on('userTurnStarted', ({ strategy }) => decided.push(strategy))
    turns.on('userTurnStopped', ({ strategy }) => decided.push(strategy))
    const task = new LiveTask([service(), turns])
    await task.send(...audio(1), ...audio(1, false))
    await task.until(() => task.down.some(({ type }) => type === 'UserStoppedSpeakingFrame'))
    expect(decided).toEqual(['ExternalUserTurnStartStrategy', 'ExternalUserTurnStopStrategy'])
    await task.end()
  })

  test('the last words come before the end of the task, in the middle of a turn too, and the provider is told goodbye', async () => {
    emulators.deepgram.flux.reply('Hello there.')
    const stt = service()
    const task = new LiveTask(stt)
    await connected(task, stt)
    await task.send(...audio(0.5))
    await task.until(() => task.down.some((frame) => frame instanceof InterimTranscriptionFrame))
    await task.end()
    expect(finals(task)).toEqual(['Hello there.'])
    expect(sent().map((text) => JSON.parse(text))).toEqual([{ type: 'ForceEndTurn' }, { type: 'CloseStream' }])
    expect(task.errors).toEqual([])
  })

  test('an open turn ends though the audio stops, and the connection is kept alive', async () => {
    emulators.deepgram.flux.reply('Hello there.')
    const clock = new TestClock()
    const stt = service()
    const task = new LiveTask(stt, {}, { clock })
    const binary = (): number => received(emulators, 'binary').length
    const silences = async (count: number): Promise<void> =>
      void (await emulators.waitForRequest(() => binary() === 25 + count))
    await connected(task, stt)
    await task.send(...audio(0.5))
    await task.until(() => task.down.some((frame) => frame instanceof InterimTranscriptionFrame))
    await clock.advance(499)
    expect(binary()).toBe(25)
    await clock.advance(1)
    await silences(1)
    await clock.advance(500)
    await silences(2)
    await task.until(() => outline(task).at(-1) === 'ProposedUserStoppedSpeaking')
    expect(finals(task)).toEqual(['Hello there.'])
    await clock.advance(3999)
    expect(binary()).toBe(27)
    await clock.advance(1)
    await silences(3)
    await task.end()
  })

  test.each<[keyof DeepgramFluxSTTServiceOptions, unknown, string, readonly string[]]>([
    ['model', 'flux-general-multi', 'model', ['flux-general-multi']],
    ['eagerEotThreshold', 0.4, 'eager_eot_threshold', ['0.4']],
    ['eotThreshold', 0.8, 'eot_threshold', ['0.8']],
    ['eotTimeoutSecs', 1.5, 'eot_timeout_ms', ['1500']],
    ['keyterms', ['Ann', 'Bob'], 'keyterm', ['Ann', 'Bob']],
    ['numerals', true, 'numerals', ['true']],
    ['profanityFilter', true, 'profanity_filter', ['true']],
    ['redact', ['pci', 'ssn'], 'redact', ['pci', 'ssn']],
    ['tags', ['t1', 't2'], 'tag', ['t1', 't2']],
    ['mipOptOut', true, 'mip_opt_out', ['true']],
    ['sampleRate', 8000, 'sample_rate', ['8000']],
    ['extra', { keyterm: 'pc' }, 'keyterm', ['pc']],
  ])('option %s = %j changes the request', async (option, value, parameter, values) => {
    const stt = service({ [option]: value })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(upgrades()[0]?.query.getAll(parameter)).toEqual(values)
    await task.cancel()
  })

  test('language hints are for the multilingual model, which says what it heard', async () => {
    emulators.deepgram.flux.reply('Hallo.')
    const stt = service({ model: 'flux-general-multi', languageHints: ['de', 'en'] })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(upgrades()[0]?.query.getAll('language_hint')).toEqual(['de', 'en'])
    await task.send(...audio(0.5), ...audio(1, false))
    await task.until(() => finals(task).length > 0)
    expect(task.down.find((frame) => frame instanceof TranscriptionFrame)).toMatchObject({ language: 'en' })
    await task.end()
  })

  test('by default nothing is sent but what the service needs', async () => {
    const stt = service({ headers: { 'x-mine': '1' } })
    const task = new LiveTask(stt)
    await connected(task, stt)
    expect(Object.fromEntries(upgrades()[0]?.query ?? [])).toEqual({
      model: 'flux-general-en',
      encoding: 'linear16',
      sample_rate: '16000',
    })
    expect(upgrades()[0]?.path).toBe('/v2/listen')
    expect(upgrades()[0]?.headers).toMatchObject({ authorization: 'Token ***', 'x-mine': '1' })
    await task.cancel()
  })

  test('new settings make a new connection', async () => {
    const stt = service()
    const task = new LiveTask(stt)
    await connected(task, stt)
    const again = connected(task, stt)
    await task.send(new STTUpdateSettingsFrame({ eotThreshold: 0.8 }))
    await again
    expect(upgrades().map(({ query }) => query.get('eot_threshold'))).toEqual([null, '0.8'])
    expect(task.errors).toEqual([])
    await task.cancel()
  })

  test('a missing key is refused when the service is made, as is an address that is none', () => {
    const message = expect.stringContaining('DeepgramFluxSTTService')
    expect(() => service({ baseUrl: 'nowhere' })).toThrow(
      expect.objectContaining({ code: 'invalid-base-url', message }),
    )
    expect(() => service({ apiKey: '' })).toThrow(PcError)
  })

  describe('faults', () => {
    test.each<[number, string]>([
      [400, 'invalid-request'],
      [401, 'auth'],
      [402, 'quota'],
    ])('a refusal with HTTP %i stops it at once', async (status, kind) => {
      emulators.deepgram.flux.faults.always({ kind: 'refuse', status })
      const stt = service()
      const task = new LiveTask(stt)
      await task.until(() => task.errors.length > 0)
      expect(task.errors).toMatchObject([{ code: `http-${status}`, kind, status }])
      expect(stt.isUsable).toBe(false)
      await task.end()
      expect(upgrades()).toHaveLength(1)
      const told = JSON.stringify([task.errors, task.errors.map((error) => String(error.cause)), task.logged])
      expect(told).not.toContain(KEY)
    })

    test.each<[string, Fault, string]>([
      ['a cut line', { kind: 'dropAfter', afterMessages: 3 }, 'connection-closed'],
      ['a server that closes', { kind: 'closeWith', afterMessages: 3, code: 1011 }, 'connection-closed'],
      ['an error message', { kind: 'errorMessage', afterMessages: 3 }, 'net-0000'],
    ])('%s in the middle of a turn: it is heard again and comes out whole, once', async (_name, fault, code) => {
      emulators.deepgram.flux.respond(() => 'One two three four.')
      emulators.deepgram.flux.faults.next(fault)
      const task = new LiveTask(service())
      await task.send(...audio(2))
      await task.until(() => task.errors.length > 0)
      await task.send(...audio(1), ...audio(1, false))
      await task.until(() => finals(task).length > 0)
      await task.end()
      expect(finals(task)).toEqual(['One two three four.'])
      expect(task.errors.map((error) => error.code)).toEqual([code])
      expect(upgrades()).toHaveLength(2)
    })

    test.each<[string, Fault]>([
      ['a message that is not JSON', { kind: 'malformedJson', afterMessages: 2 }],
      ['a beginning that comes twice', { kind: 'duplicateMessage', afterMessages: 1 }],
      ['words that come twice', { kind: 'duplicateMessage', afterMessages: 2 }],
      ['an end that comes twice', { kind: 'duplicateMessage', afterMessages: 3 }],
    ])('%s does no harm', async (_name, fault) => {
      emulators.deepgram.flux.script([
        { atSecs: 0.1, event: 'StartOfTurn', text: 'One' },
        { atSecs: 0.2, event: 'Update', text: 'One two' },
        { atSecs: 0.3, event: 'EndOfTurn', text: 'One two three.' },
      ])
      emulators.deepgram.flux.faults.next(fault)
      const task = new LiveTask(service())
      await task.send(...audio(0.5))
      await task.until(() => outline(task).includes('ProposedUserStoppedSpeaking'))
      await task.end()
      expect(outline(task)).toEqual([
        'ProposedUserStartedSpeaking',
        '...',
        '"One two three."',
        'ProposedUserStoppedSpeaking',
      ])
      expect(task.errors).toEqual([])
    })

    test('a server that never says that it is ready is given up, and another connection is made', async () => {
      emulators.deepgram.flux.faults.next({ kind: 'stall' })
      const clock = new TestClock()
      const stt = service()
      const task = new LiveTask(stt, {}, { clock })
      const ready = connected(task, stt)
      await emulators.waitForRequest(() => upgrades().length === 1)
      await clock.advance(10_000)
      await task.until(() => task.errors.length > 0)
      await clock.advance(1000)
      await ready
      expect(upgrades()).toHaveLength(2)
      await task.cancel()
    })
  })
})
