import { describe, expect, it } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { ErrorFrame } from '../frames/control.ts'
import type { AnyFrame, Frame } from '../frames/frame.ts'
import { TextFrame } from '../frames/text.ts'
import {
  type SpeechControlParamsFrame,
  VADParamsUpdateFrame,
  type VADUserStartedSpeakingFrame,
  type VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { VADAnalyzer, type VADAnalyzerOptions } from './vad-analyzer.ts'
import { DEFAULT_VAD_PARAMS } from './vad-params.ts'
import { VADProcessor } from './vad-processor.ts'

const WINDOW_MS = 32

/** Hears speech where the loudest sample of a window is above 1000. */
class ScriptedAnalyzer extends VADAnalyzer {
  readonly windowSamples = 512
  readonly loads: number[] = []
  windows = 0
  resets = 0
  closes = 0
  judge: (loudest: number) => number = (loudest) => (loudest > 1000 ? 0.9 : 0.1)

  constructor(options: VADAnalyzerOptions = {}) {
    super({ minVolume: 0, ...options })
  }

  override async load(sampleRate: number): Promise<void> {
    this.loads.push(sampleRate)
  }

  override confidence(window: Int16Array): number {
    this.windows++
    return this.judge(Math.max(...window.map(Math.abs)))
  }

  override resetModel(): void {
    this.resets++
  }

  override close(): void {
    this.closes++
  }
}

function audio(ms: number, amplitude: number, sampleRate = 16_000): InputAudioRawFrame {
  const samples = Int16Array.from({ length: (ms * sampleRate) / 1000 }, (_, i) => amplitude * Math.sin(i / 4))
  return new InputAudioRawFrame(samples, sampleRate)
}

/** One window of audio at a time, in real time. */
function live(windows: number, amplitude: number): (Frame | Pause)[] {
  return Array.from({ length: windows }, () => [{ pauseMs: WINDOW_MS }, audio(WINDOW_MS, amplitude)]).flat()
}

const speech = (windows: number): (Frame | Pause)[] => live(windows, 8000)
const silence = (windows: number): (Frame | Pause)[] => live(windows, 0)

const types = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => frame.type).filter((type) => !['InputAudioRawFrame', 'SpeechControlParamsFrame'].includes(type))

const vadEvents = (frames: readonly Frame[]): (VADUserStartedSpeakingFrame | VADUserStoppedSpeakingFrame)[] =>
  (frames as readonly AnyFrame[]).filter(
    (frame) => frame.type === 'VADUserStartedSpeakingFrame' || frame.type === 'VADUserStoppedSpeakingFrame',
  )

