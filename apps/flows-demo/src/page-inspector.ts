import type { FlowDefinition, FlowInspection, FlowState } from '@pc/flows'
import { type FlowMessage, rtviInspector } from '@pc/flows/inspect'
import type { FlowDemo } from './flow-demo.ts'

/** Tells a page what happens in a demo's flow. */
export interface PageInspector {
  (event: FlowInspection): void
  /** Tells where a conversation goes on that began in another process. */
  resumed(node: string | null, state: FlowState): void
  /** Says all of it once more. */
  resend(): void
}

/** Sends a page the graphs of a demo's flows, where the conversation is, and what it knows. */
export function pageInspector(demo: FlowDemo, send: (message: FlowMessage) => void): PageInspector {
  const flow = drawn(demo)
  const inspect = rtviInspector(send, { flow, state: true, values: true })
  const resumed = (node: string | null, state: FlowState): void => {
    const head = { atMs: 0, flow: flow.id }
    if (node !== null) {
      inspect({ ...head, type: 'flow.transition', from: null, to: node, cause: { by: 'resume' } })
      inspect({ ...head, type: 'flow.enter', node, visit: 1, input: undefined, tookMs: 0, functions: [] })
    }
    inspect({ ...head, type: 'flow.state', node, state })
  }
  return Object.assign((event: FlowInspection): void => inspect(event), { resumed, resend: inspect.resend })
}

/** One flow within which all others of the demo are. */
function drawn({ flow, team }: FlowDemo): FlowDefinition {
  if (flow !== undefined) return flow
  const [first, ...others] = team.flows
  if (first === undefined) throw new RangeError('A team needs at least one flow.')
  return { ...first, subFlows: { ...first.subFlows, ...Object.fromEntries(others.map((each) => [each.id, each])) } }
}
