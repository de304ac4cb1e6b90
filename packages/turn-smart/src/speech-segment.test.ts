import { expect, test } from 'vitest'
import { DEFAULT_SMART_TURN_PARAMS } from './smart-turn-params.ts'
import { SpeechSegment } from './speech-segment.ts'

const RATE = 1000
const params = { stopSecs: 0.3, preSpeechMs: 50, maxDurationSecs: 0.8 }

/** Samples that tell their place in the stream. */
const counting = (from: number, to: number): Int16Array => Int16Array.from({ length: to - from }, (_, i) => from + i)

function segmentOf(spans: readonly (readonly [to: number, isSpeech: boolean])[], chunk: number): SpeechSegment {
  const segment = new SpeechSegment(params, RATE)
  segment.setVADStartSecs(0.02)
  let at = 0
  for (const [to, isSpeech] of spans) {
    for (; at < to; at = Math.min(to, at + chunk)) segment.append(counting(at, Math.min(to, at + chunk)), isSpeech)
  }
  return segment
}

const turn = [
  [200, false],
  [500, true],
  [600, false],
] as const

test('a segment begins before speech was noticed, by the lead of voice detection and the time asked for', () => {
  expect(segmentOf(turn, 20).cut()).toEqual(counting(130, 600))
})

test.each([1, 7, 20, 600])('audio in pieces of %i samples gives the same segment as a steady stream', (chunk) => {
  expect(segmentOf(turn, chunk).cut()).toEqual(counting(130, 600))
})

test('without speech there is no segment, and silence does not end a turn', () => {
  const segment = new SpeechSegment(params, RATE)
  expect(segment.append(counting(0, 900), false)).toBe(false)
  expect(segment.cut()).toBeUndefined()
})

test('speech at the very beginning has nothing ahead of it', () => {
  expect(segmentOf([[40, true]], 20).cut()).toEqual(counting(0, 40))
})

test('of a long turn the last part is kept, also when it comes in one piece', () => {
  const long = [
    [100, false],
    [3000, true],
  ] as const
  expect(segmentOf(long, 20).cut()).toEqual(counting(2200, 3000))
  expect(segmentOf(long, 4000).cut()).toEqual(counting(2200, 3000))
})

test('silence of the stop time after speech ends the turn, counted in samples and anew after more speech', () => {
  const segment = segmentOf([[100, true]], 20)
  expect(segment.append(counting(100, 399), false)).toBe(false)
  expect(segment.append(counting(399, 500), true)).toBe(false)
  expect(segment.append(counting(500, 799), false)).toBe(false)
  expect(segment.append(counting(799, 800), false)).toBe(true)
})

test('a pause inside a turn stays in its segment', () => {
  const spans = [
    [200, false],
    [300, true],
    [500, false],
    [600, true],
  ] as const
  expect(segmentOf(spans, 20).cut()).toEqual(counting(130, 600))
})

test('after the end of a turn nothing of it is heard again', () => {
  const segment = segmentOf(turn, 20)
  segment.clear()
  expect(segment.cut()).toBeUndefined()
  expect(segment.append(counting(600, 1000), false)).toBe(false)
  segment.append(counting(1000, 1010), true)
  expect(segment.cut()).toEqual(counting(930, 1010))
  segment.clear()
  segment.append(counting(1010, 1020), true)
  expect(segment.cut()).toEqual(counting(1010, 1020))
})

test('a segment is a copy, and may be sent away', () => {
  const segment = segmentOf(turn, 20)
  segment.cut()?.fill(0)
  expect(segment.cut()).toEqual(counting(130, 600))
})

test('a session of the usual parameters holds 8 s of audio, however long it lasts', () => {
  const segment = new SpeechSegment(DEFAULT_SMART_TURN_PARAMS, 16_000)
  const audio = new Int16Array(16_000)
  for (let second = 0; second < 100; second++) segment.append(audio, true)
  expect(segment.cut()).toHaveLength(128_000)
})
