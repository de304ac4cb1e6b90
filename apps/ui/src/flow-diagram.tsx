import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactElement } from 'react'
import { type FlowDrawing, type FlowLayout, layoutFlow, type PlacedStep, type PlacedWay } from './flow-layout.ts'
import { pathOf } from './flow-path.ts'
import { FlowSteps } from './flow-steps.tsx'

/** A way that a conversation has gone. */
export interface TakenWay {
  readonly from: string | null
  readonly to: string
  readonly via: string
  /** Of the transition: another number is another one. */
  readonly number: number
}

/** A function that is being run. */
export interface RunningCall {
  readonly id: string
  readonly step: string
  readonly name: string
}

/** Props of {@link FlowDiagram}. */
export interface FlowDiagramProps {
  /** Names the diagram for those who do not see it. */
  name: string
  flow: FlowDrawing
  current: string | undefined
  visited: ReadonlySet<string>
  taken: TakenWay | undefined
  calls: readonly RunningCall[]
}

const firstWidth = 360
const letterWidth = 7.3

/** A flow with the place where the conversation is, the way it has just gone, and the calls that run. */
export function FlowDiagram({ name, flow, current, visited, taken, calls }: FlowDiagramProps): ReactElement {
  const scroller = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(firstWidth)
  const [looked, setLooked] = useState<string>()
  const arrow = useId()

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return
    const measure = (): void => setWidth(element.clientWidth)
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const layout = useMemo(() => layoutFlow(flow, width), [flow, width])
  const steps = useMemo(() => layout.steps.toSorted((a, b) => a.y - b.y || a.x - b.x), [layout])
  const place = layout.steps.find(({ id }) => id === current)

  useEffect(() => setLooked(undefined), [current])
  useEffect(() => {
    const element = scroller.current
    if (element === null || place === undefined) return
    const hidden = place.y < element.scrollTop + 60 || place.y > element.scrollTop + element.clientHeight - 90
    if (hidden) element.scrollTo({ top: place.y - element.clientHeight / 2, behavior: 'smooth' })
  }, [place])

  const shown = looked ?? current
  const reached = steps.some(({ id }) => id === shown) ? shown : steps[0]?.id
  const onKey = (event: KeyboardEvent<SVGGElement>): void => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const next = steps[steps.findIndex(({ id }) => id === reached) + by]
    if (next === undefined) return
    setLooked(next.id)
    scroller.current?.querySelector<SVGGElement>(`[data-step="${CSS.escape(next.id)}"]`)?.focus()
  }

  return (
    <div className="flow-diagram">
      <div ref={scroller} className="scroll">
        <svg width={layout.width} height={layout.height} role="group" aria-label={`Diagram of ${name}`}>
          <defs>
            <Arrow id={`${arrow}-idle`} look="idle" />
            <Arrow id={`${arrow}-lit`} look="lit" />
          </defs>
          {layout.ways.map((way) => {
            const gone = taken !== undefined && way.from === taken.from && way.to === taken.to
            const lit = gone || way.from === shown
            return (
              <path
                key={`${way.from} ${way.to}`}
                className="way"
                data-kind={way.kind}
                data-open={way.from === shown || undefined}
                data-gone={gone || undefined}
                d={pathOf(way)}
                markerEnd={`url(#${arrow}-${lit ? 'lit' : 'idle'})`}
              />
            )
          })}
          <Pulse layout={layout} taken={taken} />
          {steps.map((step) => (
            <Step
              key={step.id}
              step={step}
              layout={layout}
              state={step.id === current ? 'current' : visited.has(step.id) ? 'visited' : 'open'}
              initial={step.id === flow.initial}
              looked={step.id === shown}
              reached={step.id === reached}
              calls={calls.filter((call) => call.step === step.id)}
              onLook={() => setLooked(step.id === current ? undefined : step.id)}
              onKey={onKey}
            />
          ))}
        </svg>
      </div>
      <Ways ways={layout.ways} flow={flow} shown={shown} isCurrent={shown === current} taken={taken} calls={calls} />
      <FlowSteps flow={flow} name={name} current={current} visited={visited} calls={calls} />
    </div>
  )
}

function Arrow({ id, look }: { id: string; look: 'idle' | 'lit' }): ReactElement {
  return (
    <marker
      id={id}
      className={`arrow ${look}`}
      viewBox="0 0 8 8"
      refX="7"
      refY="4"
      markerWidth="8"
      markerHeight="8"
      markerUnits="userSpaceOnUse"
      orient="auto"
    >
      <path d="M0 .5 7.5 4 0 7.5Z" />
    </marker>
  )
}

