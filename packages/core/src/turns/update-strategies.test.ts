import { describe, expect, it } from 'vitest'
import { LLMServiceMetadataFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import {
  ProposedUserStartedSpeakingFrame,
  ProposedUserStoppedSpeakingFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { runTest, type RunTestOptions, type RunTestResult } from '../testing/run-test.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import type { TurnStopStrategy, TurnStrategyAttachment, TurnStrategyHost } from './turn-strategy.ts'
import { ExternalUserTurnStrategies, FilterIncompleteUserTurnStrategies } from './user-turn-strategies.ts'

const voice = (): Frame => new VADUserStartedSpeakingFrame(0.2)
const silence = (): Frame => new VADUserStoppedSpeakingFrame(0.2)
const final = (): Frame => new TranscriptionFrame('Hello.', 'user', '', { finalized: true })

/** Keeps a log of its attached part. */
class Watcher implements TurnStopStrategy {
  readonly name: string
  readonly log: string[] = []

  constructor(name = 'watcher') {
    this.name = name
  }

  initial(): undefined {}

  on: TurnStopStrategy['on'] = (state) => ({ state })

  async attach(host: TurnStrategyHost): Promise<TurnStrategyAttachment> {
    this.log.push(`attach to ${host.name}`)
    return {
      onStart: () => void this.log.push('start'),
      onTurnStarted: () => void this.log.push('turn'),
      onTurnStopped: () => void this.log.push('turn over'),
      onFrame: (frame) => void (frame.type === 'TranscriptionFrame' && this.log.push('frame')),
      close: (reason) => void this.log.push(`close: ${reason}`),
    }
  }
}

async function running(turns: UserTurnProcessor, frames: RunTestOptions['frames'] = []): Promise<RunTestResult> {
  return runTest(turns, { frames, end: false })
}

async function over({ task, clock }: RunTestResult): Promise<void> {
  void task.cancel()
  await clock.advanceUntil(() => task.hasFinished())
}

describe('strategies that are replaced while the session runs', () => {
  it('are let go of, and what comes is attached, started and told of an open turn', async () => {
    const [first, second] = [new Watcher('first'), new Watcher('second')]
    const turns = new UserTurnProcessor({ userTurnStrategies: { stop: [first] } })
    const run = await running(turns, [voice()])
    await turns.updateStrategies({ stop: [second] })
    await run.task.queueFrame(final())
    await run.clock.settle()
    await over(run)
    expect(first.log).toEqual(['attach to TurnProcessor', 'start', 'turn', 'close: replaced'])
    expect(second.log).toEqual(['attach to TurnProcessor', 'start', 'turn', 'frame', 'turn over', 'close: ended'])
  })

  it('keep what they have attached when they stay in force', async () => {
    const kept = new Watcher()
    const turns = new UserTurnProcessor({ userTurnStrategies: { stop: [kept] } })
    const run = await running(turns)
    for (let i = 0; i < 3; i++) await turns.updateStrategies({ stop: [kept, new SpeechTimeoutUserTurnStopStrategy()] })
    await over(run)
    expect(kept.log).toEqual(['attach to TurnProcessor', 'start', 'close: ended'])
  })

  it('decide from now on, also about the turn that is open', async () => {
    const turns = new UserTurnProcessor({ userTurnStrategies: { stop: [new Watcher()] } })
    const ends: number[] = []
    turns.on('userTurnStopped', () => ends.push(turns.runtime.clock.nowMs()))
    const run = await running(turns, [voice()])
    await turns.updateStrategies({ stop: [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 0.2 })] })
    for (const frame of [silence(), final()]) await run.task.queueFrame(frame)
    await run.clock.advance(1000)
    expect(ends).toEqual([200])
    await turns.updateStrategies(new ExternalUserTurnStrategies())
    for (const frame of [voice(), silence(), final()]) await run.task.queueFrame(frame)
    await run.clock.advance(10_000)
    expect(ends).toEqual([200])
    await over(run)
  })

  it('can come before the session', async () => {
    const turns = new UserTurnProcessor()
    const watcher = new Watcher()
    await turns.updateStrategies({ stop: [watcher] })
    await over(await running(turns))
    expect(watcher.log).toEqual(['attach to TurnProcessor', 'start', 'close: ended'])
  })

  it('tell the model to use marks only as long as they are in force', async () => {
    const turns = new UserTurnProcessor({ userTurnStrategies: new FilterIncompleteUserTurnStrategies() })
    const run = await running(turns)
    await turns.updateStrategies({})
    await run.clock.settle()
    const configs = run.down.map(
      (frame) => frame.type === 'LLMTurnCompletionFrame' && 'config' in frame && frame.config,
    )
    expect(configs).toEqual([expect.objectContaining({ incompleteShortTimeoutSecs: 5 }), undefined])
    await over(run)
  })
})

describe('proposals', () => {
  const scene = [new ProposedUserStartedSpeakingFrame(), final(), new ProposedUserStoppedSpeakingFrame()]
  const types = (frames: readonly Frame[]): string[] => frames.map((frame) => frame.type)

  it('go no further than the processor that decides about them, though another follows', async () => {
    const turns = new UserTurnProcessor({ userTurnStrategies: new ExternalUserTurnStrategies() })
    const second = new UserTurnProcessor({ userTurnStrategies: new ExternalUserTurnStrategies(), name: 'second' })
    const { down, up } = await runTest([turns, second], { frames: scene })
    expect(types(down)).toEqual([
      'UserStartedSpeakingFrame',
      'TranscriptionFrame',
      'UserTurnInferenceFrame',
      'UserStoppedSpeakingFrame',
    ])
    expect(types(up)).toEqual(['UserStartedSpeakingFrame', 'UserStoppedSpeakingFrame'])
  })

  it('pass where no strategy decides about them', async () => {
    const { down } = await runTest(new UserTurnProcessor(), { frames: scene })
    expect(types(down).filter((type) => type.startsWith('Proposed'))).toHaveLength(2)
  })

  it('hear of the words that the open turn waits to have answered', async () => {
    const turns = new UserTurnProcessor({ userTurnStrategies: { stop: [new Watcher()] } })
    const run = await running(turns, [voice(), silence(), final()])
    const stopped: number[] = []
    turns.on('userTurnStopped', () => stopped.push(run.clock.nowMs()))
    await turns.updateStrategies({ stop: [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 0.3 })] })
    await run.clock.advance(299)
    expect(stopped).toEqual([])
    await run.clock.advance(1)
    expect(stopped).toEqual([300])
    await over(run)
  })

  it('are those for a voice alone where the model hears by itself', async () => {
    const turns = new UserTurnProcessor()
    const run = await running(turns)
    const seen: string[] = []
    turns.on('userTurnStarted', () => seen.push(`started@${run.clock.nowMs()}`))
    turns.on('userTurnStopped', () => seen.push(`stopped@${run.clock.nowMs()}`))
    await run.task.queueFrame(new LLMServiceMetadataFrame('model', true))
    await run.clock.settle()
    // A transcript begins no turn, and none is waited for.
    await run.task.queueFrame(final())
    await run.clock.advance(1000)
    await run.task.queueFrame(voice())
    await run.clock.advance(500)
    await run.task.queueFrame(silence())
    await run.clock.advance(3000)
    expect(seen).toEqual(['started@1000', 'stopped@2300'])
    await over(run)
  })
})
