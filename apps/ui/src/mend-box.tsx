import type { ReactElement, ReactNode } from 'react'
import { Download, Info, TriangleAlert, X } from 'lucide-react'
import { IconButton } from './button.tsx'
import { ProgressLine } from './progress-line.tsx'

/** Props of {@link MendBox}. */
export interface MendBoxProps {
  /** `fault` stops something, `warn` narrows it, `info` only tells, `wait` has a progress. */
  kind: 'fault' | 'warn' | 'info' | 'wait'
  /** What failed and why, in one sentence. */
  title: string
  /** The way out. */
  children?: ReactNode
  /** The one button that mends it. */
  action?: ReactNode
  /** Done so far, 0..1; with `wait`. */
  progress?: number | undefined
  onDismiss?: (() => void) | undefined
}

const signs = { fault: TriangleAlert, warn: TriangleAlert, info: Info, wait: Download }

/** A fault or a piece of advice in its place: one sentence, the way out, one button. */
export function MendBox({ kind, title, children, action, progress, onDismiss }: MendBoxProps): ReactElement {
  const Sign = signs[kind]
  return (
    <div className="mend-box" data-kind={kind} role={kind === 'fault' ? 'alert' : 'note'}>
      <Sign className="icon" aria-hidden="true" />
      <div className="words">
        <p>
          <b>{title}</b> {children}
        </p>
        {progress !== undefined && <ProgressLine ratio={progress} label={title} />}
      </div>
      {action}
      {onDismiss !== undefined && <IconButton icon={X} label="Close this note" onClick={onDismiss} />}
    </div>
  )
}
