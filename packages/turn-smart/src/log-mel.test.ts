import { expect, test } from 'vitest'
import reference from '../test/fixtures/log-mel-reference.json' with { type: 'json' }
import { testSignal } from '../test/signals.ts'
import type { TestSignal } from '../test/signals.ts'
import { createLogMelExtractor, MEL_BANDS, MEL_FRAMES } from './log-mel.ts'

const extract = createLogMelExtractor()

const isSignal = (name: string): name is TestSignal => ['voice', 'noise', 'offset', 'faint'].includes(name)

test.each(reference.cases)(
  '$samples samples of $signal have the features that numpy computes from the definition',
  ({ signal, samples, values, mean }) => {
    if (!isSignal(signal)) throw new Error(`no signal ${signal}`)
    const features = extract(testSignal(signal, samples))
    expect(features).toHaveLength(MEL_BANDS * MEL_FRAMES)
    const difference = values.map((value, i) => Math.abs(value - features[i * reference.stride]!))
    expect(Math.max(...difference)).toBeLessThan(2e-5)
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(mean, 4)
  },
)

test('features do not depend on what was extracted before', () => {
  const fresh = createLogMelExtractor()(testSignal('voice', 20_000))
  extract(testSignal('noise', 128_000))
  expect(extract(testSignal('voice', 20_000))).toEqual(fresh)
})

test('only the last 8 s count', () => {
  const long = testSignal('voice', 200_000)
  expect(extract(long)).toEqual(extract(long.subarray(72_000)))
})
