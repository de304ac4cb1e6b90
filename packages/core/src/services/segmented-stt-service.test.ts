import { describe, expect, test } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import { ErrorFrame, MetricsFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import { STTMuteFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '../frames/turn.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { runTest } from '../testing/run-test.ts'
import { type OpenSegment, type SegmentOptions, SegmentedSTTService } from './segmented-stt-service.ts'
import type { SegmentedSTTServiceOptions, Transcript } from './stt-types.ts'

const RATE = 16_000
const CHUNK = RATE / 50

type Script = (
  segment: number,
  options: SegmentOptions,
  service: ScriptedSTT,
) => Promise<string | readonly Transcript[]>

class ScriptedSTT extends SegmentedSTTService {
  readonly segments: Int16Array[] = []
  readonly #script: Script

  constructor(script: Script = async (segment) => `Segment ${segment}.`, options: SegmentedSTTServiceOptions = {}) {
    super({ name: 'stt', ...options })
    this.#script = script
  }

  override transcribeSegment(audio: Int16Array, options: SegmentOptions): Promise<string | readonly Transcript[]> {
    return this.#script(this.segments.push(audio), options, this)
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

const audio = (secs: number, value: number): Frame[] =>
  Array.from({ length: secs * 50 }, () => new InputAudioRawFrame(new Int16Array(CHUNK).fill(value), RATE))

const spoken = (secs = 0.5): Frame[] => [
  new VADUserStartedSpeakingFrame(),
  ...audio(secs, 7),
  new VADUserStoppedSpeakingFrame(),
]

const texts = (down: readonly Frame[]): string[] =>
  down.flatMap((frame) => (frame instanceof TranscriptionFrame ? [frame.text] : []))

const errors = (up: readonly Frame[]): string[] =>
  up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error.code] : []))

describe('SegmentedSTTService', () => {
  test('transcribes the second before speech, the speech, and nothing else', async () => {
    const stt = new ScriptedSTT()
    const frames = [...audio(3, 1), ...audio(1, 2), ...spoken(2), ...audio(1, 9)]
    const { down } = await runTest(stt, { frames })
    expect(stt.segments.map((segment) => segment.length)).toEqual([3 * RATE])
    expect(new Set(stt.segments[0])).toEqual(new Set([2, 7]))
    expect(texts(down)).toEqual(['Segment 1.'])
    expect(down.find((frame) => frame instanceof TranscriptionFrame)).toMatchObject({ finalized: true })
    expect(down.filter((frame) => frame instanceof InputAudioRawFrame)).toHaveLength(350)
  })

  test('transcripts come in the order they were spoken', async () => {
    const slowFirst: Script = async (segment, { signal }, service) => {
      await service.delay(segment === 1 ? 900 : 10, signal)
      return `Segment ${segment}.`
    }
    const { down } = await runTest(new ScriptedSTT(slowFirst), {
      frames: [...spoken(), ...spoken(), { pauseMs: 1000 }],
    })
    expect(texts(down)).toEqual(['Segment 1.', 'Segment 2.'])
  })

  test('the last segment is transcribed before the end of the task, even if it was not finished', async () => {
    const slow: Script = async (_segment, { signal }, service) => {
      await service.delay(500, signal)
      return 'Bye.'
    }
    const { down } = await runTest(new ScriptedSTT(slow), {
      frames: [new VADUserStartedSpeakingFrame(), ...audio(1, 7)],
    })
    expect(texts(down)).toEqual(['Bye.'])
  })

  test('no words make no transcript; several parts make several', async () => {
    const parts: Script = async (segment) =>
      segment === 1 ? ' ' : [{ text: 'Uno.', language: 'es' }, { text: 'Dos.' }]
    const { down } = await runTest(new ScriptedSTT(parts), { frames: [...spoken(), ...spoken()] })
    expect(texts(down)).toEqual(['Uno.', 'Dos.'])
    expect(down.find((frame) => frame instanceof TranscriptionFrame)).toMatchObject({ language: 'es' })
  })

  test('a long segment is cut', async () => {
    const stt = new ScriptedSTT(undefined, { maxSegmentSecs: 2 })
    await runTest(stt, { frames: spoken(5) })
    expect(stt.segments.map((segment) => segment.length / RATE)).toEqual([2, 2, 1])
  })

  test('muted audio belongs to no segment', async () => {
    const stt = new ScriptedSTT()
    await runTest(stt, { frames: [new STTMuteFrame(true), ...spoken(), new STTMuteFrame(false), ...spoken(1)] })
    expect(stt.segments.map((segment) => segment.length / RATE)).toEqual([1])
  })

  test('a failure that may pass is tried once more; one that may not is reported and stops the service', async () => {
    const script: Script = async (segment) => {
      if (segment === 1) throw new PcError('busy', { code: 'busy', kind: 'transient' })
      if (segment === 2) return 'Hello.'
      throw new PcError('who', { code: 'invalid-key', kind: 'auth' })
    }
    const stt = new ScriptedSTT(script)
    const { down, up } = await runTest(stt, { frames: [...spoken(), ...spoken(), ...spoken()] })
    expect(texts(down)).toEqual(['Hello.'])
    expect(errors(up)).toEqual(['invalid-key'])
    expect(stt.segments).toHaveLength(3)
    expect(stt.isUsable).toBe(false)
  })

  test('a recogniser that does not answer is aborted, asked once more, and then given up', async () => {
    const reasons: unknown[] = []
    const silent: Script = (_segment, { signal }) => {
      signal.addEventListener('abort', () => reasons.push(signal.reason))
      return new Promise(() => {})
    }
    const stt = new ScriptedSTT(silent, { timeoutSecs: 2 })
    const { up } = await runTest(stt, { frames: [...spoken(), { pauseMs: 5000 }] })
    expect(errors(up)).toEqual(['transcription-timeout'])
    expect(reasons).toHaveLength(2)
  })

  test('the end of the task does not wait for more than one timeout', async () => {
    const stt = new ScriptedSTT(() => new Promise(() => {}), { timeoutSecs: 2 })
    const { clock } = await runTest(stt, { frames: spoken() })
    expect(clock.nowMs()).toBeLessThanOrEqual(2500)
  })

  test('counts the audio of each segment', async () => {
    const params = { enableMetrics: true, enableUsageMetrics: true }
    const { down } = await runTest(new ScriptedSTT(), { frames: spoken(2), params })
    const usage = down.flatMap((frame) =>
      frame instanceof MetricsFrame
        ? frame.data.flatMap((item) => (item.kind === 'sttUsage' ? [item.audioSecs] : []))
        : [],
    )
    expect(usage).toEqual([2])
  })
})

describe('a recogniser that listens while the user speaks', () => {
  type Finish = (segment: number) => Promise<string>

  class OpenSTT extends ScriptedSTT {
    readonly heard: number[][] = []
    readonly signals: AbortSignal[] = []
    readonly #finish: Finish

    constructor(finish: Finish, options: SegmentedSTTServiceOptions = {}) {
      super(async () => 'as a whole', options)
      this.#finish = finish
    }

    override openSegment({ signal }: SegmentOptions): OpenSegment {
      const values: number[] = []
      const segment = this.heard.push(values)
      this.signals.push(signal)
      return { write: (chunk) => void values.push(...chunk), finish: () => this.#finish(segment) }
    }
  }

  const open = (options?: SegmentedSTTServiceOptions): OpenSTT =>
    new OpenSTT(async (segment) => `while spoken ${segment}`, options)

  test('gets the audio from before speech and then all of it, and is not asked again', async () => {
    const stt = open()
    const frames = [...audio(3, 1), ...audio(1, 2), ...spoken(2), ...audio(1, 9), ...spoken(1)]
    const { down } = await runTest(stt, { frames })
    expect(stt.heard.map((values) => values.length / RATE)).toEqual([3, 2])
    expect(new Set(stt.heard[0])).toEqual(new Set([2, 7]))
    expect(texts(down)).toEqual(['while spoken 1', 'while spoken 2'])
    expect(stt.segments).toEqual([])
  })

  test('hears the audio before the segment is over', async () => {
    const stt = open()
    const { task } = await runTest(stt, { frames: [new VADUserStartedSpeakingFrame(), ...audio(1, 7)], end: false })
    expect(stt.heard[0]).toHaveLength(RATE)
    expect(stt.signals[0]?.aborted).toBe(false)
    await task.cancel()
    expect(stt.signals[0]?.aborted).toBe(true)
  })

  test('gets a new segment where a long one is cut', async () => {
    const stt = open({ maxSegmentSecs: 2 })
    const { down } = await runTest(stt, { frames: spoken(5) })
    expect(stt.heard.map((values) => values.length / RATE)).toEqual([2, 2, 1])
    expect(texts(down)).toHaveLength(3)
  })

  test('is aborted when there was nothing to hear', async () => {
    const stt = open()
    const { down } = await runTest(stt, { frames: [new STTMuteFrame(true), ...spoken()] })
    expect(stt.signals[0]?.aborted).toBe(true)
    expect(texts(down)).toEqual([])
  })

  test('a failure gives the whole segment to the other way, and no word is lost', async () => {
    const stt = new OpenSTT(async () => {
      throw new PcError('It died.', { code: 'engine-failed', kind: 'internal' })
    })
    const { down, up } = await runTest(stt, { frames: spoken(1) })
    expect(stt.segments.map((segment) => segment.length / RATE)).toEqual([1])
    expect(texts(down)).toEqual(['as a whole'])
    expect(errors(up)).toEqual([])
  })

  test('a permanent failure is reported and not tried again', async () => {
    const stt = new OpenSTT(async () => {
      throw new PcError('Nothing is installed.', { code: 'missing', kind: 'config' })
    })
    const { up } = await runTest(stt, { frames: spoken(1) })
    expect(stt.segments).toEqual([])
    expect(errors(up)).toEqual(['missing'])
    expect(stt.isUsable).toBe(false)
  })

  test('one that never finishes is aborted, and the whole segment is recognised', async () => {
    const stt = new OpenSTT(() => new Promise(() => {}), { timeoutSecs: 2 })
    const { down } = await runTest(stt, { frames: [...spoken(1), { pauseMs: 3000 }] })
    expect(stt.signals[0]?.reason).toMatchObject({ code: 'transcription-timeout' })
    expect(texts(down)).toEqual(['as a whole'])
  })

  test('transcripts come in the order they were spoken, also when the first one fails', async () => {
    const stt = new OpenSTT(async (segment) => {
      if (segment === 2) return 'second'
      throw new PcError('It died.', { code: 'engine-failed', kind: 'internal' })
    })
    const { down } = await runTest(stt, { frames: [...spoken(), ...spoken()] })
    expect(texts(down)).toEqual(['as a whole', 'second'])
  })
})
