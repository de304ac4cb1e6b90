import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Frame } from '../frames/frame.ts'
import { EndTaskFrame, InterruptionFrame } from '../frames/lifecycle.ts'
import {
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesUpdateFrame,
  LLMRunFrame,
} from '../frames/llm.ts'
import { LLMTextFrame } from '../frames/text.ts'
import {
  FunctionCallCancelFrame,
  FunctionCallInProgressFrame,
  FunctionCallResultFrame,
  type FunctionCallResultProperties,
  FunctionCallsStartedFrame,
} from '../frames/tool.ts'
import {
  BotStartedSpeakingFrame,
  BotStoppedSpeakingFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import { defineProcessor } from '../processor/define-processor.ts'
import type { Logger } from '../runtime/log.ts'
import { type Pause, runTest } from '../testing/run-test.ts'
import { LLMAssistantAggregator } from './assistant-aggregator.ts'
import { LLMContext } from './llm-context.ts'
import type { Message } from './messages.ts'

const call = (id: string) => ({ functionName: 'look', toolCallId: id, arguments: { id } })
const asked = (context: LLMContext, ...ids: string[]): Frame =>
  new FunctionCallsStartedFrame(ids.map((id) => ({ ...call(id), context })))
const begins = (id: string, groupId?: string): Frame => new FunctionCallInProgressFrame(call(id), { groupId })
const background = (id: string, groupId?: string): Frame =>
  new FunctionCallInProgressFrame(call(id), { groupId, background: true, cancelOnInterruption: false })
const result = (id: string, value: unknown, properties?: FunctionCallResultProperties): Frame =>
  new FunctionCallResultFrame(call(id), value, properties)
const cancelled = (id: string, runLlm = false): Frame => new FunctionCallCancelFrame('look', id, { runLlm })

/** Each tool message by its call, in order. */
const toolContents = (messages: readonly Message[]): Record<string, string> =>
  Object.fromEntries(
    messages.flatMap((message) =>
      'role' in message && message.role === 'tool' ? [[message.tool_call_id, message.content]] : [],
    ),
  )

/** The JSON of developer messages. */
const reports = (messages: readonly Message[]): Record<string, unknown>[] =>
  messages.flatMap((message) =>
    'role' in message && message.role === 'developer' && typeof message.content === 'string'
      ? [JSON.parse(message.content)]
      : [],
  )

async function run(frames: readonly (Frame | Pause)[], context = new LLMContext()) {
  const aggregator = new LLMAssistantAggregator({ context })
  const warnings: string[] = []
  const log: Logger = {
    enabled: () => true,
    log: (level, message) => void (level === 'warn' && warnings.push(message)),
  }
  /** What the model would have read, at each of its runs. */
  const runs: (readonly Message[])[] = []
  const model = defineProcessor({
    name: 'model',
    direction: 'upstream',
    on: { LLMContextFrame: (frame) => void runs.push([...frame.context.messages]) },
  })
  const { down } = await runTest([model, aggregator], { frames, runtime: { log } })
  return { context, runs, warnings, aggregator, down }
}

test('a call and its result are in the context, and the model runs on them once', async () => {
  const { context, runs, down } = await run([begins('a'), result('a', { sky: 'blue' })])
  expect(context.messages).toEqual([
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{"id":"a"}' } }],
    },
    { role: 'tool', tool_call_id: 'a', content: '{"sky":"blue"}' },
  ])
  expect(runs).toEqual([context.messages])
  expect(down.map(({ type }) => type)).toEqual(['FunctionCallInProgressFrame', 'FunctionCallResultFrame'])
})

test('two results of one group cause one run, after both are in the context', async () => {
  const { context, runs } = await run([begins('a', 'g'), begins('b', 'g'), result('b', 2), result('a', 1)])
  expect(context.messages).toMatchObject([
    { role: 'assistant', tool_calls: [{ id: 'a' }, { id: 'b' }] },
    { role: 'tool', tool_call_id: 'a', content: '1' },
    { role: 'tool', tool_call_id: 'b', content: '2' },
  ])
  expect(runs).toEqual([context.messages])
})

test('a call that answers before its sibling is seen to run waits for it', async () => {
  const context = new LLMContext()
  const { runs } = await run(
    [asked(context, 'a', 'b'), begins('a', 'g'), result('a', 1), begins('b', 'g'), result('b', 2)],
    context,
  )
  expect(runs).toHaveLength(1)
  expect(toolContents(context.messages)).toEqual({ a: '1', b: '2' })
})