describe('VADProcessor', () => {
  it('broadcasts start after startSecs of speech and stop after stopSecs of silence, timed by the clock', async () => {
    const vadAnalyzer = new ScriptedAnalyzer()
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer }), {
      frames: [...silence(10), ...speech(20), ...silence(10)],
    })
    expect(vadEvents(down).map(({ type, atMs }) => [type, atMs])).toEqual([
      ['VADUserStartedSpeakingFrame', 16 * WINDOW_MS],
      ['VADUserStoppedSpeakingFrame', 36 * WINDOW_MS],
    ])
    expect(vadEvents(down)[0]).toMatchObject({ startSecs: 0.2 })
    expect(vadEvents(down)[1]).toMatchObject({ stopSecs: 0.2 })
    expect(vadEvents(up).map((frame) => frame.broadcastSiblingId)).toEqual(vadEvents(down).map((frame) => frame.id))
  })

  it('sends audio on before it says what is in it', async () => {
    const vadAnalyzer = new ScriptedAnalyzer({ startSecs: 0 })
    const { down } = await runTest(new VADProcessor({ vadAnalyzer }), { frames: speech(1) })
    expect(down.map((frame) => frame.type)).toEqual([
      'SpeechControlParamsFrame',
      'InputAudioRawFrame',
      'VADUserStartedSpeakingFrame',
      'UserSpeakingFrame',
    ])
  })

  it.each([10, 20, 100, 500])('decides the same for audio in chunks of %i ms', async (chunkMs) => {
    const whole = [audio(500, 0), audio(1000, 8000), audio(500, 0), audio(1000, 8000)].flatMap((part) => [
      ...part.audio,
    ])
    const size = chunkMs * 16
    const frames = Array.from(
      { length: whole.length / size },
      (_, i) => new InputAudioRawFrame(Int16Array.from(whole.slice(i * size, (i + 1) * size)), 16_000),
    )
    const { down } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer() }), { frames })
    expect(vadEvents(down).map((frame) => frame.type)).toEqual([
      'VADUserStartedSpeakingFrame',
      'VADUserStoppedSpeakingFrame',
      'VADUserStartedSpeakingFrame',
    ])
  })

  it('loads the analyzer for the input rate and resamples what it does not support', async () => {
    const telephone = new ScriptedAnalyzer()
    await runTest(new VADProcessor({ vadAnalyzer: telephone }), { frames: [], params: { audioInSampleRate: 8000 } })
    expect(telephone.loads).toEqual([8000])

    const wide = new ScriptedAnalyzer()
    const { down } = await runTest(new VADProcessor({ vadAnalyzer: wide }), {
      params: { audioInSampleRate: 48_000 },
      frames: Array.from({ length: 50 }, () => audio(20, 8000, 48_000)),
    })
    expect(wide.loads).toEqual([16_000])
    expect(wide.windows).toBe(Math.floor(15_984 / 512))
    expect(vadEvents(down)).toHaveLength(1)
  })

  it('takes speech that is not loud enough for background', async () => {
    const run = async (amplitude: number): Promise<number> => {
      const vadAnalyzer = new ScriptedAnalyzer({ minVolume: 0.6 })
      const { down } = await runTest(new VADProcessor({ vadAnalyzer }), { frames: live(60, amplitude) })
      return vadEvents(down).length
    }
    expect(await run(1)).toBe(0)
    expect(await run(8000)).toBe(1)
  })

  it('says that the user is speaking at most every 0.2 s', async () => {
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer({ startSecs: 0 }) }), {
      frames: Array.from({ length: 100 }, () => [{ pauseMs: 20 }, audio(20, 8000)]).flat(),
    })
    const count = (frames: readonly Frame[]): number =>
      types(frames).filter((type) => type === 'UserSpeakingFrame').length
    expect(count(down)).toBe(10)
    expect(count(up)).toBe(10)
  })

  it('announces its parameters only after StartFrame has gone on, and again when they change', async () => {
    const seen: string[] = []
    class Witness extends FrameProcessor {
      override processFrame(frame: AnyFrame): void {
        seen.push(frame.type)
      }
    }
    const vad = new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer() })
    const { up } = await runTest([vad, new Witness()], { frames: [new VADParamsUpdateFrame({ stopSecs: 0.8 })] })
    expect(seen.slice(0, 4)).toEqual([
      'StartFrame',
      'SpeechControlParamsFrame',
      'VADParamsUpdateFrame',
      'SpeechControlParamsFrame',
    ])
    const announced = (up as AnyFrame[]).filter(
      (frame): frame is SpeechControlParamsFrame => frame.type === 'SpeechControlParamsFrame',
    )
    const usual = { confidence: 0.7, startSecs: 0.2, stopSecs: 0.2, minVolume: 0.6 }
    expect(DEFAULT_VAD_PARAMS).toEqual(usual)
    // The analyzer of these tests takes any loudness.
    const own = { ...usual, minVolume: 0 }
    expect(announced.map((frame) => frame.vadParams)).toEqual([own, { ...own, stopSecs: 0.8 }])
  })

  it('follows new parameters without cutting speech that goes on', async () => {
    const { down } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer() }), {
      frames: [
        ...speech(10),
        ...silence(5),
        new VADParamsUpdateFrame({ stopSecs: 0.32 }),
        ...silence(9),
        new TextFrame('still speaking'),
        ...silence(1),
      ],
    })
    expect(types(down).filter((type) => type !== 'UserSpeakingFrame')).toEqual([
      'VADUserStartedSpeakingFrame',
      'VADParamsUpdateFrame',
      'TextFrame',
      'VADUserStoppedSpeakingFrame',
    ])
  })

  it('reports parameters outside their range and keeps the old ones', async () => {
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer({ startSecs: 0 }) }), {
      frames: [new VADParamsUpdateFrame({ confidence: 7 }), ...speech(1)],
    })
    expect(errors(up)).toEqual([
      ['invalid-vad-params', 'Voice activity parameters: confidence is 7; use a number from 0 to 1.'],
    ])
    expect(vadEvents(down)).toHaveLength(1)
  })

  it('ends speech after 1 s without audio, as when the microphone is muted while the user speaks', async () => {
    const vadAnalyzer = new ScriptedAnalyzer()
    const { down, clock } = await runTest(new VADProcessor({ vadAnalyzer }), {
      frames: [...speech(10), { pauseMs: 999 }, new TextFrame('still speaking'), { pauseMs: 1 }, ...speech(5)],
    })
    expect(types(down).filter((type) => type !== 'UserSpeakingFrame')).toEqual([
      'VADUserStartedSpeakingFrame',
      'TextFrame',
      'VADUserStoppedSpeakingFrame',
    ])
    expect(vadEvents(down)[1]).toMatchObject({ stopSecs: 1, atMs: 10 * WINDOW_MS + 1000 })
    expect(vadAnalyzer.resets).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('can wait for audio for ever', async () => {
    const { down } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer(), audioIdleTimeoutSecs: 0 }), {
      frames: [...speech(10), { pauseMs: 60_000 }],
    })
    expect(vadEvents(down)).toHaveLength(1)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('out of memory')
      },
    ],
    ['gives NaN', () => Number.NaN],
  ])('hears nothing from an analyzer that %s, reports it once and lets audio pass', async (_what, judge) => {
    const vadAnalyzer = new ScriptedAnalyzer()
    vadAnalyzer.judge = judge
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer }), { frames: speech(20) })
    expect(vadEvents(down)).toEqual([])
    expect(down.filter((frame) => frame.type === 'InputAudioRawFrame')).toHaveLength(20)
    expect(errors(up).map(([code]) => code)).toEqual(['vad-failed'])
  })

  it('ends speech when its analyzer begins to fail', async () => {
    const vadAnalyzer = new ScriptedAnalyzer()
    let asked = 0
    vadAnalyzer.judge = () => (asked++ < 10 ? 1 : Number.NaN)
    const { down } = await runTest(new VADProcessor({ vadAnalyzer }), { frames: speech(20) })
    expect(vadEvents(down)).toHaveLength(2)
  })

  it('lets audio pass that it cannot read, and reports it once', async () => {
    const broken = (): InputAudioRawFrame => new InputAudioRawFrame(new Int16Array(320), 1, 1)
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer({ startSecs: 0 }) }), {
      frames: [broken(), broken(), ...speech(1)],
    })
    expect(errors(up).map(([code]) => code)).toEqual(['vad-audio-invalid'])
    expect(down.filter((frame) => frame.type === 'InputAudioRawFrame')).toHaveLength(3)
    expect(vadEvents(down)).toHaveLength(1)
  })

  it('lets audio pass when its analyzer could not be loaded', async () => {
    const vadAnalyzer = new ScriptedAnalyzer()
    vadAnalyzer.load = () => Promise.reject(new Error('no such file'))
    const { down, up } = await runTest(new VADProcessor({ vadAnalyzer }), { frames: speech(10) })
    expect(errors(up)).toEqual([['setup-failed', 'no such file']])
    expect(down.filter((frame) => frame.type === 'InputAudioRawFrame')).toHaveLength(10)
  })

  it('closes its analyzer at the end, and leaves no timer behind', async () => {
    const vadAnalyzer = new ScriptedAnalyzer()
    const { clock } = await runTest(new Pipeline([vadAnalyzer]), { frames: speech(10) })
    expect(vadAnalyzer.closes).toBe(1)
    expect(clock.pending).toBe(0)
  })

  it('refuses parameters outside their range', () => {
    expect(() => new ScriptedAnalyzer({ confidence: 70 })).toThrow(
      expect.objectContaining({ code: 'invalid-vad-params' }),
    )
    expect(() => new ScriptedAnalyzer({ params: { stopSecs: -1 } })).toThrow('stopSecs is -1')
    expect(() => new VADProcessor({ vadAnalyzer: new ScriptedAnalyzer(), audioIdleTimeoutSecs: -1 })).toThrow(
      'audioIdleTimeoutSecs is -1',
    )
  })
})

function errors(frames: readonly Frame[]): [code: string, message: string][] {
  return (frames as readonly AnyFrame[])
    .filter((frame): frame is ErrorFrame => frame.type === 'ErrorFrame')
    .map((frame) => [frame.error.code, frame.error.message])
}
