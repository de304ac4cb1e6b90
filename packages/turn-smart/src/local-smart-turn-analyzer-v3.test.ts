import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createRuntime, Pipeline, TurnAnalyzer } from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { describe, expect, test } from 'vitest'
import { onnxRuntimeTrouble, temporaryFolder } from '../test/folder.ts'
import { testSignal } from '../test/signals.ts'
import { writeTinyModel } from '../test/tiny-onnx.ts'
import { LocalSmartTurnAnalyzerV3 } from './local-smart-turn-analyzer-v3.ts'
import { createLogMelExtractor } from './log-mel.ts'
import { DEFAULT_SMART_TURN_PARAMS } from './smart-turn-params.ts'

const folder = await temporaryFolder()
const modelPath = await writeTinyModel(join(folder, 'tiny.onnx'))
const trouble = await onnxRuntimeTrouble()
if (trouble) console.warn(`skipped: ${trouble}`)

const CHUNK = 320
const { signal } = new AbortController()
const silence = new Int16Array(16_000)

function hear(analyzer: LocalSmartTurnAnalyzerV3, audio: Int16Array, isSpeech: boolean): boolean {
  let ended = false
  for (let at = 0; at < audio.length; at += CHUNK) {
    ended = analyzer.appendAudio(audio.subarray(at, at + CHUNK), isSpeech)
  }
  return ended
}

test('the parameters have their defaults, and are taken flat or under params', () => {
  expect(new LocalSmartTurnAnalyzerV3().params).toEqual({ stopSecs: 3, preSpeechMs: 500, maxDurationSecs: 8 })
  expect(DEFAULT_SMART_TURN_PARAMS).toEqual(new LocalSmartTurnAnalyzerV3().params)
  const mixed = new LocalSmartTurnAnalyzerV3({ stopSecs: 1, preSpeechMs: 200, params: { stopSecs: 2 } })
  expect(mixed.params).toEqual({ stopSecs: 2, preSpeechMs: 200, maxDurationSecs: 8 })
})

test.each([
  { stopSecs: 0 },
  { stopSecs: Number.NaN },
  { preSpeechMs: -1 },
  { preSpeechMs: Number.POSITIVE_INFINITY },
  { maxDurationSecs: 0 },
  { maxDurationSecs: 8.1 },
])('a parameter outside its range is refused: %j', (params) => {
  const [name = ''] = Object.keys(params)
  const refused = expect.objectContaining({ code: 'invalid-turn-options', message: expect.stringContaining(name) })
  expect(() => new LocalSmartTurnAnalyzerV3(params)).toThrow(refused)
})

test('it stands in a pipeline list, and is found there as a turn analyzer that wants 16 kHz', () => {
  const analyzer = new LocalSmartTurnAnalyzerV3()
  expect(analyzer).toBeInstanceOf(TurnAnalyzer)
  expect(analyzer.sampleRate).toBe(16_000)
  const [element] = new Pipeline([analyzer]).processors
  expect(element).toMatchObject({ turnAnalyzer: analyzer })
})

test('silence of 3 s of audio after speech ends a turn, with or without a model', () => {
  const analyzer = new LocalSmartTurnAnalyzerV3()
  expect(hear(analyzer, silence, false)).toBe(false)
  expect(hear(analyzer, silence, true)).toBe(false)
  expect(hear(analyzer, new Int16Array(48_000 - CHUNK), false)).toBe(false)
  expect(hear(analyzer, new Int16Array(CHUNK), false)).toBe(true)
  analyzer.clear()
  expect(hear(analyzer, silence, false)).toBe(false)
})

test('without a loaded model a verdict is refused with the way out', async () => {
  const analyzer = new LocalSmartTurnAnalyzerV3({ modelPath })
  hear(analyzer, silence, true)
  await expect(analyzer.analyze(signal)).rejects.toMatchObject({ code: 'not-loaded' })
})

