import { describe, expect, test } from 'vitest'
import { TTSAudioRawFrame } from '../frames/audio.ts'
import { MetricsFrame, TTSUpdateSettingsFrame, ErrorFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { TTSSpeakFrame, TTSStartedFrame } from '../frames/speech.ts'
import { AggregatedTextFrame, LLMTextFrame, TextFrame, TTSTextFrame } from '../frames/text.ts'
import { OutputTransportMessageFrame } from '../frames/transport.ts'
import { sleep } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { runTest } from '../testing/run-test.ts'
import type { SynthesisOptions, TTSEvent, TTSServiceOptions } from './tts-types.ts'
import { TTSService } from './tts-service.ts'

type Script = (text: string, options: SynthesisOptions, service: ScriptedTTS) => AsyncIterable<TTSEvent>

const SAMPLES_PER_CHARACTER = 240

/** Ten milliseconds of a tone a character, at once. */
const tone: Script = async function* (text) {
  yield new Int16Array(text.length * SAMPLES_PER_CHARACTER).fill(1000)
}

class ScriptedTTS extends TTSService {
  readonly requests: string[] = []
  readonly contextIds: string[] = []
  aborted = 0
  readonly #script: Script

  constructor(script: Script = tone, options: TTSServiceOptions = {}) {
    super({ name: 'tts', ...options })
    this.#script = script
  }

  override synthesize(text: string, options: SynthesisOptions): AsyncIterable<TTSEvent> {
    this.requests.push(text)
    this.contextIds.push(options.contextId)
    options.signal.addEventListener('abort', () => this.aborted++)
    return this.#script(text, options, this)
  }

  delay(ms: number, signal: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

/** Frames in short: what a reader of the pipeline would tell of each. */
function tell(frames: readonly Frame[]): string[] {
  return frames
    .filter((frame) => !(frame instanceof MetricsFrame))
    .map((frame) => {
      if (frame instanceof TTSAudioRawFrame) return `audio ${frame.numFrames}`
      if (frame instanceof TTSTextFrame) {
        return frame.offsetUs === undefined ? `end ${frame.text}` : `word ${frame.text} ${frame.offsetUs}`
      }
      if (frame instanceof AggregatedTextFrame) return `${frame.willBeSpoken ? 'announce' : 'show'} ${frame.text}`
      return frame.type.replace(/Frame$/, '')
    })
}

const answer = (...texts: string[]): Frame[] => [
  new LLMFullResponseStartFrame(),
  ...texts.map((text) => new LLMTextFrame(text)),
  new LLMFullResponseEndFrame(),
]

describe('TTSService', () => {
  test('speaks an answer sentence by sentence, between the start and the end of the response', async () => {
    const tts = new ScriptedTTS()
    const { down } = await runTest(tts, { frames: answer('Hel', 'lo. ', 'Bye', '.') })
    expect(tell(down)).toEqual([
      'LLMFullResponseStart',
      'TTSStarted',
      'announce Hello.',
      'audio 1440',
      'end Hello.',
      'announce Bye.',
      'audio 960',
      'end Bye.',
      'TTSStopped',
      'LLMFullResponseEnd',
    ])
    const ids = down.flatMap((frame) => ('contextId' in frame ? [frame.contextId] : []))
    expect(new Set(ids).size).toBe(1)
    const segments = down.flatMap((frame) => (frame instanceof AggregatedTextFrame ? [frame.segmentId] : []))
    expect(segments).toEqual([1, 1, 2, 2])
  })

  test('keeps every frame in its place behind the speech before it', async () => {
    const slow: Script = async function* (_text, { signal }, service) {
      await service.delay(400, signal)
      yield new Int16Array(240).fill(1000)
    }
    const frames = [
      new TTSSpeakFrame('One.'),
      new OutputTransportMessageFrame('after one'),
      ...answer('Two.'),
      ...answer('Three.'),
    ]
    const { down } = await runTest(new ScriptedTTS(slow), { frames })
    expect(tell(down).filter((line) => !/announce|audio|TTSStarted/.test(line))).toEqual([
      'end One.',
      'TTSStopped',
      'LLMAssistantPushAggregation',
      'OutputTransportMessage',
      'LLMFullResponseStart',
      'end Two.',
      'TTSStopped',
      'LLMFullResponseEnd',
      'LLMFullResponseStart',
      'end Three.',
      'TTSStopped',
      'LLMFullResponseEnd',
    ])
  })

  test('everything that waits is spoken before the end of the task, a last half sentence included', async () => {
    const slow: Script = async function* (_text, { signal }, service) {
      await service.delay(400, signal)
      yield new Int16Array(240).fill(1000)
    }
    const frames = [
      new TTSSpeakFrame('One.'),
      ...answer('Two.'),
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('Three. Fo'),
    ]
    const { down } = await runTest(new ScriptedTTS(slow), { frames })
    expect(tell(down).filter((line) => line.startsWith('end'))).toEqual([
      'end One.',
      'end Two.',
      'end Three.',
      'end Fo',
    ])
    expect(tell(down).filter((line) => line === 'TTSStopped')).toHaveLength(3)
  })

  test('an interruption ends the request at once and nothing of the old utterance follows', async () => {
    const endless: Script = async function* (_text, { signal }, service) {
      for (;;) {
        yield new Int16Array(240).fill(1000)
        await service.delay(10, signal)
      }
    }
    const tts = new ScriptedTTS(endless)
    const started = [new LLMFullResponseStartFrame(), new LLMTextFrame('Once upon. A time'), { pauseMs: 105 }]
    const { down, task, clock } = await runTest(tts, {
      frames: [...started, new InterruptionFrame(), { pauseMs: 500 }],
      end: false,
    })
    expect(tts.aborted).toBe(1)
    expect(tell(down).filter((line) => line.startsWith('audio'))).toHaveLength(11)
    expect(tell(down)).not.toContain('TTSStopped')
    expect(task.counters.detached).toBe(0)
    const before = down.length
    await task.queueFrame(new LLMFullResponseStartFrame())
    await task.queueFrame(new LLMTextFrame('New. X'))
    await clock.advance(15)
    expect(tell(down.slice(before))).toEqual([
      'LLMFullResponseStart',
      'TTSStarted',
      'announce New.',
      'audio 240',
      'audio 240',
    ])
    expect(tts.requests).toEqual(['Once upon.', 'New.'])
    await task.cancel()
  })

  test('a provider that ignores its signal cannot push into the next utterance', async () => {
    const deaf: Script = async function* (text, _options, service) {
      yield new Int16Array(240).fill(1)
      await sleep(service.runtime.clock, 1000)
      yield new Int16Array(240).fill(text === 'Old.' ? 2 : 3)
    }
    const frames = [new TTSSpeakFrame('Old.'), { pauseMs: 100 }, new InterruptionFrame(), new TTSSpeakFrame('New.')]
    const { down, task } = await runTest(new ScriptedTTS(deaf), { frames })
    const values = down.flatMap((frame) => (frame instanceof TTSAudioRawFrame ? [frame.audio[0]] : []))
    expect(values).toEqual([1, 1, 3])
    expect(task.counters.detached).toBe(0)
  })

  test('gives word times from the beginning of the utterance, across its sentences', async () => {
    const words: Script = async function* (text, { sampleRate }) {
      yield { type: 'word', text: text.slice(0, 3), startUs: 0 }
      yield new Int16Array(sampleRate / 2).fill(1000)
      yield { type: 'word', text: text.slice(4), startUs: 250_000 }
    }
    const { down } = await runTest(new ScriptedTTS(words), { frames: answer('Oh yes. Ah no.') })
    expect(tell(down).filter((line) => line.startsWith('word'))).toEqual([
      'word Oh  0',
      'word es. 250000',
      'word Ah  500000',
      'word o. 750000',
    ])
    const kinds = tell(down).map((line) => line.split(' ')[0])
    expect(kinds.indexOf('announce')).toBeLessThan(kinds.indexOf('word'))
  })

  test('a word time that makes no sense is left out', async () => {
    const words: Script = async function* () {
      yield new Int16Array(2400).fill(1000)
      yield { type: 'word', text: 'Oh', startUs: Number.NaN }
      yield { type: 'word', text: '', startUs: 0 }
      yield { type: 'word', text: 'yes.', startUs: -5 }
    }
    const { down } = await runTest(new ScriptedTTS(words), { frames: answer('Oh yes.') })
    expect(tell(down).filter((line) => line.startsWith('word'))).toEqual(['word yes. 0'])
  })

  test('resamples what the provider gives, and a chunk that ends in half a sample does no harm', async () => {
    const bytes = (samples: number): Uint8Array => new Uint8Array(new Int16Array(samples).fill(1000).buffer)
    const odd: Script = async function* () {
      const whole = bytes(8000)
      yield { type: 'audio', audio: whole.subarray(0, 3001), sampleRate: 16_000 }
      yield { type: 'audio', audio: whole.subarray(3001, 3002), sampleRate: 16_000 }
      yield { type: 'audio', audio: whole.subarray(3002), sampleRate: 16_000 }
    }
    const { down } = await runTest(new ScriptedTTS(odd), { frames: [new TTSSpeakFrame('Half a second')] })
    const audio = down.filter((frame) => frame instanceof TTSAudioRawFrame)
    expect(audio.every((frame) => frame.sampleRate === 24_000)).toBe(true)
    const samples = audio.flatMap((frame) => [...frame.audio])
    expect(samples).toHaveLength(12_000)
    expect(samples.slice(100, -100).every((sample) => Math.abs(sample - 1000) < 20)).toBe(true)
  })

  test('text that was not followed by the end of a response is spoken before the end of the task', async () => {
    const frames = [new LLMFullResponseStartFrame(), new LLMTextFrame('Good. By')]
    const { down } = await runTest(new ScriptedTTS(), { frames })
    expect(tell(down).slice(-4)).toEqual(['announce By', 'audio 480', 'end By', 'TTSStopped'])
  })

  test('text outside a response is spoken to its end when no more comes', async () => {
    const frames = [new TextFrame('Hello'), { pauseMs: 900 }, new TextFrame(' there'), { pauseMs: 1100 }]
    const { down, task } = await runTest(new ScriptedTTS(), { frames, end: false })
    expect(tell(down)).toEqual(['TTSStarted', 'announce Hello there', 'audio 2640', 'end Hello there', 'TTSStopped'])
    await task.cancel()
  })

  test('text that is not to be spoken passes', async () => {
    const frames = [new LLMTextFrame('silent', { skipTts: true })]
    const { down } = await runTest(new ScriptedTTS(), { frames })
    expect(down).toEqual(frames)
  })

  test('a unit of a skipped type is shown in its place and not spoken', async () => {
    const tts = new ScriptedTTS(tone, { skipAggregatorTypes: ['code'] })
    const frames = [
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('Look. '),
      new AggregatedTextFrame('x = 1', 'code'),
      new LLMTextFrame('Nice.'),
      new LLMFullResponseEndFrame(),
    ]
    const { down } = await runTest(tts, { frames })
    expect(tts.requests).toEqual(['Look.', 'Nice.'])
    const texts = tell(down).filter((line) => /announce|show/.test(line))
    expect(texts).toEqual(['announce Look.', 'show x = 1', 'announce Nice.'])
    const code = down.find((frame) => frame instanceof AggregatedTextFrame && frame.aggregatedBy === 'code')
    expect(code).toMatchObject({ appendToContext: true })
  })

  test('filters change what is shown and spoken, transforms only what is spoken, and the model keeps its words', async () => {
    const tts = new ScriptedTTS(tone, {
      textFilters: [{ filter: (text) => text.replaceAll('*', '') }],
      textTransforms: [(text) => text.replace('Dr.', 'Doctor')],
    })
    const { down } = await runTest(tts, { frames: answer('*Dr.* Who.') })
    expect(tts.requests).toEqual(['Doctor Who.'])
    const end = down.find((frame) => frame instanceof TTSTextFrame)
    expect(end).toMatchObject({ text: 'Dr. Who.', rawText: '*Dr.* Who.' })
  })

  test('a filter that empties the text leaves nothing waiting', async () => {
    const tts = new ScriptedTTS(tone, { textFilters: [{ filter: () => '' }] })
    const { down } = await runTest(tts, { frames: answer('Hello. Bye.') })
    expect(tell(down)).toEqual(['LLMFullResponseStart', 'LLMFullResponseEnd'])
  })

  test('a transform that fails leaves its unit unspoken and reports it', async () => {
    const failing = (text: string): string => {
      if (text === 'Bad.') throw new Error('no')
      return text
    }
    const tts = new ScriptedTTS(tone, { textTransforms: [failing] })
    const { down, up } = await runTest(tts, { frames: answer('Bad. Good.') })
    expect(tts.requests).toEqual(['Good.'])
    expect(tell(down)).toContain('show Bad.')
    expect(up.filter((frame) => frame instanceof ErrorFrame).map(({ error }) => error.code)).toEqual([
      'text-transform-failed',
    ])
    expect(tts.isUsable).toBe(true)
  })

  test('token mode sends pieces as they come, inner space kept and leading space dropped', async () => {
    const tts = new ScriptedTTS(tone, { textAggregationMode: 'token' })
    await runTest(tts, { frames: answer(' ', ' Hel', 'lo', ' ', 'wor', 'ld') })
    expect(tts.requests).toEqual(['Hel', 'lo', ' wor', 'ld'])
  })

  describe('when the provider fails', () => {
    const failing = (error: PcError, times = Infinity): Script => {
      let failures = 0
      return async function* (text, options, service) {
        if (failures++ < times) throw error
        yield* tone(text, options, service)
      }
    }
    const errors = (up: readonly Frame[]): string[] =>
      up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error.code] : []))

    test('a failure that may pass is tried once more, unnoticed', async () => {
      const tts = new ScriptedTTS(failing(new PcError('busy', { code: 'busy', kind: 'transient' }), 1))
      const { down, up } = await runTest(tts, { frames: answer('Hello.') })
      expect(tell(down)).toContain('end Hello.')
      expect(errors(up)).toEqual([])
    })

    test('the text that could not be spoken is shown, reported, and kept out of the context', async () => {
      const tts = new ScriptedTTS(failing(new PcError('busy', { code: 'busy', kind: 'transient' }), 2))
      const { down, up } = await runTest(tts, { frames: answer('Hello. Bye.') })
      expect(tell(down)).toEqual([
        'LLMFullResponseStart',
        'TTSStarted',
        'show Hello.',
        'announce Bye.',
        'audio 960',
        'end Bye.',
        'TTSStopped',
        'LLMFullResponseEnd',
      ])
      expect(down.find((frame) => frame instanceof AggregatedTextFrame)).toMatchObject({ appendToContext: false })
      expect(errors(up)).toEqual(['busy'])
      expect(tts.isUsable).toBe(true)
    })

    test('a permanent error makes the service unusable until its settings change', async () => {
      const changes: boolean[] = []
      const tts = new ScriptedTTS(failing(new PcError('who are you', { code: 'invalid-key', kind: 'auth' }), 1))
      tts.on('usableChanged', (usable) => changes.push(usable))
      const frames = [
        ...answer('One.'),
        ...answer('Two.'),
        new TTSUpdateSettingsFrame({ voice: 'other' }),
        ...answer('Three.'),
      ]
      const { down, up } = await runTest(tts, { frames })
      expect(tts.requests).toEqual(['One.', 'Three.'])
      expect(tell(down).filter((line) => /show|end/.test(line))).toEqual(['show One.', 'show Two.', 'end Three.'])
      expect(tell(down).filter((line) => line === 'LLMFullResponseEnd')).toHaveLength(3)
      expect(errors(up)).toEqual(['invalid-key'])
      expect(changes).toEqual([false, true])
    })

    test('a provider that never begins is asked once more and then given up', async () => {
      const silent: Script = async function* (_text, { signal }, service) {
        await service.delay(1e9, signal)
        yield new Int16Array(1)
      }
      const tts = new ScriptedTTS(silent, { firstAudioTimeoutSecs: 2 })
      const { down, up, clock } = await runTest(tts, { frames: answer('Hello.') })
      expect(tts.requests).toHaveLength(2)
      expect(errors(up)).toEqual(['first-output-timeout'])
      expect(clock.nowMs()).toBe(4000)
      expect(tell(down).slice(-2)).toEqual(['TTSStopped', 'LLMFullResponseEnd'])
    })

    test('a provider that falls silent in the middle ends its sentence, once', async () => {
      const stalling: Script = async function* (_text, { signal }, service) {
        yield new Int16Array(240).fill(1000)
        await service.delay(1e9, signal)
      }
      const tts = new ScriptedTTS(stalling)
      const { down, up } = await runTest(tts, { frames: answer('Hello.') })
      expect(tts.requests).toHaveLength(1)
      expect(errors(up)).toEqual(['stream-stalled'])
      expect(tell(down).filter((line) => line === 'TTSStopped')).toHaveLength(1)
    })

    test('three answers in a row without audio make the service unusable; an interrupted one does not count', async () => {
      const nothing: Script = async function* (_text, { signal }, service) {
        await service.delay(100, signal)
        yield* []
      }
      const tts = new ScriptedTTS(nothing)
      const silent = (text: string): Frame[] => [new TTSSpeakFrame(text)]
      const frames = [...silent('One.'), { pauseMs: 50 }, new InterruptionFrame(), { pauseMs: 300 }]
      const { up } = await runTest(tts, {
        frames: [...frames, ...silent('Two.'), ...silent('Three.'), ...silent('Four.')],
      })
      expect(errors(up)).toEqual(['no-audio'])
      expect(tts.isUsable).toBe(false)
    })
  })

  test('measures the first byte, the first audible sample and the characters', async () => {
    const late: Script = async function* (_text, { signal }, service) {
      await service.delay(200, signal)
      yield new Int16Array(2400)
      yield new Int16Array(2400).fill(1000)
    }
    const params = { enableMetrics: true, enableUsageMetrics: true }
    const { down } = await runTest(new ScriptedTTS(late), { frames: answer('Hello. Bye.'), params })
    const data = down.flatMap((frame) => (frame instanceof MetricsFrame ? frame.data : []))
    expect(data.filter(({ kind, processor }) => kind === 'ttfb' && processor === 'tts').slice(-1)).toMatchObject([
      { valueSecs: 0.2 },
    ])
    expect(data.filter(({ kind }) => kind === 'ttfa')).toMatchObject([{ ttfbSecs: 0.2, leadingSilenceSecs: 0.1 }])
    expect(data.flatMap((item) => (item.kind === 'ttsUsage' ? [item.characters] : []))).toEqual([6, 4])
  })

  test('a standalone text says whether it belongs to the context', async () => {
    const { down } = await runTest(new ScriptedTTS(), {
      frames: [new TTSSpeakFrame('Psst.', { appendToContext: false })],
    })
    expect(down.find((frame) => frame instanceof TTSStartedFrame)).toMatchObject({ appendToContext: false })
    expect(down.find((frame) => frame instanceof TTSTextFrame)).toMatchObject({ appendToContext: false })
    expect(tell(down)).not.toContain('LLMAssistantPushAggregation')
  })

  test('settings meant for another service go on', async () => {
    const tts = new ScriptedTTS(tone, { settings: { voice: 'a' } })
    const other = new ScriptedTTS()
    const mine = new TTSUpdateSettingsFrame({ voice_id: 'b', pitch: 2 }, { service: tts })
    const theirs = new TTSUpdateSettingsFrame({ voice: 'c' }, { service: other })
    const { down } = await runTest(tts, { frames: [mine, theirs] })
    expect(down).toEqual([theirs])
    expect(tts.settings).toEqual({ voice: 'b', extra: { pitch: 2 } })
  })
})
