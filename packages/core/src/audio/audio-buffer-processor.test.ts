import { describe, expect, test } from 'vitest'
import { RecordingOutput, speech } from '../../test/recording-output.ts'
import { AudioBufferStartRecordingFrame, AudioBufferStopRecordingFrame } from '../frames/audio-control.ts'
import { InputAudioRawFrame } from '../frames/audio.ts'
import { EndFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import { TTSStoppedFrame } from '../frames/speech.ts'
import { UserStartedSpeakingFrame, UserStoppedSpeakingFrame } from '../frames/turn.ts'
import type { Frame } from '../frames/frame.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { TestClock } from '../testing/test-clock.ts'
import { createTestRuntime } from '../testing/test-runtime.ts'
import { AudioBufferProcessor, type AudioBufferOptions } from './audio-buffer-processor.ts'
import type { TurnAudio } from './recording.ts'
import { SoundfileMixer } from './soundfile-mixer.ts'

const RATE = 8000
const samplesOf = (ms: number): number => (ms * RATE) / 1000

async function start(
  options: AudioBufferOptions = {},
  output = new RecordingOutput({ leadSecs: 0.1, clears: true, params: { audioOutEndSilenceSecs: 0 } }),
) {
  const clock = new TestClock()
  const recorder = new AudioBufferProcessor({ autoStartRecording: true, ...options })
  const task = new PipelineTask(
    new Pipeline([output, recorder]),
    { audioInSampleRate: RATE, audioOutSampleRate: RATE },
    { defaultParts: false, idleTimeoutSecs: null, runtime: createTestRuntime(clock) },
  )
  const events: string[] = []
  const pieces: { audio: Int16Array; sampleRate: number; numChannels: number }[] = []
  const tracks: { user: Int16Array; bot: Int16Array }[] = []
  const turns: (TurnAudio & { voice: string })[] = []
  recorder.on('audioData', (audio, sampleRate, numChannels) => {
    events.push('audioData')
    pieces.push({ audio, sampleRate, numChannels })
  })
  recorder.on('trackAudioData', (user, bot) => void tracks.push({ user, bot }))
  recorder.on('userTurnAudio', (turn) => void turns.push({ ...turn, voice: 'user' }))
  recorder.on('botTurnAudio', (turn) => void turns.push({ ...turn, voice: 'bot' }))
  recorder.on('recordingStarted', () => void events.push('started'))
  recorder.on('recordingStopped', () => void events.push('stopped'))
  const run = task.run()
  await clock.settle()
  const send = async (...frames: Frame[]): Promise<void> => {
    for (const frame of frames) await task.queueFrame(frame)
  }
  /** The user's microphone for so long, in pieces of 20 ms that arrive when they are over. */
  const hear = async (ms: number, sample: number): Promise<void> => {
    for (let at = 0; at < ms; at += 20) {
      await clock.advance(20)
      await send(new InputAudioRawFrame(new Int16Array(samplesOf(20)).fill(sample), RATE))
    }
  }
  const end = async (): Promise<void> => {
    await send(new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    await run
  }
  return { clock, task, recorder, events, pieces, tracks, turns, send, hear, end, run }
}

/** Runs of equal samples, as `value x milliseconds`. */
function outline(audio: Int16Array | undefined): string[] {
  const runs: { value: number; length: number }[] = []
  for (const value of audio ?? []) {
    const last = runs.at(-1)
    if (last?.value === value) last.length++
    else runs.push({ value, length: 1 })
  }
  return runs.map(({ value, length }) => `${value} x ${(length / RATE) * 1000}`)
}

const bot = (ms: number): Frame => speech(ms, 'a', RATE)

describe('AudioBufferProcessor', () => {
  test('has both voices at the times when they were heard, user left and agent right', async () => {
    const { send, hear, end, tracks, pieces, events } = await start({ numChannels: 2 })
    await hear(500, 5)
    await send(bot(300), new TTSStoppedFrame('a'))
    await hear(1000, 7)
    await end()
    expect(events).toEqual(['started', 'audioData', 'stopped'])
    expect(tracks).toHaveLength(1)
    expect(outline(tracks[0]?.user)).toEqual(['5 x 500', '7 x 1000'])
    expect(outline(tracks[0]?.bot)).toEqual(['0 x 500', '1000 x 300', '0 x 700'])
    expect(pieces[0]).toMatchObject({ sampleRate: RATE, numChannels: 2 })
    const { audio } = pieces[0]!
    expect([audio[samplesOf(600) * 2], audio[samplesOf(600) * 2 + 1]]).toEqual([7, 1000])
  })

  test('mixes to mono by default', async () => {
    const { send, hear, end, pieces } = await start()
    await hear(100, 5)
    await send(bot(100))
    await hear(100, 7)
    await end()
    expect(outline(pieces[0]?.audio)).toEqual(['5 x 100', '1007 x 100'])
    expect(pieces[0]?.numChannels).toBe(1)
  })

  test('does not hold what was sent and never heard, because the agent was interrupted', async () => {
    const { clock, send, hear, end, tracks } = await start()
    await send(bot(2000))
    await hear(490 + 10, 5)
    await send(new InterruptionFrame())
    await clock.advance(0)
    await hear(500, 6)
    await end()
    expect(outline(tracks[0]?.bot)).toEqual(['1000 x 500', '0 x 500'])
  })

  test('tells pieces as they fill up, and together they are the whole without a seam', async () => {
    const { send, hear, end, tracks, pieces } = await start({ numChannels: 2, bufferSize: samplesOf(100) * 4 })
    await hear(200, 5)
    await send(bot(400))
    await hear(800, 7)
    const before = pieces.length
    expect(before).toBeGreaterThanOrEqual(7)
    await end()
    expect(pieces.slice(0, -1).every(({ audio }) => audio.length === samplesOf(100) * 2)).toBe(true)
    const join = (pick: (track: { user: Int16Array; bot: Int16Array }) => Int16Array): Int16Array =>
      Int16Array.from(tracks.flatMap((track) => [...pick(track)]))
    expect(outline(join(({ user }) => user))).toEqual(['5 x 200', '7 x 800'])
    expect(outline(join((track) => track.bot))).toEqual(['0 x 200', '1000 x 400', '0 x 400'])
  })

  test('inserts no silence inside an utterance whose audio came late, and keeps the pause between two', async () => {
    const { clock, send, hear, end, tracks } = await start()
    await send(new UserStartedSpeakingFrame())
    await hear(200, 5)
    // The network stalls for half a second, then everything comes at once.
    await clock.advance(500)
    for (let i = 0; i < 25; i++) await send(new InputAudioRawFrame(new Int16Array(samplesOf(20)).fill(5), RATE))
    await send(new UserStoppedSpeakingFrame())
    // The microphone is muted for a second.
    await clock.advance(1000)
    await send(new UserStartedSpeakingFrame())
    await hear(200, 6)
    await send(new UserStoppedSpeakingFrame())
    await end()
    const [first, pause, second, ...rest] = outline(tracks[0]?.user)
    expect([first, second]).toEqual(['5 x 700', '6 x 200'])
    expect(pause).toBe('0 x 1000')
    expect(rest).toEqual([])
  })

  test('small hiccups of the microphone make no holes', async () => {
    const { clock, hear, end, tracks } = await start()
    for (let i = 0; i < 5; i++) {
      await hear(100, 5)
      await clock.advance(30)
    }
    await end()
    expect(outline(tracks[0]?.user)[0]).toBe('5 x 500')
  })

  test('holds no more than its limit while background sound runs and nobody speaks, and loses nothing', async () => {
    const sound = { audio: new Int16Array(800).fill(100), sampleRate: RATE }
    const audioOutMixer = new SoundfileMixer({ soundFiles: { sound }, volume: 1 })
    const output = new RecordingOutput({ leadSecs: 0.1, params: { audioOutMixer, audioOutEndSilenceSecs: 0 } })
    const { clock, end, tracks } = await start({ maxBufferSecs: 2 }, output)
    await clock.advance(10_000)
    expect(tracks).toHaveLength(4)
    await end()
    expect(tracks.every(({ bot: heard }) => heard.length <= samplesOf(2000))).toBe(true)
    const whole = Int16Array.from(tracks.flatMap((track) => [...track.bot]))
    expect(outline(whole)).toEqual(['100 x 10000'])
  })

  test('tells what it has after ten minutes, unless told otherwise', async () => {
    const { clock, hear, end, tracks } = await start({ sampleRate: 8000 })
    await clock.advance(598_000)
    await hear(5000, 5)
    expect(tracks.map(({ user }) => user.length)).toEqual([600 * 8000])
    await end()
  })

  test('records at its own rate', async () => {
    const { send, hear, end, tracks } = await start({ sampleRate: 16_000 })
    await hear(500, 500)
    await send(bot(500))
    await hear(500, 500)
    await end()
    const { user, bot: agent } = tracks[0]!
    expect([user.length, agent.length]).toEqual([16_000, 16_000])
    expect(user[12_000]).toBe(500)
    expect([agent[7000], agent[12_000]]).toEqual([0, 1000])
  })

  test('starts and stops by frame and by method; once more of the same does nothing', async () => {
    const { send, hear, events, pieces, recorder, end, clock } = await start({ autoStartRecording: false })
    await hear(100, 5)
    await send(new AudioBufferStartRecordingFrame(), new AudioBufferStartRecordingFrame())
    await clock.settle()
    expect(recorder.isRecording).toBe(true)
    await hear(100, 6)
    await send(new AudioBufferStopRecordingFrame())
    await clock.settle()
    recorder.stopRecording()
    await hear(100, 7)
    recorder.startRecording()
    await hear(100, 8)
    await end()
    expect(events).toEqual(['started', 'audioData', 'stopped', 'started', 'audioData', 'stopped'])
    expect(pieces.map(({ audio }) => outline(audio))).toEqual([['6 x 100'], ['8 x 100']])
  })

  test('a recording that begins while the agent speaks has what was on its way to the player', async () => {
    const { clock, send, recorder, end, tracks } = await start({ autoStartRecording: false })
    await send(bot(60), new TTSStoppedFrame('a'))
    await clock.advance(30)
    recorder.startRecording()
    await clock.advance(100)
    await end()
    expect(outline(tracks[0]?.bot)).toEqual(['1000 x 30'])
  })

  test('a cancelled task tells what was recorded before it says that it stopped', async () => {
    const { hear, task, run, events, pieces } = await start()
    await hear(100, 5)
    await task.cancel()
    await run
    expect(events).toEqual(['started', 'audioData', 'stopped'])
    expect(outline(pieces[0]?.audio)).toEqual(['5 x 100'])
  })

  test.each([
    [{ sampleRate: 100 }, /sampleRate is 100/],
    [{ bufferSize: -1 }, /bufferSize is -1/],
    [{ maxBufferSecs: 0 }, /maxBufferSecs is 0/],
  ])('refuses %j', (options, message) => {
    expect(() => new AudioBufferProcessor(options)).toThrow(message)
  })
})

describe('turns', () => {
  test('are told one by one: the user with a second before, the agent as it was heard', async () => {
    const { send, hear, end, turns } = await start({ enableTurnAudio: true })
    await hear(1500, 1)
    await send(new UserStartedSpeakingFrame())
    await hear(400, 5)
    await send(new UserStoppedSpeakingFrame())
    await send(bot(300), new TTSStoppedFrame('a'))
    await hear(600, 2)
    await end()
    expect(
      turns.map(({ voice, turnNumber, sampleRate, numChannels }) => [voice, turnNumber, sampleRate, numChannels]),
    ).toEqual([
      ['user', 1, RATE, 1],
      ['bot', 1, RATE, 1],
    ])
    expect(outline(turns[0]?.audio)).toEqual(['1 x 1000', '5 x 400'])
    expect(outline(turns[1]?.audio)).toEqual(['1000 x 300'])
  })

  test('a barge-in closes what the agent said into the turn that it cut, and opens the next for the user', async () => {
    const { send, hear, end, turns } = await start({ enableTurnAudio: true })
    await send(new UserStartedSpeakingFrame())
    await hear(200, 5)
    await send(new UserStoppedSpeakingFrame(), bot(5000))
    await hear(500, 1)
    await send(new UserStartedSpeakingFrame(), new InterruptionFrame())
    await hear(200, 6)
    await send(new UserStoppedSpeakingFrame())
    await end()
    expect(turns.map(({ voice, turnNumber }) => `${voice} ${turnNumber}`)).toEqual(['user 1', 'bot 1', 'user 2'])
    expect(outline(turns[1]?.audio)).toEqual(['1000 x 500'])
    // What was told of the first turn is not told again.
    expect(outline(turns[2]?.audio)).toEqual(['1 x 500', '6 x 200'])
  })
})