describe.skipIf(trouble !== undefined)('with onnxruntime-node', () => {
  async function loaded(options = {}): Promise<LocalSmartTurnAnalyzerV3> {
    const analyzer = new LocalSmartTurnAnalyzerV3({ modelPath, ...options })
    await analyzer.load(createRuntime())
    return analyzer
  }

  /** What the test's model makes of audio. */
  function expected(samples: Int16Array): number {
    const features = createLogMelExtractor()(samples)
    return 1 / (1 + Math.exp(-features.reduce((sum, value) => sum + value, 0) / features.length))
  }

  test('the model hears the speech, what came shortly before it and the silence after it', async () => {
    const analyzer = await loaded()
    analyzer.setVADStartSecs(0.2)
    const stream = testSignal('voice', 64_000)
    hear(analyzer, stream.subarray(0, 16_000), false)
    hear(analyzer, stream.subarray(16_000, 60_800), true)
    hear(analyzer, stream.subarray(60_800), false)
    const heard = stream.subarray(16_000 - 3200 - 8000)
    const verdict = await analyzer.analyze(signal)
    expect(verdict.probability).toBeCloseTo(expected(heard), 4)
    expect(verdict.complete).toBe(true)
  })

  test('a turn is complete above a probability of 0.5, and not below', async () => {
    const verdicts = await Promise.all(
      (['voice', 'faint'] as const).map(async (name) => {
        const analyzer = await loaded({ preSpeechMs: 0 })
        hear(analyzer, testSignal(name, 128_000), true)
        return analyzer.analyze(signal)
      }),
    )
    expect(verdicts.map(({ complete, probability = Number.NaN }) => [complete, probability > 0.5])).toEqual([
      [true, true],
      [false, false],
    ])
  })

  test('maxDurationSecs shortens what the model hears', async () => {
    const analyzer = await loaded({ maxDurationSecs: 2 })
    const stream = testSignal('voice', 64_000)
    hear(analyzer, stream, true)
    expect((await analyzer.analyze(signal)).probability).toBeCloseTo(expected(stream.subarray(32_000)), 4)
  })

  test('where nobody spoke, and after the end of the turn, the turn is not complete and the model is not asked', async () => {
    const analyzer = await loaded()
    hear(analyzer, silence, false)
    expect(await analyzer.analyze(signal)).toEqual({ complete: false })
    hear(analyzer, silence, true)
    analyzer.clear()
    expect(await analyzer.analyze(signal)).toEqual({ complete: false })
  })

  test('audio may go on while a verdict is awaited, and counts towards the next', async () => {
    const analyzer = await loaded({ preSpeechMs: 0 })
    const stream = testSignal('voice', 48_000)
    hear(analyzer, stream.subarray(0, 32_000), true)
    const first = analyzer.analyze(signal)
    hear(analyzer, stream.subarray(32_000), true)
    expect((await first).probability).toBeCloseTo(expected(stream.subarray(0, 32_000)), 4)
    expect((await analyzer.analyze(signal)).probability).toBeCloseTo(expected(stream), 4)
  })

  test('a deadline that passes rejects at once, and the next turn is judged', async () => {
    const analyzer = await loaded()
    hear(analyzer, testSignal('voice', 32_000), true)
    const deadline = new AbortController()
    const late = analyzer.analyze(deadline.signal)
    deadline.abort(new Error('50 ms have passed'))
    await expect(late).rejects.toThrow('50 ms have passed')
    await expect(analyzer.analyze(deadline.signal)).rejects.toThrow('50 ms have passed')
    expect((await analyzer.analyze(signal)).complete).toBe(true)
  })

  test('simulated time stands still while the model works', async () => {
    const clock = new TestClock()
    const analyzer = new LocalSmartTurnAnalyzerV3({ modelPath })
    let ready = false
    void analyzer.load(createRuntime({ clock })).then(() => (ready = true))
    await clock.advance(1)
    expect(ready).toBe(true)
    hear(analyzer, testSignal('voice', 32_000), true)
    let atMs = Number.NaN
    void analyzer.analyze(signal).then(() => (atMs = clock.nowMs()))
    await clock.advance(50)
    expect(atMs).toBe(1)
  })

  test('the model is fetched through the fetch of the runtime', async () => {
    const model = await readFile(modelPath)
    const options = {
      modelUrl: 'http://mirror.example/tiny.onnx',
      modelSha256: createHash('sha256').update(model).digest('hex'),
      cacheDir: join(folder, 'cache'),
    }
    const asked: unknown[] = []
    const fetch: typeof globalThis.fetch = async (input) => {
      asked.push(input)
      return new Response(model)
    }
    const progress: number[] = []
    const onDownload = ({ loadedBytes }: { loadedBytes: number }): void => void progress.push(loadedBytes)
    const analyzer = new LocalSmartTurnAnalyzerV3({ ...options, onDownload })
    await analyzer.load(createRuntime({ fetch }))
    await new LocalSmartTurnAnalyzerV3(options).load(createRuntime({ fetch }))
    expect(asked).toEqual(['http://mirror.example/tiny.onnx'])
    expect(progress.at(-1)).toBe(model.length)
    hear(analyzer, testSignal('voice', 32_000), true)
    expect(await analyzer.analyze(signal)).toMatchObject({ complete: true })
  })

  test('a closed analyzer gives no verdict, and may be loaded again', async () => {
    const analyzer = await loaded()
    hear(analyzer, silence, true)
    analyzer.close()
    analyzer.close()
    await expect(analyzer.analyze(signal)).rejects.toMatchObject({ code: 'not-loaded' })
    await analyzer.load(createRuntime())
    expect(await analyzer.analyze(signal)).toEqual({ complete: false })
  })
})