test('a group with a call that timed out or was cancelled still runs the model once', async () => {
  const timedOut = await run([begins('a', 'g'), begins('b', 'g'), cancelled('b', true), result('a', 1)])
  expect(timedOut.runs).toHaveLength(1)
  expect(toolContents(timedOut.context.messages)).toEqual({ a: '1', b: 'CANCELLED' })
  const dropped = await run([begins('a', 'g'), begins('b', 'g'), result('a', 1), cancelled('b')])
  expect(dropped.runs).toHaveLength(1)
  const alone = await run([begins('a', 'g'), cancelled('a')])
  expect(alone.runs).toHaveLength(0)
})

test('a call that is cancelled before it was seen to run is in the context as cancelled', async () => {
  const context = new LLMContext()
  const { runs } = await run(
    [asked(context, 'a', 'b'), cancelled('a'), begins('a', 'g'), begins('b', 'g'), result('b', 1)],
    context,
  )
  expect(toolContents(context.messages)).toEqual({ a: 'CANCELLED', b: '1' })
  expect(runs).toHaveLength(1)
})

test('a call that was cancelled before it began is not waited for, and one that timed out on its way is', async () => {
  const context = new LLMContext()
  const begun = [asked(context, 'a', 'b'), begins('a', 'g')]
  const never = await run([...begun, new InterruptionFrame(), cancelled('b'), result('a', 1)], context)
  expect(never.runs).toHaveLength(1)
  const first = await run([asked(context, 'c', 'd'), cancelled('d'), begins('c', 'h'), result('c', 1)], context)
  expect(first.runs).toHaveLength(1)
  const timedOut = await run([...begun, result('a', 1), cancelled('b', true), begins('b', 'g')])
  expect(timedOut.runs).toHaveLength(1)
  expect(toolContents(timedOut.runs[0] ?? [])).toEqual({ a: '1', b: 'CANCELLED' })
})

test('calls without a group run the model one by one, but results of one burst together', async () => {
  const apart = await run([begins('a'), begins('b'), result('a', 1), result('b', 2)])
  expect(apart.runs).toHaveLength(2)
  const burst = defineProcessor({
    name: 'burst',
    on: {
      LLMRunFrame: (_frame, ctx) => {
        for (const frame of [begins('a'), begins('b'), result('a', 1), result('b', 2)]) ctx.push(frame)
      },
    },
  })
  const context = new LLMContext()
  const { up } = await runTest([burst, new LLMAssistantAggregator({ context })], { frames: [new LLMRunFrame()] })
  expect(up.map(({ type }) => type)).toEqual(['LLMContextFrame'])
})

test('the model runs on a result before an end that was asked for right behind it', async () => {
  const seen: string[] = []
  const model = defineProcessor({
    name: 'model',
    on: {
      LLMContextFrame: (_frame, ctx) => {
        seen.push('run')
        ctx.push(new LLMTextFrame('Done.'), 'downstream')
      },
      LLMRunFrame: (_frame, ctx) => {
        for (const frame of [begins('a'), result('a', 1), new EndTaskFrame()]) ctx.push(frame, 'downstream')
      },
      EndFrame: (frame) => {
        seen.push('end')
        return frame
      },
    },
  })
  const context = new LLMContext()
  await runTest([model, new LLMAssistantAggregator({ context })], { frames: [new LLMRunFrame()] })
  expect(seen).toEqual(['run', 'end'])
  expect(context.messages.at(-1)).toEqual({ role: 'assistant', content: 'Done.' })
})

test('a result during the speech of the agent waits for its end, and two wait for one run', async () => {
  const { runs } = await run([new BotStartedSpeakingFrame(), begins('a'), begins('b'), result('a', 1), result('b', 2)])
  expect(runs).toHaveLength(0)
  const spoken = await run([
    new BotStartedSpeakingFrame(),
    begins('a'),
    begins('b'),
    result('a', 1),
    result('b', 2),
    new BotStoppedSpeakingFrame(),
    new BotStartedSpeakingFrame(),
    new BotStoppedSpeakingFrame(),
  ])
  expect(spoken.runs).toHaveLength(1)
  expect(toolContents(spoken.context.messages)).toEqual({ a: '1', b: '2' })
})

