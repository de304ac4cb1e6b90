import {
  LLMContext,
  LLMContextAggregatorPair,
  LLMSwitcher,
  Pipeline,
  PipelineTask,
  type SynthesisOptions,
  TranscriptionFrame,
  type TTSEvent,
  UserTurnProcessor,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { defineAgents, MultiAgentFlowManager } from '../../src/agents/index.ts'
import { defineFlow } from '../../src/definition/define-flow.ts'
import { defineNode } from '../../src/definition/define-node.ts'
import { FlowError } from '../../src/definition/errors.ts'
import { done } from '../../src/definition/outcome.ts'
import { flowFunction } from '../../src/definition/typed-function.ts'
import { type Answer, call, ScriptedModel, tell, Voice } from '../statements/talk.ts'

/** Keeps in which voice each text was spoken. */
class Actor extends Voice {
  readonly heard: string[] = []
  override async *synthesize(text: string, options: SynthesisOptions): AsyncIterable<TTSEvent> {
    this.heard.push(`${options.settings.voice ?? 'default'}: ${text}`)
    yield* super.synthesize(text, options)
  }
}

const support = defineFlow({
  id: 'support',
  initialNode: 'greet',
  nodes: { greet: defineNode({ role: 'You are the front desk.', task: 'Greet.' }) },
})
const refund = flowFunction({ name: 'refund', description: 'Pay back', handler: () => done({ refunded: 5 }) })
const billing = defineFlow({
  id: 'billing',
  initialNode: 'ask',
  nodes: { ask: defineNode({ role: 'You are billing.', task: 'Ask.', functions: [refund] }) },
})

function talk(answers: { readonly support: readonly Answer[]; readonly billing: readonly Answer[] }) {
  const clock = new TestClock()
  const [big, small] = [new ScriptedModel(answers.support), new ScriptedModel(answers.billing, { name: 'small' })]
  const llm = new LLMSwitcher([big, small])
  const voice = new Actor()
  const context = new LLMContext()
  const pair = new LLMContextAggregatorPair(context)
  const task = new PipelineTask(
    new Pipeline([new UserTurnProcessor(), pair.user, llm, voice, pair.assistant]),
    {},
    { defaultParts: false, idleTimeoutSecs: null, runtime: createTestRuntime(clock) },
  )
  const agents = {
    support: { flow: support },
    billing: { flow: billing, llm: small, voice: 'b', say: 'One moment.', history: 'summary', return: true },
  } as const
  const team = defineAgents({ initial: 'support', agents })
  const manager = new MultiAgentFlowManager({ task, llm, contextAggregator: pair, team })
  return { clock, big, small, llm, voice, context, task, manager }
}

test('on a pipeline each agent has its model and its voice, nobody answers twice, and the first goes on in the end', async () => {
  const it = talk({
    support: [
      ['Hello.'],
      ['I will ask billing. ', call('transfer_to_billing', { reason: 'double charge' })],
      ['The caller was charged twice.'],
      ['Anything else?'],
    ],
    billing: [['This is billing.'], [call('refund')]],
  })
  const errors: FlowError[] = []
  it.manager.on('error', (error) => void errors.push(error))
  const running = it.task.run()
  await it.clock.settle()
  await it.manager.initialize()
  await it.clock.advance(3000)
  const say = async (text: string): Promise<void> => {
    await it.task.queueFrame(new VADUserStartedSpeakingFrame(0.2, it.clock.nowMs()))
    await it.clock.advance(500)
    await it.task.queueFrame(new VADUserStoppedSpeakingFrame(0.2, it.clock.nowMs()))
    await it.task.queueFrame(new TranscriptionFrame(text, 'user', '', { finalized: true }))
    await it.clock.advance(10_000)
  }
  await say('I was charged twice.')
  expect([it.manager.currentAgent, it.manager.currentNode, it.llm.activeLlm]).toEqual(['billing', 'ask', it.small])
  expect(it.voice.heard).toEqual([
    'default: Hello.',
    'default: I will ask billing.',
    'default: One moment.',
    'b: This is billing.',
  ])
  expect(it.manager.handoff).toMatchObject({
    conversationSummary: 'The caller was charged twice.',
    reason: 'double charge',
  })
  expect(it.small.asked[0]).toMatchObject({ role: 'You are billing.', tools: ['transfer_to_support', 'refund'] })
  expect(it.small.asked[0]?.history).toEqual([
    'developer: The conversation so far:\nThe caller was charged twice.',
    expect.stringContaining('The reason: double charge'),
    'developer: Ask.',
  ])
  await say('Yes please.')
  expect([it.manager.currentAgent, it.llm.activeLlm]).toEqual(['support', it.big])
  expect(it.voice.heard.slice(4)).toEqual(['default: Anything else?'])
  expect(it.big.asked.at(-1)).toMatchObject({ role: 'You are the front desk.', tools: ['transfer_to_billing'] })
  expect(it.big.asked.at(-1)?.history.at(-1)).toContain('The result: {"refunded":5}')
  expect(tell(it.context.messages).at(-1)).toBe('assistant: Anything else?')
  expect([it.big.answers, it.small.answers, errors]).toEqual([[], [], []])
  await it.task.cancel()
  await running
})

test('an agent whose model stands in no switcher is refused at once', () => {
  const { task } = talk({ support: [], billing: [] })
  const agents = { support: { flow: support, llm: new ScriptedModel([], { name: 'elsewhere' }) } }
  const make = (): unknown => new MultiAgentFlowManager({ task, agents })
  expect(make).toThrow(FlowError)
  expect(make).toThrow(`The model of the agent 'support' (elsewhere) stands in no LLMSwitcher`)
})
