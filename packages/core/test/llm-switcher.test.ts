import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  defineFunction,
  type Frame,
  type FunctionCallResultFrame,
  InterruptionFrame,
  LLMAssistantAggregator,
  LLMConfigureOutputFrame,
  LLMContext,
  LLMContextFrame,
  type LLMServiceOptions,
  LLMSummarizeContextFrame,
  LLMSwitcher,
  type LLMTextFrame,
  LLMTurnCompletionFrame,
  LLMUpdateSettingsFrame,
  ManuallySwitchServiceFrame,
  PcError,
  ServiceSwitcherStrategyFailover,
  ServiceSwitcherStrategyManual,
  ServiceSwitcherStrategyRoundRobin,
} from '../src/index.ts'
import { type Rig, started } from './support.ts'
import { type Answer, call, ScriptedModel } from './talk.ts'

const broken = (kind: 'auth' | 'transient', after: readonly string[] = []): Answer =>
  async function* () {
    yield* after
    throw new PcError('out of order', { code: 'broken', kind, retryable: false })
  }

const models = (first: readonly Answer[], second: readonly Answer[] = [], options: LLMServiceOptions = {}) => {
  const llms = [
    new ScriptedModel(first, { name: 'first', ...options }),
    new ScriptedModel(second, { name: 'second', ...options }),
  ] as const
  return llms
}

const ask = (context = new LLMContext({ messages: [{ role: 'user', content: 'Hi' }] })): LLMContextFrame =>
  new LLMContextFrame(context)

async function send({ task, clock }: Rig, ...frames: Frame[]): Promise<void> {
  for (const frame of frames) await task.queueFrame(frame)
  await clock.settle()
}

const answers = ({ down }: Rig): string[] =>
  down.flatMap((frame) => {
    if (frame.type === 'LLMServiceMetadataFrame') return []
    return frame.type === 'LLMTextFrame'
      ? (frame as LLMTextFrame).text
      : frame.type.replace(/^LLMFullResponse|Frame$/g, '')
  })

