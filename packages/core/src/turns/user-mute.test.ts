import { describe, expect, it } from 'vitest'
import { InputAudioRawFrame } from '../frames/audio.ts'
import type { Frame } from '../frames/frame.ts'
import { InterimTranscriptionFrame, TextFrame, TranscriptionFrame } from '../frames/text.ts'
import {
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  ProposedUserStartedSpeakingFrame,
  ProposedUserStoppedSpeakingFrame,
  UserSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { runTest } from '../testing/run-test.ts'
import { MuteUntilFirstBotCompleteUserMuteStrategy } from './mute-until-first-bot-complete-user-mute-strategy.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import { AlwaysUserMuteStrategy } from './user-mute-strategy.ts'

const types = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.type)

/** A sign of the user of every kind. */
const signs = (): Frame[] => [
  new VADUserStartedSpeakingFrame(),
  new UserSpeakingFrame(),
  new UserSpeakingFrame(),
  new InputAudioRawFrame(new Int16Array(320), 16_000),
  new UserStartedSpeakingFrame(),
  new ProposedUserStartedSpeakingFrame(),
  new InterimTranscriptionFrame('Hel'),
  new TranscriptionFrame('Hello'),
  new ProposedUserStoppedSpeakingFrame(),
  new UserStoppedSpeakingFrame(),
  new VADUserStoppedSpeakingFrame(),
]

describe('a user who is muted', () => {
  it('is not heard by anything behind, while everything else passes', async () => {
    const turns = new UserTurnProcessor({ userMuteStrategies: [new AlwaysUserMuteStrategy()] })
    const events: string[] = []
    turns.on('userMuteStarted', () => events.push(`muted ${turns.userMuted}`))
    turns.eventHandler('on_user_mute_stopped', () => events.push(`muted ${turns.userMuted}`))
    turns.on('userTurnStarted', () => events.push('turn'))
    const { down, up } = await runTest(turns, {
      frames: [new BotStartedSpeakingFrame(), ...signs(), new TextFrame('x'), new BotStoppedSpeakingFrame()],
    })
    expect(types(down)).toEqual([
      'BotStartedSpeakingFrame',
      'UserMuteStartedFrame',
      'TextFrame',
      'BotStoppedSpeakingFrame',
      'UserMuteStoppedFrame',
    ])
    expect(types(up)).toEqual(['UserMuteStartedFrame', 'UserMuteStoppedFrame'])
    expect(events).toEqual(['muted true', 'muted false'])
  })

  it('is told of only after the pipeline has started', async () => {
    const order: string[] = []
    const note = (frame: Frame): Frame => {
      order.push(frame.type)
      return frame
    }
    const witness = defineProcessor({ name: 'witness', on: { StartFrame: note, UserMuteStartedFrame: note } })
    const turns = new UserTurnProcessor({ userMuteStrategies: [new MuteUntilFirstBotCompleteUserMuteStrategy()] })
    await runTest([turns, witness], { frames: [new TextFrame('x')] })
    expect(order).toEqual(['StartFrame', 'UserMuteStartedFrame'])
  })

  it('can be decided anew while the session runs', async () => {
    const turns = new UserTurnProcessor()
    const { task, clock } = await runTest(turns, { frames: [new BotStartedSpeakingFrame()], end: false })
    expect(turns.userMuted).toBe(false)
    turns.updateMuteStrategies([new AlwaysUserMuteStrategy()])
    expect(turns.userMuted).toBe(true)
    turns.updateMuteStrategies([])
    expect(turns.userMuted).toBe(false)
    void task.cancel()
    await clock.advanceUntil(() => task.hasFinished())
  })
})
