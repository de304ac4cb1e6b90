import { TestClock } from '@pc/core/testing'
import { describe, expect, test, vi } from 'vitest'
import type { FlowFunction } from '../definition/flow-function.ts'
import { done, silent, stay, to } from '../definition/outcome.ts'
import { FlowMetrics } from './flow-metrics.ts'
import { FunctionCache } from './function-cache.ts'
import { ResponseCache } from './response-cache.ts'

const fn = (more: Partial<FlowFunction> = {}): FlowFunction => ({
  name: 'look_up',
  description: 'x',
  cache: {},
  ...more,
})

function caller(cache = new FunctionCache(), clock = new TestClock()) {
  cache.use(clock)
  const hits: boolean[] = []
  const call = (
    of: FlowFunction,
    args: Readonly<Record<string, unknown>>,
    next: () => unknown,
    conversation = 'one',
  ): Promise<unknown> =>
    cache.run(of, args, { next: async () => next(), conversation, clock, record: (hit) => void hits.push(hit) })
  return { cache, clock, hits, call }
}

describe('the function cache', () => {
  test('keeps results for 60 s, by their arguments in any order', async () => {
    const { call, clock, hits } = caller()
    const handler = vi.fn(() => ({ price: 3 }))
    const look = fn()
    await call(look, { a: 1, b: { c: 2, d: 3 } }, handler)
    await clock.advance(60_000)
    expect(await call(look, { b: { d: 3, c: 2 }, a: 1 }, handler)).toEqual({ price: 3 })
    await call(look, { a: 2 }, handler)
    expect(handler).toHaveBeenCalledTimes(2)
    await clock.advance(10)
    await call(look, { a: 1, b: { c: 2, d: 3 } }, handler)
    expect([handler.mock.calls.length, hits]).toEqual([3, [false, true, false, false]])
  })

  test('keeps nothing of functions that do not ask for it', async () => {
    const { call, hits } = caller()
    const handler = vi.fn(() => 1)
    const plain: FlowFunction = { name: 'plain', description: 'x' }
    await call(plain, {}, handler)
    await call(plain, {}, handler)
    expect([handler.mock.calls.length, hits]).toEqual([2, []])
  })

  test('keeps a result for the time and by the key that the function says', async () => {
    const { call, clock } = caller()
    const handler = vi.fn(() => 1)
    const look = fn({ cache: { ttlSecs: 1, key: ({ city }) => String(city).toLowerCase() } })
    await call(look, { city: 'Rome', at: 1 }, handler)
    await call(look, { city: 'ROME', at: 2 }, handler)
    expect(handler).toHaveBeenCalledTimes(1)
    await clock.advance(1001)
    await call(look, { city: 'Rome' }, handler)
    expect(handler).toHaveBeenCalledTimes(2)
  })

  test('keeps conversations apart unless the function is global, and functions of one name always', async () => {
    const { call } = caller()
    const handler = vi.fn(() => 1)
    const own = fn()
    await call(own, {}, handler, 'one')
    await call(own, {}, handler, 'two')
    await call(fn(), {}, handler, 'one')
    expect(handler).toHaveBeenCalledTimes(3)
    const shared = fn({ cache: { scope: 'global' } })
    await call(shared, {}, handler, 'one')
    await call(shared, {}, handler, 'two')
    expect(handler).toHaveBeenCalledTimes(4)
  })

  test('runs calls that are alike and made at once only once', async () => {
    const { call, hits } = caller()
    const gate = Promise.withResolvers<number>()
    const handler = vi.fn(() => gate.promise)
    const look = fn()
    const both = Promise.all([call(look, {}, handler), call(look, {}, handler)])
    gate.resolve(4)
    expect([await both, handler.mock.calls.length, hits]).toEqual([[4, 4], 1, [false, true]])
  })

  test('does not keep failures, and one that fails fails for itself alone', async () => {
    const { call } = caller()
    const look = fn()
    const gate = Promise.withResolvers<number>()
    const first = call(look, {}, () => gate.promise)
    const second = call(look, {}, () => 'mine')
    gate.reject(new Error('interrupted'))
    await expect(first).rejects.toThrow('interrupted')
    expect(await second).toBe('mine')
    const failing = vi.fn(() => ({ status: 'error', message: 'busy' }))
    await call(look, { a: 1 }, failing)
    await call(look, { a: 1 }, failing)
    expect(failing).toHaveBeenCalledTimes(2)
  })

  test('does not wait for ever for a handler that hangs', async () => {
    const { call, clock } = caller()
    const look = fn()
    void call(look, {}, () => new Promise(() => {}))
    await clock.advance(60_000)
    expect(await call(look, {}, () => 5)).toBe(5)
  })

  test.each([
    ['a move', () => to('b'), {}, 2],
    ['a plain result that moves', () => ({ ok: true }), { transitionTo: ['b'] }, 2],
    ['the end', () => done(1), {}, 2],
    ['what stays', () => stay(1), {}, 1],
    ['what stays silently', () => silent(), {}, 1],
    ['a move of a pure function', () => to('b'), { cache: { pure: true } }, 1],
    ['a plain result of a pure function that moves', () => 1, { transitionTo: ['b'], cache: { pure: true } }, 1],
    ['a callback', () => ({ kind: 'callback', result: 1, run: () => {} }), { cache: { pure: true } }, 2],
    ['a failure of a pure function', () => stay({ status: 'error' }), { cache: { pure: true } }, 2],
  ])('%s is kept only where it may be', async (_what, outcome, more, times) => {
    const { call } = caller()
    const handler = vi.fn(outcome as () => unknown)
    const look = fn(more)
    await call(look, {}, handler)
    await call(look, {}, handler)
    expect(handler).toHaveBeenCalledTimes(times)
  })

  test('drops what was used least when it is full', async () => {
    const { call, cache } = caller(new FunctionCache({ maxEntries: 2 }))
    const handler = vi.fn(() => 1)
    const look = fn()
    for (const a of [1, 2, 1, 3, 1, 2]) await call(look, { a }, handler)
    expect([handler.mock.calls.length, cache.size]).toEqual([4, 2])
    expect([new FunctionCache().maxEntries, new FunctionCache().ttlSecs]).toEqual([500, 60])
  })
})

