import { expect, test } from 'vitest'
import type { ErrorFrame } from '../frames/control.ts'
import { FilterEnableFrame, FilterUpdateSettingsFrame } from '../frames/audio-control.ts'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { StopFrame } from '../frames/lifecycle.ts'
import { TextFrame } from '../frames/text.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import type { PipelineParamsFields } from '../pipeline/pipeline-params.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { TestClock } from '../testing/test-clock.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'
import type { AudioFilter } from './audio-parts.ts'
import { BaseInputTransport, type InputTransportOptions } from './input-transport.ts'

class Microphone extends BaseInputTransport {
  hear(audio: Uint8Array | Int16Array, sampleRate = 16_000, channels = 1): void {
    this.receiveAudio(audio, sampleRate, channels)
  }
}

async function start(options: InputTransportOptions = {}, params: PipelineParamsFields = {}) {
  const clock = new TestClock()
  const input = new Microphone(options)
  const task = new PipelineTask(new Pipeline([input]), params, {
    defaultParts: false,
    idleTimeoutSecs: null,
    runtime: createTestRuntime(clock),
  })
  const down: Frame[] = []
  const errors: ErrorFrame[] = []
  task.on('frameReachedDownstream', (frame) => void down.push(frame))
  task.on('pipelineError', (frame) => void errors.push(frame))
  const run = task.run()
  await clock.settle()
  const heard = (): InputAudioRawFrame[] =>
    down.filter((frame) => frame.type === 'InputAudioRawFrame') as InputAudioRawFrame[]
  return { clock, input, task, down, errors, heard, run }
}

const samples = (frames: readonly InputAudioRawFrame[]): number[] => frames.flatMap(({ audio }) => [...audio])

test('audio leaves at the rate of the pipeline, in the stack of its arrival', async () => {
  const { input, heard } = await start()
  input.hear(new Int16Array(320).fill(5))
  expect(heard()).toHaveLength(1)
  expect(heard()[0]).toMatchObject({ sampleRate: 16_000, numChannels: 1 })
})

test('bytes may be cut in the middle of a sample', async () => {
  const { input, heard } = await start()
  const bytes = new Uint8Array(Int16Array.from([1, -2, 300, -400, 5]).buffer)
  for (const [from, to] of [
    [0, 3],
    [3, 4],
    [4, 9],
    [9, 10],
  ] as const)
    input.hear(bytes.subarray(from, to))
  expect(samples(heard())).toEqual([1, -2, 300, -400, 5])
})

test('odd rates and stereo are converted, without a loss at the seams', async () => {
  const { input, heard } = await start()
  for (let i = 0; i < 50; i++) input.hear(new Int16Array(2 * 441).fill(1000), 44_100, 2)
  const audio = samples(heard())
  expect(audio.length).toBeGreaterThan(7980)
  expect(audio.length).toBeLessThanOrEqual(8000)
  expect(new Set(audio.slice(100))).toEqual(new Set([1000]))
  expect(heard().every(({ sampleRate, numChannels }) => sampleRate === 16_000 && numChannels === 1)).toBe(true)
})

test('its own rate goes before that of the pipeline', async () => {
  const { input, heard } = await start({ params: { audioInSampleRate: 8000 } })
  input.hear(new Int16Array(160), 8000)
  expect(heard()[0]?.sampleRate).toBe(8000)
})

test('audio that is pushed into it takes the same path; other frames pass', async () => {
  const { task, heard, down } = await start()
  await task.queueFrame(new InputAudioRawFrame(new Int16Array(960), 48_000))
  await task.queueFrame(new TextFrame('x'))
  expect(heard()[0]?.sampleRate).toBe(16_000)
  expect(down.at(-1)?.type).toBe('TextFrame')
})

test('a rate that cannot be is reported once in a row, counted, and the session goes on', async () => {
  const { input, heard, errors } = await start()
  input.hear(new Int16Array(10), 0)
  input.hear(new Int16Array(10), 0)
  input.hear(new Int16Array(320))
  expect(errors.map(({ error }) => error.code)).toEqual(['audio-in-failed'])
  expect(input.counters).toEqual({ received: 3, lost: 2 })
  expect(heard()).toHaveLength(1)
})

test('a filter changes the audio, may fill up first, and is stopped at the end', async () => {
  const events: string[] = []
  let first = true
  const audioInFilter: AudioFilter = {
    start: (sampleRate) => void events.push(`start ${sampleRate}`),
    filter: (audio) => {
      if (!first) return audio.map((sample) => sample * 2)
      first = false
      return new Int16Array(0)
    },
    stop: () => void events.push('stop'),
  }
  const { input, heard, task, clock } = await start({ params: { audioInFilter } })
  input.hear(Int16Array.from([1, 2]))
  input.hear(Int16Array.from([3, 4]))
  expect(samples(heard())).toEqual([6, 8])
  await task.cancel()
  await clock.settle()
  expect(events).toEqual(['start 16000', 'stop'])
})

test('nothing is pushed without passthrough, when disabled, and after a StopFrame', async () => {
  for (const params of [{ audioInPassthrough: false }, { audioInEnabled: false }]) {
    const { input, heard } = await start({ params })
    input.hear(new Int16Array(320))
    expect(heard()).toHaveLength(0)
  }
  const { input, heard, task, clock } = await start()
  await task.queueFrame(new StopFrame())
  await clock.settle()
  input.hear(new Int16Array(320))
  expect(heard()).toHaveLength(0)
})

test('every control frame of filters reaches the filter and goes on', async () => {
  const told: string[] = []
  const audioInFilter: AudioFilter = {
    start: () => {},
    filter: (audio) => audio,
    processFrame: (frame) => void told.push(frame.type),
    stop: () => {},
  }
  const { task, clock, down } = await start({ params: { audioInFilter } })
  await task.queueFrame(new FilterEnableFrame(false))
  await task.queueFrame(new FilterUpdateSettingsFrame({ level: 3 }))
  await clock.settle()
  expect(told).toEqual(['FilterEnableFrame', 'FilterUpdateSettingsFrame'])
  expect(down.map(({ type }) => type)).toEqual(told)
})

test('a filter that cannot start, or fails, is reported once, and the user is heard without it', async () => {
  const failing: AudioFilter = {
    start: () => {},
    filter: () => {
      throw new Error('broken')
    },
    stop: () => {},
  }
  const unready: AudioFilter = { ...failing, start: () => Promise.reject(new Error('no model')) }
  for (const audioInFilter of [failing, unready]) {
    const { input, heard, errors } = await start({ params: { audioInFilter } })
    input.hear(Int16Array.from([1, 2]))
    input.hear(Int16Array.from([3, 4]))
    expect(samples(heard())).toEqual([1, 2, 3, 4])
    expect(errors.map(({ error }) => error.code)).toEqual(['audio-filter-failed'])
    expect(input.counters.lost).toBe(0)
  }
})
