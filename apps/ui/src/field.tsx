import { useId } from 'react'
import type { InputHTMLAttributes, ReactElement, ReactNode } from 'react'

/** Props of {@link Field}; everything a native input takes besides. */
export interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string
  /** Keeps the label for assistive technology only. */
  labelHidden?: boolean
  hint?: string
  /** What is wrong and how to mend it; replaces the hint. */
  fault?: string
  /** A button inside the frame, at the right. */
  children?: ReactNode
}

/** One line of text: label above, hint or fault below, tied to it for assistive technology. */
export function Field({ label, labelHidden, hint, fault, children, className, ...rest }: FieldProps): ReactElement {
  const id = useId()
  const below = fault ?? hint
  const described = below === undefined ? {} : { 'aria-describedby': `${id}-below` }
  return (
    <div className={`field ${className ?? ''}`.trimEnd()}>
      <label htmlFor={id} className={labelHidden === true ? 'hidden-text' : undefined}>
        {label}
      </label>
      <div className="frame">
        <input {...rest} {...described} id={id} aria-invalid={fault !== undefined || undefined} />
        {children}
      </div>
      {below !== undefined && (
        <p id={`${id}-below`} className={fault === undefined ? 'hint' : 'fault'}>
          {below}
        </p>
      )}
    </div>
  )
}
