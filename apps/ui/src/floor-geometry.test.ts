import { describe, expect, test } from 'vitest'
import { floorBars, floorMargins, floorMarks, floorSummary, floorTicks } from './floor-geometry.ts'
import { LevelTrack } from './level-track.ts'

const frame = { width: 648, height: 220, nowMs: 24_000, spanMs: 24_000 }

describe('bars', () => {
  test('silence draws nothing', () => {
    expect(floorBars(new LevelTrack(), 'you', frame)).toBe('')
  })

  test('the person grows up from the middle, the agent down', () => {
    const track = new LevelTrack()
    track.write('you', 12_000, 1)
    track.write('agent', 12_000, 1)
    expect(floorBars(track, 'you', frame)).toMatch(/^M34\d\.\d 11\.0h[\d.]+v86\.0h-[\d.]+z$/u)
    expect(floorBars(track, 'agent', frame)).toMatch(/^M34\d\.\d 103\.0h[\d.]+v86\.0h-[\d.]+z$/u)
  })

  test('bars that have left the strip are not drawn', () => {
    const track = new LevelTrack(60_000)
    track.write('you', 1000, 1)
    expect(floorBars(track, 'you', { ...frame, nowMs: 30_000 })).toBe('')
  })
})

describe('marks', () => {
  test('a gap ends at the onset and carries its milliseconds', () => {
    const [mark] = floorMarks([{ kind: 'gap', fromMs: 11_400, toMs: 12_000 }], frame)
    expect(mark).toEqual({ kind: 'gap', x: 333, width: 15, label: '600 ms' })
  })

  test('a cut near the right edge has its words on the left', () => {
    expect(floorMarks([{ kind: 'cut', atMs: 23_900 }], frame)).toMatchObject([{ kind: 'cut', labelLeft: true }])
    expect(floorMarks([{ kind: 'cut', atMs: 12_000 }], frame)).toMatchObject([{ kind: 'cut', labelLeft: false }])
  })

  test('marks outside the strip are dropped', () => {
    expect(
      floorMarks(
        [
          { kind: 'cut', atMs: -5000 },
          { kind: 'typed', atMs: 90_000 },
        ],
        frame,
      ),
    ).toEqual([])
  })
})

test('the axis counts back from now in fives, clear of the names of the lanes', () => {
  const ticks = floorTicks(frame)
  expect(ticks.map((tick) => tick.label)).toEqual(['-20 s', '-15 s', '-10 s', '-5 s', 'now'])
  expect(ticks.every((tick) => tick.x > floorMargins.left)).toBe(true)
})

test('the strip can be read aloud', () => {
  const marks = [
    { kind: 'gap', fromMs: 1000, toMs: 1620 },
    { kind: 'gap', fromMs: 5000, toMs: 5610 },
    { kind: 'gap', fromMs: 9000, toMs: 9580 },
    { kind: 'cut', atMs: 7000 },
  ] as const
  expect(floorSummary(marks, 10_000, 24_000)).toBe(
    'Last 24 seconds. The agent answered after 620, 610 and 580 milliseconds. You cut in once.',
  )
  expect(floorSummary([], 10_000, 16_000)).toBe('Last 16 seconds. No reply in this time.')
})
