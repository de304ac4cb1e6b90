import { describe, expect, test } from 'vitest'
import { announce, speech, startRig, unitEnd, word } from '../../test/recording-output.ts'
import { OutputAudioRawFrame, SpeechOutputAudioRawFrame, TTSAudioRawFrame } from '../frames/audio.ts'
import { EndFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { TTSStartedFrame, TTSStoppedFrame } from '../frames/speech.ts'
import { type AggregatedTextProgressFrame, TextFrame, TranscriptionFrame, type TTSTextFrame } from '../frames/text.ts'
import {
  type BotSpeechHeardFrame,
  OutputDTMFFrame,
  OutputTransportMessageFrame,
  OutputTransportMessageUrgentFrame,
  PlayoutReportFrame,
} from '../frames/transport.ts'
import type { Frame } from '../frames/frame.ts'

const rate = { audioOutSampleRate: 24_000 }

function of<F extends Frame>(
  type: F['type'],
  frames: readonly { frame: Frame; atMs: number }[],
): { frame: F; atMs: number }[] {
  return frames.filter(({ frame }) => frame.type === type) as { frame: F; atMs: number }[]
}

describe('pacing', () => {
  test('the first chunk is written in the stack of its arrival, the others one per 20 ms by absolute times', async () => {
    const { clock, output, send } = await startRig({}, rate)
    output.queueFrame(speech(100))
    expect(output.written).toHaveLength(1)
    await clock.advance(200)
    expect(output.written.map(({ atMs }) => atMs)).toEqual([0, 20, 40, 60, 80])
    expect(output.written.every(({ audio }) => audio.length === 480)).toBe(true)
    await send(speech(20))
    expect(output.written.at(-1)?.atMs).toBe(200)
  })

  test('a lead is written at once when speech starts, then one chunk per 20 ms', async () => {
    const { clock, output, send } = await startRig({ leadSecs: 0.1 }, rate)
    await send(speech(200))
    expect(output.written).toHaveLength(6)
    await clock.advance(40)
    expect(output.written.map(({ atMs }) => atMs)).toEqual([0, 0, 0, 0, 0, 0, 20, 40])
  })

  test('after a short stall it catches up; a long one moves the rest to later', async () => {
    const { clock, output, send } = await startRig({}, rate)
    await send(speech(400))
    await clock.hold(Promise.resolve(), 70)
    await clock.advance(0)
    expect(output.written).toHaveLength(4)
    await clock.hold(Promise.resolve(), 1000)
    await clock.advance(30)
    expect(output.written.map(({ atMs }) => atMs).slice(4)).toEqual([1070, 1090])
  })

  test('audio that comes late after an underrun starts anew', async () => {
    const { clock, output, send } = await startRig({}, rate)
    await send(speech(20))
    await clock.advance(500)
    await send(speech(60))
    await clock.advance(100)
    expect(output.written.map(({ atMs }) => atMs)).toEqual([0, 500, 520, 540])
  })
})

describe('chunks', () => {
  test('odd pieces become chunks of 20 ms that keep utterance, position, time and companions', async () => {
    const { clock, output, send } = await startRig({}, rate)
    const piece = speech(15).with({ ptsUs: 1_000_000, metadata: { take: 7 } })
    await send(piece, speech(15), speech(35))
    await clock.advance(99)
    expect(output.written.map(({ positionUs }) => positionUs)).toEqual([0, 20_000, 40_000])
    expect(output.written[0]).toMatchObject({ contextId: 'a', ptsUs: 1_000_000, extras: { metadata: { take: 7 } } })
  })

  test('the last part of an utterance is padded and played', async () => {
    const { clock, output, send } = await startRig({}, rate)
    await send(speech(25), new TTSStoppedFrame('a'))
    await clock.advance(100)
    expect(output.written).toHaveLength(2)
    expect(output.written[1]?.audio.slice(0, 120).every((sample) => sample === 1000)).toBe(true)
    expect(output.written[1]?.audio.slice(120).every((sample) => sample === 0)).toBe(true)
  })

  test('a part whose rest does not come is played before the player runs dry, and nothing is stuck behind it', async () => {
    const { clock, output, send, tags } = await startRig({ leadSecs: 0.2 }, rate)
    await send(new OutputAudioRawFrame(new Int16Array(480 * 20 + 100).fill(9), 24_000), new TextFrame('behind'))
    await clock.advance(379)
    expect(output.written).toHaveLength(20)
    await clock.advance(1)
    expect(output.written).toHaveLength(21)
    await clock.advance(40)
    expect(tags()).toEqual(['TextFrame'])
  })

  test('audio of another rate and channel count is brought to those of the wire', async () => {
    const { clock, output, send } = await startRig({ params: { audioOutChannels: 2 } }, { audioOutSampleRate: 8000 })
    await send(speech(100, 'a', 24_000), new TTSStoppedFrame('a'))
    await clock.advance(300)
    expect(output.writtenMs).toBe(100)
    const { audio, sampleRate, numChannels } = output.written[2]!
    expect([sampleRate, numChannels, audio.length]).toEqual([8000, 2, 320])
    expect(audio[100]).toBeGreaterThan(990)
    expect(audio[101]).toBe(audio[100])
  })

  test('utterances in one chunk are kept apart', async () => {
    const { clock, output, send } = await startRig({}, rate)
    await send(speech(10, 'a'), speech(20, 'b'))
    await clock.advance(100)
    expect(output.written.map(({ contextId }) => contextId)).toEqual(['a', 'b'])
  })
})

describe('frames', () => {
  test('leave when the audio ahead of them was played, in their order', async () => {
    const { clock, down, send } = await startRig({ leadSecs: 0.2 }, rate)
    await send(
      new TextFrame('before'),
      speech(100),
      new TextFrame('one'),
      new TextFrame('two'),
      speech(50),
      new TextFrame('three'),
    )
    await clock.advance(300)
    const texts = of<TextFrame>('TextFrame', down).map(({ frame, atMs }) => [frame.text, atMs])
    expect(texts).toEqual([
      ['before', 0],
      ['one', 100],
      ['two', 100],
      ['three', 160],
    ])
  })

  test('a message follows the audio ahead of it; an urgent one does not wait', async () => {
    const { clock, output, send } = await startRig({}, rate)
    await send(speech(60), new OutputTransportMessageFrame('later'), new OutputTransportMessageUrgentFrame('now'))
    await clock.advance(100)
    expect(output.messages).toEqual([
      { message: 'now', urgent: true, atMs: 0 },
      { message: 'later', urgent: false, atMs: 60 },
    ])
  })

  test('an unknown track is reported once and its audio is not played anywhere', async () => {
    const { output, send, up } = await startRig({ params: { audioOutDestinations: ['french'] } }, rate)
    const german = speech(20).with({ transportDestination: 'german' })
    await send(german, german, speech(20).with({ transportDestination: 'french' }))
    expect(of('ErrorFrame', up)).toHaveLength(1)
    expect(output.written.map(({ destination }) => destination)).toEqual(['french'])
  })

  test('keys are played as tones in their place', async () => {
    const { clock, output, send, tags } = await startRig({}, rate)
    await send(new OutputDTMFFrame(['1', '#']), new TextFrame('behind'))
    await clock.advance(1000)
    expect(output.writtenMs).toBe(400)
    expect(tags()).toEqual(['TextFrame'])
  })

  test.each([8000, 24_000])('the tones of keys have the rate of the wire, %d Hz', async (audioOutSampleRate) => {
    const { clock, output, send } = await startRig({}, { audioOutSampleRate })
    await send(new OutputDTMFFrame(['5']))
    await clock.advance(500)
    expect(output.written.every(({ sampleRate }) => sampleRate === audioOutSampleRate)).toBe(true)
    const tone = output.written.flatMap(({ audio }) => [...audio]).slice(0, audioOutSampleRate / 10)
    // 770 Hz and 1336 Hz: the sum crosses zero as often at any rate.
    const crossings = tone.filter((sample, i) => i > 0 && sample >= 0 !== tone[i - 1]! >= 0).length
    expect(crossings).toBeGreaterThan(190)
    expect(crossings).toBeLessThan(280)
  })

  test('with audio switched off nothing is written, frames pass and speech counts as heard', async () => {
    const { output, send, down } = await startRig({ params: { audioOutEnabled: false } }, rate)
    await send(announce('Hello there.'), speech(500), unitEnd('Hello there.'), new TTSStoppedFrame('a'))
    expect(output.written).toHaveLength(0)
    expect(of<TTSTextFrame>('TTSTextFrame', down).map(({ frame }) => frame.text)).toEqual(['Hello', 'there.'])
  })
})

describe('the agent speaks', () => {
  test('once per utterance, until its end was played, with a sign of life every 0.2 s, both ways', async () => {
    const { clock, down, up, send } = await startRig({ leadSecs: 0.2 }, rate)
    await send(new TTSStartedFrame('a'), speech(500), new TTSStoppedFrame('a'))
    await clock.advance(1000)
    for (const side of [down, up]) {
      expect(of('BotStartedSpeakingFrame', side).map(({ atMs }) => atMs)).toEqual([0])
      expect(of('BotStoppedSpeakingFrame', side).map(({ atMs }) => atMs)).toEqual([500])
      expect(of('BotSpeakingFrame', side).map(({ atMs }) => atMs)).toEqual([0, 200, 400])
    }
  })

  test('also in an utterance shorter than a chunk', async () => {
    const { clock, send, tags } = await startRig({}, rate)
    await send(speech(5), new TTSStoppedFrame('a'))
    await clock.advance(100)
    expect(tags()).toEqual([
      'BotStartedSpeakingFrame',
      'BotSpeakingFrame',
      'TTSStoppedFrame',
      'BotStoppedSpeakingFrame',
    ])
  })

  test('until 3 s after the last audio when the service never says that it ended', async () => {
    const { clock, down, send } = await startRig({}, rate)
    await send(speech(100))
    await clock.advance(5000)
    expect(of('BotStoppedSpeakingFrame', down)[0]?.atMs).toBeCloseTo(3100, -2)
  })

  test('not for other sounds', async () => {
    const { clock, tags, send } = await startRig({}, rate)
    await send(new OutputAudioRawFrame(new Int16Array(4800).fill(500), 24_000))
    await clock.advance(1000)
    expect(tags()).toEqual([])
  })

  test('in the loud parts of a stream of speech and silence', async () => {
    const { clock, down, send } = await startRig({}, rate)
    const loud = new SpeechOutputAudioRawFrame(new Int16Array(4800).fill(500), 24_000)
    const quiet = new SpeechOutputAudioRawFrame(new Int16Array(24_000).fill(3), 24_000)
    await send(quiet, loud, quiet)
    await clock.advance(4000)
    expect(of('BotStartedSpeakingFrame', down)[0]?.atMs).toBe(1000)
    expect(of('BotStoppedSpeakingFrame', down)[0]?.atMs).toBeCloseTo(1550, -1.5)
  })
})

describe('words', () => {
  test('leave when they were spoken, by their own times, with the progress of their sentence', async () => {
    const { clock, down, send } = await startRig({ leadSecs: 0.2 }, rate)
    const text = 'Hello there, friend.'
    await send(new LLMFullResponseStartFrame(), new TTSStartedFrame('a'), announce(text), speech(1000))
    await send(word('Hello', 0), word('there', 300), word('friend', 640), unitEnd(text), new TTSStoppedFrame('a'))
    await send(new LLMFullResponseEndFrame())
    await clock.advance(2000)
    const words = of<TTSTextFrame>('TTSTextFrame', down)
    expect(words.map(({ frame, atMs }) => [frame.text, atMs])).toEqual([
      ['Hello', 300],
      ['there,', 640],
      ['friend.', 1000],
    ])
    expect(words[0]?.frame).toMatchObject({ aggregatedBy: 'word', contextId: 'a', segmentId: 1, appendToContext: true })
    const progress = of<AggregatedTextProgressFrame>('AggregatedTextProgressFrame', down)
    expect(progress.map(({ frame }) => [frame.accumulatedText, frame.remainingText])).toEqual([
      ['Hello', ' there, friend.'],
      ['Hello there,', ' friend.'],
      [text, ''],
    ])
    expect(down.map(({ frame }) => frame.type).slice(-3)).toEqual([
      'TTSStoppedFrame',
      'LLMFullResponseEndFrame',
      'BotStoppedSpeakingFrame',
    ])
  })

  test('share the audio of their sentence by their length where the service gives no times', async () => {
    const { clock, down, send } = await startRig({}, rate)
    await send(announce('aaaa bbbb cc'), speech(1200), unitEnd('aaaa bbbb cc'))
    await clock.advance(2000)
    const words = of<TTSTextFrame>('TTSTextFrame', down).map(({ frame, atMs }) => [frame.text, atMs])
    expect(words).toEqual([
      ['aaaa', 400],
      ['bbbb', 900],
      ['cc', 1200],
    ])
  })

  test('a sentence is announced when its audio starts', async () => {
    const { clock, down, send, tags } = await startRig({}, rate)
    await send(announce('One.', 1))
    expect(tags()).toEqual([])
    await send(speech(200), unitEnd('One.', 1), announce('Two.', 2), speech(200), unitEnd('Two.', 2))
    await clock.advance(1000)
    expect(of('AggregatedTextFrame', down).map(({ atMs }) => atMs)).toEqual([0, 200])
    expect(tags().slice(0, 2)).toEqual(['AggregatedTextFrame', 'BotStartedSpeakingFrame'])
  })

  test('a sentence without audio is not held back and not heard', async () => {
    const { send, tags } = await startRig({}, rate)
    await send(announce('Lost.'), unitEnd('Lost.'), new TTSStoppedFrame('a'))
    expect(tags()).toEqual(['AggregatedTextFrame', 'TTSStoppedFrame'])
  })

  test('of an utterance that is not for the context carry that', async () => {
    const { clock, down, send } = await startRig({}, rate)
    await send(new TTSStartedFrame('a', { appendToContext: false }), announce('Hm.'), speech(40), unitEnd('Hm.'))
    await clock.advance(100)
    expect(of<TTSTextFrame>('TTSTextFrame', down)[0]?.frame.appendToContext).toBe(false)
  })

  test("carry the model's own words where the spoken ones differ, each of them once", async () => {
    const { clock, down, send } = await startRig({}, rate)
    const [spoken, raw] = ['It costs five dollars today.', 'It costs $5 today.']
    await send(announce(spoken, 1, 'a', raw), speech(2800), unitEnd(spoken, 1, 'a', raw))
    await clock.advance(4000)
    const raws = of<TTSTextFrame>('TTSTextFrame', down).map(({ frame }) => frame.rawText)
    expect(raws.filter((text) => text !== '').join(' ')).toBe(raw)
    expect(raws).toHaveLength(5)
  })
})

describe('an interruption', () => {
  const cut = new InterruptionFrame()

  test('drops audio at once on all tracks, stops speaking and says what was heard', async () => {
    const { clock, output, send, down } = await startRig({ params: { audioOutDestinations: ['b'] } }, rate)
    await send(new TTSStartedFrame('a'), announce('aaaa bbbb cccc'), speech(1400), unitEnd('aaaa bbbb cccc'))
    await send(speech(1000, 'x').with({ transportDestination: 'b' }))
    await clock.advance(1000)
    const before = output.written.length
    await send(cut)
    expect(down.at(-2)?.frame.type).toBe('BotSpeechHeardFrame')
    await clock.advance(1000)
    expect(output.written.length).toBe(before)
    expect(of('BotStoppedSpeakingFrame', down)).toHaveLength(2)
    const heard = of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)[0]?.frame
    expect(heard).toMatchObject({ contextId: 'a', text: 'aaaa bbbb', final: true })
    expect(heard?.segments).toEqual([{ segmentId: 1, heard: 'aaaa bbbb', unheard: ' cccc' }])
  })

  test('clears a part of a chunk although nobody spoke yet', async () => {
    const { clock, output, send } = await startRig({}, rate)
    const part = (sample: number) => new TTSAudioRawFrame(new Int16Array(240).fill(sample), 24_000)
    await send(part(1), cut, part(7))
    await clock.advance(500)
    expect(output.written).toHaveLength(1)
    expect(output.written[0]?.audio[0]).toBe(7)
  })

  test('keeps sticky frames and drops the others', async () => {
    const { send, tags } = await startRig({}, rate)
    await send(speech(500), new TextFrame('gone'), new TranscriptionFrame('kept'), new TTSStoppedFrame('a'), cut)
    expect(tags().filter((tag) => !tag.startsWith('Bot'))).toEqual(['TranscriptionFrame'])
  })

  test('keeps late audio and words of the old utterance away, and lets the next one play', async () => {
    const { clock, output, send, down } = await startRig({}, rate)
    await send(announce('Old words.'), speech(300))
    await clock.advance(100)
    await send(cut)
    const before = output.written.length
    await send(speech(300), word('words', 200), unitEnd('Old words.'), announce('More old.', 2))
    await clock.advance(500)
    expect(output.written.length).toBe(before)
    await send(announce('New.', 3, 'b'), speech(100, 'b'), unitEnd('New.', 3, 'b'))
    await clock.advance(500)
    expect(of<TTSTextFrame>('TTSTextFrame', down).map(({ frame }) => frame.text)).toEqual(['New.'])
    expect(of('AggregatedTextFrame', down)).toHaveLength(2)
  })

  test('counts what was sent as heard where the client cannot drop it', async () => {
    const { clock, send, down } = await startRig({ leadSecs: 0.4 }, rate)
    await send(announce('aaaa bbbb cccc'), speech(1400), unitEnd('aaaa bbbb cccc'))
    await clock.advance(520)
    await send(cut)
    expect(of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)[0]?.frame.text).toBe('aaaa bbbb')
  })

  test('counts what was played as heard where the player is cleared', async () => {
    const { clock, output, send, down } = await startRig({ leadSecs: 0.4, clears: true }, rate)
    await send(announce('aaaa bbbb cccc'), speech(1400), unitEnd('aaaa bbbb cccc'))
    await clock.advance(520)
    await send(cut)
    expect(output.cleared).toBe(1)
    expect(of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)[0]?.frame).toMatchObject({ text: 'aaaa', final: true })
    await send(speech(40, 'b'))
    expect(output.written.at(-1)).toMatchObject({ contextId: 'b', atMs: 520 })
  })

  test('tells of an utterance of which nothing was played yet', async () => {
    const { send, down } = await startRig({}, rate)
    await send(speech(100, 'z'), announce('Never.', 1, 'b'), speech(500, 'b'), cut)
    const heard = of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down).map(({ frame }) => [frame.contextId, frame.text])
    expect(heard).toEqual([
      ['z', ''],
      ['b', ''],
    ])
  })

  test('in the frame that starts the speech, at the hands of a listener, loses nothing and says so once', async () => {
    const { clock, output, send, task, down } = await startRig({}, rate)
    task.on('frameReachedDownstream', (frame) => {
      if (frame.type === 'BotStartedSpeakingFrame') void task.queueFrame(new InterruptionFrame())
    })
    await send(announce('Hello.'), speech(500))
    await clock.advance(1000)
    expect(output.written.length).toBe(1)
    expect(of('BotStoppedSpeakingFrame', down)).toHaveLength(1)
    expect(of('BotSpeechHeardFrame', down)).toHaveLength(1)
  })
})

