import type { ReactElement, ReactNode } from 'react'
import { BrandMark } from './brand-mark.tsx'

/** Props of {@link Toolbar}. */
export interface ToolbarProps {
  /** What this page is. */
  title: string
  /** Where it runs, or another short fact; leaves first when the room is small. */
  fact?: string | undefined
  /** Buttons at the right. */
  children?: ReactNode
}

/** The bar at the top of a page: mark, title, a fact, buttons. */
export function Toolbar({ title, fact, children }: ToolbarProps): ReactElement {
  return (
    <header className="toolbar">
      <span className="brand">
        <BrandMark />
        pc
      </span>
      <h1>{title}</h1>
      <span className="room" />
      {fact !== undefined && <span className="fact">{fact}</span>}
      {children}
    </header>
  )
}
