import type { LogFields, Logger, LogLevel } from '@pc/core'
import type { FlowInspection, FlowInspector } from '../manager/inspection.ts'

/**
 * Writes what happens in a flow to a log: nodes and transitions at `info`, calls, actions, summaries and changes of the
 * state at `debug`, what went wrong at `warn` and `error`. Messages name nodes and functions only; what may hold words of
 * the conversation is in the fields `pii.input`, `pii.args`, `pii.result` and `pii.state`. XState's own events are left
 * out.
 *
 * @param log - where to, such as `consoleLogger('debug')` of `@pc/core`.
 */
export function consoleInspector(log: Logger): FlowInspector {
  return (event) => {
    const level = levelOf(event)
    if (level === undefined || !log.enabled(level)) return
    const [message, fields] = lineOf(event)
    log.log(level, `flow ${event.flow}: ${message}`, { atMs: event.atMs, ...fields })
  }
}

function levelOf(event: FlowInspection): LogLevel | undefined {
  switch (event.type) {
    case 'flow.machine':
      return undefined
    case 'flow.error':
      return 'error'
    case 'flow.enter':
    case 'flow.transition':
      return 'info'
    case 'flow.call.end':
      return event.end === 'error' || event.end === 'timeout' ? 'warn' : 'debug'
    case 'flow.summary':
      return event.ok ? 'debug' : 'warn'
    default:
      return 'debug'
  }
}

function lineOf(event: FlowInspection): readonly [string, LogFields] {
  switch (event.type) {
    case 'flow.enter': {
      const { node, visit, tookMs, functions, input } = event
      return [`entered ${node}`, { visit, tookMs, functions, ...(input !== undefined && { 'pii.input': input }) }]
    }
    case 'flow.exit':
      return [`left ${event.node}`, { visit: event.visit }]
    case 'flow.transition': {
      const { from, to, cause } = event
      const by = cause.by === 'function' ? cause.name : cause.by
      return [from === null ? `-> ${to} (${by})` : `${from} -> ${to} (${by})`, {}]
    }
    case 'flow.call.start':
      return [`${event.function} was called in ${event.node}`, { callId: event.callId, 'pii.args': event.args }]
    case 'flow.call.end': {
      const { node, end, callId, tookMs, result } = event
      return [`${event.function} ended in ${node}: ${end}`, { callId, tookMs, 'pii.result': result }]
    }
    case 'flow.action':
      return [`${event.action} ran in ${event.node}`, { tookMs: event.tookMs }]
    case 'flow.summary':
      return [`${event.ok ? 'summarized' : 'could not summarize'} on entering ${event.node}`, { tookMs: event.tookMs }]
    case 'flow.state':
      return ['the state changed', { 'pii.state': event.state }]
    case 'flow.error': {
      const { code, kind, message } = event.error
      return [message, { node: event.node, code, kind }]
    }
    case 'flow.machine':
      return [event.event.type, {}]
  }
}