test('an interruption at the hands of who hears a word drops what is behind it and keeps what is sticky', async () => {
  const { clock, output, send, task, tags } = await startRig({}, rate)
  task.on('frameReachedDownstream', (frame) => {
    if (frame.type === 'TTSTextFrame') output.broadcastInterruption()
  })
  await send(announce('One.'), speech(100), unitEnd('One.'), new TextFrame('gone'), new TranscriptionFrame('kept'))
  await clock.advance(1000)
  expect(tags().filter((tag) => tag.startsWith('T'))).toEqual(['TTSTextFrame', 'TranscriptionFrame'])
})

describe('a client that reports what it plays', () => {
  const text = 'aaaa bbbb cccc'

  test('corrects what was heard of a cut utterance', async () => {
    const { clock, send, down } = await startRig({ leadSecs: 0.4 }, rate)
    await send(new PlayoutReportFrame(undefined, 0, false), announce(text), speech(1400), unitEnd(text))
    await clock.advance(700)
    await send(new InterruptionFrame())
    await clock.advance(50)
    await send(new PlayoutReportFrame('a', 610, true))
    await clock.advance(2000)
    const heard = of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)
    expect(heard.map(({ frame, atMs }) => [frame.text, frame.final, atMs])).toEqual([
      ['aaaa bbbb', false, 700],
      ['aaaa', true, 750],
    ])
  })

  test('is waited for half a second', async () => {
    const { clock, send, down } = await startRig({ leadSecs: 0.4 }, rate)
    await send(new PlayoutReportFrame(undefined, 0, false), announce(text), speech(1400), unitEnd(text))
    await clock.advance(700)
    await send(new InterruptionFrame())
    await clock.advance(2000)
    await send(new PlayoutReportFrame('a', 0, true))
    const heard = of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)
    expect(heard.map(({ frame, atMs }) => [frame.text, frame.final, atMs])).toEqual([
      ['aaaa bbbb', false, 700],
      ['aaaa bbbb', true, 1200],
    ])
  })

  test('corrects an utterance that was over here but not there', async () => {
    const { clock, send, down } = await startRig({}, rate)
    await send(
      new PlayoutReportFrame(undefined, 0, false),
      announce(text),
      speech(1400),
      unitEnd(text),
      new TTSStoppedFrame('a'),
    )
    await clock.advance(1500)
    await send(new InterruptionFrame(), new PlayoutReportFrame('a', 1000, true))
    const heard = of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down)
    expect(heard.map(({ frame }) => [frame.text, frame.final])).toEqual([['aaaa bbbb', true]])
  })

  test('is believed for no more than was sent', async () => {
    const { clock, send, down } = await startRig({}, rate)
    await send(new PlayoutReportFrame(undefined, 0, false), announce(text), speech(1400), unitEnd(text))
    await clock.advance(500)
    await send(new InterruptionFrame(), new PlayoutReportFrame('a', 1e9, true))
    expect(of<BotSpeechHeardFrame>('BotSpeechHeardFrame', down).at(-1)?.frame).toMatchObject({
      text: 'aaaa',
      final: true,
    })
  })
})

