import { describe, expect, test } from 'vitest'
import { LLMRunFrame } from '../frames/llm.ts'
import { TranscriptionFrame } from '../frames/text.ts'
import {
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
  UserTurnSpeculationFrame,
} from '../frames/turn.ts'
import { OpenAILLMContext } from '../index.ts'
import type { Logger } from '../runtime/log.ts'
import { runTest } from '../testing/run-test.ts'
import { LLMContextAggregatorPair } from './aggregator-pair.ts'
import { LLMContext } from './llm-context.ts'
import { loggableMessages, type Message } from './messages.ts'
import { ToolsSchema } from './tools.ts'

const user = (content: string): Message => ({ role: 'user', content })
const look = { name: 'look', description: 'Look' }

test('it is made from a list of messages and tools, or from one object', () => {
  const context = new LLMContext([user('a')], [look])
  expect(context.messages).toEqual([user('a')])
  expect(context.tools?.standardTools[0]?.name).toBe('look')
  const same = new LLMContext({ messages: [user('a')], tools: new ToolsSchema([look]), toolChoice: 'none' })
  expect([same.messages, same.tools?.find('look')?.name, same.toolChoice]).toEqual([[user('a')], 'look', 'none'])
  expect(new OpenAILLMContext([user('a')])).toBeInstanceOf(LLMContext)
  expect(new LLMContext().messages).toEqual([])
})

test('no tools and an empty list of tools are the same: none are given', () => {
  const context = new LLMContext({ tools: [] })
  expect(context.tools).toBeUndefined()
  context.tools = [look]
  context.setTools(new ToolsSchema([]))
  expect(context.tools).toBeUndefined()
})

test('the list of messages is one object through all changes', () => {
  const context = new LLMContext([user('a')])
  const { messages } = context
  context.addMessages([user('b'), user('c')])
  context.transformMessages((all) => all.slice(1))
  context.setMessages([...messages, user('d')])
  expect(messages).toEqual([user('b'), user('c'), user('d')])
  expect(context.messages).toBe(messages)
  expect(context.getMessages()).not.toBe(messages)
})

test('a place keeps its position whatever comes and goes around it', () => {
  const context = new LLMContext([user('a')])
  const place = context.addPlace()
  context.addMessage(user('c'))
  expect(place.set(user('b'))).toBe(true)
  expect(context.messages).toEqual([user('a'), user('b'), user('c')])
  context.transformMessages((all) => all.slice(1))
  expect(place.set(user('B'))).toBe(true)
  expect(context.messages).toEqual([user('B'), user('c')])
  expect(place.set(undefined)).toBe(true)
  expect(context.messages).toEqual([user('c')])
  expect(place.message).toBeUndefined()
})

test('a place is gone when its message is', () => {
  const context = new LLMContext()
  const place = context.addPlace(user('a'))
  context.setMessages([user('a')])
  expect(place.set(user('b'))).toBe(false)
  expect(context.messages).toEqual([user('a')])
})

test('the newest tool message of a call can be replaced, also after the messages were copied', () => {
  const tool = (id: string, content: string): Message => ({ role: 'tool', tool_call_id: id, content })
  const context = new LLMContext([tool('1', 'old'), tool('1', 'new'), tool('2', 'other')])
  context.transformMessages((all) => all.map((message) => ({ ...message })))
  expect(context.setToolMessage('1', 'newest')).toBe(true)
  expect(context.setToolMessage('3', 'none')).toBe(false)
  expect(context.messages).toEqual([tool('1', 'old'), tool('1', 'newest'), tool('2', 'other')])
})

test('messages for one provider are left out for others, with a word in the log', () => {
  const errors: string[] = []
  const log: Logger = { enabled: () => true, log: (level, message) => void errors.push(`${level}: ${message}`) }
  const context = new LLMContext([user('a')])
  const thought = context.createSpecificMessage('gemini', { role: 'model' })
  context.addMessage(thought)
  expect(context.getMessages('gemini', log)).toEqual([user('a'), thought])
  expect(errors).toEqual([])
  expect(context.getMessages('anthropic', log)).toEqual([user('a')])
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(/^error: 1 .*anthropic/)
  expect(context.getMessages()).toEqual([user('a'), thought])
})

test('a copy for logs holds no media and little of what is provider-specific', () => {
  const messages: Message[] = [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      ],
    },
    { llm: 'gemini', message: { text: 'x'.repeat(500) } },
  ]
  const before = structuredClone(messages)
  const logged = JSON.stringify(loggableMessages(messages))
  expect(logged).not.toContain('AAAA')
  expect(logged).toContain('https://example.com/a.png')
  expect(logged.length).toBeLessThan(450)
  expect(messages).toEqual(before)
})

describe('a context that is held', () => {
  test('tells the last of those who hold it whether somebody wanted an answer meanwhile', () => {
    const context = new LLMContext()
    expect([context.isHeld, context.mayAsk()]).toEqual([false, true])
    const first = context.hold()
    const second = context.hold()
    expect([context.isHeld, context.mayAsk()]).toEqual([true, false])
    expect(first()).toBe(false)
    expect(first()).toBe(false)
    expect([context.isHeld, second()]).toEqual([true, true])
    expect([context.isHeld, context.hold()(), context.hold()(true)]).toEqual([false, false, true])
  })

  test('asks no model, neither for a turn nor ahead of its end, nor with results; all of that is for later', async () => {
    const context = new LLMContext()
    const pair = new LLMContextAggregatorPair(context)
    const release = context.hold()
    const { down } = await runTest([pair.user, pair.assistant], {
      frames: [
        new UserStartedSpeakingFrame(),
        new TranscriptionFrame('Hello', 'ann'),
        new UserTurnSpeculationFrame('Hello there'),
        new UserTurnInferenceFrame(1),
        new UserStoppedSpeakingFrame(),
        new LLMRunFrame(),
      ],
    })
    expect(down.filter(({ type }) => type === 'LLMContextFrame' || type === 'LLMSpeculationFrame')).toEqual([])
    expect([context.messages, release()]).toEqual([[user('Hello')], true])
  })
})
