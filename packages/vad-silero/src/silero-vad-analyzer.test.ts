import { FrameProcessor, Pipeline } from '@pc/core'
import { expect, test } from 'vitest'

import { noisySpeech } from '../test/recordings.ts'
import { SileroModel } from './model.ts'
import { SileroVADAnalyzer } from './silero-vad-analyzer.ts'

test('parameters are given flat or under params, the rest are the defaults', () => {
  expect(new SileroVADAnalyzer({ stopSecs: 0.3 }).params).toEqual({
    confidence: 0.7,
    startSecs: 0.2,
    stopSecs: 0.3,
    minVolume: 0.6,
  })
  expect(new SileroVADAnalyzer({ params: { confidence: 0.85, startSecs: 0.4 } }).params).toEqual({
    confidence: 0.85,
    startSecs: 0.4,
    stopSecs: 0.2,
    minVolume: 0.6,
  })
  expect(new SileroVADAnalyzer().params.confidence).toBe(0.7)
})

test('an analyzer stands in the list of a pipeline', () => {
  expect(new SileroVADAnalyzer().toProcessor()).toBeInstanceOf(FrameProcessor)
  expect(() => new Pipeline([new SileroVADAnalyzer()])).not.toThrow()
})

for (const [sampleRate, windowSamples] of [
  [16000, 512],
  [8000, 256],
] as const) {
  test(`confidence at ${sampleRate} Hz is the probability of the model`, async () => {
    const speech = noisySpeech(sampleRate)
    const analyzer = new SileroVADAnalyzer()
    await analyzer.load(sampleRate)
    expect(analyzer.windowSamples).toBe(windowSamples)
    const session = (await SileroModel.load(sampleRate)).session()
    for (let i = 0; i < 100 * windowSamples; i += windowSamples) {
      const window = speech.subarray(i, i + windowSamples)
      expect(analyzer.confidence(window)).toBe(session.process(window))
    }
    session.close()
    analyzer.close()
  })
}

test('another rate is refused with the advice to resample', async () => {
  await expect(new SileroVADAnalyzer().load(48000)).rejects.toMatchObject({
    code: 'unsupported-sample-rate',
    message: expect.stringContaining('resample'),
  })
})

test('audio before the model is loaded is a typed error', () => {
  expect(() => new SileroVADAnalyzer().confidence(new Int16Array(512))).toThrow(
    expect.objectContaining({ code: 'not-loaded' }),
  )
})

test('resetModel forgets what was heard', async () => {
  const speech = noisySpeech(16000)
  const analyzer = new SileroVADAnalyzer()
  await analyzer.load(16000)
  const listen = (): number[] =>
    Array.from({ length: 60 }, (_, i) => analyzer.confidence(speech.subarray(i * 512, (i + 1) * 512)))
  const expected = listen()
  expect(listen()).not.toEqual(expected)
  analyzer.resetModel()
  expect(listen()).toEqual(expected)
  analyzer.close()
})

test('a closed analyzer can be loaded again, at another rate too', async () => {
  const analyzer = new SileroVADAnalyzer()
  await analyzer.load(16000)
  analyzer.close()
  analyzer.close()
  expect(() => analyzer.confidence(new Int16Array(512))).toThrow(expect.objectContaining({ code: 'not-loaded' }))
  await analyzer.load(8000)
  expect(analyzer.confidence(new Int16Array(256))).toBeLessThan(0.1)
  analyzer.close()
})

test('closing while the model loads leaves nothing open', async () => {
  const analyzer = new SileroVADAnalyzer()
  const loading = analyzer.load(16000)
  analyzer.close()
  await loading
  expect(() => analyzer.confidence(new Int16Array(512))).toThrow(expect.objectContaining({ code: 'not-loaded' }))
})
