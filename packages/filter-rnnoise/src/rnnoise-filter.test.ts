import {
  BaseInputTransport,
  FilterEnableFrame,
  type Frame,
  FrameProcessor,
  InputAudioRawFrame,
  Pipeline,
  PipelineTask,
} from '@pc/core'
import { createTestRuntime, runTest, TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { RNNoiseFilter } from './rnnoise-filter.ts'

const RATE = 16_000

function noise(secs: number, level: number, rate = RATE): Int16Array {
  let state = 1
  return Int16Array.from({ length: secs * rate }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return ((state / 0x7fffffff) * 2 - 1) * level
  })
}

/** Two vowels of harmonics under formants, with a moving pitch: 0.6 s of voice, 0.6 s of pause. */
function voice(secs: number, level: number, rate = RATE): Int16Array {
  let phase = 0
  return Int16Array.from({ length: secs * rate }, (_, i) => {
    const time = i / rate
    const pitch = 140 + 25 * Math.sin(2 * Math.PI * 0.9 * time)
    phase += (2 * Math.PI * pitch) / rate
    const within = (time % 1.2) / 0.6
    const envelope = within < 1 ? Math.sin(Math.PI * within) ** 0.5 : 0
    const formants = Math.floor(time / 0.15) % 2 === 0 ? [730, 1090, 2440] : [300, 2200, 3000]
    let sum = 0
    for (let harmonic = 1; harmonic * pitch < 3800; harmonic++) {
      const frequency = harmonic * pitch
      const gain = formants.reduce((total, formant) => total + 1 / (1 + ((frequency - formant) / 90) ** 2), 0.02)
      sum += (gain * Math.sin(harmonic * phase)) / 2
    }
    return sum * envelope * level
  })
}

const energy = (audio: Int16Array): number => audio.reduce((sum, sample) => sum + sample * sample, 0) / audio.length
const decibels = (ratio: number): number => 10 * Math.log10(ratio)

async function through(audio: Int16Array, rate = RATE, piece = 320): Promise<Int16Array> {
  const filter = new RNNoiseFilter()
  await filter.start(rate)
  const pieces: number[] = []
  for (let at = 0; at < audio.length; at += piece) pieces.push(...filter.filter(audio.subarray(at, at + piece)))
  filter.stop()
  return Int16Array.from(pieces)
}

/** How much later the second is, in samples, by correlation. */
function lag(first: Int16Array, second: Int16Array, most: number): number {
  let best = 0
  let bestSum = -Infinity
  for (let shift = 0; shift <= most; shift++) {
    let sum = 0
    for (let i = 0; i + shift < second.length; i++) sum += (first[i] ?? 0) * second[i + shift]!
    if (sum > bestSum) {
      bestSum = sum
      best = shift
    }
  }
  return best
}

test.each([8000, 16_000, 24_000, 48_000])('takes steady noise out at %d Hz', async (rate) => {
  const dirty = noise(3, 1500, rate)
  const clean = await through(dirty, rate)
  // The first second is what it needs to learn.
  expect(decibels(energy(clean.subarray(rate)) / energy(dirty.subarray(rate)))).toBeLessThan(-25)
})

test('a voice stays, and the noise in its pauses goes', async () => {
  const speech = voice(7.2, 9000)
  const hiss = noise(7.2, 700)
  const dirty = speech.map((sample, i) => sample + hiss[i]!)
  const clean = await through(dirty)
  const late = lag(dirty, clean, RATE / 20)
  const at = (audio: Int16Array, from: number, to: number, shift = 0): number => {
    let sum = 0
    for (let start = 2.4 * RATE; start < 6 * RATE; start += 1.2 * RATE)
      sum += energy(audio.subarray(start + from * RATE + shift, start + to * RATE + shift))
    return sum
  }
  const words = at(clean, 0.1, 0.5, late) / at(speech, 0.1, 0.5)
  const pauses = at(clean, 0.9, 1.1, late) / at(dirty, 0.9, 1.1)
  expect(decibels(words)).toBeGreaterThan(-4)
  expect(decibels(pauses)).toBeLessThan(-10)
})

