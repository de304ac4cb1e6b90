import { expect, test } from 'vitest'
import { ErrorFrame } from '../frames/control.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame, LLMMessagesUpdateFrame } from '../frames/llm.ts'
import {
  type LLMContextSummaryRequestFrame,
  LLMContextSummaryResultFrame,
  LLMSummarizeContextFrame,
} from '../frames/summary.ts'
import { PcError } from '../runtime/errors.ts'
import { LLMService } from '../services/llm-service.ts'
import type { GenerateOptions, LLMEvent } from '../services/llm-types.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { LLMAssistantAggregator, type LLMAssistantAggregatorParams } from './assistant-aggregator.ts'
import type { SummaryApplied } from './context-summarizer.ts'
import { LLMContext } from './llm-context.ts'
import type { Message } from './messages.ts'
import { SUMMARY_PROMPT } from './summary-config.ts'
import { backgroundMessage, encodeBackgroundStart } from './tool-messages.ts'

const system: Message = { role: 'system', content: 'Be brief.' }
const user = (content: string): Message => ({ role: 'user', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const calls = (id: string): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: '{"at":"sea"}' } }],
})
const tool = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content })
const talk = (count: number): Message[] =>
  Array.from({ length: count }, (_, i) => (i % 2 === 0 ? user(`question ${i}`) : said(`answer ${i}`)))

/** A model that summarises after a while, and keeps what it was asked. */
class Summarizer extends LLMService {
  readonly asked: { transcript: string; settings: GenerateOptions['settings'] }[] = []
  readonly #answer: () => string
  readonly #afterMs: number
  constructor(answer: string | (() => string) = 'They talked.', afterMs = 0) {
    super({ name: 'model' })
    this.#answer = typeof answer === 'string' ? () => answer : answer
    this.#afterMs = afterMs
  }
  override async *generate(context: LLMContext, { settings, signal }: GenerateOptions): AsyncIterable<LLMEvent> {
    const [message] = context.messages
    const transcript =
      message !== undefined && 'content' in message && typeof message.content === 'string' ? message.content : ''
    this.asked.push({ transcript, settings })
    if (this.#afterMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.runtime.clock.setTimeout(resolve, this.#afterMs)
        signal.addEventListener('abort', () => (timer.cancel(), resolve()))
      })
    }
    yield this.#answer()
    yield { type: 'done', finishReason: 'stop' }
  }
}

const response = (): Frame[] => [new LLMFullResponseStartFrame(), new LLMFullResponseEndFrame()]

async function run(
  messages: readonly Message[],
  frames: readonly (Frame | Pause)[],
  { params = {}, model = new Summarizer() }: { params?: LLMAssistantAggregatorParams; model?: Summarizer } = {},
) {
  const context = new LLMContext([...messages])
  const aggregator = new LLMAssistantAggregator({ context, params })
  const applied: SummaryApplied[] = []
  aggregator.on('summaryApplied', (outcome) => applied.push(outcome))
  const { up } = await runTest([model, aggregator], { frames })
  const errors = up.flatMap((frame) => (frame instanceof ErrorFrame ? [frame.error.code] : []))
  return { context, applied, asked: model.asked, errors, messages: context.messages }
}

test('on demand the older part of a context becomes a summary, and the newest messages and the instructions stay', async () => {
  const { messages, applied, asked } = await run([system, ...talk(10)], [new LLMSummarizeContextFrame()])
  expect(messages).toEqual([system, user('Conversation summary: They talked.'), ...talk(10).slice(6)])
  expect(applied).toEqual([
    { originalMessageCount: 11, newMessageCount: 6, summarizedMessageCount: 6, preservedMessageCount: 5 },
  ])
  expect(asked[0]?.transcript).toMatch(/^USER: question 0\n\nASSISTANT: answer 1\n\n/)
  expect(asked[0]?.settings).toMatchObject({ systemInstruction: SUMMARY_PROMPT, maxTokens: 6000 })
})

test('it happens by itself when a response begins and there are too many messages, or too many tokens', async () => {
  const params = { enableAutoContextSummarization: true }
  const few = await run(talk(20), response(), { params })
  expect(few.applied).toHaveLength(0)
  const many = await run(talk(21), response(), { params })
  expect(many.messages).toHaveLength(5)
  /** Six messages, each of 10 tokens and a token per four characters. */
  const tokens = (count: number): Message[] => [user('x'.repeat((count - 70) * 4)), ...talk(5)]
  expect((await run(tokens(7999), response(), { params })).applied).toHaveLength(0)
  expect((await run(tokens(8000), response(), { params })).applied).toHaveLength(1)
  const never = await run(talk(30), response())
  expect(never.applied).toHaveLength(0)
  const limits = { maxContextTokens: 100, maxUnsummarizedMessages: null }
  const small = await run(talk(12), response(), { params: { ...params, contextSummarization: limits } })
  expect(small.asked[0]?.settings.maxTokens).toBe(80)
})

