import { TestClock } from '@pc/core/testing'
import { expect, test } from 'vitest'
import { memoryStore } from './memory-store.ts'

test('beyond maxEntries the conversation that was saved longest ago is forgotten', async () => {
  const store = memoryStore({ maxEntries: 2 })
  await store.save('a', '1')
  await store.save('b', '1')
  await store.save('a', '2')
  await store.save('c', '1')
  expect([await store.load('a'), await store.load('b'), await store.load('c')]).toEqual(['2', undefined, '1'])
})

test('a conversation whose time is over makes room, so that a younger one stays', async () => {
  const clock = new TestClock()
  const store = memoryStore({ maxEntries: 2, ttlSecs: 10, clock })
  await store.save('old', '1')
  await clock.advance(9000)
  await store.save('young', '1')
  await clock.advance(2000)
  await store.save('new', '1')
  expect([await store.load('old'), await store.load('young'), await store.load('new')]).toEqual([undefined, '1', '1'])
})

test('a conversation is kept for less than its time', async () => {
  const clock = new TestClock()
  const store = memoryStore({ ttlSecs: 10, clock })
  await store.save('a', '1')
  await clock.advance(9999)
  expect(await store.load('a')).toBe('1')
  await clock.advance(1)
  expect(await store.load('a')).toBeUndefined()
})

test('without maxEntries a thousand conversations are kept', async () => {
  const store = memoryStore()
  for (let n = 0; n <= 1000; n++) await store.save(`${n}`, '{}')
  expect([await store.load('0'), await store.load('1'), await store.load('1000')]).toEqual([undefined, '{}', '{}'])
})

test.each([
  { ttlSecs: 0 },
  { ttlSecs: -1 },
  { ttlSecs: Number.NaN },
  { ttlSecs: Infinity },
  { maxEntries: 0 },
  { maxEntries: 1.5 },
])('options that mean nothing are refused: %o', (options) => {
  expect(() => memoryStore(options)).toThrow(expect.objectContaining({ name: 'FlowError', code: 'invalid-option' }))
})
