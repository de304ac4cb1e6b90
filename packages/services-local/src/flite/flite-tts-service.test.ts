import { TTSSpeakFrame } from '@pc/core'
import type { Frame } from '@pc/core'
import { runTest } from '@pc/core/testing'
import { afterAll, expect, test } from 'vitest'
import { FliteSpeech } from './flite-speech.ts'
import { FliteTTSService } from './flite-tts-service.ts'

const speech = new FliteSpeech()
afterAll(() => speech.close())

function ofType(frames: readonly Frame[], type: string): Frame[] {
  return frames.filter((frame) => frame.type === type)
}

function secondsOf(frames: readonly Frame[]): number {
  return ofType(frames, 'TTSAudioRawFrame').reduce((sum, frame) => {
    const audio: unknown = Reflect.get(frame, 'audio')
    const rate: unknown = Reflect.get(frame, 'sampleRate')
    return audio instanceof Int16Array && typeof rate === 'number' ? sum + audio.length / rate : sum
  }, 0)
}

const speak = (service: FliteTTSService, text: string) =>
  runTest(service, { frames: [new TTSSpeakFrame(text)], params: { audioOutSampleRate: 24_000 } })

test('a text is spoken between start and stop, at the rate of the task', async () => {
  const { down, up } = await speak(new FliteTTSService({ speech }), 'What time is it?')
  expect(up).toEqual([])
  expect(ofType(down, 'TTSStartedFrame')).toHaveLength(1)
  expect(ofType(down, 'TTSStoppedFrame')).toHaveLength(1)
  expect(ofType(down, 'TTSAudioRawFrame')[0]).toMatchObject({ sampleRate: 24_000 })
  expect(secondsOf(down)).toBeCloseTo(1.4, 1)
})

test('each word comes with its true time', async () => {
  const { down } = await speak(new FliteTTSService({ speech }), 'It costs $3.50 today.')
  const { words } = await speech.speak('It costs $3.50 today.')
  const timed = ofType(down, 'TTSTextFrame').filter((frame) => Reflect.get(frame, 'offsetUs') !== undefined)
  expect(timed.map((frame) => Reflect.get(frame, 'text'))).toEqual(['It', 'costs', '$3.50', 'today.'])
  const secs = timed.map((frame) => Number(Reflect.get(frame, 'offsetUs')) / 1e6)
  words.forEach((word, index) => expect(secs[index]).toBeCloseTo(word.startSecs, 3))
})

test('voice and speed change the speech', async () => {
  const text = 'Good morning to everybody.'
  const [plain, quick, other] = await Promise.all([
    speak(new FliteTTSService({ speech }), text),
    speak(new FliteTTSService({ speech, settings: { speed: 2 } }), text),
    speak(new FliteTTSService({ speech, voice: 'slt' }), text),
  ])
  expect(secondsOf(quick.down)).toBeLessThan(secondsOf(plain.down) * 0.7)
  expect(secondsOf(other.down)).not.toBeCloseTo(secondsOf(plain.down), 3)
})

test('a voice that does not exist is refused at once, a language that flite does not know when it is used', async () => {
  expect(() => new FliteTTSService({ settings: { voice: 'nobody' } })).toThrow(/no voice 'nobody'/)
  const { up, down } = await speak(new FliteTTSService({ speech, settings: { language: 'de-DE' } }), 'Guten Tag.')
  expect(up.find((frame) => frame.type === 'ErrorFrame')).toMatchObject({ error: { code: 'invalid-option' } })
  expect(secondsOf(down)).toBe(0)
})

test('a text that nobody wants any more is given up', async () => {
  const service = new FliteTTSService({ speech })
  await runTest(service, { frames: [] })
  const control = new AbortController()
  const options = { signal: control.signal, contextId: 'c', sampleRate: 24_000, settings: {} }
  const first = service.synthesize('A long sentence that is not needed any more.', options).next()
  control.abort(new Error('interrupted'))
  await expect(first).rejects.toThrow('interrupted')
})