test('a result during the speech of the user is in the context and runs nothing', async () => {
  const { runs, context } = await run([
    begins('a'),
    new UserStartedSpeakingFrame(),
    result('a', 1),
    new UserStoppedSpeakingFrame(),
  ])
  expect(toolContents(context.messages)).toEqual({ a: '1' })
  expect(runs).toHaveLength(0)
})

test('a run that waited for the agent is given up when the user interrupts or the model runs anyway', async () => {
  const waiting = [new BotStartedSpeakingFrame(), begins('a'), result('a', 1)]
  const interrupted = await run([
    ...waiting,
    new UserStartedSpeakingFrame(),
    new InterruptionFrame(),
    new BotStoppedSpeakingFrame(),
    new UserStoppedSpeakingFrame(),
  ])
  expect(interrupted.runs).toHaveLength(0)
  const anyway = await run([...waiting, new LLMRunFrame(), new BotStoppedSpeakingFrame()])
  expect(anyway.runs).toHaveLength(1)
})

test('after an interruption only what settles later asks for a run', async () => {
  const { runs } = await run([
    begins('a', 'g'),
    begins('b', 'g'),
    result('a', 1),
    new InterruptionFrame(),
    cancelled('b'),
  ])
  expect(runs).toHaveLength(0)
  const kept = await run([begins('a', 'g'), begins('b', 'g'), result('a', 1), new InterruptionFrame(), result('b', 2)])
  expect(kept.runs).toHaveLength(1)
})

test('a function without a result is completed and runs nothing unless it says so', async () => {
  const silent = await run([begins('a'), result('a', undefined)])
  expect(toolContents(silent.context.messages)).toEqual({ a: 'COMPLETED' })
  expect(silent.runs).toHaveLength(0)
  expect((await run([begins('a'), result('a', null, { runLlm: true })])).runs).toHaveLength(1)
  expect((await run([begins('a'), result('a', { ok: true }, { runLlm: false })])).runs).toHaveLength(0)
  expect((await run([begins('a'), result('a', false)])).runs).toHaveLength(1)
})

test('a late, unknown or second result changes nothing and is reported', async () => {
  const { context, runs, warnings } = await run([
    result('nobody', 1),
    begins('a'),
    cancelled('a'),
    result('a', 1),
    begins('b'),
    result('b', 2),
    result('b', 3),
  ])
  expect(toolContents(context.messages)).toEqual({ a: 'CANCELLED', b: '2' })
  expect(runs).toHaveLength(1)
  expect(warnings).toHaveLength(3)
})

test('a background call reports by messages of its own while the conversation goes on', async () => {
  const { context, runs } = await run([
    background('a'),
    result('a', { at: 'half' }, { isFinal: false }),
    result('a', { at: 'end' }),
    background('b'),
    cancelled('b'),
  ])
  const start = JSON.parse(toolContents(context.messages)['a'] ?? '')
  expect(start).toMatchObject({ type: 'async_tool', status: 'running', tool_call_id: 'a' })
  expect(reports(context.messages)).toMatchObject([
    { type: 'async_tool', status: 'running', tool_call_id: 'a', result: { at: 'half' } },
    { type: 'async_tool', status: 'finished', tool_call_id: 'a', result: { at: 'end' } },
    { type: 'async_tool', status: 'finished', tool_call_id: 'b' },
  ])
  expect(reports(context.messages)[2]).not.toHaveProperty('result')
  expect(runs).toHaveLength(2)
})

test('siblings do not wait for a background call, and only that may have intermediate results', async () => {
  const { runs, warnings, context } = await run([
    begins('a', 'g'),
    background('b', 'g'),
    result('a', 0, { isFinal: false }),
    result('a', 1),
  ])
  expect(runs).toHaveLength(1)
  expect(warnings).toHaveLength(1)
  expect(toolContents(context.messages)['a']).toBe('1')
})

test('onContextUpdated is called after the result is in the context, and its failure harms nothing', async () => {
  const context = new LLMContext()
  const seen: string[] = []
  const { aggregator } = await run(
    [
      begins('a'),
      result('a', 1, { onContextUpdated: () => void seen.push(JSON.stringify(toolContents(context.messages))) }),
      begins('b'),
      result('b', 2, { onContextUpdated: () => Promise.reject(new Error('no')) }),
    ],
    context,
  )
  expect(seen).toEqual(['{"a":"1"}'])
  expect(toolContents(context.messages)).toEqual({ a: '1', b: '2' })
  expect(aggregator.runningToolCalls).toEqual([])
})

