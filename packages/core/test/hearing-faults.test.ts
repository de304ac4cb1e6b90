import { beforeAll, describe, expect, it } from 'vitest'
import { defineProcessor, InputAudioRawFrame, VADProcessor } from '../src/index.ts'
import { TestClock } from '../src/testing/index.ts'
import { type Connection, LoudnessVAD, Microphone, ScriptedEars, sound } from './ears.ts'
import { silent, Talk, Trace } from './talk.ts'

interface Trouble {
  readonly connections?: readonly Connection[]
  /** What the client sends before it speaks. */
  readonly sends?: (client: Client) => void
  /** No input transport stands in front: audio reaches voice detection and recognition as it is. */
  readonly bare?: boolean
}

type Client = (audio: Int16Array | Uint8Array, sampleRate?: number, numChannels?: number) => void

/** A conversation from audio that says `One.` and `Two.` after the trouble, and a healthy one beside it. */
async function hear(trouble: Trouble = {}) {
  const clock = new TestClock()
  const trace = new Trace()
  const healthy = await Talk.start({ clock, task: { observers: [trace.observer] } })
  const microphone = new Microphone()
  const ears = new ScriptedEars(['One.', 'Two.'], trouble.connections)
  const source = defineProcessor({ name: 'source', on: {} })
  const vad = new VADProcessor({ vadAnalyzer: new LoudnessVAD() })
  const sick = await Talk.start({ clock, before: [trouble.bare ? source : microphone, vad, ears] })
  const client: Client = (audio, sampleRate = 16_000, numChannels = 1) => {
    if (!trouble.bare) microphone.hear(audio, sampleRate, numChannels)
    else if (audio instanceof Int16Array) source.pushFrame(new InputAudioRawFrame(audio, sampleRate, numChannels))
  }
  const pass = async (ms: number, loud: boolean): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 20) {
      client(sound(20, loud))
      await clock.advance(20)
    }
  }
  trouble.sends?.(client)
  await pass(12_000, false)
  for (const words of ['One.', 'Two.']) {
    await healthy.begin()
    await pass(800, true)
    await healthy.pause()
    await healthy.recognise(words)
    await pass(3000, false)
  }
  await healthy.end()
  await sick.end()
  return { healthy: trace.lines, sick, microphone, ears }
}

let alone: readonly string[] = []
beforeAll(async () => {
  const { healthy, sick } = await hear()
  alone = healthy
  expect(sick.history).toEqual(['user: One.', 'assistant: Yes.', 'user: Two.', 'assistant: Yes.'])
})

/** A connection that opens, gives these events and then breaks. */
const giving = (...events: readonly unknown[]): Connection =>
  async function* () {
    yield { type: 'open' }
    for (const event of events) yield event as never
    throw new Error('gone')
  }

describe('a recogniser that', () => {
  it.each<[string, Connection, said: readonly string[], errors: readonly string[]]>([
    ['never opens', silent, [], ['first-output-timeout']],
    ['ends at once', async function* () {}, [], ['connection-closed']],
    ['opens and breaks', giving(), [], ['transcription-failed']],
    [
      'throws nothing',
      () => {
        throw undefined
      },
      [],
      ['transcription-failed'],
    ],
    ['gives no stream', () => 5 as never, [], ['transcription-failed']],
    ['yields null', giving(null), [], ['transcription-failed']],
    ['yields an event of no kind', giving({}, 5, 'text'), [], ['transcription-failed']],
    ['yields a transcript without text', giving({ type: 'final' }), [], ['transcription-failed']],
    ['yields a transcript that is no text', giving({ type: 'final', text: 5 }), [], ['transcription-failed']],
    ['yields an empty transcript', giving({ type: 'final', text: ' ', finalized: true }), [], ['transcription-failed']],
    ['yields an interim result of null', giving({ type: 'interim', text: null }), [], ['transcription-failed']],
    ...[Number.NaN, -1, 1e9, Infinity].map<[string, Connection, string[], string[]]>((endSecs) => [
      `places a transcript at ${endSecs} s and breaks`,
      giving({ type: 'final', text: 'Zero.', finalized: true, endSecs }),
      ['user: Zero.', 'assistant: Yes.'],
      ['transcription-failed'],
    ]),
  ])('%s is connected again, and hears', async (_name, connection, said, errors) => {
    const { sick, healthy, ears } = await hear({ connections: [connection] })
    expect(sick.history).toEqual([...said, 'user: One.', 'assistant: Yes.', 'user: Two.', 'assistant: Yes.'])
    expect([sick.errorCodes, healthy]).toEqual([errors, alone])
    expect(ears.samples).toBeGreaterThan(16_000 * 7)
  })
})

describe('a client that sends', () => {
  const odd: readonly [string, (client: Client) => void][] = [
    ['11025 Hz', (client) => client(sound(20, true, 11_025), 11_025)],
    ['stereo of 44100 Hz', (client) => client(new Int16Array(1764), 44_100, 2)],
    ['half a pair of stereo samples', (client) => client(new Int16Array(321), 16_000, 2)],
    ['three channels', (client) => client(new Int16Array(320), 16_000, 3)],
    ['two minutes at once', (client) => client(new Int16Array(16_000 * 120))],
    ['nothing', (client) => client(new Int16Array(0))],
  ]
  const impossible: readonly [string, (client: Client) => void][] = [
    ...[0, -16_000, Number.NaN, Infinity, 16_000.5, 1].map<[string, (client: Client) => void]>((sampleRate) => [
      `audio of ${sampleRate} Hz`,
      (client) => client(sound(20, true), sampleRate),
    ]),
    ...[0, -1, Number.NaN, 1.5].map<[string, (client: Client) => void]>((channels) => [
      `audio of ${channels} channels`,
      (client) => client(sound(20, true), 16_000, channels),
    ]),
  ]
  const bytes: readonly [string, (client: Client) => void][] = [
    ['odd numbers of bytes', (client) => [1, 3, 641, 0, 5, 640].forEach((count) => client(new Uint8Array(count)))],
  ]

  it.each([...odd, ...bytes])('%s is understood', async (_what, sends) => {
    const { sick, healthy, microphone } = await hear({ sends })
    expect(sick.history).toEqual(['user: One.', 'assistant: Yes.', 'user: Two.', 'assistant: Yes.'])
    expect([sick.errorCodes, microphone.counters.lost, healthy]).toEqual([[], 0, alone])
  })

  it.each(impossible)('%s is told so once, and understood when it mends its ways', async (_what, sends) => {
    const again = (client: Client): void => {
      for (let i = 0; i < 10; i++) sends(client)
    }
    const { sick, healthy, microphone } = await hear({ sends: again })
    expect(sick.history).toEqual(['user: One.', 'assistant: Yes.', 'user: Two.', 'assistant: Yes.'])
    expect([sick.errorCodes, microphone.counters.lost, healthy]).toEqual([['audio-in-failed'], 10, alone])
  })

  it.each([...odd, ...impossible])('%s past the input transport harms nothing else', async (_what, sends) => {
    const { sick, healthy } = await hear({ sends, bare: true })
    expect(sick.history).toEqual(['user: One.', 'assistant: Yes.', 'user: Two.', 'assistant: Yes.'])
    expect(healthy).toEqual(alone)
  })
})
