import { barMs } from './level-track.ts'
import type { Lane, LevelTrack } from './level-track.ts'

/** Something the strip marks besides sound. Times are on the page's clock. */
export type FloorMark =
  | { kind: 'gap'; fromMs: number; toMs: number }
  | { kind: 'cut'; atMs: number }
  | { kind: 'typed'; atMs: number }

/** Where the strip is drawn: CSS pixels, and the time its right edge stands for. */
export interface FloorFrame {
  width: number
  height: number
  nowMs: number
  /** Time from the left edge of the lanes to the right. */
  spanMs: number
}

/** A mark placed on the strip; `x` in CSS pixels. */
export type PlacedMark =
  | { kind: 'gap'; x: number; width: number; label: string }
  | { kind: 'cut'; x: number; label: string; labelLeft: boolean }
  | { kind: 'typed'; x: number }

/** Width kept at the left for the names of the lanes, and below for the axis. */
export const floorMargins: { left: number; axis: number } = { left: 48, axis: 20 }

const laneGap = 3
const barFill = 0.62
const quietest = 0.02

/** Height of the line between the lanes. */
export function floorMiddle(frame: FloorFrame): number {
  return Math.round((frame.height - floorMargins.axis) / 2)
}

function xAt(frame: FloorFrame, atMs: number): number {
  return floorMargins.left + ((atMs - frame.nowMs + frame.spanMs) / frame.spanMs) * (frame.width - floorMargins.left)
}

/** Path data of one lane's bars. Bars stand on the middle line; the person's grow up, the agent's down. */
export function floorBars(track: LevelTrack, lane: Lane, frame: FloorFrame): string {
  const middle = floorMiddle(frame)
  const room = middle - 14
  const up = lane === 'you'
  const step = (barMs / frame.spanMs) * (frame.width - floorMargins.left)
  const width = Math.max(1.5, step * barFill)
  const firstBar = Math.ceil((frame.nowMs - frame.spanMs) / barMs)
  const lastBar = Math.floor(frame.nowMs / barMs)
  let path = ''
  for (let bar = firstBar; bar <= lastBar; bar++) {
    const level = track.read(lane, bar)
    if (level < quietest) continue
    const x = xAt(frame, bar * barMs)
    if (x < floorMargins.left || x > frame.width) continue
    const tall = Math.max(2, level * room)
    const top = up ? middle - laneGap - tall : middle + laneGap
    path += `M${x.toFixed(1)} ${top.toFixed(1)}h${Math.min(width, frame.width - x).toFixed(1)}v${tall.toFixed(1)}h-${Math.min(width, frame.width - x).toFixed(1)}z`
  }
  return path
}

/** Marks that are on the strip now; those that have left it are dropped. */
export function floorMarks(marks: readonly FloorMark[], frame: FloorFrame): PlacedMark[] {
  const placed: PlacedMark[] = []
  for (const mark of marks) {
    const endMs = mark.kind === 'gap' ? mark.toMs : mark.atMs
    const end = xAt(frame, endMs)
    if (end < floorMargins.left || end > frame.width + 1) continue
    if (mark.kind === 'gap') {
      const start = Math.max(floorMargins.left, xAt(frame, mark.fromMs))
      placed.push({
        kind: 'gap',
        x: start,
        width: Math.max(2, end - start),
        label: `${Math.round(mark.toMs - mark.fromMs)} ms`,
      })
    } else if (mark.kind === 'cut') {
      placed.push({ kind: 'cut', x: end, label: 'you cut in', labelLeft: end > frame.width - 84 })
    } else {
      placed.push({ kind: 'typed', x: end })
    }
  }
  return placed
}

/** Seconds labelled on the axis, from the left: -20, -15 ... 0 for a span of 24 s. */
export function floorTicks(frame: FloorFrame): { x: number; label: string; end: boolean }[] {
  const ticks: { x: number; label: string; end: boolean }[] = []
  const stepSecs = 5
  for (let secs = -Math.floor(frame.spanMs / 1000 / stepSecs) * stepSecs; secs <= 0; secs += stepSecs) {
    const x = xAt(frame, frame.nowMs + secs * 1000)
    if (x < floorMargins.left + 8) continue
    ticks.push({ x, label: secs === 0 ? 'now' : `${secs} s`, end: secs === 0 })
  }
  return ticks
}

function listed(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** The strip in words, for those who do not see it. */
export function floorSummary(marks: readonly FloorMark[], nowMs: number, spanMs: number): string {
  const recent = marks.filter((mark) => (mark.kind === 'gap' ? mark.toMs : mark.atMs) >= nowMs - spanMs)
  const gaps = recent.flatMap((mark) => (mark.kind === 'gap' ? [`${Math.round(mark.toMs - mark.fromMs)}`] : []))
  const cuts = recent.filter((mark) => mark.kind === 'cut').length
  const parts = [`Last ${Math.round(spanMs / 1000)} seconds.`]
  if (gaps.length > 0) parts.push(`The agent answered after ${listed(gaps)} milliseconds.`)
  if (cuts > 0) parts.push(cuts === 1 ? 'You cut in once.' : `You cut in ${cuts} times.`)
  if (gaps.length === 0 && cuts === 0) parts.push('No reply in this time.')
  return parts.join(' ')
}
