import { describe, expect, test } from 'vitest'
import { type LLMContext, type LLMEvent, type Message, sleep } from '@pc/core'
import { defineFlow } from '../../src/definition/define-flow.ts'
import { FlowDefinitionError } from '../../src/definition/errors.ts'
import { FlowManager } from '../../src/manager/flow-manager.ts'
import { ScriptedHost } from '../../src/testing/scripted-host.ts'
import { TestClock } from '@pc/core/testing'
import { edge, flowOf } from '../example-flows.ts'
import { call, ScriptedModel, Talk, tell } from './talk.ts'
import type { FlowDefinition } from '../../src/definition/flow-definition.ts'

const PROMPT = 'Sum the order up.'

interface SummaryRequest {
  readonly history: readonly string[]
  readonly role: string | undefined
  readonly atMs: number
}

/** Answers as scripted, and gives summaries when it is asked for one. */
class Summariser extends ScriptedModel {
  readonly requests: SummaryRequest[] = []
  readonly #give: (request: number) => string | number | Error
  /** @param give - a text, the seconds that it takes, or what it fails with. */
  constructor(give: (request: number) => string | number | Error) {
    super([['Hello.'], ['Fine.', call('go')]])
    this.#give = give
  }
  override async *generate(...[context, options]: Parameters<ScriptedModel['generate']>): AsyncIterable<LLMEvent> {
    const role = options.settings.systemInstruction ?? undefined
    if (role !== PROMPT) {
      yield* super.generate(context, options)
      return
    }
    const { clock } = this.runtime
    this.requests.push({ history: tell(context.messages), role, atMs: clock.nowMs() })
    const given = this.#give(this.requests.length)
    if (given instanceof Error) throw given
    if (typeof given === 'number') await sleep(clock, given * 1000, options.signal)
    else if (given !== '') yield given
    yield { type: 'done', finishReason: 'stop' }
  }
}

const order = (): FlowDefinition =>
  flowOf({
    a: { role: 'You take orders.', task: 'Ask.', functions: [edge('go', 'b')] },
    b: { role: 'You confirm.', task: 'Read it back.', functions: [edge('back', 'c')], context: { summary: PROMPT } },
    c: { task: 'Once more.', context: { summary: PROMPT } },
  })

async function ordered(give: (request: number) => string | number | Error, flow = order()) {
  const model = new Summariser(give)
  const talk = await Talk.start(flow, { llm: model })
  await talk.advance(2)
  await talk.say('Two large pizzas.')
  await talk.advance(1)
  return { talk, model }
}