/** Runs once along the way that was just gone. */
function Pulse({ layout, taken }: { layout: FlowLayout; taken: TakenWay | undefined }): ReactElement | null {
  const way = taken && layout.ways.find(({ from, to }) => from === taken.from && to === taken.to)
  if (way === undefined) return null
  return <path key={taken?.number} className="pulse" pathLength="1" d={pathOf(way)} aria-hidden="true" />
}

interface StepProps {
  step: PlacedStep
  layout: FlowLayout
  state: 'current' | 'visited' | 'open'
  initial: boolean
  looked: boolean
  reached: boolean
  calls: readonly RunningCall[]
  onLook: () => void
  onKey: (event: KeyboardEvent<SVGGElement>) => void
}

const stateWords = { current: ', the conversation is here', visited: ', visited', open: '' }

function Step({ step, layout, state, initial, looked, reached, calls, onLook, onKey }: StepProps): ReactElement {
  const { stepWidth: width, stepHeight: height } = layout
  const [x, y] = [step.x - width / 2, step.y - height / 2]
  const fits = Math.floor((width - 14) / letterWidth)
  const label = step.id.length > fits ? `${step.id.slice(0, fits - 1)}\u2026` : step.id
  return (
    <g
      className="step"
      data-step={step.id}
      data-state={state}
      data-final={step.final || undefined}
      data-automatic={step.automatic || undefined}
      data-looked={looked || undefined}
      role="button"
      tabIndex={reached ? 0 : -1}
      aria-label={`${step.id}${stateWords[state]}`}
      aria-pressed={looked}
      aria-current={state === 'current' ? 'step' : undefined}
      onClick={onLook}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault()
          onLook()
        } else onKey(event)
      }}
    >
      <title>{step.id}</title>
      {initial && <path className="entry" d={`M${step.x} ${y - 20}V${y - 2}`} aria-hidden="true" />}
      {step.fromAnywhere && (
        <text className="anywhere" x={x + width} y={y - 5} textAnchor="end">
          from anywhere
        </text>
      )}
      <rect className="box" x={x} y={y} width={width} height={height} rx="8" />
      {step.final && <rect className="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="5" />}
      <text className="label" x={step.x} y={step.y} dominantBaseline="central" textAnchor="middle">
        {label}
      </text>
      {calls.length > 0 && <circle className="running" cx={x + width - 2} cy={y + 2} r="6" />}
    </g>
  )
}

interface WaysProps {
  ways: readonly PlacedWay[]
  flow: FlowDrawing
  shown: string | undefined
  isCurrent: boolean
  taken: TakenWay | undefined
  calls: readonly RunningCall[]
}

/** What has just happened, what runs, and what leads on from the step that is looked at. */
function Ways({ ways, flow, shown, isCurrent, taken, calls }: WaysProps): ReactElement {
  const out = ways.filter(({ from }) => from === shown)
  const everywhere = flow.ways.filter(({ from, global }) => global && from === shown)
  const all = [
    ...out.flatMap(({ vias, to }) => vias.map((via) => ({ via, to }))),
    ...everywhere.map(({ via, to }) => ({ via, to })),
  ]
  const running = isCurrent ? calls : []
  return (
    <div className="ways" role="group" aria-label="What leads on" tabIndex={0}>
      <p>
        {shown === undefined ? (
          <>The way through the steps is drawn as the conversation goes it.</>
        ) : (
          <>
            {isCurrent ? 'Now at ' : 'From '}
            <b className="mono">{shown}</b>
            {isCurrent && taken !== undefined && taken.from !== null && (
              <>
                {' '}
                by <span className="mono">{taken.via}</span>
              </>
            )}
          </>
        )}
      </p>
      {shown !== undefined && (
        <ul>
          {running.map(({ id, name }) => (
            <li key={id} data-running>
              <span className="mono">{name}</span> is running
            </li>
          ))}
          {all.map(({ via, to }) => (
            <li key={`${via} ${to}`}>
              <span className="mono">{via}</span> leads to <span className="mono">{to}</span>
            </li>
          ))}
          {all.length === 0 && running.length === 0 && <li>Nothing leads on from here.</li>}
        </ul>
      )}
    </div>
  )
}
