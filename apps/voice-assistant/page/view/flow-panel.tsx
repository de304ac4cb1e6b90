import { useState } from 'react'
import type { ReactElement } from 'react'
import { FlowDiagram, KnownFacts } from '@pc/ui'
import type { FlowView } from '../store/flow-view.ts'

/** Props of {@link FlowPanel}. */
export interface FlowPanelProps {
  view: FlowView
  inCall: boolean
}

/** Where the conversation is in its flow, and what the flow knows. */
export function FlowPanel({ view, inCall }: FlowPanelProps): ReactElement | null {
  const [looked, setLooked] = useState<{ flow: string; while: string | undefined }>()
  // What somebody looked at gives way when the conversation moves to another flow.
  const shown = looked !== undefined && looked.while === view.active ? looked.flow : view.active
  const progress = view.flows.get(shown ?? '')
  if (shown === undefined || progress === undefined) return null
  return (
    <section id="flow-panel" className="flow-panel" aria-label="Flow">
      {view.flows.size > 1 && (
        <div className="flow-names" role="group" aria-label="Flows">
          {[...view.flows.keys()].map((flow) => (
            <button
              key={flow}
              type="button"
              aria-pressed={flow === shown}
              onClick={() => setLooked({ flow, while: view.active })}
            >
              {flow}
              {flow === view.active && <span className="now"> now</span>}
            </button>
          ))}
        </div>
      )}
      <FlowDiagram
        key={shown}
        name={shown}
        flow={progress.drawing}
        current={progress.current}
        visited={progress.visited}
        taken={progress.taken}
        calls={progress.calls}
      />
      <KnownFacts
        title="What the flow knows"
        facts={progress.facts}
        empty={inCall ? 'Nothing yet.' : 'What it learns in the call appears here.'}
      />
    </section>
  )
}
