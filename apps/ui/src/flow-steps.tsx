import type { ReactElement } from 'react'
import type { FlowDiagramProps } from './flow-diagram.tsx'

/** The diagram in words, for those who do not see it: each step, and where the conversation is. */
export function FlowSteps({
  name,
  flow,
  current,
  visited,
  calls,
}: Pick<FlowDiagramProps, 'name' | 'flow' | 'current' | 'visited' | 'calls'>): ReactElement {
  const running = calls.map((call) => call.name).join(', ')
  return (
    <div className="hidden-text">
      <ol aria-label={`Steps of ${name}`}>
        {flow.steps.map(({ id, final }) => (
          <li key={id} aria-current={id === current ? 'step' : undefined}>
            {id}
            {id === current ? ', now' : visited.has(id) ? ', visited' : ''}
            {final && ', the end'}
            {waysFrom(flow, id)}
          </li>
        ))}
      </ol>
      <p aria-live="polite">
        {current === undefined ? '' : `The conversation is at ${current}.`}
        {running === '' ? '' : ` Running: ${running}.`}
      </p>
    </div>
  )
}

function waysFrom({ ways }: FlowDiagramProps['flow'], id: string): string {
  const out = ways.filter(({ from }) => from === id).map(({ via, to }) => `${via} to ${to}`)
  return out.length === 0 ? '' : `; leads on by ${out.join(', ')}`
}
