import type { FlowDefinition } from '@pc/flows'
import { type FlowMessage, rtviInspector, type RtviInspector } from '@pc/flows/inspect'
import type { FlowDemo } from './flow-demo.ts'

/** Sends a page the graphs of a demo's flows, where the conversation is, and what it knows. */
export function pageInspector(demo: FlowDemo, send: (message: FlowMessage) => void): RtviInspector {
  return rtviInspector(send, { flow: drawn(demo), state: true, values: true })
}

/** One flow within which all others of the demo are. */
function drawn({ flow, team }: FlowDemo): FlowDefinition {
  if (flow !== undefined) return flow
  const [first, ...others] = team.flows
  if (first === undefined) throw new RangeError('A team needs at least one flow.')
  return { ...first, subFlows: { ...first.subFlows, ...Object.fromEntries(others.map((each) => [each.id, each])) } }
}
