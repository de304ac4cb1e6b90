import { expect, it } from 'vitest'
import {
  type Frame,
  InputAudioRawFrame,
  PcError,
  SegmentedSTTService,
  ServiceSwitcher,
  ServiceSwitcherStrategyFailover,
  type STTEvent,
  STTMuteFrame,
  STTService,
  type TranscriptionFrame,
  type TranscribeOptions,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../src/index.ts'
import { type Rig, started } from './support.ts'

const RATE = 16_000
const audio = (value: number, chunks = 1): Frame[] =>
  Array.from({ length: chunks }, () => new InputAudioRawFrame(new Int16Array(RATE / 50).fill(value), RATE))

const broken = (kind: 'auth' | 'transient'): PcError =>
  new PcError('no ears', { code: 'broken', kind, retryable: false })

/** Counts what it hears and gives it as its transcript where the turn ends. */
class Ears extends STTService {
  readonly heard: number[] = []
  readonly #failure: ((connection: number) => PcError | undefined) | undefined
  #connections = 0

  constructor(name: string, failure?: (connection: number) => PcError | undefined) {
    super({ name })
    this.#failure = failure
  }

  override async *transcribe(
    chunks: AsyncIterable<Int16Array>,
    { onFinalize, signal }: TranscribeOptions,
  ): AsyncIterable<STTEvent> {
    const failure = this.#failure?.(this.#connections++)
    if (failure !== undefined) throw failure
    yield { type: 'open' }
    const ends = Promise.withResolvers<void>()
    onFinalize(() => ends.resolve())
    signal.addEventListener('abort', () => ends.resolve(), { once: true })
    const listening = (async () => {
      for await (const chunk of chunks) this.heard.push(chunk[0]!)
    })()
    await ends.promise
    yield { type: 'final', text: `${this.name} heard ${[...new Set(this.heard)].join(' ')}` }
    await listening
  }
}

class Segments extends SegmentedSTTService {
  readonly #failure: PcError | undefined
  constructor(name: string, failure?: PcError) {
    super({ name })
    this.#failure = failure
  }
  override async transcribeSegment(segment: Int16Array): Promise<string> {
    if (this.#failure !== undefined) throw this.#failure
    return `${this.name} heard ${[...new Set(segment)].join(' ')}`
  }
}

async function send({ task, clock }: Rig, ...frames: Frame[]): Promise<void> {
  for (const frame of frames) await task.queueFrame(frame)
  await clock.settle()
}

const transcripts = ({ down }: Rig): string[] =>
  down.flatMap((frame) => (frame.type === 'TranscriptionFrame' ? [(frame as TranscriptionFrame).text] : []))

it('a recogniser that fails in the middle of an utterance is replaced, and the next hears it from before its beginning', async () => {
  const [first, second] = [new Ears('first', () => broken('auth')), new Ears('second')]
  const switcher = new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)
  const it = await started([switcher])
  await send(
    it,
    ...audio(1, 100),
    new VADUserStartedSpeakingFrame(),
    ...audio(2, 20),
    new VADUserStoppedSpeakingFrame(),
  )
  await it.clock.advance(100)
  expect([switcher.activeService.name, transcripts(it), it.errors]).toEqual(['second', ['second heard 1 2'], []])
  expect(it.down.filter(({ type }) => type === 'InputAudioRawFrame')).toHaveLength(120)
})

it('a connection that breaks twice in a row is given up for another recogniser, which hears the utterance again', async () => {
  const [first, second] = [new Ears('first', () => broken('transient')), new Ears('second')]
  const switcher = new ServiceSwitcher([first, second], ServiceSwitcherStrategyFailover)
  const it = await started([switcher])
  await send(it, new VADUserStartedSpeakingFrame(), ...audio(1, 10))
  await it.clock.advance(1000)
  await send(it, ...audio(2, 10), new VADUserStoppedSpeakingFrame())
  await it.clock.advance(100)
  expect([switcher.activeService.name, transcripts(it)]).toEqual(['second', ['second heard 1 2']])
  expect(it.down.filter(({ type }) => type === 'InputAudioRawFrame')).toHaveLength(20)
})

it('an utterance that could not be recognised is recognised by the next service, and voice activity is told once', async () => {
  const services = [new Segments('first', broken('transient')), new Segments('second')]
  const it = await started([new ServiceSwitcher(services, ServiceSwitcherStrategyFailover)])
  await send(it, new VADUserStartedSpeakingFrame(), ...audio(5, 10), new VADUserStoppedSpeakingFrame())
  await it.clock.advance(100)
  expect([transcripts(it), it.errors]).toEqual([['second heard 5'], []])
  expect(it.down.filter(({ type }) => type.startsWith('VADUser'))).toHaveLength(2)
})

it('returns to the primary where an utterance begins, with the second before it', async () => {
  const first = new Ears('first', (connection) => (connection === 0 ? broken('auth') : undefined))
  const second = new Ears('second')
  const switcher = new ServiceSwitcher([first, second], new ServiceSwitcherStrategyFailover({ retryPrimarySecs: 5 }))
  const it = await started([switcher])
  await send(it, new VADUserStartedSpeakingFrame(), ...audio(1), new VADUserStoppedSpeakingFrame())
  await it.clock.advance(6000)
  expect([switcher.activeService.name, first.isUsable]).toEqual(['second', true])
  await send(it, ...audio(3, 100), new VADUserStartedSpeakingFrame(), ...audio(4))
  await send(it, new VADUserStoppedSpeakingFrame())
  await it.clock.advance(100)
  expect([switcher.activeService.name, first.heard.length, transcripts(it)]).toEqual([
    'first',
    51,
    ['second heard 1', 'first heard 3 4'],
  ])
})

it('mute reaches every recogniser, active or not', async () => {
  const [first, second] = [new Ears('first'), new Ears('second')]
  const switcher = new ServiceSwitcher([first, second])
  const it = await started([switcher])
  await send(it, new STTMuteFrame(true))
  switcher.setService(1)
  await send(it, ...audio(1, 5))
  expect([first.heard, second.heard]).toEqual([[], []])
})
