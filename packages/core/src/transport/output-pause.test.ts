import { describe, expect, test } from 'vitest'
import { announce, type Rig, speech, startRig, unitEnd } from '../../test/recording-output.ts'
import { EndFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import { TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import type { TTSTextFrame } from '../frames/text.ts'
import { type BotSpeechHeardFrame, OutputPauseFrame, OutputResumeFrame } from '../frames/transport.ts'
import type { AudioMixer } from './audio-parts.ts'

const rate = { audioOutSampleRate: 24_000 }
const sentence = 'One two three four five.'

/** Says a sentence of one second, and lets some of it be played. */
async function speaking(playedMs: number, ...options: Parameters<typeof startRig>): Promise<Rig> {
  const rig = await startRig(options[0], { ...rate, ...options[1] })
  const audio = speech(1000)
  audio.audio.forEach((_, i) => (audio.audio[i] = 1 + (i % 30_000)))
  await rig.send(new TTSStartedFrame('a'), announce(sentence), audio, unitEnd(sentence), new TTSStoppedFrame('a'))
  await rig.clock.advance(playedMs)
  return rig
}

const words = ({ down }: Rig): string[] =>
  down.flatMap(({ frame, atMs }) => (frame.type === 'TTSTextFrame' ? [`${(frame as TTSTextFrame).text}@${atMs}`] : []))
const played = ({ output }: Rig): number[] => output.written.flatMap(({ audio }) => [...audio])
const spoken = ({ tags }: Rig): string[] => tags().filter((tag) => tag.startsWith('BotSt'))

describe('an output that is paused', () => {
  test('sends nothing more, and plays on at the very sample when it is resumed', async () => {
    const rig = await speaking(310)
    const sent = rig.output.written.length
    await rig.send(new OutputPauseFrame())
    await rig.clock.advance(1500)
    expect(rig.output.written).toHaveLength(sent)
    await rig.send(new OutputResumeFrame())
    expect(rig.output.written).toHaveLength(sent + 1)
    await rig.clock.advance(1000)
    expect(played(rig)).toEqual(Array.from({ length: 24_000 }, (_, i) => 1 + i))
  })

  test('counts no word as heard while it is held, and all of them in the end', async () => {
    const rig = await speaking(310)
    await rig.send(new OutputPauseFrame())
    await rig.clock.advance(2000)
    const held = words(rig)
    await rig.send(new OutputResumeFrame())
    await rig.clock.advance(1000)
    expect(held.length).toBeGreaterThan(0)
    expect(words(rig).map((word) => word.split('@')[0])).toEqual(['One', 'two', 'three', 'four', 'five.'])
    // 310 ms were played, of 320 that were written; the rest took its time after the pause.
    expect(rig.down.find(({ frame }) => frame.type === 'BotStoppedSpeakingFrame')?.atMs).toBe(310 + 2000 + 680)
    expect(rig.output.playout()?.playout('a')).toMatchObject({ playedSamples: 24_000, sentSamples: 24_000 })
  })

  test('keeps the floor: the agent neither stops nor starts anew', async () => {
    const rig = await speaking(310)
    await rig.send(new OutputPauseFrame())
    await rig.clock.advance(6000)
    await rig.send(new OutputResumeFrame())
    await rig.clock.advance(5000)
    expect(spoken(rig)).toEqual(['BotStartedSpeakingFrame', 'BotStoppedSpeakingFrame'])
  })

  test('plays on by itself when nobody resumes it', async () => {
    const rig = await speaking(300)
    await rig.send(new OutputPauseFrame(2))
    await rig.clock.advance(1999)
    const held = rig.output.written.length
    await rig.clock.advance(2000)
    expect([held, rig.output.writtenMs]).toEqual([16, 1000])
  })

  test('plays what was on its way, and goes on without a gap when the pause is shorter', async () => {
    const rig = await speaking(300, { leadSecs: 0.2 })
    await rig.send(new OutputPauseFrame())
    await rig.clock.advance(100)
    await rig.send(new OutputResumeFrame())
    await rig.clock.advance(2000)
    expect(rig.down.find(({ frame }) => frame.type === 'BotStoppedSpeakingFrame')?.atMs).toBe(1000)
  })

  test('says of an utterance that is cut in the pause what was heard of it', async () => {
    const rig = await speaking(500)
    await rig.send(new OutputPauseFrame())
    await rig.clock.advance(1000)
    await rig.send(new InterruptionFrame())
    const heard = rig.down.find(({ frame }) => frame.type === 'BotSpeechHeardFrame')?.frame as BotSpeechHeardFrame
    expect(heard.text).toBe('One two')
    await rig.send(new TTSStartedFrame('b'), announce('Next.', 2, 'b'), speech(100, 'b'), unitEnd('Next.', 2, 'b'))
    await rig.clock.advance(200)
    expect(rig.output.written.filter(({ contextId }) => contextId === 'b')).toHaveLength(5)
  })

  test('does not hold the end of the session', async () => {
    const rig = await speaking(300)
    await rig.send(new OutputPauseFrame(1000), new EndFrame())
    await rig.clock.advanceUntil(() => rig.task.hasFinished())
    expect(rig.clock.nowMs()).toBeLessThan(5000)
    expect(rig.output.written.filter(({ contextId }) => contextId === 'a')).toHaveLength(50)
  })

  test('lets the background go on', async () => {
    const mixer: AudioMixer = {
      start: async () => {},
      stop: async () => {},
      mix: (audio) => audio.map((sample) => sample + 1),
    }
    const rig = await speaking(300, { params: { audioOutMixer: mixer } })
    await rig.send(new OutputPauseFrame())
    const before = rig.output.written.length
    await rig.clock.advance(400)
    expect(rig.output.written.slice(before).map(({ contextId, audio }) => [contextId, audio[0]])).toEqual(
      Array.from({ length: 20 }, () => [undefined, 1]),
    )
    await rig.send(new OutputResumeFrame())
    await rig.clock.advance(1000)
    expect(rig.output.written.filter(({ contextId }) => contextId === 'a')).toHaveLength(50)
  })
})