describe('a node that begins with a summary', () => {
  test('14. A summary without a prompt is refused where the flow is defined', () => {
    const define = (context: unknown) => () =>
      defineFlow({ id: 'x', initialNode: 'a', nodes: { a: { task: '', context: context as 'reset' } } })
    expect(define({ summary: '' })).toThrow(FlowDefinitionError)
    expect(define({})).toThrow('nodes.a.context.summary')
    expect(define({ summary: PROMPT })).not.toThrow()
  })

  test('15. The model is asked beside the conversation: the prompt is its instruction, the history what it reads', async () => {
    const { model, talk } = await ordered(() => 'Two large pizzas.')
    expect(model.requests).toHaveLength(1)
    const [request] = model.requests
    expect(request?.role).toBe(PROMPT)
    const text = request?.history.join('\n') ?? ''
    for (const said of ['Hello.', 'Two large pizzas.', 'Fine.']) expect(text).toContain(said)
    expect(text).not.toContain('Read it back.')
    expect(talk.history.join()).not.toContain(PROMPT)
  })

  test('16. The summary comes first in the new history, the task behind it, and nothing else', async () => {
    const { model, talk } = await ordered(() => '  Two large pizzas.\n')
    expect(talk.events.filter(({ type }) => type === 'flow.summary')).toMatchObject([{ node: 'b', ok: true }])
    expect(model.asked.at(-1)?.history).toEqual([
      "developer: Here's a summary of the conversation:\nTwo large pizzas.",
      'developer: Read it back.',
    ])
  })

  test.each<[string, string | number | Error, number]>([
    ['takes longer than 5 s', 60, 5],
    ['fails', new Error('no quota'), 0],
    ['is empty', '', 0],
    ['is blank', ' \n', 0],
  ])('17. A summary that %s leaves the history as it is, with the task behind it', async (_what, give, secs) => {
    const { talk, model } = await ordered(() => give)
    const asked = model.requests[0]?.atMs ?? NaN
    await talk.advance(8)
    expect(talk.node).toBe('b')
    expect(model.asked.at(-1)?.history).toEqual([
      'developer: Ask.',
      'assistant: Hello.',
      'user: Two large pizzas.',
      'assistant: Fine.',
      'calls go',
      'tool: {"status":"acknowledged"}',
      'developer: Read it back.',
    ])
    expect(talk.events.filter(({ type }) => type === 'flow.summary')).toMatchObject([{ node: 'b', ok: false }])
    const waitedMs = (model.asked.at(-1)?.atMs ?? NaN) - asked
    expect(waitedMs).toBeGreaterThanOrEqual(secs * 1000)
    expect(waitedMs).toBeLessThan(secs * 1000 + 3000)
  })

  test('17. The request of a summary that comes too late is given up', async () => {
    const signals: AbortSignal[] = []
    class Slow extends ScriptedHost {
      override infer(_prompt: string, _history: string, signal?: AbortSignal): Promise<string | null> {
        if (signal !== undefined) signals.push(signal)
        return new Promise(() => {})
      }
    }
    const clock = new TestClock()
    const manager = new FlowManager({ host: new Slow(clock, 1), flow: order() })
    await manager.initialize()
    const moving = manager.setNode('b')
    await clock.advance(4900)
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    await clock.advance(200)
    await moving
    expect([signals.map(({ aborted }) => aborted), manager.currentNode]).toEqual([[true], 'b'])
  })

  test('18. D2: After a summary that failed the next node asks for one again, and gets it', async () => {
    const { talk, model } = await ordered((request) => (request === 1 ? new Error('down') : 'Two pizzas, read back.'))
    await talk.advance(4)
    await talk.during(talk.manager.setNode('c'))
    await talk.advance(4)
    expect(model.requests.length).toBeGreaterThanOrEqual(2)
    expect(model.asked.at(-1)?.history).toEqual([
      "developer: Here's a summary of the conversation:\nTwo pizzas, read back.",
      'developer: Once more.',
    ])
  })

  test('18. D2: The strategy of the flow itself is not changed by a summary that failed either', async () => {
    const flow = flowOf(
      { a: { task: 'A.', context: 'append', functions: [edge('go', 'b')] }, b: { task: 'B.' }, c: { task: 'C.' } },
      { context: { summary: PROMPT } },
    )
    const { talk, model } = await ordered((request) => (request === 1 ? '' : 'All of it.'), flow)
    await talk.advance(4)
    await talk.during(talk.manager.setNode('c'))
    await talk.clock.settle()
    expect(model.asked.at(-1)?.history.at(-2)).toContain('All of it.')
    expect(flow.context).toEqual({ summary: PROMPT })
  })

  test('19. The role is set ahead of the new history', async () => {
    const { talk, model } = await ordered(() => 'Two large pizzas.')
    const kinds = talk.sent(
      'LLMUpdateSettingsFrame',
      'LLMMessagesAppendFrame',
      'LLMMessagesUpdateFrame',
      'LLMSetToolsFrame',
    )
    expect(kinds.slice(-3)).toEqual(['LLMUpdateSettingsFrame', 'LLMMessagesUpdateFrame', 'LLMSetToolsFrame'])
    expect(model.asked.at(-1)).toMatchObject({ role: 'You confirm.', tools: ['back'] })
  })

  test('What the user says while the summary is made is not lost with the old history', async () => {
    const { talk, model } = await ordered(() => 'Two large pizzas.', {
      ...order(),
      nodes: { ...order().nodes, b: { task: 'Read it back.', context: { summary: PROMPT, timeoutSecs: 20 } } },
    })
    expect(talk.history).toContain('developer: Read it back.')
    const slow = new Summariser(() => 'Two large pizzas.')
    const give = Promise.withResolvers<void>()
    slow.runInference = async (_context: LLMContext) => {
      await give.promise
      return 'Two large pizzas.'
    }
    const other = await Talk.start(order(), { llm: slow })
    await other.advance(2)
    await other.say('Two large pizzas.')
    await other.advance(1)
    expect(other.node).toBe('a')
    await other.say('And a salad.')
    give.resolve()
    await other.advance(3)
    expect(other.node).toBe('b')
    expect(slow.asked.at(-1)?.history).toEqual([
      "developer: Here's a summary of the conversation:\nTwo large pizzas.",
      'developer: Read it back.',
      'user: And a salad.',
    ])
    expect(model.requests).toHaveLength(1)
  })

  test('A history with nothing in it is not summarised', async () => {
    const model = new Summariser(() => 'Nothing.')
    const messages: Message[] = []
    const talk = await Talk.start(flowOf({ a: { task: 'A.', context: { summary: PROMPT } } }), { llm: model, messages })
    expect([model.requests, talk.history]).toEqual([[], ['developer: A.']])
  })
})