test('facts and preferences are asked for, and an earlier summary is part of what the next one is made of', async () => {
  expect(SUMMARY_PROMPT).toMatch(/facts about the user[\s\S]*preferences[\s\S]*earlier summary/)
  const answers = ['Ann is allergic to nuts.', 'Ann is allergic to nuts and likes tea.']
  const model = new Summarizer(() => answers.shift() ?? '')
  const more = new LLMSummarizeContextFrame({ minMessagesAfterSummary: 1 })
  const { messages, asked } = await run([system, ...talk(8)], [new LLMSummarizeContextFrame(), { pauseMs: 10 }, more], {
    model,
  })
  expect(asked[1]?.transcript).toContain('USER: Conversation summary: Ann is allergic to nuts.')
  expect(messages).toEqual([
    system,
    user('Conversation summary: Ann is allergic to nuts and likes tea.'),
    said('answer 7'),
  ])
})

test('a summary never parts a call from its result, and one that still runs is never summarised', async () => {
  const settledLate = await run(
    [...talk(2), calls('a'), user('while it runs'), tool('a', '1'), said('one'), user('x'), said('y')],
    [new LLMSummarizeContextFrame({ minMessagesAfterSummary: 4 })],
  )
  expect(settledLate.messages).toEqual([
    user('Conversation summary: They talked.'),
    calls('a'),
    user('while it runs'),
    tool('a', '1'),
    said('one'),
    user('x'),
    said('y'),
  ])
  const running = await run(
    [...talk(2), calls('a'), tool('a', 'IN_PROGRESS'), ...talk(6)],
    [new LLMSummarizeContextFrame()],
  )
  expect(running.messages.slice(1, 3)).toEqual([calls('a'), tool('a', 'IN_PROGRESS')])
  const missing = await run([...talk(2), calls('a'), ...talk(6)], [new LLMSummarizeContextFrame()])
  expect(missing.messages[1]).toEqual(calls('a'))
  const settled = await run([...talk(2), calls('a'), tool('a', '"blue"'), ...talk(4)], [new LLMSummarizeContextFrame()])
  expect(settled.messages).toEqual([user('Conversation summary: They talked.'), ...talk(4)])
  expect(settled.asked[0]?.transcript).toContain('TOOL_CALL: look({"at":"sea"})\n\nTOOL_RESULT[a]: "blue"')
})

test('a background call that still runs is not summarised away, as its messages are read in the form they are written', async () => {
  const begun = [...talk(2), calls('a'), tool('a', encodeBackgroundStart('a'))]
  const progress = backgroundMessage('a', { status: 'running', result: 'half' })
  const running = await run([...begun, progress, ...talk(6)], [new LLMSummarizeContextFrame()])
  expect(running.messages.slice(1, 4)).toEqual([...begun.slice(2), progress])
  const finished = backgroundMessage('a', { status: 'finished', result: 'all' })
  const over = await run([...begun, progress, finished, ...talk(4)], [new LLMSummarizeContextFrame()])
  expect(over.messages).toEqual([user('Conversation summary: They talked.'), ...talk(4)])
})

test('a request by hand is applied with its own template, prompt and number of kept messages', async () => {
  const config = {
    summaryMessageTemplate: '<{summary}>',
    minMessagesAfterSummary: 2,
    summarizationPrompt: 'Shorten.',
    targetContextTokens: 50,
  }
  const params = { contextSummarization: { summaryMessageTemplate: 'Other {summary}', minMessagesAfterSummary: 6 } }
  const model = new Summarizer('Costs $& and {summary}')
  const { messages, asked } = await run(talk(8), [new LLMSummarizeContextFrame(config)], { params, model })
  expect(messages).toEqual([user('<Costs $& and {summary}>'), ...talk(8).slice(6)])
  expect(asked[0]?.settings).toMatchObject({ systemInstruction: 'Shorten.', maxTokens: 50 })
})

test('messages that only one provider understands survive a summary, but not the thoughts of what was summarised', async () => {
  const own: Message = { llm: 'gemini', message: { role: 'user', parts: [] } }
  const thought: Message = { llm: 'anthropic', message: { type: 'thought', text: 'hm', signature: 's' } }
  const { messages } = await run([...talk(2), own, thought, ...talk(6)], [new LLMSummarizeContextFrame()])
  expect(messages).toEqual([user('Conversation summary: They talked.'), own, ...talk(6).slice(2)])
})

test('a summary of messages that were replaced meanwhile, or that nobody asked for, changes nothing', async () => {
  const model = new Summarizer('Stale.', 100)
  const replaced = await run(
    talk(10),
    [new LLMSummarizeContextFrame(), new LLMMessagesUpdateFrame(talk(3)), { pauseMs: 200 }],
    { model },
  )
  expect(replaced.messages).toEqual(talk(3))
  const stray = new LLMContextSummaryResultFrame('none', 'Nonsense.')
  expect((await run(talk(10), [stray])).messages).toEqual(talk(10))
  const beside = await run(talk(10), [new LLMSummarizeContextFrame(), stray, { pauseMs: 200 }], {
    model: new Summarizer('Mine.', 100),
  })
  expect(beside.messages).toEqual([user('Conversation summary: Mine.'), ...talk(10).slice(6)])
})

