import { describe, expect, test } from 'vitest'
import { LLMServiceMetadataFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { LLMTextFrame, TranscriptionFrame } from '../frames/text.ts'
import { FunctionCallInProgressFrame, FunctionCallResultFrame } from '../frames/tool.ts'
import {
  BotStartedSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { LLMContextAggregatorPair } from './aggregator-pair.ts'
import { LLMContext } from './llm-context.ts'
import type { Message } from './messages.ts'
import { LLMUserAggregator, type LLMUserAggregatorParams } from './user-aggregator.ts'

const heard = (text: string): Frame => new TranscriptionFrame(text, 'ann')
const call = (id: string) => ({ functionName: 'look', toolCallId: id, arguments: {} })
const begins = (id: string, groupId?: string): Frame => new FunctionCallInProgressFrame(call(id), { groupId })
const result = (id: string): Frame => new FunctionCallResultFrame(call(id), { sky: 'blue' })
const starts = new UserStartedSpeakingFrame()
const stops = [new UserTurnInferenceFrame(1), new UserStoppedSpeakingFrame()]

async function run(frames: readonly (Frame | Pause)[], userParams: LLMUserAggregatorParams = {}) {
  const context = new LLMContext()
  const pair = new LLMContextAggregatorPair({ context, userParams })
  /** What the model read, at each of its runs. */
  const runs: (readonly Message[])[] = []
  const model = defineProcessor({
    name: 'model',
    on: { LLMContextFrame: (frame) => void runs.push([...frame.context.messages]) },
  })
  const stopped: (string | null)[] = []
  const added: (string | null)[] = []
  pair.user().on('userTurnStopped', (_strategy, { content }) => stopped.push(content))
  pair.user().on('userTurnMessageAdded', ({ content }) => added.push(content))
  await runTest([pair.user, model, pair.assistant], { frames })
  return { runs, messages: context.messages, stopped, added }
}

describe('a result that comes while the user speaks', () => {
  test('is delivered with the words of the turn, in one run', async () => {
    const { runs } = await run([begins('a'), starts, result('a'), heard('And now?'), ...stops])
    expect(runs).toHaveLength(1)
    expect(runs[0]).toMatchObject([
      { tool_calls: [{ id: 'a' }] },
      { content: '{"sky":"blue"}' },
      { content: 'And now?' },
    ])
  })

  test('is delivered when the turn ends without a word, so that nobody waits for ever', async () => {
    const { runs } = await run([begins('a'), starts, result('a'), ...stops])
    expect(runs).toMatchObject([[{ tool_calls: [{ id: 'a' }] }, { content: '{"sky":"blue"}' }]])
    const twice = await run([begins('a'), starts, result('a'), ...stops, starts, ...stops])
    expect(twice.runs).toHaveLength(1)
  })

  test('and one that waited for the end of the agent’s speech when the user cut in, too', async () => {
    const cutIn = [starts, new InterruptionFrame()]
    const { runs } = await run([begins('a'), new BotStartedSpeakingFrame(), result('a'), ...cutIn, ...stops])
    expect(runs).toHaveLength(1)
    const group = [begins('a', 'g'), begins('b', 'g'), result('a'), ...cutIn]
    expect((await run([...group, ...stops])).runs).toHaveLength(1)
    expect((await run([...group, heard('Wait.'), ...stops, starts, ...stops])).runs).toHaveLength(1)
  })

  test('text of a response that an interruption drops causes no run beside that for the words', async () => {
    const response = [new LLMFullResponseStartFrame(), new LLMTextFrame('Well')]
    const cutIn = [...response, starts, new InterruptionFrame(), new LLMFullResponseEndFrame()]
    expect((await run(cutIn)).runs).toHaveLength(0)
    expect((await run([...cutIn, heard('Stop.'), ...stops])).runs).toHaveLength(1)
  })
})

describe('with a model that hears and speaks by itself', () => {
  const announces = new LLMServiceMetadataFrame('realtime', true)
  const begin = new LLMFullResponseStartFrame()
  const end = new LLMFullResponseEndFrame()
  const hello: Message = { role: 'user', content: 'Hello there.' }
  const hi: Message = { role: 'assistant', content: 'Hi.' }

  test('what the user said enters the context when the model answers, ahead of it, and runs nothing', async () => {
    const { runs, messages, stopped, added } = await run([
      announces,
      starts,
      heard('Hello there.'),
      ...stops,
      begin,
      new LLMTextFrame('Hi.'),
      end,
    ])
    expect(messages).toEqual([hello, hi])
    expect([runs, stopped, added]).toEqual([[], [null], ['Hello there.']])
  })

  test('words that are recognised while the model answers still stand ahead of its answer', async () => {
    const { messages } = await run([
      announces,
      starts,
      ...stops,
      begin,
      new LLMTextFrame('Hi.'),
      heard('Hello'),
      heard('there.'),
      end,
      starts,
      heard('Bye.'),
      ...stops,
      begin,
      end,
    ])
    expect(messages).toEqual([hello, hi, { role: 'user', content: 'Bye.' }])
  })

  test('words of the next turn wait for the next answer, and those of the last for the end of the session', async () => {
    const next = [announces, starts, ...stops, begin, new LLMTextFrame('Hi.'), starts, heard('Hello there.')]
    const { messages } = await run([...next, end, ...stops])
    expect(messages).toEqual([hi, hello])
  })

  test('the mode can be forced either way, and needs the pair', async () => {
    const turn = [starts, heard('Hello there.'), ...stops, begin, end]
    expect((await run(turn, { realtimeServiceMode: true })).runs).toHaveLength(0)
    expect((await run([announces, ...turn], { realtimeServiceMode: false })).runs).toHaveLength(1)
    const params = { realtimeServiceMode: true }
    expect(() => new LLMUserAggregator({ context: new LLMContext(), params })).toThrow('LLMContextAggregatorPair')
  })
})
