import type { ReactElement } from 'react'

/** Props of {@link ProgressLine}. */
export interface ProgressLineProps {
  /** Done so far, 0..1; leave it out while that is unknown. */
  ratio?: number
  label: string
}

/** A thin line that fills. */
export function ProgressLine({ ratio, label }: ProgressLineProps): ReactElement {
  const known = ratio === undefined ? {} : { 'aria-valuenow': Math.round(ratio * 100) }
  return (
    <div
      className="progress-line"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...known}
    >
      <span style={{ width: `${Math.round((ratio ?? 0) * 100)}%` }} data-unknown={ratio === undefined || undefined} />
    </div>
  )
}