describe('a background', () => {
  const mixer = () => ({
    started: 0,
    stopped: 0,
    start(sampleRate: number) {
      this.started = sampleRate
    },
    mix: (audio: Int16Array) => audio.map((sample) => sample + 1),
    stop() {
      this.stopped++
    },
  })

  test('sounds without a gap before, under and after speech, also across an interruption', async () => {
    const audioOutMixer = mixer()
    const { clock, output, send, down } = await startRig({ params: { audioOutMixer } }, rate)
    await clock.advance(100)
    await send(announce('Hello.'), speech(2000))
    await clock.advance(200)
    await send(new InterruptionFrame())
    await clock.advance(200)
    expect(audioOutMixer.started).toBe(24_000)
    expect(output.written.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 26 }, (_, i) => 20 * i))
    const first = output.written.map(({ audio }) => audio[0])
    expect(first.filter((sample) => sample === 1001)).toHaveLength(10)
    expect(first.slice(-10)).toEqual(Array.from({ length: 10 }, () => 1))
    expect(of('BotStartedSpeakingFrame', down)[0]?.atMs).toBe(120)
    expect(of('BotStoppedSpeakingFrame', down)[0]?.atMs).toBe(300)
  })

  test('stops with the task', async () => {
    const audioOutMixer = mixer()
    const { clock, task, run } = await startRig({ params: { audioOutMixer, audioOutEndSilenceSecs: 0.1 } }, rate)
    await task.queueFrame(new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    await run
    expect(audioOutMixer.stopped).toBe(1)
    expect(clock.pending).toBe(0)
  })
})

