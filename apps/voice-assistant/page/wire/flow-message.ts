import type { FlowDrawing, FlowStep, FlowWay } from '@pc/ui'
import { fieldsOf, listOf, stringOf } from './guards.ts'

/** What the server tells of a running flow, as far as this page shows it. */
export type FlowMessage = { flow: string } & (
  | { event: 'graph'; graph: FlowDrawing }
  | { event: 'enter'; node: string }
  | { event: 'transition'; from: string | null; to: string; via: string }
  | { event: 'call.start'; node: string; name: string; callId: string }
  | { event: 'call.end'; callId: string }
  | { event: 'state'; state: Record<string, unknown> }
)

function stepOf(value: unknown): FlowStep | undefined {
  const fields = fieldsOf(value)
  const id = stringOf(fields?.['id'])
  if (id === undefined) return undefined
  return { id, final: fields?.['final'] === true, automatic: fields?.['automatic'] === true }
}

function wayOf(value: unknown): FlowWay | undefined {
  const fields = fieldsOf(value)
  const from = stringOf(fields?.['from'])
  const to = stringOf(fields?.['to'])
  const via = stringOf(fields?.['via'])
  if (from === undefined || to === undefined || via === undefined) return undefined
  return { from, to, via, global: fields?.['global'] === true }
}

/** Reads a flow's graph; undefined when it has no step to begin at. */
export function drawingOf(value: unknown): FlowDrawing | undefined {
  const fields = fieldsOf(value)
  const initial = stringOf(fields?.['initial'])
  if (initial === undefined) return undefined
  const seen = new Set<string>()
  const steps = listOf(fields?.['nodes'], stepOf).filter(({ id }) => !seen.has(id) && seen.add(id))
  return steps.length === 0 ? undefined : { initial, steps, ways: listOf(fields?.['edges'], wayOf) }
}

/** Reads the data of an RTVI `server-message` about a flow; undefined for others, and for what is not shown. */
export function flowMessageOf(data: unknown): FlowMessage | undefined {
  const fields = fieldsOf(data)
  const flow = stringOf(fields?.['flow'])
  if (fields?.['t'] !== 'flow' || flow === undefined) return undefined
  const node = stringOf(fields['node'])
  const callId = stringOf(fields['callId'])
  switch (fields['event']) {
    case 'graph': {
      const graph = drawingOf(fields['graph'])
      return graph && { flow, event: 'graph', graph }
    }
    case 'enter':
      return node === undefined ? undefined : { flow, event: 'enter', node }
    case 'transition': {
      const to = stringOf(fields['to'])
      const cause = fieldsOf(fields['cause'])
      const via = stringOf(cause?.['name']) ?? stringOf(cause?.['by']) ?? ''
      return to === undefined
        ? undefined
        : { flow, event: 'transition', from: stringOf(fields['from']) ?? null, to, via }
    }
    case 'call.start': {
      const name = stringOf(fields['function'])
      if (node === undefined || callId === undefined || name === undefined) return undefined
      return { flow, event: 'call.start', node, name, callId }
    }
    case 'call.end':
      return callId === undefined ? undefined : { flow, event: 'call.end', callId }
    case 'state': {
      const state = fieldsOf(fields['state'])
      return state && { flow, event: 'state', state }
    }
    default:
      return undefined
  }
}
