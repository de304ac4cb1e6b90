import { defineFunction, LLMContext, LLMContextFrame } from '@pc/core'
import type { Frame } from '@pc/core'
import { runTest } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { RuleLLMService } from './rule-llm-service.ts'

const weather = defineFunction({
  name: 'get_weather',
  description: 'Get the current weather',
  handler: () => ({ conditions: 'sunny' }),
})

function textOf(frames: readonly Frame[]): string {
  return frames.map((frame) => (frame.type === 'LLMTextFrame' && 'text' in frame ? String(frame.text) : '')).join('')
}

const run = (service: RuleLLMService, context: LLMContext) =>
  runTest(service, { frames: [new LLMContextFrame(context)] })

test('an answer is streamed word by word between start and end', async () => {
  const { down } = await run(new RuleLLMService(), new LLMContext([{ role: 'user', content: 'hello' }]))
  const types = down.map((frame) => frame.type)
  expect(types.slice(types.indexOf('LLMFullResponseStartFrame'))).toEqual([
    'LLMFullResponseStartFrame',
    ...Array.from({ length: 6 }, () => 'LLMTextFrame'),
    'LLMFullResponseEndFrame',
  ])
  expect(textOf(down)).toBe('Hello! How can I help you?')
})

test('words come at the pace that was asked for, on the clock of the task', async () => {
  const context = new LLMContext([{ role: 'user', content: 'hello' }])
  const quick = await run(new RuleLLMService({ wordDelaySecs: 0 }), context)
  const slow = await run(new RuleLLMService({ wordDelaySecs: 1 }), context)
  expect(slow.clock.nowMs() - quick.clock.nowMs()).toBe(6000)
  expect(() => new RuleLLMService({ wordDelaySecs: -1 })).toThrow(/wordDelaySecs/)
})

test('today is the day of the task clock', async () => {
  const context = new LLMContext([{ role: 'user', content: "what's the date" }])
  expect(textOf((await run(new RuleLLMService(), context)).down)).toMatch(/January 1, 2026|December 31, 2025/)
  const now = () => new Date(2030, 1, 2)
  expect(textOf((await run(new RuleLLMService({ now }), context)).down)).toMatch(/February 2, 2030/)
})

test('a function of the context is called', async () => {
  const context = new LLMContext({ messages: [{ role: 'user', content: "how's the weather" }], tools: [weather] })
  const { down } = await run(new RuleLLMService(), context)
  const started = down.find((frame) => frame.type === 'FunctionCallsStartedFrame')
  expect(started).toMatchObject({ functionCalls: [{ functionName: 'get_weather', arguments: {} }] })
})

test('the choice of tools and the system instruction count', async () => {
  const messages = [{ role: 'user', content: "how's the weather" }] as const
  const none = new LLMContext({ messages, tools: [weather], toolChoice: 'none' })
  expect(textOf((await run(new RuleLLMService(), none)).down)).toMatch(/no weather service/)
  const settings = { systemInstruction: 'You are Max.' }
  const context = new LLMContext([{ role: 'user', content: 'who are you' }])
  expect(textOf((await run(new RuleLLMService({ settings }), context)).down)).toBe('I am Max.')
})

test('an answer stops when its signal aborts', async () => {
  const service = new RuleLLMService({ wordDelaySecs: 0 })
  const { task } = await runTest(service, { frames: [] })
  expect(task.hasFinished()).toBe(true)
  const control = new AbortController()
  const slow = new RuleLLMService({ wordDelaySecs: 5 })
  await runTest(slow, { frames: [] })
  const context = new LLMContext([{ role: 'user', content: 'tell me a story' }])
  const options = { signal: control.signal, tools: undefined, toolChoice: undefined, settings: {} }
  const answer = slow.generate(context, options).next()
  control.abort(new Error('interrupted'))
  await expect(answer).rejects.toThrow('interrupted')
})

test('no tokens are reported', async () => {
  const { down } = await run(new RuleLLMService(), new LLMContext([{ role: 'user', content: 'hello' }]))
  expect(JSON.stringify(down.filter((frame) => frame.type === 'MetricsFrame'))).not.toMatch(/token/i)
})
