import {
  defineProcessor,
  LLMAssistantPushAggregationFrame,
  LLMContext,
  LLMContextAggregatorPair,
  LLMMessagesAppendFrame,
  Pipeline,
  PipelineTask,
  TTSTextFrame,
} from '@pc/core'
import { createTestRuntime, TestClock } from '@pc/core/testing'
import { type FlowInspection, FlowManager, type FlowState } from '@pc/flows'
import { RuleLLMService } from '@pc/services-local'
import type { FlowDemo } from '../flow-demo.ts'

/** How a typed conversation runs. */
export interface TypedTalkOptions {
  /** Gets all that happens, such as a coverage recorder's `inspect`. */
  readonly inspect?: ((event: FlowInspection) => void) | undefined
}

/** A conversation with a demo, typed. {@link typedTalk} begins one. */
export interface TypedTalk {
  readonly manager: FlowManager
  /** What the agent said at the beginning. */
  readonly greeting: string
  /** Types a text; gives what the agent answered when all has come to rest. */
  say(text: string): Promise<string>
  /** The nodes so far, in their order. */
  readonly nodes: readonly string[]
  /** The calls so far with their arguments, such as `select_size {"size":"large"}`. */
  readonly calls: readonly string[]
  readonly state: FlowState
  readonly hasEnded: boolean
  [Symbol.asyncDispose](): Promise<void>
}

/** Friday, 20 November 2026, five past two in the afternoon, UTC. */
const START = Date.UTC(2026, 10, 20, 14, 5)
/** Longer than any answer takes. */
const ANSWER_MS = 10_000

/** Begins a conversation with a demo: the model of rules that needs no key, a pipeline without sound, a clock of its own. */
export async function typedTalk(demo: FlowDemo, { inspect }: TypedTalkOptions = {}): Promise<TypedTalk> {
  const clock = new TestClock(START)
  const aggregators = new LLMContextAggregatorPair(new LLMContext())
  const said: string[] = []
  const nodes: string[] = []
  const calls: string[] = []
  const written = defineProcessor({
    name: 'written speech',
    on: {
      TTSSpeakFrame: ({ text, appendToContext }, ctx) => {
        if (!appendToContext) said.push(text)
        else {
          ctx.push(new TTSTextFrame(text, 'sentence'))
          ctx.push(new LLMAssistantPushAggregationFrame())
        }
      },
    },
  })
  const task = new PipelineTask(
    new Pipeline([aggregators.user, new RuleLLMService(), written, aggregators.assistant]),
    {},
    { runtime: createTestRuntime(clock), idleTimeoutSecs: null },
  )
  aggregators.assistant().on('assistantTurnStopped', ({ content }) => {
    if (content !== '') said.push(content)
  })
  const watch = (event: FlowInspection): void => {
    if (event.type === 'flow.enter') nodes.push(event.node)
    if (event.type === 'flow.call.start') calls.push(`${event.function} ${JSON.stringify(event.args)}`)
    inspect?.(event)
  }
  const options = { task, inspect: watch }
  const manager = demo.team?.manage(options) ?? new FlowManager({ ...options, flow: demo.flow })
  let hasEnded = false
  manager.on('ended', () => {
    hasEnded = true
  })
  const running = task.run()
  await clock.settle()
  const answer = async (): Promise<string> => {
    await clock.advance(ANSWER_MS)
    return said.splice(0).join(' ')
  }
  const starting = manager.initialize()
  const greeting = await answer()
  await starting
  return {
    manager,
    greeting,
    nodes,
    calls,
    say: async (content) => {
      if (hasEnded) throw new Error(`"${content}" came after the end.`)
      await task.queueFrame(new LLMMessagesAppendFrame([{ role: 'user', content }], { runLlm: true }))
      return answer()
    },
    get state() {
      return manager.state
    },
    get hasEnded() {
      return hasEnded
    },
    [Symbol.asyncDispose]: async () => {
      if (!task.hasFinished()) await task.cancel()
      await running
    },
  }
}
