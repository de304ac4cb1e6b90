import { TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { RateLimiter } from './rate-limiter.ts'

test('as many calls as allowed go at once; the next when the first of them is old enough', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter({ maxCalls: 2, timeWindowSecs: 10 })
  const went: string[] = []
  const call = (name: string): (() => void) =>
    limiter.acquire(clock, (pass) => void went.push(`${name} ${pass} ${clock.nowMs() / 1000}`))
  call('a')
  await clock.advance(4000)
  call('b')
  call('c')
  call('d')
  expect([went, limiter.waiting]).toEqual([['a free 0', 'b free 4'], 2])
  await clock.advance(20_000)
  expect(went).toEqual(['a free 0', 'b free 4', 'c free 10', 'd free 14'])
})

test('in no stretch of its length are there more calls than allowed, while nobody waits too long', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter({ maxCalls: 5, timeWindowSecs: 3, maxWaitSecs: 1000 })
  const times: number[] = []
  for (let index = 0; index < 60; index++) {
    limiter.acquire(clock, () => void times.push(clock.nowMs()))
    await clock.advance((index * 7919) % 700)
  }
  await clock.advance(60_000)
  expect(times).toHaveLength(60)
  for (const [index, at] of times.entries()) expect((times[index + 5] ?? Infinity) - at).toBeGreaterThanOrEqual(3000)
})

test('who has waited too long, or finds too many waiting, goes over the limit, which counts', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter({ maxCalls: 1, timeWindowSecs: 60, maxWaiting: 1, maxWaitSecs: 5 })
  const went: string[] = []
  const call = (name: string): (() => void) =>
    limiter.acquire(clock, (pass) => void went.push(`${name} ${pass} ${clock.nowMs() / 1000}`))
  for (const name of ['a', 'b', 'c']) call(name)
  expect(went).toEqual(['a free 0', 'c over 0'])
  await clock.advance(6000)
  expect(went.at(-1)).toBe('b over 5')
  await clock.advance(58_000)
  expect(limiter.tryAcquire(clock)).toBe(false)
  await clock.advance(2000)
  expect(limiter.tryAcquire(clock)).toBe(true)
})

test('a call that is taken back is not made, and leaves its place to the next', async () => {
  const clock = new TestClock()
  const limiter = new RateLimiter({ maxCalls: 1, timeWindowSecs: 10 })
  const went: string[] = []
  limiter.acquire(clock, () => void went.push('a'))
  const takeBack = limiter.acquire(clock, () => void went.push('b'))
  limiter.acquire(clock, () => void went.push('c'))
  takeBack()
  await clock.advance(10_000)
  expect(went).toEqual(['a', 'c'])
  expect(clock.pending).toBe(0)
})

test('by default 100 calls go in any 60 s', () => {
  const clock = new TestClock()
  const limiter = new RateLimiter()
  const passed = Array.from({ length: 101 }, () => limiter.tryAcquire(clock))
  expect(passed.indexOf(false)).toBe(100)
  expect([limiter.maxCalls, limiter.timeWindowSecs]).toEqual([100, 60])
})
