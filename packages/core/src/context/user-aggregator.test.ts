import { describe, expect, test } from 'vitest'
import type { Frame } from '../frames/frame.ts'
import { CancelTaskFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import {
  LLMMessagesAppendFrame,
  LLMMessagesTransformFrame,
  LLMMessagesUpdateFrame,
  LLMRunFrame,
  LLMSetToolChoiceFrame,
  LLMSetToolsFrame,
} from '../frames/llm.ts'
import { InterimTranscriptionFrame, TranscriptionFrame, TranslationFrame } from '../frames/text.ts'
import {
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import type { UserTurnProcessorOptions } from '../turns/turn-processor-options.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { ExternalUserTurnStrategies } from '../turns/user-turn-strategies.ts'
import { LLMContext } from './llm-context.ts'
import { ToolsSchema } from './tools.ts'
import { LLMUserAggregator, type LLMUserAggregatorParams, type UserTurnMessage } from './user-aggregator.ts'

const heard = (text: string, userId = 'ann'): Frame => new TranscriptionFrame(text, userId)

async function run(
  frames: readonly (Frame | Pause)[],
  {
    context = new LLMContext(),
    params = {},
    turns = false,
  }: { context?: LLMContext; params?: LLMUserAggregatorParams; turns?: boolean } = {},
) {
  const aggregator = new LLMUserAggregator({ context, params })
  const added: (string | null)[] = []
  const stopped: UserTurnMessage[] = []
  aggregator.on('userTurnMessageAdded', ({ content }) => added.push(content))
  aggregator.on('userTurnStopped', (_strategy, message) => stopped.push(message))
  const { down, up } = await runTest(turns ? [aggregator, new UserTurnProcessor()] : aggregator, { frames })
  return { context, added, stopped, down, up, types: down.map(({ type }) => type) }
}

test('the transcripts of a turn become one message, and the model runs once', async () => {
  const { context, types, stopped } = await run([
    new UserStartedSpeakingFrame(),
    heard('Hello '),
    new InterimTranscriptionFrame('are'),
    heard('are you there?'),
    new TranslationFrame('hallo'),
    heard('  '),
    new UserTurnInferenceFrame(1),
    new UserStoppedSpeakingFrame(),
  ])
  expect(context.messages).toEqual([{ role: 'user', content: 'Hello are you there?' }])
  expect(types).toEqual(['UserStartedSpeakingFrame', 'LLMContextFrame', 'UserStoppedSpeakingFrame'])
  expect(stopped).toEqual([{ content: 'Hello are you there?', timestamp: '2026-01-01T00:00:00.000Z', userId: 'ann' }])
})

test('a turn in which nothing was understood adds no message and runs nothing', async () => {
  const { context, types, stopped } = await run([
    new UserStartedSpeakingFrame(),
    new UserTurnInferenceFrame(1),
    new UserStoppedSpeakingFrame(),
  ])
  expect(context.messages).toEqual([])
  expect(types).not.toContain('LLMContextFrame')
  expect(stopped).toMatchObject([{ content: '' }])
})

test('several commits in one turn are messages of their own, and its end reports them joined', async () => {
  const { added, stopped } = await run([
    new UserStartedSpeakingFrame(),
    heard('One'),
    new UserTurnInferenceFrame(1),
    heard('two'),
    new UserTurnInferenceFrame(1),
    new UserStoppedSpeakingFrame(),
  ])
  expect(added).toEqual(['One', 'two'])
  expect(stopped).toMatchObject([{ content: 'One two' }])
})

test('a commit that comes after the end of its turn is reported then, once', async () => {
  const { added, stopped } = await run([
    new UserStartedSpeakingFrame(),
    heard('Late words'),
    new UserStoppedSpeakingFrame(),
    new UserTurnInferenceFrame(1),
  ])
  expect(added).toEqual(['Late words'])
  expect(stopped).toMatchObject([{ content: 'Late words' }])
})

test('words of the user outlive an interruption', async () => {
  const { context } = await run([
    heard('Wait'),
    new InterruptionFrame(),
    heard('please'),
    new UserTurnInferenceFrame(1),
  ])
  expect(context.messages).toEqual([{ role: 'user', content: 'Wait please' }])
})

test('words that wait are committed when the task ends or is cancelled, without a run', async () => {
  const ended = await run([heard('Good bye')])
  expect(ended.context.messages).toEqual([{ role: 'user', content: 'Good bye' }])
  expect(ended.types).toEqual([])
  expect(ended.stopped).toMatchObject([{ content: 'Good bye' }])

  const context = new LLMContext()
  const aggregator = new LLMUserAggregator({ context })
  const { task, clock } = await runTest(aggregator, { frames: [heard('Good bye'), new CancelTaskFrame()], end: false })
  await clock.advanceUntil(() => task.hasFinished())
  expect(context.messages).toEqual([{ role: 'user', content: 'Good bye' }])
})

test('where nobody decides turns a silence of aggregationTimeout seconds commits', async () => {
  const params = { aggregationTimeout: 2 }
  const frames = [heard('One'), { pauseMs: 1900 }, heard('two'), { pauseMs: 1900 }]
  const early = await run([...frames, new LLMRunFrame()], { params })
  expect(early.types).toEqual(['LLMContextFrame'])
  expect(early.added).toEqual(['One two'])
  const late = await run([...frames, { pauseMs: 101 }], { params })
  expect(late.types).toEqual(['LLMContextFrame'])
  expect(late.stopped).toMatchObject([{ content: 'One two' }])
  expect((await run([heard('Hi'), { pauseMs: 501 }])).types).toEqual(['LLMContextFrame'])
})

test('where somebody decides turns silence commits nothing', async () => {
  expect((await run([heard('Hi'), { pauseMs: 60_000 }], { turns: true })).types).toEqual([])
  const asked = [heard('Hi'), new UserTurnInferenceFrame(1), heard('and more'), { pauseMs: 60_000 }]
  expect((await run(asked)).types).toEqual(['LLMContextFrame'])
  const external = await run([heard('Hi'), new UserStartedSpeakingFrame(), heard('you'), { pauseMs: 60_000 }])
  expect(external.types).toEqual(['UserStartedSpeakingFrame'])
})

test('frames that change the context do so, and run the model when they say so', async () => {
  const tools = new ToolsSchema([{ name: 'look', description: 'Look' }])
  const { context, types } = await run([
    new LLMMessagesAppendFrame([{ role: 'user', content: 'a' }]),
    new LLMMessagesUpdateFrame([{ role: 'user', content: 'b' }], { runLlm: true }),
    new LLMMessagesTransformFrame((messages) => [...messages, { role: 'user', content: 'c' }], { runLlm: true }),
    new LLMRunFrame(),
    new LLMSetToolsFrame(tools),
    new LLMSetToolChoiceFrame('required'),
  ])
  expect(context.messages).toEqual([
    { role: 'user', content: 'b' },
    { role: 'user', content: 'c' },
  ])
  expect(types).toEqual(['LLMContextFrame', 'LLMContextFrame', 'LLMContextFrame', 'LLMSetToolsFrame'])
  expect([context.tools, context.toolChoice]).toEqual([tools, 'required'])
})

test('a change of tools is told to the model once when wanted', async () => {
  const look = { name: 'look', description: 'Look' }
  const hear = { name: 'hear', description: 'Hear' }
  const context = new LLMContext({ tools: [look] })
  const frames = [new ToolsSchema([hear]), new ToolsSchema([hear]), undefined].map(
    (tools) => new LLMSetToolsFrame(tools),
  )
  await run(frames, { context, params: { addToolChangeMessages: true } })
  expect(context.messages).toEqual([
    { role: 'developer', content: 'You can now call: `hear`. You can no longer call: `look`.' },
    { role: 'developer', content: 'You can no longer call: `hear`.' },
  ])
  expect(context.tools).toBeUndefined()
})

describe('the events of a turn tell which strategy decided', () => {
  async function decided(options: UserTurnProcessorOptions, frames: readonly (Frame | Pause)[]): Promise<unknown[]> {
    const aggregator = new LLMUserAggregator({ context: new LLMContext() })
    const seen: unknown[] = []
    aggregator.eventHandler('on_user_turn_started', (strategy) => seen.push(strategy))
    aggregator.eventHandler('on_user_turn_stopped', (strategy, { content }) => seen.push([strategy, content]))
    await runTest([new UserTurnProcessor(options), aggregator], { frames })
    return seen
  }
  const voice = new VADUserStartedSpeakingFrame(0.2, 0)
  const silence = new VADUserStoppedSpeakingFrame(0.2, 0)
  const external = { userTurnStrategies: new ExternalUserTurnStrategies() }

  test.each<[string, UserTurnProcessorOptions, readonly (Frame | Pause)[], unknown[]]>([
    [
      'of the default ones',
      {},
      [voice, heard('Hello.'), silence, { pauseMs: 2000 }],
      ['VADUserTurnStartStrategy', ['SpeechTimeoutUserTurnStopStrategy', 'Hello.']],
    ],
    [
      'that noticed words without a voice',
      {},
      [heard('Hello.'), { pauseMs: 2000 }],
      ['TranscriptionUserTurnStartStrategy', ['SpeechTimeoutUserTurnStopStrategy', 'Hello.']],
    ],
    [
      'unless it was the stop timeout',
      {},
      [voice, silence, { pauseMs: 6000 }],
      ['VADUserTurnStartStrategy', [undefined, '']],
    ],
    [
      'also where it took the turn over from another part of the pipeline',
      external,
      [new UserStartedSpeakingFrame(), heard('Hello.'), new UserStoppedSpeakingFrame(), { pauseMs: 2000 }],
      ['ExternalUserTurnStartStrategy', ['ExternalUserTurnStopStrategy', 'Hello.']],
    ],
    [
      'also of words that come after the end that another part announced',
      external,
      [new UserStartedSpeakingFrame(), new UserStoppedSpeakingFrame(), heard('Hello.'), { pauseMs: 2000 }],
      ['ExternalUserTurnStartStrategy', [undefined, ''], ['ExternalUserTurnStopStrategy', 'Hello.']],
    ],
  ])('%s', async (_title, options, frames, seen) => {
    expect(await decided(options, frames)).toEqual(seen)
  })

  test('also where the end overtakes the words it covers', async () => {
    const aggregator = new LLMUserAggregator({ context: new LLMContext() })
    const seen: unknown[] = []
    aggregator.on('userTurnStopped', (strategy, { content }) => seen.push([strategy, content]))
    const stop = new UserStoppedSpeakingFrame('judge')
    await runTest(aggregator, {
      frames: [new UserStartedSpeakingFrame(), heard('Hello.'), stop, new UserTurnInferenceFrame(1, 'deferred')],
    })
    expect(seen).toEqual([['judge', 'Hello.']])
  })
})
