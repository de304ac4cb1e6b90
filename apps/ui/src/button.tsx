import type { ButtonHTMLAttributes, ReactElement, ReactNode } from 'react'
import type { LucideIcon } from 'lucide-react'

/** Props of {@link Button}; everything a native button takes besides. */
export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `main` is the one act of a screen, `large` the same in the size of a start; `line` has a border; `end` ends a call. */
  look?: 'plain' | 'line' | 'main' | 'large' | 'end'
  icon?: LucideIcon
  children: ReactNode
}

/** A button with words, and an icon before them when there is one. */
export function Button({ look = 'plain', icon: Icon, children, className, ...rest }: ButtonProps): ReactElement {
  return (
    <button type="button" {...rest} className={`button ${look} ${className ?? ''}`.trimEnd()}>
      {Icon !== undefined && <Icon className="icon" aria-hidden="true" />}
      {children}
    </button>
  )
}

/** Props of {@link IconButton}; everything a native button takes besides. */
export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: LucideIcon
  /** Its name: read aloud, and shown as the tooltip. */
  label: string
}

/** An icon alone, with a name and a tooltip. */
export function IconButton({ icon: Icon, label, className, ...rest }: IconButtonProps): ReactElement {
  return (
    <button
      type="button"
      {...rest}
      className={`button square ${className ?? ''}`.trimEnd()}
      aria-label={label}
      title={label}
    >
      <Icon className="icon" aria-hidden="true" />
    </button>
  )
}