test('a summary outlives an interruption, and what is said meanwhile stays behind it', async () => {
  const model = new Summarizer('They talked.', 100)
  const context = new LLMContext(talk(8))
  const aggregator = new LLMAssistantAggregator({ context })
  const add = (): void => context.addMessage(user('new'))
  aggregator.on('assistantTurnStarted', add)
  await runTest([model, aggregator], {
    frames: [new LLMSummarizeContextFrame(), new InterruptionFrame(), ...response(), { pauseMs: 200 }],
  })
  expect(context.messages).toEqual([user('Conversation summary: They talked.'), ...talk(8).slice(4), user('new')])
})

test('a model that fails, says nothing or takes too long leaves the context as it is, and the next request works', async () => {
  let fails = true
  const model = new Summarizer(() => {
    if (fails) throw new PcError('No key.', { code: 'refused', kind: 'auth' })
    return 'They talked.'
  })
  const frames = [new LLMSummarizeContextFrame(), { pauseMs: 10 }]
  const failed = await run(talk(8), frames, { model })
  expect([failed.messages, failed.errors]).toEqual([talk(8), ['summary-failed']])
  fails = false
  expect((await run(talk(8), frames, { model: new Summarizer(' ') })).errors).toEqual(['summary-failed'])
  const slow = new Summarizer('Late.', 4000)
  const late = await run(
    talk(8),
    [
      new LLMSummarizeContextFrame({ summarizationTimeoutSecs: 1 }),
      { pauseMs: 3000 },
      new LLMSummarizeContextFrame(),
      { pauseMs: 6000 },
    ],
    { model: slow },
  )
  expect(late.errors).toEqual(['summary-failed'])
  expect(late.messages[0]).toEqual(user('Conversation summary: Late.'))
})

test('a pipeline without a model that answers gives the request up', async () => {
  const context = new LLMContext(talk(8))
  const { up } = await runTest(new LLMAssistantAggregator({ context }), {
    frames: [new LLMSummarizeContextFrame(), { pauseMs: 121_000 }],
  })
  expect(up.map(({ type }) => type)).toEqual(['LLMContextSummaryRequestFrame', 'ErrorFrame'])
  const [request] = up as [LLMContextSummaryRequestFrame]
  expect(request.messages).toEqual(talk(8).slice(0, 4))
})

test('nothing to summarise is reported when asked for by hand; one request runs at a time', async () => {
  const short = await run([system, ...talk(4)], [new LLMSummarizeContextFrame()])
  expect([short.errors, short.asked]).toEqual([['nothing-to-summarize'], []])
  const again = [new LLMSummarizeContextFrame(), new LLMSummarizeContextFrame(), { pauseMs: 200 }]
  expect((await run(talk(8), again, { model: new Summarizer('One.', 100) })).asked).toHaveLength(1)
})

test('a model of its own summarises outside the pipeline, and is set up and cleaned up with it', async () => {
  const life: string[] = []
  class Own extends Summarizer {
    override onSetup(...args: Parameters<Summarizer['onSetup']>): ReturnType<Summarizer['onSetup']> {
      life.push('setup')
      return super.onSetup(...args)
    }
    override onCleanup(): void {
      life.push('cleanup')
    }
  }
  const llm = new Own('By the other.')
  const { messages, asked } = await run(talk(8), [new LLMSummarizeContextFrame()], {
    params: { contextSummarization: { llm } },
  })
  expect(messages[0]).toEqual(user('Conversation summary: By the other.'))
  expect([asked, llm.asked.length, life]).toEqual([[], 1, ['setup', 'cleanup']])
})

test('a configuration that cannot hold is refused where it is given', () => {
  const make = (contextSummarization: LLMAssistantAggregatorParams['contextSummarization']) => () =>
    new LLMAssistantAggregator({ context: new LLMContext(), params: { contextSummarization } })
  expect(make({ maxContextTokens: 0 })).toThrow('maxContextTokens is 0')
  expect(make({ maxContextTokens: null, maxUnsummarizedMessages: null })).toThrow('must be a number')
  expect(make({ summaryMessageTemplate: 'Summary' })).toThrow('{summary}')
})

test('a request by hand that cannot hold is reported and loses no message', async () => {
  for (const config of [
    { summaryMessageTemplate: 'They talked before.' },
    { targetContextTokens: 0 },
    { summarizationTimeoutSecs: -1 },
    { minMessagesAfterSummary: Number.NaN },
  ]) {
    const { messages, errors, asked } = await run(talk(8), [new LLMSummarizeContextFrame(config)])
    expect([messages, errors, asked]).toEqual([talk(8), ['invalid-summary-config'], []])
  }
})