describe('the response cache', () => {
  const tool = { function: fn(), call: () => {} }
  const request = {
    settings: { model: 'm', systemInstruction: 'Be kind.', temperature: undefined },
    tools: [tool],
    messages: [{ role: 'user', content: 'Hi' }],
  } as const

  test('tells apart whatever the model would read', () => {
    const cache = new ResponseCache()
    const key = cache.keyOf(request)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(cache.keyOf({ ...request, settings: { systemInstruction: 'Be kind.', model: 'm' } })).toBe(key)
    const others = [
      { ...request, settings: { ...request.settings, model: 'n' } },
      { ...request, settings: { ...request.settings, systemInstruction: 'Be brief.' } },
      { ...request, settings: { ...request.settings, temperature: 1 } },
      { ...request, tools: [] },
      {
        ...request,
        tools: [{ ...tool, function: fn({ parameters: { jsonSchema: { type: 'object', properties: { a: {} } } } }) }],
      },
      { ...request, messages: [{ role: 'user', content: 'Ho' }] as const },
      { ...request, messages: [{ role: 'assistant', content: 'Hi' }] as const },
    ]
    expect(new Set([key, ...others.map((other) => cache.keyOf(other))]).size).toBe(8)
  })

  test('keeps 1000 replies for 300 s', async () => {
    const clock = new TestClock()
    const cache = new ResponseCache()
    cache.use(clock)
    cache.set('a', 'Hello.')
    await clock.advance(300_000)
    expect(cache.get('a')).toBe('Hello.')
    await clock.advance(10)
    expect(cache.get('a')).toBeUndefined()
    for (let index = 0; index < 1001; index++) cache.set(String(index), 'x')
    expect([cache.size, cache.get('0'), cache.get('1000')]).toEqual([1000, undefined, 'x'])
  })
})

test('metrics count, give the middle and the worst of the newest 1000 values, and tell what they are of', () => {
  const metrics = new FlowMetrics()
  metrics.record('cache_hit')
  metrics.record('cache_hit', 1, 'greet')
  for (let value = 1; value <= 1100; value++) metrics.record('llm_response_time', value, 'ask')
  expect([metrics.count('cache_hit'), metrics.count('cache_hit', 'greet'), metrics.count('llm_error')]).toEqual([
    2, 1, 0,
  ])
  expect(metrics.summary('llm_response_time', 'ask')).toEqual({ count: 1100, p50: 600, p95: 1050 })
  expect(metrics.summary('llm_error')).toBeUndefined()
  expect(metrics.all()['cache_hit']).toEqual({ '': { count: 2, p50: 1, p95: 1 }, greet: { count: 1, p50: 1, p95: 1 } })
})
