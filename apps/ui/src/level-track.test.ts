import { expect, test } from 'vitest'
import { barMs, levelOf, LevelTrack } from './level-track.ts'

test('a bar keeps the highest level written while it lasted', () => {
  const track = new LevelTrack()
  track.write('you', 10, 0.3)
  track.write('you', 20, 0.8)
  track.write('you', 30, 0.1)
  expect(track.read('you', 0)).toBeCloseTo(0.8)
  expect(track.read('agent', 0)).toBe(0)
})

test('what is older than the span is forgotten, not shown again', () => {
  const track = new LevelTrack(1000)
  track.write('you', 0, 0.9)
  const laps = Math.ceil(1000 / barMs)
  expect(track.read('you', laps)).toBe(0)
  track.write('you', laps * barMs + 1, 0.2)
  expect(track.read('you', 0)).toBe(0)
  expect(track.read('you', laps)).toBeCloseTo(0.2)
})

test('clearing forgets everything', () => {
  const track = new LevelTrack()
  track.write('agent', 100, 1)
  track.clear()
  expect(track.read('agent', Math.floor(100 / barMs))).toBe(0)
})

test('levels are linear in decibels between -52 and -12', () => {
  expect(levelOf(0)).toBe(0)
  expect(levelOf(10 ** (-52 / 20))).toBeCloseTo(0)
  expect(levelOf(10 ** (-32 / 20))).toBeCloseTo(0.5)
  expect(levelOf(1)).toBe(1)
})
