import { useEffect, useId, useRef } from 'react'
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'

/** Props of {@link Dialog}. */
export interface DialogProps {
  open: boolean
  /** A question or a verb. */
  title: string
  children: ReactNode
  /** The verb of the button that goes ahead; repeat the title's. */
  verb: string
  /** The words of the button that leaves everything as it is. */
  keep: string
  onDo: () => void
  onClose: () => void
}

/** A native modal dialog, only for a loss that undo cannot mend. Escape closes it. */
export function Dialog({ open, title, children, verb, keep, onDo, onClose }: DialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (element === null || element.open === open) return
    if (open) element.showModal()
    else element.close()
  }, [open])
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      <div className="words">{children}</div>
      <div className="acts">
        <Button look="line" onClick={onClose}>
          {keep}
        </Button>
        <Button
          look="main"
          onClick={() => {
            onDo()
            onClose()
          }}
        >
          {verb}
        </Button>
      </div>
    </dialog>
  )
}