test('audio comes out at most 32 ms late, and no sample is lost but those in the making', async () => {
  const speech = voice(3, 9000)
  const clean = await through(speech)
  const insideSecs = lag(speech, clean, RATE / 20) / RATE
  expect(insideSecs).toBe(0.02)
  const heldSecs = (speech.length - clean.length) / RATE
  expect(heldSecs).toBeGreaterThan(0)
  expect(heldSecs).toBeLessThanOrEqual(0.012)
})

test('any cutting of the audio gives the same result', async () => {
  const dirty = noise(1, 1500)
  const whole = await through(dirty, RATE, dirty.length)
  const pieces = await through(dirty, RATE, 77)
  expect(pieces).toEqual(whole)
})

test('two filters do not hear each other', async () => {
  const [loud, quiet] = [new RNNoiseFilter(), new RNNoiseFilter()]
  await Promise.all([loud.start(RATE), quiet.start(RATE)])
  const speech = voice(1, 9000)
  for (let at = 0; at < RATE; at += 320) {
    loud.filter(speech.subarray(at, at + 320))
    expect(quiet.filter(new Int16Array(320)).every((sample) => Math.abs(sample) <= 1)).toBe(true)
  }
  loud.stop()
  quiet.stop()
})

class Microphone extends BaseInputTransport {
  hear(audio: Int16Array): void {
    this.receiveAudio(audio, RATE)
  }
}

test('a transport runs it on the way in, and a FilterEnableFrame switches it off and on', async () => {
  const clock = new TestClock()
  const input = new Microphone({ params: { audioInFilter: new RNNoiseFilter() } })
  const task = new PipelineTask(new Pipeline([input, new FrameProcessor('behind')]), undefined, {
    defaultParts: false,
    idleTimeoutSecs: null,
    runtime: createTestRuntime(clock),
  })
  const heard: InputAudioRawFrame[] = []
  task.on('frameReachedDownstream', (frame: Frame) => {
    if (frame instanceof InputAudioRawFrame) heard.push(frame)
  })
  const run = task.run()
  await clock.advanceUntil(() => input.sampleRate > 0)
  const dirty = noise(1, 1500)
  // The network is loaded outside the test clock.
  for (let i = 0; i < 200 && heard.length === 0; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve))
    await clock.settle()
    input.hear(dirty.subarray(0, 320))
  }
  const level = (): number => {
    heard.length = 0
    for (let at = 0; at < dirty.length; at += 320) input.hear(dirty.subarray(at, at + 320))
    return energy(Int16Array.from(heard.flatMap(({ audio }) => [...audio])))
  }
  level()
  expect(decibels(level() / energy(dirty))).toBeLessThan(-20)
  await task.queueFrame(new FilterEnableFrame(false))
  await clock.settle()
  expect(level()).toBe(energy(dirty))
  await task.queueFrame(new FilterEnableFrame(true))
  await clock.settle()
  level()
  expect(decibels(level() / energy(dirty))).toBeLessThan(-20)
  await task.cancel()
  await run
})

test('it stands in a list', async () => {
  const dirty = noise(2, 1500)
  const frames = Array.from(
    { length: 100 },
    (_, i) => new InputAudioRawFrame(dirty.slice(i * 320, i * 320 + 320), RATE),
  )
  const filter = new RNNoiseFilter()
  await filter.start(RATE)
  const { down, up } = await runTest([filter], { frames })
  const heard = down.filter((frame) => frame instanceof InputAudioRawFrame)
  const clean = Int16Array.from(heard.flatMap(({ audio }) => [...audio]))
  expect(up).toEqual([])
  expect(decibels(energy(clean.subarray(RATE)) / energy(dirty.subarray(RATE)))).toBeLessThan(-25)
})