describe('a switcher of language models', () => {
  it('has all models and the active one, and is switched by index', async () => {
    const llms = models([['One.']], [['Two.']])
    const switcher = new LLMSwitcher({ llms, strategy: new ServiceSwitcherStrategyManual({ defaultIndex: 0 }) })
    const it = await started([switcher])
    expect([switcher.llms, switcher.activeLlm]).toEqual([llms, llms[0]])
    await send(it, ask(), new ManuallySwitchServiceFrame({ serviceIndex: 1 }), ask())
    await it.clock.settle()
    expect(answers(it)).toEqual(['Start', 'One.', 'End', 'Start', 'Two.', 'End'])
    expect(switcher.activeLlm).toBe(llms[1])
  })

  it('an answer that fails before it says anything is asked of the next model, as if the first had never been asked', async () => {
    const llms = models([broken('transient')], [['Two.']], { onLLMError: { say: 'Sorry.' } })
    const it = await started([new LLMSwitcher(llms, ServiceSwitcherStrategyFailover)])
    const context = new LLMContext({ messages: [{ role: 'user', content: 'Hi' }] })
    await send(it, ask(context))
    await it.clock.settle()
    expect([answers(it), it.errors]).toEqual([['Start', 'Two.', 'End'], []])
    expect(llms[1].asked).toEqual([[{ role: 'user', content: 'Hi' }]])
  })

  it('asks again on a context that comes upstream, too', async () => {
    const llms = models([broken('auth')], [['Two.']])
    const it = await started([new LLMSwitcher(llms, ServiceSwitcherStrategyFailover)])
    await it.task.queueFrame(ask(), 'upstream')
    await it.clock.settle()
    expect(answers(it)).toEqual(['Start', 'Two.', 'End'])
  })

  it('an answer that broke in the middle is not begun again; a model that cannot go on is left for the next answer', async () => {
    const llms = models([broken('transient', ['One ']), broken('auth', ['Three '])], [['Four.']])
    const switcher = new LLMSwitcher(llms, ServiceSwitcherStrategyFailover)
    const it = await started([switcher])
    await send(it, ask())
    await it.clock.settle()
    expect([answers(it), it.errors, switcher.activeLlm.name]).toEqual([
      ['Start', 'One ', 'End'],
      ['first: out of order'],
      'first',
    ])
    await send(it, ask(), ask())
    await it.clock.settle()
    expect([answers(it).slice(3), it.errors.length]).toEqual([['Start', 'Three ', 'End', 'Start', 'Four.', 'End'], 1])
  })

  it('when no model works the response ends, with an apology and the error of the last', async () => {
    const llms = models([broken('transient')], [broken('transient')], { onLLMError: { say: 'Sorry.' } })
    const it = await started([new LLMSwitcher(llms, ServiceSwitcherStrategyFailover)])
    await send(it, ask())
    await it.clock.settle()
    expect([answers(it), it.errors]).toEqual([['Start', 'End', 'TTSSpeak'], ['second: out of order']])
  })

  it('a function that fails is no failure of the model', async () => {
    const llms = models([[call('look')]])
    const switcher = new LLMSwitcher(llms, ServiceSwitcherStrategyFailover)
    switcher.registerFunction('look', () => {
      throw new Error('no eyes')
    })
    const it = await started([switcher])
    await send(it, ask())
    await it.clock.settle()
    expect([switcher.activeLlm.name, it.errors]).toEqual(['first', ['first: The function look failed.']])
  })

  it('an interruption drops the answer of whoever gives it', async () => {
    const stuck: Answer = async function* () {
      yield 'Never '
      await new Promise<void>(() => {})
    }
    const it = await started([new LLMSwitcher(models([broken('auth')], [stuck]), ServiceSwitcherStrategyFailover)])
    await send(it, ask())
    await send(it, new InterruptionFrame(), ask())
    await it.clock.settle()
    expect([answers(it), it.task.counters.detached]).toEqual([['Start', 'Never ', 'Start', 'Yes.', 'End'], 0])
  })

  it('round robin spreads answers', async () => {
    const llms = models([])
    const it = await started([new LLMSwitcher(llms, ServiceSwitcherStrategyRoundRobin)])
    await send(it, ask(), ask(), ask())
    await it.clock.settle()
    expect(llms.map(({ asked }) => asked.length)).toEqual([2, 1])
  })

  it('returns to a primary that answers again when it is probed', async () => {
    const llms = models([broken('auth'), ['yes'], ['Back.']], [['Two.']])
    const it = await started([new LLMSwitcher(llms, new ServiceSwitcherStrategyFailover({ retryPrimarySecs: 5 }))])
    await send(it, ask())
    await it.clock.advance(5_000)
    expect(llms[0].isUsable).toBe(true)
    await send(it, ask())
    await it.clock.settle()
    expect(answers(it)).toEqual(['Start', 'Two.', 'End', 'Start', 'Back.', 'End'])
  })

  it('a switch of spoken output reaches all models, and settings do not leave twice', async () => {
    const it = await started([new LLMSwitcher(models([['One.']], [['Two.']]))])
    await send(it, new LLMConfigureOutputFrame(true), new LLMUpdateSettingsFrame({ temperature: 1 }))
    await send(it, new ManuallySwitchServiceFrame(1), ask())
    await it.clock.settle()
    expect(answers(it)).toEqual(['LLMConfigureOutput', 'LLMUpdateSettings', 'Start', 'Two.', 'End'])
    expect(it.down.at(-2)).toMatchObject({ skipTts: true })
  })

  it('whether the model judges turns reaches all models', async () => {
    const it = await started([new LLMSwitcher(models([['○']], [['✓ Two.']]))])
    await send(it, new LLMTurnCompletionFrame({}), ask(), new ManuallySwitchServiceFrame(1), ask())
    await it.clock.settle()
    expect(answers(it).filter((told) => told.includes('Two'))).toEqual(['Two.'])
  })
})

