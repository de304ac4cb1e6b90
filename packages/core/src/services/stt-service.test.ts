import { describe, expect, test } from 'vitest'
import { InputAudioRawFrame, UserAudioRawFrame } from '../frames/audio.ts'
import { ErrorFrame, MetricsFrame, STTMetadataFrame, STTUpdateSettingsFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { EndFrame } from '../frames/lifecycle.ts'
import { InterimTranscriptionFrame, TranscriptionFrame } from '../frames/text.ts'
import { STTMuteFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame } from '../frames/turn.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { runTest, type RunTestOptions, type RunTestResult } from '../testing/run-test.ts'
import type { STTEvent, STTServiceOptions, TranscribeOptions } from './stt-types.ts'
import { STTService } from './stt-service.ts'

const RATE = 16_000
const CHUNK = RATE / 50

/** One connection of the scripted recogniser, as the test drives it. */
class Connection {
  readonly options: TranscribeOptions
  readonly heard: number[] = []
  samples = 0
  audioEnded = false
  finalizes = 0
  readonly #events: STTEvent[] = []
  #failure: PcError | undefined
  #closed = false
  #wake: () => void = () => {}

  constructor(options: TranscribeOptions) {
    this.options = options
    options.onFinalize(() => this.finalizes++)
  }

  send(...events: STTEvent[]): void {
    this.#events.push(...events)
    this.#wake()
  }

  close(failure?: PcError): void {
    this.#failure = failure
    this.#closed = true
    this.#wake()
  }

  async listen(audio: AsyncIterable<Int16Array>): Promise<void> {
    for await (const chunk of audio) {
      this.samples += chunk.length
      this.heard.push(chunk[0] ?? 0)
    }
    this.audioEnded = true
    this.#wake()
  }

  async *events(): AsyncIterable<STTEvent> {
    for (;;) {
      yield* this.#events.splice(0)
      if (this.#failure !== undefined) throw this.#failure
      if (this.#closed || this.audioEnded) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.options.signal.addEventListener('abort', () => resolve(), { once: true })
      })
      if (this.options.signal.aborted) return
    }
  }
}

interface Behaviour {
  /** Connecting takes this long, milliseconds. */
  connectMs?: number
  /** What connecting fails with, by attempt. */
  refuse?: (attempt: number) => PcError | undefined
}

class ScriptedSTT extends STTService {
  readonly connections: Connection[] = []
  attempts = 0
  readonly #behaviour: Behaviour

  constructor(behaviour: Behaviour = {}, options: STTServiceOptions = {}) {
    super({ name: 'stt', ...options })
    this.#behaviour = behaviour
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const { connectMs = 0, refuse } = this.#behaviour
    const attempt = this.attempts++
    if (connectMs > 0) await sleep(this.runtime.clock, connectMs, options.signal)
    const refusal = refuse?.(attempt)
    if (refusal !== undefined) throw refusal
    const connection = new Connection(options)
    this.connections.push(connection)
    yield { type: 'open' }
    void connection.listen(audio)
    yield* connection.events()
  }

  get connection(): Connection {
    const connection = this.connections.at(-1)
    if (connection === undefined) throw new Error('not connected')
    return connection
  }
}

let counter = 0
/** Twenty milliseconds of audio whose first sample is a number of its own. */
const audio = (count = 1): Frame[] =>
  Array.from({ length: count }, () => new InputAudioRawFrame(new Int16Array(CHUNK).fill(++counter), RATE))

const transient = new PcError('gone', { code: 'gone', kind: 'transient' })

const start = (stt: ScriptedSTT, options: Partial<RunTestOptions> = {}): Promise<RunTestResult> =>
  runTest(stt, { frames: [], end: false, ...options })

async function send({ task, clock }: RunTestResult, ...frames: Frame[]): Promise<void> {
  for (const frame of frames) await task.queueFrame(frame)
  await clock.settle()
}

const transcripts = (down: readonly Frame[]): string[] =>
  down.flatMap((frame) => {
    if (frame instanceof TranscriptionFrame) return [`${frame.text}${frame.finalized ? ' (finalized)' : ''}`]
    return frame instanceof InterimTranscriptionFrame ? [`${frame.text}...`] : []
  })

const errors = (up: readonly Frame[]): string[] =>
  up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error.code] : []))

