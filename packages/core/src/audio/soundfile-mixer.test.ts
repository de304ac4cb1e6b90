import { encodeWav } from '@pc/audio'
import { describe, expect, test } from 'vitest'
import { speech, startRig } from '../../test/recording-output.ts'
import { MixerEnableFrame, MixerUpdateSettingsFrame } from '../frames/audio-control.ts'
import type { ErrorFrame } from '../frames/control.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { SoundfileMixer, type SoundfileMixerOptions } from './soundfile-mixer.ts'

const RATE = 24_000
const rate = { audioOutSampleRate: RATE }
/** A ramp, so that every sample of the sound tells its place. */
const ramp = Int16Array.from({ length: 2000 }, (_, i) => i + 1)

async function started(options: Partial<SoundfileMixerOptions> = {}): Promise<SoundfileMixer> {
  const mixer = new SoundfileMixer({ soundFiles: { ramp: { audio: ramp, sampleRate: RATE } }, volume: 1, ...options })
  await mixer.start(RATE)
  return mixer
}

const silence = (samples: number): Int16Array => new Int16Array(samples)

describe('SoundfileMixer', () => {
  test('loops without a gap, and without a loop ends in silence', async () => {
    const looping = await started()
    const once = await started({ loop: false })
    const heard = [...looping.mix(silence(1500)), ...looping.mix(silence(1500))]
    expect(heard).toEqual([...ramp, ...ramp.subarray(0, 1000)])
    once.mix(silence(1900))
    expect([...once.mix(silence(200))]).toEqual([...ramp.subarray(1900), ...silence(100)])
  })

  test('adds to speech at its volume, never beyond what a sample can hold, on all channels', async () => {
    const sound = { audio: new Int16Array(500).fill(20_000), sampleRate: RATE }
    const mixer = new SoundfileMixer({ soundFiles: { sound }, volume: 0.5 })
    await mixer.start(RATE, 2)
    expect([...mixer.mix(Int16Array.from([1000, -1000, 30_000, -30_000]))]).toEqual([11_000, 9000, 32_767, -20_000])
    const usual = new SoundfileMixer({ soundFiles: { sound } })
    await usual.start(RATE)
    expect([...usual.mix(silence(2))]).toEqual([8000, 8000])
  })

  test('takes WAV files of any rate and channel count, loaded when it starts', async () => {
    const stereo = new Int16Array(2 * 8000).fill(1000)
    let loads = 0
    const load = async (): Promise<Uint8Array> => {
      loads++
      return encodeWav(stereo, 8000, 2)
    }
    const mixer = new SoundfileMixer({ soundFiles: { stereo: load }, volume: 1, loop: false })
    expect(loads).toBe(0)
    await mixer.start(RATE)
    const heard = mixer.mix(silence(RATE))
    expect(heard[RATE / 2]).toBeGreaterThan(990)
    expect(heard[RATE / 2]).toBeLessThan(1010)
  })

  test('fades in and out within 20 ms when it is switched', async () => {
    const sound = { audio: new Int16Array(48_000).fill(10_000), sampleRate: RATE }
    const mixer = new SoundfileMixer({ soundFiles: { sound }, volume: 1, mixing: false })
    await mixer.start(RATE)
    expect(mixer.mix(silence(480)).every((sample) => sample === 0)).toBe(true)
    mixer.processFrame(new MixerEnableFrame(true))
    const rising = mixer.mix(silence(480))
    expect(rising.every((sample, i) => i === 0 || (sample > rising[i - 1]! && sample - rising[i - 1]! < 50))).toBe(true)
    expect(rising[479]).toBe(10_000)
    mixer.processFrame(new MixerUpdateSettingsFrame({ volume: 0.5 }))
    expect(mixer.mix(silence(480))[479]).toBe(5000)
    mixer.processFrame(new MixerEnableFrame(false))
    expect(mixer.mix(silence(480))[479]).toBe(0)
  })

  test.each([
    [{ sound: 'nothing' }, /no sound "nothing".*ramp/],
    [{ sound: 3 }, /sound must be/],
    [{ volume: 2 }, /volume is 2/],
    [{ volume: 'loud' }, /volume must be/],
    [{ loop: 1 }, /loop must be/],
  ])('refuses the settings %j and keeps its own', async (settings, message) => {
    const mixer = await started()
    expect(() => mixer.processFrame(new MixerUpdateSettingsFrame(settings))).toThrow(message)
    expect(mixer.mix(silence(3))).toEqual(ramp.slice(0, 3))
  })

  test('refuses to be made without a sound or with an unknown one', () => {
    expect(() => new SoundfileMixer({ soundFiles: {} })).toThrow(/at least one/)
    expect(() => new SoundfileMixer({ soundFiles: { a: new Uint8Array() }, defaultSound: 'b' })).toThrow(/"b"/)
  })
})

