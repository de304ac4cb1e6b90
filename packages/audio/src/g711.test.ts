import { expect, test } from 'vitest'
import { ALAW_SILENCE, MULAW_SILENCE, decodeAlaw, decodeMulaw, encodeAlaw, encodeMulaw } from './g711.ts'

const allSamples = Int16Array.from({ length: 65536 }, (_, i) => i - 32768)
const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i)

interface Interval {
  decisions: readonly number[]
  outputs: readonly number[]
  /** Value of a decision or output in 16-bit steps. */
  scale: number
}

// Tables 2a and 2b of G.711: 16 intervals of 2 to 31 (the first one only 1 wide), then 7 segments of 16 intervals, each
// twice as wide. The output is the middle of its interval, except 0 for the first.
const mulawTable = (): Interval => {
  const decisions = [0, 1]
  for (let width = 2, left = 15; decisions.length < 129; left--) {
    if (left === 0) {
      width *= 2
      left = 16
    }
    decisions.push((decisions.at(-1) ?? 0) + width)
  }
  const outputs = decisions.slice(0, 128).map((low, n) => (n === 0 ? 0 : (low + (decisions[n + 1] ?? 0)) / 2))
  return { decisions, outputs, scale: 4 }
}

// Tables 1a and 1b of G.711: 32 intervals of 2, then 6 segments of 16 intervals, each twice as wide as the one before.
const alawTable = (): Interval => {
  const decisions = [0]
  for (let n = 0; n < 128; n++) {
    const width = n < 32 ? 2 : 2 ** Math.floor(n / 16)
    decisions.push((decisions.at(-1) ?? 0) + width)
  }
  const outputs = decisions.slice(0, 128).map((low, n) => (low + (decisions[n + 1] ?? 0)) / 2)
  return { decisions, outputs, scale: 8 }
}

// A sample stands for the values from itself to the next, so its middle never lies on a decision value.
const intervalOf = (sample: number, { decisions, scale }: Interval): number => {
  const magnitude = Math.abs(sample + 0.5) / scale
  const above = decisions.slice(0, 128).findLastIndex((decision) => decision < magnitude)
  return Math.max(0, above)
}

test('the decision values have the landmarks that G.711 prints', () => {
  const mulaw = mulawTable()
  expect([1, 16, 32, 48, 64, 80, 96, 112, 127, 128].map((n) => mulaw.decisions[n])).toEqual([
    1, 31, 95, 223, 479, 991, 2015, 4063, 7903, 8159,
  ])
  expect([1, 16, 127].map((n) => mulaw.outputs[n])).toEqual([2, 33, 8031])
  const alaw = alawTable()
  expect([1, 32, 48, 64, 80, 96, 112, 127, 128].map((n) => alaw.decisions[n])).toEqual([
    2, 64, 128, 256, 512, 1024, 2048, 3968, 4096,
  ])
  expect([0, 32, 127].map((n) => alaw.outputs[n])).toEqual([1, 66, 4032])
})

test('all 65536 samples take the mu-law code of their interval', () => {
  const table = mulawTable()
  const expected = Uint8Array.from(allSamples, (sample) => (sample < 0 ? 127 : 255) - intervalOf(sample, table))
  expect(encodeMulaw(allSamples)).toEqual(expected)
})

test('all 256 mu-law codes decode to the output value of the table', () => {
  const { outputs, scale } = mulawTable()
  const expected = Int16Array.from(allBytes, (byte) =>
    byte < 128 ? 0 - scale * (outputs[127 - byte] ?? NaN) : scale * (outputs[255 - byte] ?? NaN),
  )
  expect(decodeMulaw(allBytes)).toEqual(expected)
})

test('all 65536 samples take the A-law code of their interval, even bits inverted', () => {
  const table = alawTable()
  const expected = Uint8Array.from(allSamples, (sample) => ((sample < 0 ? 0 : 128) + intervalOf(sample, table)) ^ 0x55)
  expect(encodeAlaw(allSamples)).toEqual(expected)
})

test('all 256 A-law codes decode to the output value of the table', () => {
  const { outputs, scale } = alawTable()
  const expected = Int16Array.from(allBytes, (byte) => {
    const code = byte ^ 0x55
    return code < 128 ? -scale * (outputs[code] ?? NaN) : scale * (outputs[code - 128] ?? NaN)
  })
  expect(decodeAlaw(allBytes)).toEqual(expected)
})

test('a second trip through a codec changes nothing', () => {
  expect(decodeMulaw(encodeMulaw(decodeMulaw(allBytes)))).toEqual(decodeMulaw(allBytes))
  expect(encodeAlaw(decodeAlaw(allBytes))).toEqual(allBytes)
})

test('the silence bytes are what silence encodes to', () => {
  expect([...encodeMulaw(Int16Array.of(0, 0))]).toEqual([MULAW_SILENCE, MULAW_SILENCE])
  expect([...encodeAlaw(Int16Array.of(0, 0))]).toEqual([ALAW_SILENCE, ALAW_SILENCE])
  expect([...decodeMulaw(Uint8Array.of(MULAW_SILENCE))]).toEqual([0])
  expect([...decodeAlaw(Uint8Array.of(ALAW_SILENCE))]).toEqual([8])
})
