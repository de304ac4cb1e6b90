import { expect, test } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { TextFrame, TranscriptionFrame } from '../frames/text.ts'
import { BotStartedSpeakingFrame, BotStoppedSpeakingFrame, VADUserStartedSpeakingFrame } from '../frames/turn.ts'
import { runTest } from '../testing/run-test.ts'
import { MuteUntilFirstBotCompleteUserMuteStrategy } from '../turns/mute-until-first-bot-complete-user-mute-strategy.ts'
import { AlwaysUserMuteStrategy } from '../turns/user-mute-strategy.ts'
import { STTMuteFilter } from './stt-mute-filter.ts'

const user = (): Frame[] => [
  new InputAudioRawFrame(new Int16Array(160), 16_000),
  new VADUserStartedSpeakingFrame(),
  new TranscriptionFrame('hi'),
]
const types = (frames: readonly Frame[]): string[] => frames.map(({ type }) => type.replace('Frame', ''))

test('nothing of the user passes while the agent speaks, from the next frame on; everything else does', async () => {
  const filter = new STTMuteFilter({ strategies: [new AlwaysUserMuteStrategy()] })
  const { down, up } = await runTest(filter, {
    frames: [
      ...user(),
      new BotStartedSpeakingFrame(),
      ...user(),
      new TextFrame('passes'),
      new BotStoppedSpeakingFrame(),
      new TranscriptionFrame('heard'),
    ],
  })
  expect(types(down)).toEqual([
    'InputAudioRaw',
    'VADUserStartedSpeaking',
    'Transcription',
    'UserMuteStarted',
    'BotStartedSpeaking',
    'Text',
    'UserMuteStopped',
    'BotStoppedSpeaking',
    'Transcription',
  ])
  expect(types(up)).toEqual(['UserMuteStarted', 'UserMuteStopped'])
})

test('mutes from the start until the agent has spoken for the first time, and no longer than its limit', async () => {
  const strategy = (): MuteUntilFirstBotCompleteUserMuteStrategy =>
    new MuteUntilFirstBotCompleteUserMuteStrategy({ timeoutSecs: 5 })
  const filter = new STTMuteFilter({ strategies: [strategy()] })
  const spoken = await runTest(filter, {
    frames: [...user(), new BotStartedSpeakingFrame(), new BotStoppedSpeakingFrame(), new TranscriptionFrame('heard')],
  })
  expect(types(spoken.down).filter((type) => type === 'Transcription')).toHaveLength(1)
  const silent = new STTMuteFilter({ strategies: [strategy()] })
  const { down, clock } = await runTest(silent, {
    frames: [...user(), { pauseMs: 5001 }, new TranscriptionFrame('heard')],
  })
  expect([types(down), silent.muted]).toEqual([['UserMuteStarted', 'UserMuteStopped', 'Transcription'], false])
  expect(clock.pending).toBe(0)
})
