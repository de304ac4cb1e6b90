import { useEffect, useRef, useState } from 'react'
import type { ReactElement } from 'react'
import type { PageClock } from './clock.ts'
import { floorBars, floorMargins, floorMarks, floorMiddle, floorSummary, floorTicks } from './floor-geometry.ts'
import type { FloorFrame, FloorMark, PlacedMark } from './floor-geometry.ts'
import { barMs } from './level-track.ts'
import type { LevelTrack } from './level-track.ts'
import { useFrames } from './use-frames.ts'

/** Props of {@link FloorStrip}. */
export interface FloorStripProps {
  levels: LevelTrack
  marks: readonly FloorMark[]
  clock: PageClock
  /** While true the strip moves with the clock; otherwise it stands at the time it stopped. */
  running: boolean
}

const wideSpanMs = 24_200
const narrowSpanMs = 16_000
const narrowPx = 500

/** Who had the floor: two lanes against one axis, caller above, agent below, the gap before each reply numbered. */
export function FloorStrip({ levels, marks, clock, running }: FloorStripProps): ReactElement {
  const svg = useRef<SVGSVGElement>(null)
  const you = useRef<SVGPathElement>(null)
  const agent = useRef<SVGPathElement>(null)
  const moving = useRef<SVGGElement>(null)
  const drawnBar = useRef(-1)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [placed, setPlaced] = useState<PlacedMark[]>([])
  const [summary, setSummary] = useState(() => floorSummary(marks, clock.nowMs(), wideSpanMs))

  useEffect(() => {
    const element = svg.current
    if (element === null) return
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const spanMs = size.width < narrowPx ? narrowSpanMs : wideSpanMs
  const frameAt = (nowMs: number): FloorFrame => ({ ...size, nowMs, spanMs })

  const redraw = (bar: number): void => {
    drawnBar.current = bar
    const frame = frameAt(bar * barMs)
    you.current?.setAttribute('d', floorBars(levels, 'you', frame))
    agent.current?.setAttribute('d', floorBars(levels, 'agent', frame))
    setPlaced(floorMarks(marks, frame))
    setSummary(floorSummary(marks, frame.nowMs, spanMs))
  }

  // Bars are rebuilt when a bar is complete; between two bars the whole group slides.
  const stoppedAtMs = useRef<number | undefined>(undefined)
  useFrames(running && size.width > 0, () => {
    if (size.width === 0) return
    if (running) stoppedAtMs.current = undefined
    else stoppedAtMs.current ??= clock.nowMs()
    const nowMs = stoppedAtMs.current ?? clock.nowMs()
    const bar = Math.floor(nowMs / barMs)
    if (bar !== drawnBar.current) redraw(bar)
    const pxPerMs = (size.width - floorMargins.left) / spanMs
    moving.current?.setAttribute('transform', `translate(${(-(nowMs - bar * barMs) * pxPerMs).toFixed(2)} 0)`)
  })
  useEffect(() => {
    if (size.width > 0) redraw(drawnBar.current < 0 ? Math.floor(clock.nowMs() / barMs) : drawnBar.current)
    // redraw reads the newest props; it is the change of these that asks for it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [size, marks, levels])

  const frame = frameAt(0)
  const middle = floorMiddle(frame)
  const bottom = size.height - floorMargins.axis
  return (
    <svg ref={svg} className="floor-strip" role="img" aria-label={summary}>
      {size.width > 0 && (
        <>
          {floorTicks(frame).map((tick) => (
            <g key={tick.label}>
              <line className="tick" x1={tick.x} x2={tick.x} y1={0} y2={bottom} />
              <text
                className="axis"
                x={tick.end ? tick.x - 1 : tick.x}
                y={size.height - 4}
                data-end={tick.end || undefined}
              >
                {tick.label}
              </text>
            </g>
          ))}
          <line className="ground" x1={floorMargins.left} x2={size.width} y1={middle} y2={middle} />
          <text className="lane" x={0} y={middle - 10}>
            You
          </text>
          <text className="lane agent" x={0} y={middle + 20}>
            Agent
          </text>
        </>
      )}
      <svg x={0} y={0} width="100%" height="100%" className="clip">
        <g ref={moving}>
          <path ref={you} className="bars you" />
          <path ref={agent} className="bars agent" />
          {placed.map((mark, index) => (
            <Mark key={index} mark={mark} middle={middle} bottom={bottom} />
          ))}
        </g>
      </svg>
    </svg>
  )
}

function Mark({ mark, middle, bottom }: { mark: PlacedMark; middle: number; bottom: number }): ReactElement {
  if (mark.kind === 'gap') {
    return (
      <>
        <rect className="gap" x={mark.x} y={middle - 2} width={mark.width} height={4} />
        <text className="gap-label" x={mark.x + mark.width + 5} y={middle - 8}>
          {mark.label}
        </text>
      </>
    )
  }
  if (mark.kind === 'cut') {
    return (
      <>
        <line className="cut" x1={mark.x} x2={mark.x} y1={middle + 2} y2={bottom - 4} />
        <text
          className="cut-label"
          x={mark.labelLeft ? mark.x - 7 : mark.x + 7}
          y={bottom - 8}
          data-end={mark.labelLeft || undefined}
        >
          {mark.label}
        </text>
      </>
    )
  }
  return (
    <>
      <rect className="typed" x={mark.x - 3} y={middle - 12} width={6} height={8} rx={1} />
      <text className="typed-label" x={mark.x + 3} y={middle - 18}>
        typed
      </text>
    </>
  )
}
