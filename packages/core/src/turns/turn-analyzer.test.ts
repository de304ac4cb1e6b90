import { describe, expect, it } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import { MetricsFrame, STTMetadataFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterimTranscriptionFrame, TranscriptionFrame } from '../frames/text.ts'
import {
  BotStartedSpeakingFrame,
  SpeechControlParamsFrame,
  UserTurnExpectationFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { type Clock, sleep } from '../runtime/clock.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type Pause, runTest, type RunTestOptions } from '../testing/run-test.ts'
import { TurnAnalyzer, type TurnVerdict } from './turn-analyzer.ts'
import { TurnAnalyzerUserTurnStopStrategy } from './turn-analyzer-user-turn-stop-strategy.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import { DEFAULT_VAD_PARAMS } from './vad-params.ts'

/** Says what it is told to, after as long as it is told to. */
class ScriptedAnalyzer extends TurnAnalyzer {
  readonly heard: boolean[] = []
  readonly log: string[] = []
  readonly #verdicts: readonly (boolean | Error)[]
  readonly #delayMs: number
  readonly #silenceSamples: number
  #clock: Clock | undefined
  #silence = 0
  #next = 0

  constructor(verdicts: readonly (boolean | Error)[], options: { delayMs?: number; silenceSecs?: number } = {}) {
    super()
    this.#verdicts = verdicts
    this.#delayMs = options.delayMs ?? 0
    this.#silenceSamples = (options.silenceSecs ?? 1000) * this.sampleRate
  }

  override load(runtime: Runtime): void {
    this.#clock = runtime.clock
  }

  override setVADStartSecs(startSecs: number): void {
    this.log.push(`start ${startSecs}`)
  }

  appendAudio(audio: Int16Array, isSpeech: boolean): boolean {
    this.heard.push(isSpeech)
    this.#silence = isSpeech ? 0 : this.#silence + audio.length
    return this.#silence >= this.#silenceSamples
  }

  async analyze(signal: AbortSignal): Promise<TurnVerdict> {
    this.log.push('analyze')
    if (this.#delayMs > 0 && this.#clock !== undefined) await sleep(this.#clock, this.#delayMs, signal)
    const verdict = this.#verdicts[this.#next++] ?? true
    if (verdict instanceof Error) throw verdict
    return { complete: verdict, probability: verdict ? 0.9 : 0.2 }
  }

  clear(): void {
    this.log.push('clear')
  }

  override close(): void {
    this.log.push('close')
  }
}

const pause = (pauseMs: number): Pause => ({ pauseMs })
const voice = (): Frame => new VADUserStartedSpeakingFrame(0.2)
const silence = (): Frame => new VADUserStoppedSpeakingFrame(0.2)
const final = (text = 'Hello.'): Frame => new TranscriptionFrame(text, 'user', '', { finalized: true })
const piece = (text = 'Hello'): Frame => new TranscriptionFrame(text)
const audio = (durationMs: number): (Frame | Pause)[] =>
  Array.from({ length: durationMs / 20 }, () => [pause(20), new InputAudioRawFrame(new Int16Array(320), 16_000)]).flat()

/** When the turn ended, milliseconds of test time; the turn is judged by an analyzer that stands in the list. */
async function ends(
  analyzer: TurnAnalyzer,
  frames: RunTestOptions['frames'],
  options: Partial<RunTestOptions> = {},
): Promise<{ ends: number[]; up: readonly Frame[]; down: readonly Frame[] }> {
  const turns = new UserTurnProcessor()
  const at: number[] = []
  turns.on('userTurnInferenceTriggered', () => at.push(turns.runtime.clock.nowMs()))
  const { up, down } = await runTest([analyzer, turns], { ...options, frames })
  return { ends: at, up, down }
}

// The recogniser takes 1 s from the end of speech, of which 0.2 s have passed when voice detection reports it.
describe('a turn analyzer in the list', () => {
  it.each([
    [
      'ends a complete turn as soon as the transcript is final',
      [voice(), pause(500), silence(), pause(100), final(), pause(100)],
      600,
    ],
    [
      'ends a complete turn at once when the transcript is final already',
      [voice(), final(), pause(500), silence(), pause(100)],
      500,
    ],
    ['waits for as long as the recogniser may take', [voice(), piece(), pause(500), silence(), pause(3000)], 1300],
    [
      'is released at once by a transcript that is later than that',
      [voice(), pause(500), silence(), pause(2000), piece(), pause(10)],
      2500,
    ],
    [
      'waits again for the recogniser when an interim transcript follows a finalized one',
      [voice(), final(), new InterimTranscriptionFrame('and'), pause(500), silence(), pause(3000)],
      1300,
    ],
  ])('%s', async (_title, frames, at) => {
    expect((await ends(new ScriptedAnalyzer([true]), frames)).ends).toEqual([at])
  })

  it('does not add the time it takes to the time of the recogniser', async () => {
    const scene = [voice(), piece(), pause(500), silence(), pause(3000)]
    expect((await ends(new ScriptedAnalyzer([true], { delayMs: 40 }), scene)).ends).toEqual([1300])
    const finalized = [voice(), pause(500), silence(), pause(10), final(), pause(3000)]
    expect((await ends(new ScriptedAnalyzer([true], { delayMs: 40 }), finalized)).ends).toEqual([540])
  })

  it('leaves the end to silence when it is too slow, and forgets what it says then', async () => {
    const analyzer = new ScriptedAnalyzer([false], { delayMs: 60 })
    const scene = [voice(), final(), pause(500), silence(), pause(3000)]
    expect((await ends(analyzer, scene)).ends).toEqual([1100])
  })

  it('leaves the end to silence when it fails, and says so', async () => {
    const { ends: at, up } = await ends(new ScriptedAnalyzer([new Error('no memory')]), [
      voice(),
      final(),
      pause(500),
      silence(),
      pause(3000),
    ])
    expect(at).toEqual([1100])
    expect(up.filter((frame) => frame.type === 'ErrorFrame')).toHaveLength(1)
  })

  it('keeps an incomplete turn open until the user goes on and is judged again', async () => {
    const scene = [
      voice(),
      final(),
      pause(500),
      silence(),
      pause(2000),
      voice(),
      pause(500),
      silence(),
      final(),
      pause(100),
    ]
    expect((await ends(new ScriptedAnalyzer([false, true]), scene)).ends).toEqual([3000])
  })

  it('leaves an incomplete turn to the stop timeout', async () => {
    const scene = [voice(), final(), pause(500), silence(), pause(9000)]
    expect((await ends(new ScriptedAnalyzer([false]), scene)).ends).toEqual([5500])
  })

  it('drops its verdict when the user goes on meanwhile', async () => {
    const analyzer = new ScriptedAnalyzer([true, true], { delayMs: 40 })
    const scene = [
      voice(),
      final(),
      pause(500),
      silence(),
      pause(20),
      voice(),
      pause(1000),
      silence(),
      final(),
      pause(100),
    ]
    expect((await ends(analyzer, scene)).ends).toEqual([1560])
  })

  it('ends a turn by itself after a limit of silence, counted by samples', async () => {
    const analyzer = new ScriptedAnalyzer([false], { silenceSecs: 2 })
    const scene = [voice(), final(), ...audio(500), silence(), ...audio(4000)]
    expect((await ends(analyzer, scene)).ends).toEqual([2500])
  })

  it('does not end a turn in the agent’s reply when another part has ended it', async () => {
    const analyzer = new ScriptedAnalyzer([false], { silenceSecs: 7 })
    const scene = [
      voice(),
      final(),
      ...audio(500),
      silence(),
      ...audio(5500),
      new BotStartedSpeakingFrame(),
      ...audio(3000),
    ]
    expect((await ends(analyzer, scene)).ends).toEqual([5500])
    expect(analyzer.log).toEqual(['start 0.2', 'analyze', 'clear', 'close'])
  })

  it('leaves a turn that voice detection missed to silence', async () => {
    expect((await ends(new ScriptedAnalyzer([true]), [final(), pause(3000)])).ends).toEqual([600])
  })

  it('waits through the pauses of what is expected, and not at all after a yes or no', async () => {
    const scene = [voice(), final(), pause(500), silence(), pause(6000)]
    const digits = [new UserTurnExpectationFrame('digits'), ...scene]
    expect((await ends(new ScriptedAnalyzer([true]), digits)).ends).toEqual([2000])
    const yesNo = [new UserTurnExpectationFrame('yesNo'), ...scene]
    expect((await ends(new ScriptedAnalyzer([false]), yesNo)).ends).toEqual([800])
  })

  it('hears the audio with what voice detection says of it, and how long that takes', async () => {
    const analyzer = new ScriptedAnalyzer([true])
    await ends(analyzer, [
      new SpeechControlParamsFrame({ ...DEFAULT_VAD_PARAMS, startSecs: 0.3 }),
      ...audio(40),
      voice(),
      ...audio(40),
      silence(),
      ...audio(20),
    ])
    expect(analyzer.heard).toEqual([false, false, true, true, false])
    expect(analyzer.log.slice(0, 3)).toEqual(['start 0.3', 'start 0.2', 'analyze'])
  })

  it('measures itself where metrics are wanted', async () => {
    const scene = [voice(), final(), silence(), pause(100)]
    const { down } = await ends(new ScriptedAnalyzer([true], { delayMs: 40 }), scene, {
      params: { enableMetrics: true },
    })
    const data = down.flatMap((frame) => (frame instanceof MetricsFrame ? frame.data : []))
    expect(data).toContainEqual({
      kind: 'turn',
      processor: 'TurnProcessor',
      complete: true,
      probability: 0.9,
      valueSecs: 0.04,
    })
    const silent = await ends(new ScriptedAnalyzer([true]), scene)
    expect(silent.down.some((frame) => frame instanceof MetricsFrame)).toBe(false)
  })

  it('warns of a voice detection that is not what it wants, once per recogniser', async () => {
    const warnings: string[] = []
    const log = {
      enabled: () => true,
      log: (level: string, message: string) => level === 'warn' && void warnings.push(message),
    }
    await ends(
      new ScriptedAnalyzer([true]),
      [
        new SpeechControlParamsFrame({ ...DEFAULT_VAD_PARAMS, stopSecs: 0.8 }),
        new STTMetadataFrame('quick', 0.4),
        voice(),
        silence(),
      ],
      { runtime: { log } },
    )
    expect(warnings.filter((message) => message.includes('0.8 s'))).toHaveLength(2)
  })
})

it('TurnAnalyzerUserTurnStopStrategy refuses durations that are none', () => {
  const turnAnalyzer = new ScriptedAnalyzer([])
  expect(() => new TurnAnalyzerUserTurnStopStrategy({ turnAnalyzer, analysisTimeoutSecs: 0 })).toThrow(
    'analysisTimeoutSecs is 0',
  )
})
