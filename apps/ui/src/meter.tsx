import { useRef } from 'react'
import type { ReactElement } from 'react'
import type { PageClock } from './clock.ts'
import { useFrames } from './use-frames.ts'

/** Props of {@link Meter}. */
export interface MeterProps {
  /** The level now, 0..1; read once a frame. */
  level: () => number
  /** Moves while true. */
  running: boolean
  clock: PageClock
}

const attackMs = 30
const releaseMs = 180
const shape = [0.4, 0.7, 1, 0.75, 0.45]
const restRatio = 0.14

/** Approaches `target` from `value` within `elapsedMs`, fast when rising (30 ms), slow when falling (180 ms). */
export function followLevel(value: number, target: number, elapsedMs: number): number {
  const timeMs = target > value ? attackMs : releaseMs
  return target + (value - target) * Math.exp(-elapsedMs / timeMs)
}

/** Five bars that show a level. Decoration: the button around it says in words whether the microphone is on. */
export function Meter({ level, running, clock }: MeterProps): ReactElement {
  const bars = useRef<HTMLSpanElement>(null)
  const value = useRef(running ? level() : 0)
  const lastMs = useRef(clock.nowMs())
  useFrames(running, () => {
    const nowMs = clock.nowMs()
    value.current = followLevel(value.current, running ? level() : 0, nowMs - lastMs.current)
    lastMs.current = nowMs
    for (const [index, bar] of [...(bars.current?.children ?? [])].entries()) {
      const height = Math.max(restRatio, value.current * (shape[index] ?? 0))
      if (bar instanceof HTMLElement) bar.style.transform = `scaleY(${height.toFixed(3)})`
    }
  })
  return (
    <span ref={bars} className="meter" aria-hidden="true">
      {shape.map((_, index) => (
        <i key={index} />
      ))}
    </span>
  )
}