describe('STTService', () => {
  test('passes audio on, sends it to the recogniser, and pushes what comes back', async () => {
    const stt = new ScriptedSTT()
    const run = await start(stt)
    const frames = audio(3)
    await send(run, ...frames)
    stt.connection.send(
      { type: 'interim', text: 'Hel' },
      { type: 'final', text: 'Hello.', language: 'en', result: { raw: 1 } },
    )
    await run.clock.settle()
    expect(run.down.filter((frame) => frame instanceof InputAudioRawFrame)).toEqual(frames)
    expect(stt.connection.samples).toBe(3 * CHUNK)
    expect(transcripts(run.down)).toEqual(['Hel...', 'Hello.'])
    const final = run.down.find((frame) => frame instanceof TranscriptionFrame)
    expect(final).toMatchObject({ language: 'en', result: { raw: 1 }, timestamp: '2026-01-01T00:00:00.000Z' })
    await run.task.cancel()
  })

  test('names the speaker of multi-party audio', async () => {
    const stt = new ScriptedSTT()
    const run = await start(stt)
    await send(run, new UserAudioRawFrame(new Int16Array(CHUNK), RATE, 1, 'ann'))
    stt.connection.send({ type: 'final', text: 'Hi.' })
    await run.clock.settle()
    expect(run.down.find((frame) => frame instanceof TranscriptionFrame)).toMatchObject({ userId: 'ann' })
    await run.task.cancel()
  })

  test('says at start how late its transcripts may be', async () => {
    const run = await start(new ScriptedSTT({}, { ttfsP99LatencySecs: 0.35 }))
    expect(run.down.find((frame) => frame instanceof STTMetadataFrame)).toMatchObject({ ttfsP99LatencySecs: 0.35 })
    expect(run.up.find((frame) => frame instanceof STTMetadataFrame)).toMatchObject({ serviceName: 'stt' })
    await run.task.cancel()
  })

  test('speech in progress while the connection is being made is transcribed in full', async () => {
    const stt = new ScriptedSTT({ connectMs: 3000 })
    const run = await start(stt)
    const first = counter + 1
    await send(run, new VADUserStartedSpeakingFrame(0.2, 0), ...audio(50))
    await run.clock.advance(3000)
    expect(stt.connection.heard[0]).toBe(first)
    expect(stt.connection.samples).toBe(50 * CHUNK)
    await run.task.cancel()
  })

  test('mono of one rate reaches the recogniser, whatever the input is', async () => {
    const stt = new ScriptedSTT({}, { sampleRate: 8000 })
    const run = await start(stt)
    await send(run, new InputAudioRawFrame(new Int16Array(2 * 48_000).fill(500), 48_000, 2))
    expect(stt.connection.options.sampleRate).toBe(8000)
    expect(stt.connection.samples).toBeGreaterThan(7950)
    expect(stt.connection.samples).toBeLessThanOrEqual(8000)
    await run.task.cancel()
  })

  test('drops audio while muted, and keeps the frame to itself', async () => {
    const stt = new ScriptedSTT()
    const run = await start(stt)
    await send(run, new STTMuteFrame(true), ...audio(5), new STTMuteFrame(false), ...audio(1))
    expect(stt.connection.samples).toBe(CHUNK)
    expect(run.down.some((frame) => frame instanceof STTMuteFrame)).toBe(false)
    await run.task.cancel()
  })

  test('asks for the result when the user stops speaking', async () => {
    const stt = new ScriptedSTT()
    const run = await start(stt)
    await send(run, new VADUserStartedSpeakingFrame(), new VADUserStoppedSpeakingFrame(0.2, 0))
    expect(stt.connection.finalizes).toBe(1)
    await run.task.cancel()
  })

  describe('reconnecting', () => {
    test('sends the audio of the unfinished utterance again, and nothing of finished ones', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt)
      await send(run, new VADUserStartedSpeakingFrame(), ...audio(10))
      stt.connection.send({ type: 'final', text: 'One.', endSecs: 0.1 })
      await run.clock.settle()
      const unfinished = stt.connection.heard[5] ?? 0
      stt.connection.close(transient)
      await run.clock.settle()
      await send(run, ...audio(5))
      await run.clock.advance(400)
      expect(stt.connections).toHaveLength(2)
      expect(stt.connection.heard).toEqual(Array.from({ length: 10 }, (_, i) => unfinished + i))
      await send(run, ...audio(1))
      expect(stt.connection.heard).toHaveLength(11)
      await run.task.cancel()
    })

    test('silence is not sent again, beyond a second of it', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt)
      await send(run, new VADUserStartedSpeakingFrame(), ...audio(10), new VADUserStoppedSpeakingFrame())
      stt.connection.send({ type: 'final', text: 'One.' })
      await run.clock.settle()
      await send(run, ...audio(500))
      stt.connection.close(transient)
      await run.clock.advance(400)
      expect(stt.connection.samples).toBeLessThanOrEqual(RATE + CHUNK)
      await run.task.cancel()
    })

    test('what is kept for a reconnect is bounded', async () => {
      const stt = new ScriptedSTT({ connectMs: 1000 }, { replaySecs: 0.5 })
      const run = await start(stt)
      await send(run, ...audio(100))
      await run.clock.advance(1000)
      expect(stt.connection.samples).toBeLessThanOrEqual(RATE / 2 + CHUNK)
      await run.task.cancel()
    })

    test('waits longer from attempt to attempt, reports each, and gives up in the end', async () => {
      const stt = new ScriptedSTT({ refuse: () => transient })
      const run = await start(stt)
      await run.clock.advance(60_000)
      expect(stt.attempts).toBe(7)
      expect(errors(run.up)).toEqual([...Array<string>(6).fill('gone'), 'reconnect-failed'])
      expect(stt.isUsable).toBe(false)
      const after = stt.attempts
      await run.clock.advance(60_000)
      expect(stt.attempts).toBe(after)
      await run.task.cancel()
    })

    test('a permanent error stops at once', async () => {
      const stt = new ScriptedSTT({ refuse: () => new PcError('no', { code: 'invalid-key', kind: 'auth' }) })
      const run = await start(stt)
      await run.clock.advance(60_000)
      expect(stt.attempts).toBe(1)
      expect(errors(run.up)).toEqual(['invalid-key'])
      expect(stt.isUsable).toBe(false)
      await run.task.cancel()
    })

    test('a server that closes every connection soon does not make it spin', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt)
      for (let i = 0; i < 20; i++) {
        stt.connections.at(-1)?.close()
        await run.clock.advance(2500)
      }
      expect(stt.attempts).toBe(3)
      expect(errors(run.up)).toEqual(['connection-closed', 'connection-closed', 'reconnect-failed'])
      await run.task.cancel()
    })

    test('connections that last are made again without end', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt)
      for (let i = 0; i < 10; i++) {
        await run.clock.advance(6000)
        stt.connection.close()
      }
      await run.clock.advance(1000)
      expect(stt.attempts).toBe(11)
      expect(stt.isUsable).toBe(true)
      await run.task.cancel()
    })

    test('an unusable service connects again when it is set usable or its settings change', async () => {
      const stt = new ScriptedSTT({
        refuse: (attempt) => (attempt === 0 ? new PcError('no', { code: 'no', kind: 'auth' }) : undefined),
      })
      const run = await start(stt)
      await send(run, ...audio(3), new STTUpdateSettingsFrame({ model: 'other' }), ...audio(1))
      expect(stt.connection.options.settings).toEqual({ model: 'other', extra: {} })
      expect(stt.connection.samples).toBe(CHUNK)
      expect(stt.isUsable).toBe(true)
      await run.task.cancel()
    })

    test('a task that was cancelled connects no more', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt)
      const { signal } = stt.connection.options
      await run.task.cancel()
      expect(signal.aborted).toBe(true)
      await run.clock.advance(60_000)
      expect(stt.attempts).toBe(1)
    })
  })

  test('new settings wait for the end of speech, and no audio is lost between the connections', async () => {
    const stt = new ScriptedSTT()
    const run = await start(stt)
    const before = audio(5)
    await send(run, new VADUserStartedSpeakingFrame(), ...before, new STTUpdateSettingsFrame({ language: 'de' }))
    await run.clock.advance(1000)
    expect(stt.attempts).toBe(1)
    await send(run, ...audio(5), new VADUserStoppedSpeakingFrame(), ...audio(5))
    await run.clock.advance(100)
    expect(stt.attempts).toBe(2)
    expect(stt.connection.options.settings.language).toBe('de')
    const heard = stt.connections.flatMap((connection) => connection.heard)
    expect(heard).toEqual(Array.from({ length: 15 }, (_, i) => (heard[0] ?? 0) + i))
    expect(errors(run.up)).toEqual([])
    await run.task.cancel()
  })

  test('the last words arrive before the end of the task', async () => {
    class Flushing extends ScriptedSTT {
      override async *transcribe(
        source: AsyncIterable<Int16Array>,
        options: TranscribeOptions,
      ): AsyncIterable<STTEvent> {
        yield* super.transcribe(source, options)
        await sleep(this.runtime.clock, 300)
        yield { type: 'final', text: 'Bye.' }
      }
    }
    const stt = new Flushing()
    const run = await start(stt)
    await send(run, ...audio(2), new EndFrame())
    await run.clock.advanceUntil(() => run.task.hasFinished())
    expect(transcripts(run.down)).toEqual(['Bye.'])
    expect(run.clock.nowMs()).toBeLessThan(1000)
    expect(errors(run.up)).toEqual([])
  })

  describe('time to the transcript', () => {
    const measured = (run: RunTestResult): number[] =>
      run.down.flatMap((frame) =>
        frame instanceof MetricsFrame
          ? frame.data.flatMap((item) => (item.kind === 'ttfb' ? [item.valueSecs] : []))
          : [],
      )
    const params = { enableMetrics: true, enableUsageMetrics: true, sendInitialEmptyMetrics: false }
    const speak = (run: RunTestResult): Promise<void> =>
      send(run, new VADUserStartedSpeakingFrame(), new VADUserStoppedSpeakingFrame(0.2, run.clock.nowMs()))

    test('runs from the end of speech to the finalized transcript', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt, { params })
      await run.clock.advance(1000)
      await speak(run)
      await run.clock.advance(150)
      stt.connection.send({ type: 'final', text: 'Hi.', finalized: true })
      await run.clock.settle()
      expect(measured(run)).toEqual([0.35])
      await run.task.cancel()
    })

    test('or to the last one within two seconds', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt, { params })
      await speak(run)
      for (const text of ['One.', 'Two.']) {
        await run.clock.advance(300)
        stt.connection.send({ type: 'final', text })
      }
      await run.clock.advance(3000)
      expect(measured(run)).toEqual([0.8])
      await run.task.cancel()
    })

    test('is nothing for an utterance without transcript, which does not leak into the next', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt, { params })
      await speak(run)
      await run.clock.advance(3000)
      stt.connection.send({ type: 'final', text: 'Late.' })
      await run.clock.settle()
      await send(run, new VADUserStartedSpeakingFrame())
      stt.connection.send({ type: 'final', text: 'Early.' })
      await run.clock.advance(3000)
      expect(measured(run)).toEqual([])
      await run.task.cancel()
    })

    test('the audio that was sent is counted', async () => {
      const stt = new ScriptedSTT()
      const run = await start(stt, { params })
      await send(run, ...audio(50))
      stt.connection.send({ type: 'final', text: 'Hi.' })
      await send(run, ...audio(25), new EndFrame())
      await run.clock.advanceUntil(() => run.task.hasFinished())
      const usage = run.down.flatMap((frame) =>
        frame instanceof MetricsFrame
          ? frame.data.flatMap((item) => (item.kind === 'sttUsage' ? [item.audioSecs] : []))
          : [],
      )
      expect(usage.reduce((sum, secs) => sum + secs, 0)).toBeCloseTo(1.5)
    })
  })
})