test('a result whose call is gone from the messages is reported and runs nothing', async () => {
  const { context, runs, warnings } = await run([begins('a'), new LLMMessagesUpdateFrame([]), result('a', 1)])
  expect(context.messages).toEqual([])
  expect(runs).toHaveLength(0)
  expect(warnings).toHaveLength(1)
})

test('calls of one group that something came between are messages of their own', async () => {
  const context = new LLMContext()
  const { runs } = await run(
    [
      asked(context, 'a', 'b'),
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('Looking.'),
      begins('a', 'g'),
      new LLMFullResponseEndFrame(),
      new LLMFullResponseStartFrame(),
      new LLMTextFrame('Still looking.'),
      begins('b', 'g'),
      result('a', 1),
      result('b', 2),
    ],
    context,
  )
  expect(context.messages.map((message) => 'role' in message && [message.role, message.content])).toEqual([
    ['assistant', 'Looking.'],
    ['assistant', null],
    ['tool', '1'],
    ['assistant', 'Still looking.'],
    ['assistant', null],
    ['tool', '2'],
  ])
  expect(runs).toHaveLength(1)
})

const GROUPS = 3
const CALLS = 4

test('however calls, results, cancels and speech mix, each group runs the model at most once and every call is answered', async () => {
  const step = fc.record({
    what: fc.constantFrom('begin', 'result', 'nothing', 'cancel', 'timeout', 'bot', 'botStops', 'interrupt'),
    group: fc.nat(GROUPS - 1),
    call: fc.nat(CALLS - 1),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const context = new LLMContext()
      const ids = (group: number): string[] => Array.from({ length: CALLS }, (_, index) => `${group}.${index}`)
      const begun = new Set<string>()
      const settled = new Set<string>()
      const frames: Frame[] = Array.from({ length: GROUPS }, (_, group) => asked(context, ...ids(group)))
      const apply = ({ what, group, call: index }: { what: string; group: number; call: number }): Frame[] => {
        const id = `${group}.${index}`
        if (what === 'bot') return [new BotStartedSpeakingFrame()]
        if (what === 'botStops') return [new BotStoppedSpeakingFrame()]
        if (what === 'interrupt') return [new InterruptionFrame()]
        if (settled.has(id) || begun.has(id) === (what === 'begin')) return []
        if (what === 'begin') {
          begun.add(id)
          return [begins(id, `g${group}`)]
        }
        settled.add(id)
        if (what === 'result') return [result(id, id)]
        return [what === 'nothing' ? result(id, undefined) : cancelled(id, what === 'timeout')]
      }
      frames.push(...steps.flatMap(apply))
      // Whatever is left over is brought to an end, so that nothing may stay open.
      for (let group = 0; group < GROUPS; group++) {
        for (const id of ids(group)) if (!begun.has(id)) frames.push(begins(id, `g${group}`))
        for (const id of ids(group)) if (!settled.has(id)) frames.push(result(id, id))
      }
      frames.push(new BotStartedSpeakingFrame(), new BotStoppedSpeakingFrame())
      const { runs, aggregator } = await run(frames, context)
      expect(runs.length).toBeLessThanOrEqual(GROUPS)
      expect(aggregator.runningToolCalls).toEqual([])
      const contents = toolContents(context.messages)
      expect(Object.keys(contents).sort()).toEqual(
        Array.from({ length: GROUPS }, (_, group) => ids(group))
          .flat()
          .sort(),
      )
      expect(Object.values(contents)).not.toContain('IN_PROGRESS')
      // A call is directly followed by its results.
      for (const [index, message] of context.messages.entries()) {
        const calls = 'role' in message && message.role === 'assistant' ? (message.tool_calls ?? []) : []
        const behind = context.messages.slice(index + 1, index + 1 + calls.length)
        expect(behind.map((each) => 'role' in each && each.role === 'tool' && each.tool_call_id)).toEqual(
          calls.map(({ id }) => id),
        )
      }
      const wanted = frames.some((frame) => frame instanceof FunctionCallResultFrame && frame.result !== undefined)
      const interrupted = steps.some(({ what }) => what === 'interrupt')
      if (wanted && !interrupted) expect(runs.length).toBeGreaterThan(0)
    }),
    { numRuns: 150 },
  )
})
