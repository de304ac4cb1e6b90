import { describe, expect, it } from 'vitest'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { defineFunction, FunctionSchema } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import { ToolsSchema } from '../context/tools.ts'
import type { LLMUserAggregatorParams } from '../context/user-aggregator.ts'
import { LLMServiceMetadataFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { LLMSetToolsFrame } from '../frames/llm.ts'
import { CancelFrame } from '../frames/lifecycle.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import {
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  UserTurnExpectationFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { Pipeline } from '../pipeline/pipeline.ts'
import { PipelineTask } from '../pipeline/pipeline-task.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { BaseInputTransport } from '../transport/input-transport.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TurnAnalyzer } from './turn-analyzer.ts'
import { UserTurnProcessor } from './turn-processor.ts'
import { AlwaysUserMuteStrategy } from './user-mute-strategy.ts'
import { VADAnalyzer } from './vad-analyzer.ts'

const pause = (pauseMs: number): Pause => ({ pauseMs })
const voice = (): Frame => new VADUserStartedSpeakingFrame(0.2)
const silence = (): Frame => new VADUserStoppedSpeakingFrame(0.2)
const final = (text: string): Frame => new TranscriptionFrame(text, 'user', '', { finalized: true })

class DeafVAD extends VADAnalyzer {
  readonly windowSamples = 512
  load(): Promise<void> {
    return Promise.resolve()
  }
  confidence(): number {
    return 0
  }
  resetModel(): void {}
}

class EagerAnalyzer extends TurnAnalyzer {
  appendAudio(): boolean {
    return false
  }
  analyze(): Promise<{ complete: boolean }> {
    return Promise.resolve({ complete: true })
  }
  clear(): void {}
}

class QuietInput extends BaseInputTransport {}

const pairWith = (userParams: LLMUserAggregatorParams): LLMContextAggregatorPair =>
  new LLMContextAggregatorPair({ context: new LLMContext(), userParams })
