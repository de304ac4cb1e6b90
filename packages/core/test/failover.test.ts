import { expect, it } from 'vitest'
import {
  EndFrame,
  LLMContext,
  LLMContextAggregatorPair,
  LLMRunFrame,
  LLMSwitcher,
  PcError,
  type PipelineElement,
  ServiceSwitcher,
  ServiceSwitcherStrategyFailover,
  TranscriptionFrame,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../src/index.ts'
import { RecordingOutput } from './recording-output.ts'
import { type Rig, started } from './support.ts'
import { type Delivery, ScriptedModel, ScriptedVoice, tell } from './talk.ts'

const gone = (): PcError => new PcError('gone', { code: 'gone', kind: 'transient', retryable: false })

/** Breaks at texts that begin so, after half a second of sound. */
const breakingAt =
  (begin: string): Delivery =>
  (text, { sampleRate }) =>
    text.startsWith(begin)
      ? (async function* () {
          yield new Int16Array(sampleRate / 2).fill(1000)
          throw gone()
        })()
      : undefined

/** A conversation in which the first model never answers and the first voice breaks at `Three`. */
function parts(): { readonly list: PipelineElement[]; readonly context: LLMContext; readonly output: RecordingOutput } {
  const context = new LLMContext({ messages: [{ role: 'user', content: 'Count.' }] })
  const pair = new LLMContextAggregatorPair(context)
  const mute = (): never => {
    throw gone()
  }
  const llm = new LLMSwitcher({
    llms: [
      new ScriptedModel([mute, mute], { name: 'first model' }),
      new ScriptedModel([['One two. ', 'Three four. Five six.'], ['Good.']], { name: 'second model' }),
    ],
    strategy: ServiceSwitcherStrategyFailover,
  })
  const voices = [
    new ScriptedVoice({ name: 'first voice', words: false, delivery: breakingAt('Three') }),
    new ScriptedVoice({ name: 'second voice', words: false }),
  ]
  const tts = new ServiceSwitcher({ services: voices, strategy: ServiceSwitcherStrategyFailover })
  const output = new RecordingOutput()
  return { list: [new UserTurnProcessor(), pair.user, llm, tts, output, pair.assistant], context, output }
}

async function send({ task, clock }: Rig, ...frames: Parameters<Rig['task']['queueFrame']>[0][]): Promise<void> {
  for (const frame of frames) await task.queueFrame(frame)
  await clock.settle()
}

it('a reply that took two models and two voices is heard to its end and ends up in the context', async () => {
  const { list, context, output } = parts()
  const it = await started(list)
  await send(it, new LLMRunFrame())
  await it.clock.advance(10_000)
  const said = tell(context.messages).at(-1)
  expect(said).toBe('assistant: One two. Three Three four. Five six.')
  // 8 and 11 and 9 characters, ten a second, and the half second that broke.
  expect(output.writtenMs).toBe(800 + 500 + 1100 + 900)
  expect(it.errors).toEqual([])
  await send(it, new EndFrame())
  await it.clock.advanceUntil(() => it.task.hasFinished())
})

it('a user who cuts in after the failover leaves what was heard of both voices', async () => {
  const { list, context } = parts()
  const it = await started(list)
  await send(it, new LLMRunFrame())
  await it.clock.advance(2450)
  await send(it, new VADUserStartedSpeakingFrame(0.2, it.clock.nowMs()))
  await it.clock.advance(500)
  await send(it, new VADUserStoppedSpeakingFrame(0.2, it.clock.nowMs()))
  await send(it, new TranscriptionFrame('Stop.', 'user', '', { finalized: true }))
  await it.clock.advance(3000)
  const [, cut, ...rest] = tell(context.messages)
  expect(cut).toBe('assistant: One two. Three Three four.')
  expect(rest).toEqual(['user: Stop.', 'assistant: Good.'])
  await it.task.cancel()
})