describe('the end', () => {
  test('comes when everything was played and the silence behind it was written', async () => {
    const { clock, output, send, down, task } = await startRig({ params: { audioOutEndSilenceSecs: 0.5 } }, rate)
    await send(announce('Bye now.'), speech(1030), unitEnd('Bye now.'), new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    expect(output.writtenMs).toBe(1040 + 500)
    expect(clock.nowMs()).toBe(1540)
    expect(of<TTSTextFrame>('TTSTextFrame', down)).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })

  test('waits for speech that is longer than its deadline', async () => {
    const { clock, send, task } = await startRig({}, rate)
    await send(speech(90_000), new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    expect(clock.nowMs()).toBe(92_000)
  })

  test('is immediate when nothing was ever written', async () => {
    const { clock, send, task } = await startRig({}, rate)
    await send(new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    expect(clock.nowMs()).toBe(0)
  })

  test('is delayed by a write that hangs by no more than the silence and a second', async () => {
    const { clock, send, task, tags } = await startRig({ write: () => new Promise(() => {}) }, rate)
    await send(speech(500), new LLMFullResponseEndFrame(), new EndFrame())
    await clock.advanceUntil(() => task.hasFinished())
    expect(clock.nowMs()).toBe(3000)
    expect(tags()).toContain('LLMFullResponseEndFrame')
  })

  test('of a cancelled task leaves no timer behind', async () => {
    const { clock, send, task } = await startRig({}, rate)
    await send(speech(5000))
    await clock.advance(100)
    const cancelled = task.cancel()
    await clock.settle()
    await cancelled
    expect(clock.pending).toBe(0)
  })
})

describe('writes', () => {
  test('that take time hold the track, and what is late follows at once', async () => {
    const gates: (() => void)[] = []
    const { clock, output, send } = await startRig(
      { write: () => new Promise<void>((resolve) => gates.push(resolve)) },
      rate,
    )
    await send(speech(100))
    await clock.advance(60)
    expect(output.written).toHaveLength(1)
    gates.shift()?.()
    await clock.settle()
    expect(output.written).toHaveLength(2)
  })

  test('that fail are reported once in a row, and playing goes on', async () => {
    const { clock, send, up, tags } = await startRig(
      {
        write: () => {
          throw new Error('gone')
        },
      },
      rate,
    )
    await send(speech(200), new TextFrame('behind'))
    await clock.advance(300)
    expect(of('ErrorFrame', up)).toHaveLength(1)
    expect(tags()).toContain('TextFrame')
  })

  test('that never settle are given up after 5 s', async () => {
    const { clock, output, send, up } = await startRig({ write: () => new Promise(() => {}) }, rate)
    await send(speech(200))
    await clock.advance(5100)
    expect(output.written).toHaveLength(2)
    expect(of('ErrorFrame', up)).toHaveLength(1)
  })
})

test('more than half a minute of waiting audio makes producers wait', async () => {
  const { clock, send } = await startRig({}, rate)
  await send(speech(31_000))
  let accepted = false
  const queued = send(...Array.from({ length: 300 }, () => new TextFrame('x'))).then(() => (accepted = true))
  await clock.advance(1000)
  expect(accepted).toBe(false)
  await clock.advance(20_000)
  expect(accepted).toBe(true)
  await queued
})

test('an interruption makes room at once for what follows', async () => {
  const { clock, output, send } = await startRig({}, rate)
  await send(speech(40_000), new TextFrame('behind'))
  await clock.advance(100)
  await send(new InterruptionFrame(), speech(20, 'b'))
  await clock.advance(20)
  expect(output.written.at(-1)).toMatchObject({ contextId: 'b', atMs: 120 })
})