const names = (task: PipelineTask): string[] => task.processors.map(({ name }) => name.replace(/#\d+/, ''))

describe('the parameters of a user aggregator', () => {
  it('hand policies to the turn processor', async () => {
    const pair = pairWith({ falseInterruptions: true, latencyBudget: { budgetSecs: 1, fillers: ['Hm.'] } })
    const task = new PipelineTask(new Pipeline([pair.user, pair.assistant]))
    const turns = task.processors.find((processor) => processor instanceof UserTurnProcessor)
    expect(turns).toBeDefined()
    expect(names(task)).toContain('TurnProcessor')
    const invalid = pairWith({ latencyBudget: { budgetSecs: 1, fillers: [] } })
    expect(() => new PipelineTask(new Pipeline([invalid.user]))).toThrow('latencyBudget.fillers is empty')
  })

  it('are those of the turn processor and the voice detection that come with it', async () => {
    const pair = pairWith({
      userTurnStrategies: { stop: [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 1 })] },
      userMuteStrategies: [new AlwaysUserMuteStrategy()],
      userTurnStopTimeout: 3,
      userIdleTimeout: 4,
      vadAnalyzer: new DeafVAD(),
    })
    const log: string[] = []
    const { task, clock } = await runTest([pair.user], { frames: [], defaultParts: true, end: false })
    const note = (name: string) => () => void log.push(`${name}@${clock.nowMs()}`)
    const user = pair.user()
    user.on('userMuteStarted', note('muted'))
    user.on('userMuteStopped', note('unmuted'))
    user.eventHandler('on_user_turn_idle', note('idle'))
    user.eventHandler('on_user_turn_stop_timeout', note('timeout'))
    user.on('userTurnStopped', note('stopped'))
    expect(names(task)).toEqual(['VADProcessor', 'TurnProcessor', 'LLMUserAggregator'])
    const steps = [
      new BotStartedSpeakingFrame(),
      pause(1000),
      new BotStoppedSpeakingFrame(),
      pause(5000),
      final('Hello.'),
      pause(2000),
      voice(),
      silence(),
      pause(3000),
    ]
    for (const step of steps) {
      if ('pauseMs' in step) await clock.advance(step.pauseMs)
      else await task.queueFrame(step)
      await clock.settle()
    }
    expect(log).toEqual(['muted@0', 'unmuted@1000', 'idle@5000', 'stopped@7000', 'timeout@11000', 'stopped@11000'])
    void task.cancel()
    await clock.advanceUntil(() => task.hasFinished())
  })

  it('end turns after the silence of aggregationTimeout, unless a strategy is given', async () => {
    const endOf = async (params: LLMUserAggregatorParams): Promise<number[]> => {
      const pair = pairWith(params)
      const at: number[] = []
      pair.user().on('userTurnStopped', () => at.push(pair.user().runtime.clock.nowMs()))
      const frames = [voice(), final('Half past nine'), silence(), pause(4000)]
      await runTest([pair.user], { frames, defaultParts: true })
      return at
    }
    expect(await endOf({})).toEqual([600])
    expect(await endOf({ aggregationTimeout: 2 })).toEqual([2000])
    const stop = [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs: 1 })]
    expect(await endOf({ aggregationTimeout: 2, userTurnStrategies: { stop } })).toEqual([1000])
    const beside = new Pipeline([new UserTurnProcessor(), pairWith({ aggregationTimeout: 2 }).user])
    expect(names(new PipelineTask(beside))).toHaveLength(2)
  })

  it('name the limit of a turn, and the turn processor is at hand to change everything while the session runs', async () => {
    const pair = pairWith({ maxUserTurnSecs: 5, cutInText: 'May I?', userTurnPatienceSecs: { digits: 3 } })
    const { task, clock, down } = await runTest([pair.user], { frames: [voice()], defaultParts: true, end: false })
    const said = (): number => down.filter(({ type }) => type === 'TTSSpeakFrame').length
    await clock.advance(5000)
    expect(said()).toBe(1)
    const { turns } = pair.user()
    expect(turns).toBe(task.processors.find((processor) => processor instanceof UserTurnProcessor))
    turns?.updatePolicies({ maxUserTurnSecs: false })
    await task.queueFrame(silence())
    await clock.advance(6000)
    await task.queueFrame(voice())
    await clock.advance(20_000)
    expect(said()).toBe(1)
    await task.queueFrame(new UserTurnExpectationFrame('digits'))
    const ends: number[] = []
    const fromMs = clock.nowMs()
    pair.user().on('userTurnStopped', () => ends.push(clock.nowMs() - fromMs))
    await task.queueFrames([final('0 7 9'), silence()])
    await clock.advance(4000)
    expect(ends).toEqual([3000])
    void task.cancel()
    await clock.advanceUntil(() => task.hasFinished())
    expect(pair.user().turns).toBeUndefined()
  })

  it('have no place beside a turn processor of the pipeline’s own', () => {
    const pair = pairWith({ userIdleTimeout: 4 })
    const build = (): PipelineTask => new PipelineTask(new Pipeline([new UserTurnProcessor(), pair.user]))
    expect(build).toThrow(expect.objectContaining({ code: 'invalid-turn-options' }))
    const plain = new LLMContextAggregatorPair(new LLMContext())
    expect(names(new PipelineTask(new Pipeline([new UserTurnProcessor(), plain.user])))).toHaveLength(2)
  })
})

it('the turn analyzer of a transport is asked', async () => {
  const input = new QuietInput({ params: { turnAnalyzer: new EagerAnalyzer() } })
  const pair = new LLMContextAggregatorPair(new LLMContext())
  const ends: number[] = []
  const { task, clock } = await runTest([input, new FrameProcessor('stt'), pair.user], {
    frames: [],
    defaultParts: true,
    end: false,
  })
  pair.user().on('userTurnStopped', () => ends.push(clock.nowMs()))
  expect(names(task)).toContain('TurnAnalyzerProcessor')
  for (const frame of [voice(), final('Hello.'), silence()]) await task.queueFrame(frame)
  await clock.advance(100)
  expect(ends).toEqual([0])
  void task.cancel()
  await clock.advanceUntil(() => task.hasFinished())
})

