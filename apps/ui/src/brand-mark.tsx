import type { ReactElement } from 'react'

/** The mark: two bars, the person's above and the agent's below, overlapping in time. Decoration; name it beside. */
export function BrandMark(): ReactElement {
  return (
    <svg className="brand-mark" viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
      <rect x="1" y="4" width="12" height="5" rx="1" fill="var(--ink)" />
      <rect x="9" y="13" width="12" height="5" rx="1" fill="var(--agent-fill)" />
    </svg>
  )
}
