import { expect, expectTypeOf, test } from 'vitest'
import {
  LLMAssistantAggregator,
  LLMAssistantContextAggregator,
  LLMContext,
  LLMContextAggregatorPair,
  LLMRunFrame,
  LLMUserAggregator,
  LLMUserContextAggregator,
  OpenAILLMContext,
  Pipeline,
} from '../index.ts'
import { runTest } from '../testing/run-test.ts'

test('user and assistant stand in a list as they are, or called', async () => {
  const pair = new LLMContextAggregatorPair(new LLMContext())
  const pipeline = new Pipeline([pair.user, pair.assistant()])
  expect(pipeline.processors).toEqual([pair.user(), pair.assistant()])
  expectTypeOf(pair.user()).toEqualTypeOf<LLMUserAggregator>()
  const { user } = pair
  expect(user()).toBe(pair.user())
  const { down } = await runTest([pair.user, pair.assistant], { frames: [new LLMRunFrame()] })
  expect(down.map(({ type }) => type)).toEqual(['LLMContextFrame'])
})

test('it opens as a pair', () => {
  const pair = new LLMContextAggregatorPair({ context: new LLMContext() })
  const [user, assistant] = pair
  expect(user).toBe(pair.user())
  expect(assistant).toBe(pair.assistant())
})

test('it takes a context in each of the shapes that are in use', () => {
  const context = new LLMContext()
  const other = new LLMContext()
  const contexts = [
    new LLMContextAggregatorPair(context),
    new LLMContextAggregatorPair({ context, userParams: { aggregationTimeout: 1 } }),
    new LLMContextAggregatorPair({ user: context, assistant: context }),
    new LLMContextAggregatorPair({ user: context, assistant: other }),
  ].map((pair) => [pair.user().context, pair.assistant().context])
  expect(contexts).toEqual([
    [context, context],
    [context, context],
    [context, context],
    [context, other],
  ])
  expect(contexts[3]?.[1]).toBe(other)
})

test('the older names make the same processors', () => {
  const context = new OpenAILLMContext([{ role: 'system', content: 'Be brief.' }])
  const user = new LLMUserContextAggregator({ context, params: { aggregationTimeout: 2 } })
  const assistant = new LLMAssistantContextAggregator({ context, params: { expectStrippedWords: true } })
  expect(user).toBeInstanceOf(LLMUserAggregator)
  expect(assistant).toBeInstanceOf(LLMAssistantAggregator)
  expect(user.context).toBe(assistant.context)
})

test('a plain context may be followed by the params of both halves', () => {
  const context = new LLMContext()
  const assistantParams = { contextSummarization: { maxContextTokens: -1 } }
  expect(() => new LLMContextAggregatorPair(context, { assistantParams })).toThrow('maxContextTokens is -1')
})
