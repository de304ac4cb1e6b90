import { useEffect, useState } from 'react'
import type { ReactElement } from 'react'
import type { PageClock } from './clock.ts'

/** Props of {@link Toast}. */
export interface ToastProps {
  /** What happened elsewhere. A new text replaces the old; undefined shows nothing. */
  text: string | undefined
  clock: PageClock
  onGone: () => void
}

const shownMs = 6000

/** A word on something that happened elsewhere: one at a time, six seconds, longer under the pointer. */
export function Toast({ text, clock, onGone }: ToastProps): ReactElement {
  const [held, setHeld] = useState(false)
  useEffect(() => {
    if (text === undefined || held) return
    return clock.after(shownMs, onGone)
  }, [text, held, clock, onGone])
  return (
    <div className="toast-place" role="status" aria-live="polite">
      {text !== undefined && (
        <div className="toast" onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)}>
          {text}
        </div>
      )}
    </div>
  )
}