describe('a model that hears by itself, as the parameters of a user aggregator say', () => {
  it.each<[string, boolean, Frame[], string[]]>([
    ['is not waited for with words, though it does not announce itself', true, [], ['started@1000', 'stopped@2300']],
    [
      'is one that wants words, whatever it announces',
      false,
      [new LLMServiceMetadataFrame('model', true)],
      ['started@0', 'stopped@600', 'started@1000'],
    ],
  ])('%s', async (_title, realtimeServiceMode, announces, told) => {
    const turns = new UserTurnProcessor()
    const seen: string[] = []
    turns.on('userTurnStarted', () => seen.push(`started@${turns.runtime.clock.nowMs()}`))
    turns.on('userTurnStopped', () => seen.push(`stopped@${turns.runtime.clock.nowMs()}`))
    const scene = [final('Hello.'), pause(1000), voice(), pause(500), silence(), pause(3000)]
    const { task, clock } = await runTest([turns, pairWith({ realtimeServiceMode }).user], {
      frames: [...announces, pause(0), ...scene],
      end: false,
    })
    expect(seen).toEqual(told)
    void task.cancel()
    await clock.advanceUntil(() => task.hasFinished())
  })
})

describe('what a function expects', () => {
  const phone = defineFunction({ name: 'phone', description: '', expects: 'digits', handler: () => null })
  const plain = new FunctionSchema({ name: 'plain', description: '' })
  const scene = [voice(), final('0 7 9'), silence(), pause(3000)]

  async function endOf(context: LLMContext, before: readonly Frame[] = []): Promise<number[]> {
    const turns = new UserTurnProcessor()
    const at: number[] = []
    turns.on('userTurnStopped', () => at.push(turns.runtime.clock.nowMs()))
    const pair = new LLMContextAggregatorPair(context)
    await runTest([turns, pair.user], { frames: [...before, ...scene] })
    return at
  }

  it('makes the end of the turn wait for it', async () => {
    expect(await endOf(new LLMContext({ tools: [plain, phone] }))).toEqual([1500])
    expect(await endOf(new LLMContext({ tools: [plain] }))).toEqual([600])
  })

  it('counts from when the function is offered to when it is not any more', async () => {
    expect(await endOf(new LLMContext(), [new LLMSetToolsFrame(new ToolsSchema([phone]))])).toEqual([1500])
    // Also in the middle of the turn.
    expect(await endOf(new LLMContext(), [voice(), new LLMSetToolsFrame(new ToolsSchema([phone]))])).toEqual([1500])
    const offered = new LLMContext({ tools: [phone] })
    expect(
      await endOf(offered, [
        new LLMSetToolsFrame(new ToolsSchema([phone])),
        new LLMSetToolsFrame(new ToolsSchema([plain])),
      ]),
    ).toEqual([600])
  })
})

it.each([
  ['ends', undefined],
  ['is cancelled', new CancelFrame()],
])('words that nobody has passed on yet are in the context when the session %s', async (_how, last) => {
  const context = new LLMContext()
  const pair = new LLMContextAggregatorPair(context)
  const told: unknown[] = []
  pair.user().on('userTurnStopped', (_strategy, { content }) => told.push(content))
  const frames = [voice(), final('Wait, I')]
  const { task, clock } = await runTest([new UserTurnProcessor(), pair.user], {
    frames: last === undefined ? frames : [...frames, last],
    end: last === undefined,
  })
  await clock.advanceUntil(() => task.hasFinished())
  expect(context.messages).toEqual([{ role: 'user', content: 'Wait, I' }])
  expect(told).toEqual(['Wait, I'])
})
