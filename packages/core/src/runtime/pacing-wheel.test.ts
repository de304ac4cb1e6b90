import { expect, test } from 'vitest'
import { TestClock } from '../testing/test-clock.ts'
import { PacingWheel, pacingWheel } from './pacing-wheel.ts'

test('all senders of a clock share one wheel, and the wheel one timer', () => {
  const clock = new TestClock()
  const wheel = pacingWheel(clock)
  expect(pacingWheel(clock)).toBe(wheel)
  expect(pacingWheel(new TestClock())).not.toBe(wheel)
  for (let i = 0; i < 1000; i++) wheel.deadline(() => {}).set(100 + i)
  expect(clock.pending).toBe(1)
  expect(wheel.size).toBe(1000)
})

test('deadlines fall due in their order, at their time, once', async () => {
  const clock = new TestClock()
  const wheel = new PacingWheel(clock)
  const seen: [number, number, number][] = []
  const times = Array.from({ length: 300 }, (_, i) => (i * 7919) % 1009)
  for (const atMs of times) wheel.deadline((nowMs) => seen.push([atMs, clock.nowMs(), nowMs])).set(atMs)
  await clock.advance(2000)
  expect(seen.map(([atMs]) => atMs)).toEqual(times.toSorted((a, b) => a - b))
  expect(seen.every(([atMs, clockMs, nowMs]) => atMs === clockMs && nowMs === clockMs)).toBe(true)
  expect(clock.pending).toBe(0)
})

test('a deadline can be moved either way, and cleared', async () => {
  const clock = new TestClock()
  const wheel = new PacingWheel(clock)
  const seen: string[] = []
  const a = wheel.deadline((nowMs) => seen.push(`a ${nowMs}`))
  const b = wheel.deadline((nowMs) => seen.push(`b ${nowMs}`))
  const c = wheel.deadline((nowMs) => seen.push(`c ${nowMs}`))
  a.set(50)
  b.set(60)
  c.set(70)
  a.set(90)
  b.set(20)
  c.clear()
  await clock.advance(200)
  expect(seen).toEqual(['b 20', 'a 90'])
})

test('a member that sets itself anew does not drift', async () => {
  const clock = new TestClock()
  const wheel = new PacingWheel(clock)
  const seen: number[] = []
  let dueMs = 13.3
  const deadline = wheel.deadline((nowMs) => {
    seen.push(nowMs)
    dueMs += 20
    if (seen.length < 500) deadline.set(dueMs)
  })
  deadline.set(dueMs)
  await clock.advance(20_000)
  expect(seen.at(-1)).toBeCloseTo(13.3 + 499 * 20, 6)
})

test('members that are due together are served by one timer; one may clear another', async () => {
  const clock = new TestClock()
  const wheel = new PacingWheel(clock)
  const seen: string[] = []
  const first = wheel.deadline(() => {
    seen.push('first')
    second.clear()
  })
  const second = wheel.deadline(() => seen.push('second'))
  const third = wheel.deadline(() => seen.push('third'))
  first.set(10)
  second.set(10.1)
  third.set(10.2)
  await clock.advance(10)
  expect(seen).toEqual(['first', 'third'])
})

test('a member that throws does not take the others with it', () => {
  const fns: (() => void)[] = []
  const clock = Object.assign(new TestClock(), {
    setTimeout: (fn: () => void) => {
      fns.push(fn)
      return { cancel: () => {} }
    },
  })
  const wheel = new PacingWheel(clock)
  const seen: string[] = []
  wheel
    .deadline(() => {
      throw new Error('broken')
    })
    .set(0)
  wheel.deadline(() => seen.push('sound')).set(0)
  expect(() => fns.shift()?.()).toThrow('broken')
  fns.shift()?.()
  expect(seen).toEqual(['sound'])
})
