import { describe, expect, test } from 'vitest'
import { LLMContextAggregatorPair } from '../context/aggregator-pair.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { Frame } from '../frames/frame.ts'
import { EndTaskFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMRunFrame } from '../frames/llm.ts'
import { LLMTextFrame } from '../frames/text.ts'
import { sleep } from '../runtime/clock.ts'
import { runTest } from '../testing/run-test.ts'
import type { LLMEvent } from './llm-types.ts'
import { LLMService } from './llm-service.ts'
import type { FunctionHandler } from './function-call-params.ts'

/** Calls its functions in the first answer, and tells their results in the next. */
class CallingLLM extends LLMService {
  answers = 0
  readonly #calls: readonly string[]

  constructor(...calls: string[]) {
    super({ name: 'llm' })
    this.#calls = calls
  }

  override async *generate(context: LLMContext): AsyncIterable<LLMEvent> {
    if (this.answers++ > 0) {
      const results = context.messages.flatMap((message) =>
        'role' in message && message.role === 'tool' ? [message.content] : [],
      )
      yield `Results: ${results.join(', ')}.`
      return
    }
    yield { type: 'text', text: 'Let me see.' }
    for (const name of this.#calls) yield { type: 'toolCall', id: name, name, arguments: '{}' }
    yield { type: 'done', finishReason: 'tool_calls' }
  }

  delay(ms: number, signal?: AbortSignal): Promise<void> {
    return sleep(this.runtime.clock, ms, signal)
  }
}

const texts = (down: readonly Frame[]): string[] =>
  down.flatMap((frame) => (frame instanceof LLMTextFrame ? [frame.text] : []))

function setUp(...calls: string[]) {
  const llm = new CallingLLM(...calls)
  const context = new LLMContext([{ role: 'user', content: 'Go on.' }])
  const pair = new LLMContextAggregatorPair(context)
  return { llm, context, list: [pair.user(), llm, pair.assistant()] }
}

describe('a model and its functions in a conversation', () => {
  test('two calls at once are answered once, with both results, and the words before them are there once', async () => {
    const { llm, context, list } = setUp('slow', 'fast')
    llm.registerFunction('slow', () => llm.delay(500).then(() => 'S'))
    llm.registerFunction('fast', () => 'F')
    const { down } = await runTest(list, { frames: [new LLMRunFrame(), { pauseMs: 1000 }] })
    expect(llm.answers).toBe(2)
    expect(texts(down)).toEqual(['Let me see.', 'Results: "S", "F".'])
    expect(
      context.messages.filter((message) => 'content' in message && message.content === 'Let me see.'),
    ).toHaveLength(1)
  })

  test('a member of the group that fails does not keep the answer from coming', async () => {
    const { llm, list } = setUp('good', 'bad', 'late')
    llm.registerFunction('good', () => 'G')
    llm.registerFunction('bad', () => Promise.reject(new Error('no')))
    llm.registerFunction('late', () => llm.delay(5000), { timeoutSecs: 0.5 })
    const { down } = await runTest(list, { frames: [new LLMRunFrame(), { pauseMs: 1000 }] })
    expect(llm.answers).toBe(2)
    expect(texts(down)[1]).toContain('"G"')
  })

  test('an interruption cancels the call in the context and asks for no answer', async () => {
    const { llm, context, list } = setUp('slow')
    llm.registerFunction('slow', (_args, { signal }) => llm.delay(500, signal))
    await runTest(list, { frames: [new LLMRunFrame(), { pauseMs: 100 }, new InterruptionFrame(), { pauseMs: 1000 }] })
    expect(llm.answers).toBe(1)
    expect(JSON.stringify(context.messages)).not.toContain('IN_PROGRESS')
  })

  test.each<[string, (llm: CallingLLM) => FunctionHandler]>([
    [
      'after its result',
      (llm) =>
        (_args, { resultCallback }) => {
          resultCallback('bye')
          llm.pushFrame(new EndTaskFrame())
        },
    ],
    [
      'before its result',
      (llm) => () => {
        llm.pushFrame(new EndTaskFrame())
        return 'bye'
      },
    ],
    [
      'a while before its result',
      (llm) => async () => {
        llm.pushFrame(new EndTaskFrame())
        await llm.delay(100)
        return 'bye'
      },
    ],
  ])('a function that ends the task %s still gets its answer spoken', async (_when, handler) => {
    const { llm, list } = setUp('hang_up')
    llm.registerFunction('hang_up', handler(llm))
    const { down, task, clock } = await runTest(list, { frames: [new LLMRunFrame()], end: false })
    await clock.advanceUntil(() => task.hasFinished())
    expect(texts(down)).toEqual(['Let me see.', 'Results: "bye".'])
    expect(clock.nowMs()).toBeLessThan(2000)
  })
})
