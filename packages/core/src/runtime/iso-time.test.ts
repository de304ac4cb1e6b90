import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isoTime } from './iso-time.ts'

test('a time is written as the platform writes it, whatever was written before', () => {
  const times = fc.array(
    fc.oneof(fc.integer({ min: -1e12, max: 4e12 }), fc.double({ min: 0, max: 200_000, noNaN: true })),
  )
  fc.assert(
    fc.property(times, (all) => {
      for (const ms of all) expect(isoTime(ms)).toBe(new Date(ms).toISOString())
    }),
  )
})
