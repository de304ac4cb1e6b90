import { expect, test } from 'vitest'
import { RecordedTrack } from './recorded-track.ts'

test('an hour of audio that is forgotten as it is told takes no more room than its last seconds', () => {
  const track = new RecordedTrack(16_000)
  let told = 0
  for (let piece = 0; piece < 180_000; piece++) {
    track.append(new Int16Array(320).fill(piece % 1000), 16_000)
    if (track.end - told >= 32_000) told = track.end
    track.trim(told)
    if (track.end - track.begin > 64_000) throw new Error(`It holds ${track.end - track.begin} samples.`)
  }
  expect(track.end).toBe(57_600_000)
  track.append(new Int16Array(2).fill(5), 16_000)
  expect(track.slice(track.end - 2, track.end)).toEqual(Int16Array.from([5, 5]))
})

test('what was forgotten, and what is still to come, is silence', () => {
  const track = new RecordedTrack(8000)
  track.append(new Int16Array(40_000).fill(3), 8000)
  track.trim(20_000)
  expect(track.begin).toBe(20_000)
  expect(track.slice(19_998, 20_002)).toEqual(Int16Array.from([0, 0, 3, 3]))
  expect(track.slice(39_999, 40_001)).toEqual(Int16Array.from([3, 0]))
})

test('a cut takes back what is behind it, and audio goes on from there', () => {
  const track = new RecordedTrack(8000)
  track.append(new Int16Array(800).fill(3), 8000)
  track.cutAt(50)
  track.append(new Int16Array(8).fill(4), 8000)
  expect([track.end, track.endMs]).toEqual([408, 51])
  expect(track.slice(399, 401)).toEqual(Int16Array.from([3, 4]))
  track.padTo(60)
  expect([track.end, track.runBegin]).toEqual([480, 480])
})
