import { useRef } from 'react'
import type { ReactElement } from 'react'

/** What is beside the call where there is room for one thing only. */
export type SideTab = 'talk' | 'flow'

/** Props of {@link SideTabs}. */
export interface SideTabsProps {
  tab: SideTab
  onTab: (tab: SideTab) => void
}

const tabs: readonly { id: SideTab; name: string }[] = [
  { id: 'talk', name: 'Conversation' },
  { id: 'flow', name: 'Flow' },
]

/** Switches between the conversation and its flow; only seen where both do not fit. */
export function SideTabs({ tab, onTab }: SideTabsProps): ReactElement {
  const list = useRef<HTMLDivElement>(null)
  const move = (id: SideTab): void => {
    onTab(id)
    list.current?.querySelector<HTMLElement>(`[data-tab=${id}]`)?.focus()
  }
  return (
    <div
      ref={list}
      className="side-tabs"
      role="tablist"
      aria-label="Beside the call"
      onKeyDown={({ key }) => {
        if (key === 'ArrowRight' || key === 'ArrowLeft') move(tab === 'talk' ? 'flow' : 'talk')
      }}
    >
      {tabs.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          role="tab"
          data-tab={id}
          aria-selected={id === tab}
          tabIndex={id === tab ? 0 : -1}
          onClick={() => onTab(id)}
        >
          {name}
        </button>
      ))}
    </div>
  )
}
