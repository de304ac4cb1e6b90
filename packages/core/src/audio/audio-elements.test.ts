import { describe, expect, test } from 'vitest'
import { FilterEnableFrame, FilterUpdateSettingsFrame, MixerEnableFrame } from '../frames/audio-control.ts'
import { InputAudioRawFrame, TTSAudioRawFrame } from '../frames/audio.ts'
import { ErrorFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { TTSStoppedFrame } from '../frames/speech.ts'
import { TextFrame } from '../frames/text.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { runTest } from '../testing/run-test.ts'
import type { AudioFilter, AudioMixer } from '../transport/audio-parts.ts'
import { AudioFilterProcessor } from './audio-filter-processor.ts'
import { AudioMixerProcessor } from './audio-mixer-processor.ts'
import { AudioResampler } from './audio-resampler.ts'
import { SoundfileMixer } from './soundfile-mixer.ts'

class Doubler implements AudioFilter {
  readonly events: string[] = []
  start(sampleRate: number): void {
    this.events.push(`start ${sampleRate}`)
  }
  filter(audio: Int16Array): Int16Array {
    return audio.map((sample) => sample * 2)
  }
  processFrame(frame: FilterEnableFrame | FilterUpdateSettingsFrame): void {
    this.events.push(frame.type)
  }
  stop(): void {
    this.events.push('stop')
  }
}

const input = (sample: number, sampleRate = 16_000, channels = 1, samples = 320): InputAudioRawFrame =>
  new InputAudioRawFrame(new Int16Array(samples * channels).fill(sample), sampleRate, channels)

const heard = (frames: readonly Frame[]): InputAudioRawFrame[] =>
  frames.filter((frame) => frame instanceof InputAudioRawFrame)

const codes = (frames: readonly Frame[]): string[] =>
  frames.filter((frame) => frame instanceof ErrorFrame).map(({ error }) => error.code)

describe('an audio filter in a list', () => {
  test('changes the audio of the user, gets its control frames, which go on, and is stopped at the end', async () => {
    const filter = new Doubler()
    const frames = [
      input(5),
      new FilterEnableFrame(false),
      new FilterUpdateSettingsFrame({}),
      new TextFrame('x'),
      input(6),
    ]
    const { down } = await runTest(new AudioFilterProcessor(filter), { frames })
    expect(heard(down).map(({ audio }) => audio[0])).toEqual([10, 12])
    expect(down.map(({ type }) => type)).toEqual([
      'InputAudioRawFrame',
      'FilterEnableFrame',
      'FilterUpdateSettingsFrame',
      'TextFrame',
      'InputAudioRawFrame',
    ])
    expect(filter.events).toEqual(['start 16000', 'FilterEnableFrame', 'FilterUpdateSettingsFrame', 'stop'])
  })

  test('is started anew for audio of another rate, and gets it mono', async () => {
    const filter = new Doubler()
    const { down } = await runTest(new AudioFilterProcessor(filter), { frames: [input(5), input(7, 8000, 2)] })
    expect(filter.events).toEqual(['start 16000', 'stop', 'start 8000', 'stop'])
    expect(heard(down)[1]).toMatchObject({ sampleRate: 8000, numChannels: 1 })
    expect(heard(down)[1]?.audio).toHaveLength(320)
  })

  test('that fails is reported once, and the user is still heard', async () => {
    const failing: AudioFilter = {
      start: () => Promise.reject(new Error('no model')),
      filter: () => {
        throw new Error('not started')
      },
      stop: () => {},
    }
    const { down, up } = await runTest(new AudioFilterProcessor(failing), { frames: [input(5), input(6)] })
    expect(heard(down).map(({ audio }) => audio[0])).toEqual([5, 6])
    expect(codes(up)).toEqual(['audio-filter-failed'])
  })
})

describe('a resampler in a list', () => {
  test('brings all audio to its rate, and the end of an utterance does not wait for the next', async () => {
    const speech = Array.from({ length: 10 }, () => new TTSAudioRawFrame(new Int16Array(480).fill(9), 24_000, 1, 'a'))
    const frames = [...speech, new TTSStoppedFrame('a'), ...Array.from({ length: 10 }, () => input(7))]
    const { down } = await runTest(new AudioResampler({ sampleRate: 8000 }), { frames })
    const spoken = down.filter((frame) => frame instanceof TTSAudioRawFrame)
    expect(spoken.reduce((sum, { audio }) => sum + audio.length, 0)).toBe(1600)
    expect(spoken.every(({ sampleRate, contextId }) => sampleRate === 8000 && contextId === 'a')).toBe(true)
    expect(down.indexOf(spoken.at(-1)!)).toBeLessThan(down.findIndex(({ type }) => type === 'TTSStoppedFrame'))
    const user = heard(down).reduce((sum, { audio }) => sum + audio.length, 0)
    expect(user).toBeGreaterThan(1580)
    expect(user).toBeLessThanOrEqual(1600)
  })

  test('leaves audio of its rate as it is and refuses an impossible rate', async () => {
    const frame = input(3, 8000)
    const { down } = await runTest(new AudioResampler({ sampleRate: 8000 }), { frames: [frame] })
    expect(heard(down)[0]?.audio).toEqual(frame.audio)
    expect(() => new AudioResampler({ sampleRate: 10 })).toThrow(/4000 to 384000/)
  })
})

describe('a mixer in a list', () => {
  const hum = { audio: new Int16Array(4800).fill(100), sampleRate: 16_000 }

  test('mixes into the audio of the user, or into that of the agent', async () => {
    const speech = new TTSAudioRawFrame(new Int16Array(480).fill(9), 24_000, 1, 'a')
    const mixer = (): SoundfileMixer => new SoundfileMixer({ soundFiles: { hum }, volume: 1 })
    const first = await runTest(mixer(), { frames: [input(5), input(5, 16_000, 2)] })
    expect(heard(first.down).map(({ audio, numChannels }) => [audio[7], numChannels])).toEqual([
      [105, 1],
      [105, 2],
    ])
    const second = await runTest(new AudioMixerProcessor(mixer(), { audio: 'output' }), { frames: [input(5), speech] })
    expect(heard(second.down)[0]?.audio[7]).toBe(5)
    const spoken = second.down.find((frame) => frame instanceof TTSAudioRawFrame)
    expect(spoken).toMatchObject({ contextId: 'a', sampleRate: 24_000 })
    expect(spoken?.audio[400]).toBe(109)
  })

  test('is switched by frames, which go on; one that fails is reported once and audio passes', async () => {
    const frames = [input(5), new MixerEnableFrame(false), input(5, 16_000, 1, 640)]
    const { down } = await runTest(new SoundfileMixer({ soundFiles: { hum }, volume: 1 }), { frames })
    expect(heard(down)[1]?.audio.at(-1)).toBe(5)
    expect(down.map(({ type }) => type)).toContain('MixerEnableFrame')
    const failing: AudioMixer = {
      start: () => {},
      mix: () => {
        throw new Error('no')
      },
      stop: () => {},
    }
    const result = await runTest(new AudioMixerProcessor(failing), { frames: [input(5), input(6)] })
    expect(heard(result.down).map(({ audio }) => audio[0])).toEqual([5, 6])
    expect(codes(result.up)).toEqual(['audio-mixer-failed'])
  })
})

test('filter, resampler and mixer make a pipeline of their own inside another', async () => {
  const hum = { audio: new Int16Array(4800).fill(100), sampleRate: 8000 }
  const processing = new Pipeline([
    new AudioFilterProcessor(new Doubler()),
    new AudioResampler({ sampleRate: 8000 }),
    new SoundfileMixer({ soundFiles: { hum }, volume: 1 }),
  ])
  const { down } = await runTest([processing], { frames: Array.from({ length: 20 }, () => input(500)) })
  const last = heard(down).at(-1)
  expect(last?.sampleRate).toBe(8000)
  expect(last?.audio.at(-1)).toBe(1100)
})
