import type { ErrorKind } from '@pc/core'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { Json } from '../definition/json.ts'
import { type FlowGraph, flowGraph } from '../machine/flow-graph.ts'
import type { CallEnd, FlowInspection, TransitionCause } from '../manager/inspection.ts'
import { jsonCopy } from './json-copy.ts'

/** What a page gets of a running flow, as the data of an RTVI `server-message`; JSON. */
export type FlowMessage = {
  readonly t: 'flow'
  /** The id of the flow, or of the sub-flow that converses. */
  readonly flow: string
  /** Milliseconds on the conversation's clock. */
  readonly atMs: number
} & (
  | { readonly event: 'graph'; readonly graph: FlowGraph }
  | {
      readonly event: 'enter'
      readonly node: string
      readonly visit: number
      readonly functions: readonly string[]
      readonly tookMs: number
      readonly input?: Json
    }
  | { readonly event: 'exit'; readonly node: string; readonly visit: number }
  | { readonly event: 'transition'; readonly from: string | null; readonly to: string; readonly cause: TransitionCause }
  | {
      readonly event: 'call.start'
      readonly node: string
      readonly function: string
      readonly callId: string
      readonly args?: Json
    }
  | {
      readonly event: 'call.end'
      readonly node: string
      readonly function: string
      readonly callId: string
      readonly end: CallEnd
      readonly tookMs: number
      readonly result?: Json
    }
  | { readonly event: 'action'; readonly node: string; readonly action: string; readonly tookMs: number }
  | { readonly event: 'summary'; readonly node: string; readonly ok: boolean; readonly tookMs: number }
  | { readonly event: 'state'; readonly node: string | null; readonly state: Json }
  | {
      readonly event: 'error'
      readonly node: string | null
      readonly code: string
      readonly kind: ErrorKind
      readonly message?: string
    }
)

/** Options of {@link rtviInspector}. */
export interface RtviInspectorOptions {
  /** Its graph, and those of its sub-flows, are sent before what happens in them. Default: no graph is sent. */
  readonly flow?: FlowDefinition | undefined
  /** Also send the state whenever it changes. Default false. */
  readonly state?: boolean | undefined
  /** Also send inputs of nodes, arguments and results of calls, and the messages of errors. Default false. */
  readonly values?: boolean | undefined
}

/** A {@link FlowInspector} that can say again where the conversation is. */
export interface RtviInspector {
  (event: FlowInspection): void
  /** Sends the graphs, the current node, the open calls and the state once more, for a page that came later. */
  resend(): void
}

/**
 * Sends a page what it needs to draw the running flow, as RTVI server messages `{ t: 'flow', event, ... }`. A value
 * that JSON cannot say is sent as the text `[not JSON]`. XState's own events are left out.
 *
 * @param send - sends one server message, such as `(message) => rtvi.sendServerMessage(message)`.
 */
export function rtviInspector(send: (message: FlowMessage) => void, options: RtviInspectorOptions = {}): RtviInspector {
  const flows = flowsWithin(options.flow)
  const graphs = new Map<string, FlowMessage>()
  const openCalls = new Map<string, FlowMessage>()
  let entered: FlowMessage | undefined
  let state: FlowMessage | undefined

  const introduce = (id: string, atMs: number): void => {
    const flow = flows.get(id)
    if (flow === undefined || graphs.has(id)) return
    const message: FlowMessage = { t: 'flow', flow: id, atMs, event: 'graph', graph: flowGraph(flow) }
    graphs.set(id, message)
    send(message)
  }

  const inspect = (event: FlowInspection): void => {
    introduce(event.flow, event.atMs)
    const message = messageOf(event, options)
    if (message === undefined) return
    if (message.event === 'enter') entered = message
    if (message.event === 'state') state = message
    if (message.event === 'call.start') openCalls.set(message.callId, message)
    if (message.event === 'call.end') openCalls.delete(message.callId)
    send(message)
  }

  const resend = (): void => {
    for (const message of [...graphs.values(), entered, ...openCalls.values(), state]) {
      if (message !== undefined) send(message)
    }
  }

  return Object.assign(inspect, { resend })
}

function flowsWithin(flow: FlowDefinition | undefined, found = new Map<string, FlowDefinition>()): typeof found {
  if (flow === undefined || found.has(flow.id)) return found
  found.set(flow.id, flow)
  for (const subFlow of Object.values(flow.subFlows)) flowsWithin(subFlow, found)
  return found
}

function messageOf(event: FlowInspection, { state, values }: RtviInspectorOptions): FlowMessage | undefined {
  const head = { t: 'flow', flow: event.flow, atMs: event.atMs } as const
  switch (event.type) {
    case 'flow.enter': {
      const { node, visit, functions, tookMs, input } = event
      const given = values === true && input !== undefined && { input: jsonCopy(input) }
      return { ...head, event: 'enter', node, visit, functions, tookMs, ...given }
    }
    case 'flow.exit':
      return { ...head, event: 'exit', node: event.node, visit: event.visit }
    case 'flow.transition':
      return { ...head, event: 'transition', from: event.from, to: event.to, cause: event.cause }
    case 'flow.call.start': {
      const { node, callId, args } = event
      const given = values === true && { args: jsonCopy(args) }
      return { ...head, event: 'call.start', node, function: event.function, callId, ...given }
    }
    case 'flow.call.end': {
      const { node, callId, end, tookMs, result } = event
      const given = values === true && { result: jsonCopy(result) }
      return { ...head, event: 'call.end', node, function: event.function, callId, end, tookMs, ...given }
    }
    case 'flow.action':
      return { ...head, event: 'action', node: event.node, action: event.action, tookMs: event.tookMs }
    case 'flow.summary':
      return { ...head, event: 'summary', node: event.node, ok: event.ok, tookMs: event.tookMs }
    case 'flow.state':
      return state === true ? { ...head, event: 'state', node: event.node, state: jsonCopy(event.state) } : undefined
    case 'flow.error': {
      const { code, kind, message } = event.error
      return { ...head, event: 'error', node: event.node, code, kind, ...(values === true && { message }) }
    }
    case 'flow.machine':
      return undefined
  }
}
