import { expect, test } from 'vitest'
import { LLMContext } from '../context/llm-context.ts'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { TextFrame, TranscriptionFrame } from '../frames/text.ts'
import { FunctionCallsStartedFrame } from '../frames/tool.ts'
import {
  BotSpeakingFrame,
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  EagerEndOfTurnFrame,
  UserSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { runTest } from '../testing/run-test.ts'
import { FunctionCallUserMuteStrategy } from '../turns/function-call-user-mute-strategy.ts'
import { MuteUntilFirstBotCompleteUserMuteStrategy } from '../turns/mute-until-first-bot-complete-user-mute-strategy.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
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
    'VADUserStoppedSpeaking',
    'Text',
    'UserMuteStopped',
    'BotStoppedSpeaking',
    'VADUserStartedSpeaking',
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
  expect([types(down), silent.muted]).toEqual([
    ['UserMuteStarted', 'UserMuteStopped', 'VADUserStartedSpeaking', 'Transcription'],
    false,
  ])
  expect(clock.pending).toBe(0)
})

test('a voice that is muted is over, and one that outlasts the mute begins where that ends', async () => {
  const filter = new STTMuteFilter({ strategies: [new AlwaysUserMuteStrategy()] })
  const { down } = await runTest(filter, {
    frames: [
      new VADUserStartedSpeakingFrame(),
      new BotStartedSpeakingFrame(),
      new UserSpeakingFrame(),
      new BotStoppedSpeakingFrame(),
      new UserSpeakingFrame(),
      new VADUserStoppedSpeakingFrame(),
      new BotStartedSpeakingFrame(),
      new VADUserStartedSpeakingFrame(),
      new VADUserStoppedSpeakingFrame(),
      new BotStoppedSpeakingFrame(),
    ],
  })
  const heard = types(down).filter((type) => !type.startsWith('Bot') && !type.startsWith('UserMute'))
  expect(heard).toEqual([
    'VADUserStartedSpeaking',
    'VADUserStoppedSpeaking',
    'VADUserStartedSpeaking',
    'UserSpeaking',
    'VADUserStoppedSpeaking',
  ])
})

test('with a mute in the middle of a sentence the turn ends as if the user had fallen silent', async () => {
  const filter = new STTMuteFilter({ strategies: [new FunctionCallUserMuteStrategy()] })
  const turns = new UserTurnProcessor()
  const ends: number[] = []
  turns.on('userTurnStopped', () => ends.push(turns.runtime.clock.nowMs()))
  const call = { functionName: 'look', toolCallId: 'a', arguments: {}, context: new LLMContext() }
  await runTest([filter, turns], {
    frames: [
      new VADUserStartedSpeakingFrame(),
      new TranscriptionFrame('Look at', 'ann', '', { finalized: true }),
      { pauseMs: 1000 },
      new FunctionCallsStartedFrame([call]),
      { pauseMs: 500 },
      new VADUserStoppedSpeakingFrame(),
      { pauseMs: 5000 },
    ],
  })
  expect(ends).toEqual([1600])
})

test('what a recogniser expects of a muted user goes no further either', async () => {
  const filter = new STTMuteFilter({ strategies: [new AlwaysUserMuteStrategy()] })
  const { down } = await runTest(filter, { frames: [new BotStartedSpeakingFrame(), new EagerEndOfTurnFrame()] })
  expect(types(down)).not.toContain('EagerEndOfTurn')
})

test('an agent whose end is never told mutes the user for half a minute after its last sign, not for ever', async () => {
  const filter = new STTMuteFilter({ strategies: [new AlwaysUserMuteStrategy()] })
  const said = (text: string): Frame => new TranscriptionFrame(text)
  const { down, clock } = await runTest(filter, {
    frames: [
      new BotStartedSpeakingFrame(),
      { pauseMs: 5000 },
      new BotSpeakingFrame(),
      { pauseMs: 29_900 },
      said('not yet'),
      { pauseMs: 200 },
      said('heard'),
    ],
  })
  expect(down.flatMap((frame) => (frame instanceof TranscriptionFrame ? [frame.text] : []))).toEqual(['heard'])
  expect([filter.muted, clock.pending]).toEqual([false, 0])
})
