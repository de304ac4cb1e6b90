import type { ReactElement } from 'react'

/** One stage of a reply's delay. */
export interface LatencyStage {
  name: string
  ms: number
}

/** Middle and tail of the delays so far, in milliseconds. */
export interface LatencySpread {
  p50: number
  p95: number
  count: number
}

/** Props of {@link LatencyBar}. */
export interface LatencyBarProps {
  /** Stages in the order of time; none before the first reply. */
  stages: readonly LatencyStage[]
  totalMs: number | undefined
  spread: LatencySpread | undefined
}

/** Where the time before the last reply went: width is time, the agent's tints get stronger towards its voice. */
export function LatencyBar({ stages, totalMs, spread }: LatencyBarProps): ReactElement {
  if (totalMs === undefined || stages.length === 0) {
    return (
      <section className="latency-bar" aria-label="Delay of the last reply">
        <div className="row">
          <h2>Where the time went</h2>
          <span className="side">p50 and p95 follow the first reply</span>
        </div>
        <div className="track empty" />
      </section>
    )
  }
  const words = stages.map((stage) => `${stage.name} ${Math.round(stage.ms)}`).join(', ')
  return (
    <section className="latency-bar" aria-label="Delay of the last reply">
      <div className="row">
        <h2>
          Where the <b className="mono">{Math.round(totalMs)}</b> ms went
        </h2>
        {spread !== undefined && (
          <span className="side">
            p50 <b className="mono">{Math.round(spread.p50)}</b>, p95 <b className="mono">{Math.round(spread.p95)}</b>
            <span className="count">
              {' '}
              over {spread.count} {spread.count === 1 ? 'reply' : 'replies'}
            </span>
          </span>
        )}
      </div>
      <div className="track" role="img" aria-label={`${words} milliseconds`}>
        {stages.map((stage, index) => (
          <span
            key={stage.name}
            data-step={index}
            style={{ flexGrow: Math.max(1, stage.ms) }}
            title={`${stage.name} ${Math.round(stage.ms)} ms`}
          >
            <span className="name">{stage.name}</span>
            <span className="figure">{Math.round(stage.ms)}</span>
          </span>
        ))}
      </div>
      <ol className="legend" aria-hidden="true">
        {stages.map((stage, index) => (
          <li key={stage.name} data-step={index}>
            {stage.name} <b className="mono">{Math.round(stage.ms)}</b>
          </li>
        ))}
      </ol>
    </section>
  )
}