describe('behind an output transport', () => {
  test('an interruption with a lead drops queued speech and leaves no gap and no jump in the background', async () => {
    const audioOutMixer = await started()
    const { clock, output, send } = await startRig({ params: { audioOutMixer }, leadSecs: 0.1, clears: true }, rate)
    await clock.advance(100)
    await send(speech(2000))
    await clock.advance(190)
    const before = output.written.length
    await send(new InterruptionFrame())
    const cutAtMs = clock.nowMs()
    await clock.advance(200)
    const kept = Math.floor((cutAtMs * RATE) / 1000)
    expect(before * 480).toBeGreaterThan(kept)
    // What was played up to the cut, then what was written after it: the speech is gone, the ramp goes on.
    const played = [
      ...output.written
        .slice(0, before)
        .flatMap(({ audio }) => [...audio])
        .slice(0, kept),
      ...output.written.slice(before).flatMap(({ audio }) => [...audio]),
    ]
    const background = played.map((sample, i) => (i < kept && sample > 2000 ? sample - 1000 : sample))
    expect(background.slice(kept)).toEqual(background.slice(kept).map((_, i) => ((kept + i) % 2000) + 1))
    expect(output.written.map(({ atMs }) => atMs).every((atMs, i, all) => i === 0 || atMs - all[i - 1]! <= 20)).toBe(
      true,
    )
  })

  test('frames switch and change it at once, ahead of waiting speech, and survive an interruption', async () => {
    const sound = { audio: new Int16Array(4800).fill(100), sampleRate: RATE }
    const other = { audio: new Int16Array(4800).fill(200), sampleRate: RATE }
    const audioOutMixer = new SoundfileMixer({ soundFiles: { sound, other }, volume: 1, mixing: false })
    const { clock, output, send, tags } = await startRig({ params: { audioOutMixer } }, rate)
    await send(speech(2000), new MixerEnableFrame(true), new MixerUpdateSettingsFrame({ sound: 'other' }))
    expect(tags()).toEqual(['MixerEnableFrame', 'MixerUpdateSettingsFrame'])
    await clock.advance(100)
    expect(output.written.at(-1)?.audio[479]).toBe(1200)
    await send(new InterruptionFrame())
    await clock.advance(100)
    expect(output.written.at(-1)?.audio[479]).toBe(200)
    expect(MixerEnableFrame.prototype.sticky).toBe(true)
  })

  test('a wrong setting and a sound that cannot be had are reported, and speech is played', async () => {
    const broken = new SoundfileMixer({ soundFiles: { gone: () => Promise.reject(new Error('no such file')) } })
    const first = await startRig({ params: { audioOutMixer: broken } }, rate)
    await first.send(speech(100), new MixerUpdateSettingsFrame({ volume: 7 }))
    await first.clock.advance(200)
    const codes = first.up.map(({ frame }) => (frame as ErrorFrame).error?.code).filter((code) => code !== undefined)
    expect(codes).toEqual(['audio-mixer-failed', 'sound-mixer'])
    expect(first.output.writtenMs).toBe(100)

    let mixed = 0
    const failing = {
      start: () => {},
      mix: () => {
        mixed++
        throw new Error('mixing')
      },
      stop: () => {},
    }
    const second = await startRig({ params: { audioOutMixer: failing } }, rate)
    await second.send(speech(100))
    await second.clock.advance(200)
    expect(mixed).toBe(1)
    expect(second.output.writtenMs).toBeGreaterThanOrEqual(100)
  })
})