describe('functions of a switcher', () => {
  it('a function given with its schema is offered to the model that is active and runs whoever calls it', async () => {
    const llms = models([[call('get_weather', '{"location":"Oslo"}')]], [[call('get_weather', '{}')]])
    const switcher = new LLMSwitcher({ llms })
    const places: unknown[] = []
    switcher.registerFunction({
      functionName: 'get_weather',
      handler: ({ location }) => void places.push(location),
      description: 'Get current weather for a location',
      properties: { location: { type: 'string', description: 'City and state' } },
      required: ['location'],
    })
    const it = await started([switcher])
    const context = new LLMContext({ messages: [{ role: 'user', content: 'Hi' }] })
    await send(it, ask(context), new ManuallySwitchServiceFrame(1), ask(context))
    await it.clock.settle()
    expect(context.tools?.standardTools.map(({ name, required }) => [name, required])).toEqual([
      ['get_weather', ['location']],
    ])
    const results = it.down.flatMap((frame) =>
      frame.type === 'FunctionCallResultFrame' ? [frame as FunctionCallResultFrame] : [],
    )
    expect(places).toEqual(['Oslo'])
    expect(results.map(({ result }) => JSON.stringify(result))).toEqual([
      '{"ok":true}',
      '{"error":"Invalid arguments. location: required"}',
    ])
  })

  it('direct functions and plain handlers go to all models and can be taken out', () => {
    const llms = models([])
    const switcher = new LLMSwitcher(llms)
    const look = defineFunction({ name: 'look', description: 'Look', parameters: z.object({}), handler: () => 1 })
    switcher.registerDirectFunction(look)
    switcher.registerDirectFunction('see', () => 2)
    switcher.registerFunction('hear', () => 3)
    const has = (): unknown => llms.map((llm) => ['look', 'see', 'hear'].map((name) => llm.hasFunction(name)))
    expect(has()).toEqual([Array(3).fill(true), Array(3).fill(true)])
    switcher.unregisterFunction('see')
    expect([has(), switcher.hasFunction('see')]).toEqual([
      [
        [true, false, true],
        [true, false, true],
      ],
      false,
    ])
  })

  it('a call that runs when another model becomes active still gives its result, once', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const switcher = new LLMSwitcher(models([[call('look')]]))
    switcher.registerFunction('look', () => promise)
    const it = await started([switcher])
    await send(it, ask(), new ManuallySwitchServiceFrame(1))
    resolve('seen')
    await it.clock.settle()
    expect(answers(it).filter((type) => type === 'FunctionCallResult')).toHaveLength(1)
    expect(it.up.filter(({ type }) => type === 'FunctionCallResultFrame')).toHaveLength(1)
  })

  it('a call that times out when another model is active is still told', async () => {
    const switcher = new LLMSwitcher(models([[call('look')]]))
    switcher.registerFunction('look', () => new Promise(() => {}), { timeoutSecs: 5 })
    const it = await started([switcher])
    await send(it, ask(), new ManuallySwitchServiceFrame(1))
    await it.clock.advance(5000)
    expect(it.down.filter(({ type }) => type === 'FunctionCallCancelFrame')).toMatchObject([{ runLlm: true }])
    expect(it.up.filter(({ type }) => type === 'FunctionCallCancelFrame')).toHaveLength(1)
  })

  it('asks the active model or any other out of band, without switching', async () => {
    const switcher = new LLMSwitcher(models([['active']], [['other']]))
    await started([switcher])
    const messages = [{ role: 'user', content: 'Quick question' }] as const
    expect(await switcher.runInference(new LLMContext({ messages }))).toBe('active')
    expect(await switcher.runInference({ llmIndex: 1, messages })).toBe('other')
    await expect(switcher.runInference({ llmIndex: 5, messages })).rejects.toMatchObject({ code: 'unknown-service' })
    expect(switcher.activeLlm.name).toBe('first')
  })
})

describe('summaries of a context', () => {
  const talked = (): LLMContext =>
    new LLMContext(Array.from({ length: 8 }, (_, i) => ({ role: 'user' as const, content: `line ${i}` })))

  it('are made by the model that is active', async () => {
    const context = talked()
    const switcher = new LLMSwitcher(models([['by the first']], [['by the second']]))
    const it = await started([switcher, new LLMAssistantAggregator({ context })])
    await send(it, new ManuallySwitchServiceFrame(1), new LLMSummarizeContextFrame())
    await it.clock.advance(100)
    expect(context.messages[0]).toEqual({ role: 'user', content: 'Conversation summary: by the second' })
    expect(it.errors).toEqual([])
  })

  it('are not lost when another model becomes active meanwhile', async () => {
    const context = talked()
    const switcher = new LLMSwitcher(models([[{ pauseMs: 500 }, 'by the first']]))
    const it = await started([switcher, new LLMAssistantAggregator({ context })])
    await send(it, new LLMSummarizeContextFrame())
    await send(it, new ManuallySwitchServiceFrame(1))
    await it.clock.advance(1000)
    expect([switcher.activeLlm.name, context.messages[0]]).toEqual([
      'second',
      { role: 'user', content: 'Conversation summary: by the first' },
    ])
  })

  it('may be made by a switcher of their own, outside the pipeline', async () => {
    const context = talked()
    const llm = new LLMSwitcher(models([['by the other']]))
    const aggregator = new LLMAssistantAggregator({ context, params: { contextSummarization: { llm } } })
    const it = await started([...models([['in the pipeline']]).slice(0, 1), aggregator])
    await send(it, new LLMSummarizeContextFrame())
    await it.clock.advance(100)
    expect([context.messages[0], it.errors]).toEqual([
      { role: 'user', content: 'Conversation summary: by the other' },
      [],
    ])
  })
})
