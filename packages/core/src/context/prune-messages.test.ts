import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { runTest } from '../testing/run-test.ts'
import { LLMAssistantAggregator } from './assistant-aggregator.ts'
import { LLMContext } from './llm-context.ts'
import { createSummaryMessage } from './message-range.ts'
import type { Message } from './messages.ts'
import { pruneMessages } from './prune-messages.ts'

const system: Message = { role: 'system', content: 'Be brief.' }
const user = (content: string): Message => ({ role: 'user', content })
const said = (content: string): Message => ({ role: 'assistant', content })
const calls = (id: string): Message => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id, type: 'function', function: { name: 'look', arguments: '{}' } }],
})
const tool = (id: string, content = '1'): Message => ({ role: 'tool', tool_call_id: id, content })

test('the newest messages stay, beginning with the user, and so do the instructions and the summary behind them', () => {
  const summary = createSummaryMessage('Conversation summary: They met.')
  const messages = [system, summary, user('a'), said('b'), user('c'), said('d'), user('e')]
  expect(pruneMessages(messages, { maxMessages: 4 })).toEqual([system, summary, user('c'), said('d'), user('e')])
  expect(pruneMessages(messages, { maxMessages: 5 })).toBe(messages)
  expect(pruneMessages(messages, { maxContextTokens: 40 })).toEqual([system, summary, user('e')])
})

test('everything from the last words of the user on stays, however small the limits', () => {
  const last = [user('now'), calls('a'), tool('a'), said('done')]
  expect(pruneMessages([user('a'), said('b'), ...last], { maxMessages: 1 })).toEqual(last)
})

test('a call is never parted from its result, and one that still runs stays', () => {
  const messages = [user('a'), calls('x'), user('b'), tool('x'), user('c')]
  expect(pruneMessages(messages, { maxMessages: 2 })).toEqual([user('c')])
  const running = [user('a'), calls('x'), tool('x', 'IN_PROGRESS'), user('b'), said('c'), user('d')]
  expect(pruneMessages(running, { maxMessages: 1 })).toEqual(running.slice(1))
})

test('limits that are none are refused', () => {
  expect(() => pruneMessages([], {})).toThrow('needs maxMessages')
  expect(() => pruneMessages([], { maxMessages: 0 })).toThrow('at least 1')
  expect(() => new LLMAssistantAggregator({ context: new LLMContext(), params: { contextPruning: {} } })).toThrow()
})

test('contextPruning keeps a context small while it is talked in', async () => {
  const context = new LLMContext([system, ...Array.from({ length: 9 }, (_, i) => user(`${i}`))])
  await runTest(new LLMAssistantAggregator({ context, params: { contextPruning: { maxMessages: 3 } } }), {
    frames: [new LLMFullResponseStartFrame(), new LLMFullResponseEndFrame()],
  })
  expect(context.messages).toEqual([system, user('6'), user('7'), user('8')])
})

test('whatever the conversation, what stays is its end, with every call that is settled or runs in one piece', () => {
  const step = fc.oneof(
    fc.constantFrom<Message>(user('hello there'), said('yes'), { role: 'developer', content: 'note' }),
    fc.integer({ min: 0, max: 5 }).map((n) => calls(`${n}`)),
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()).map(([n, done]) => tool(`${n}`, done ? '1' : 'IN_PROGRESS')),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 8 }), (messages, maxMessages) => {
      const kept = pruneMessages(messages, { maxMessages })
      const head = messages.findIndex((message) => !('role' in message) || message.role !== 'developer')
      const body = kept.slice(Math.max(0, head))
      expect(messages.slice(messages.length - body.length)).toEqual(body)
      const dropped = messages.slice(0, messages.length - body.length)
      const called = new Set(
        dropped.flatMap((m) => ('tool_calls' in m ? (m.tool_calls ?? []).map(({ id }) => id) : [])),
      )
      const again = new Set(body.flatMap((m) => ('tool_calls' in m ? (m.tool_calls ?? []).map(({ id }) => id) : [])))
      const orphans = body.filter(
        (m) => 'tool_call_id' in m && called.has(m.tool_call_id) && !again.has(m.tool_call_id),
      )
      expect(orphans.filter((m) => 'content' in m && m.content !== 'IN_PROGRESS')).toEqual([])
    }),
    { seed: 7 },
  )
})
