import type { LogFields, Logger, LogLevel } from '@pc/core'
import { createActor, createMachine, type InspectionEvent } from 'xstate'
import { expect, test } from 'vitest'
import { FlowError } from '../definition/errors.ts'
import type { FlowInspection } from '../manager/inspection.ts'
import { consoleInspector } from './console-inspector.ts'

type Line = [LogLevel, string, LogFields | undefined]

function lines(events: readonly FlowInspection[], enabled: readonly LogLevel[]): Line[] {
  const written: Line[] = []
  const log: Logger = {
    enabled: (level) => enabled.includes(level),
    log: (level, message, fields) => void written.push([level, message, fields]),
  }
  const inspect = consoleInspector(log)
  for (const event of events) inspect(event)
  return written
}

const head = { atMs: 5, flow: 'pizza' }
const call = { ...head, node: 'start', function: 'choose', callId: 'c1' }
const machineEvents: InspectionEvent[] = []
createActor(createMachine({}), { inspect: (event) => machineEvents.push(event) }).start()

const events: readonly FlowInspection[] = [
  ...machineEvents.map((event) => ({ ...head, type: 'flow.machine' as const, event })),
  { ...head, type: 'flow.transition', from: null, to: 'start', cause: { by: 'initialize' } },
  { ...head, type: 'flow.enter', node: 'start', visit: 1, input: 'Zoë', tookMs: 2, functions: ['choose'] },
  { ...call, type: 'flow.call.start', args: { name: 'Zoë' } },
  { ...call, type: 'flow.call.end', end: 'transition', result: { name: 'Zoë' }, tookMs: 3 },
  { ...call, type: 'flow.call.end', end: 'timeout', result: null, tookMs: 9 },
  { ...head, type: 'flow.state', node: 'start', state: { name: 'Zoë' } },
  { ...head, type: 'flow.exit', node: 'start', visit: 1 },
  { ...head, type: 'flow.transition', from: 'start', to: 'end', cause: { by: 'function', name: 'choose' } },
  { ...head, type: 'flow.summary', node: 'end', ok: true, tookMs: 4 },
  { ...head, type: 'flow.summary', node: 'end', ok: false, tookMs: 5000 },
  { ...head, type: 'flow.action', node: 'end', action: 'tts_say', tookMs: 7 },
  { ...head, type: 'flow.error', node: 'end', error: new FlowError('No such node.') },
]

test('every event of a flow becomes one line of its level, and those of XState none', () => {
  expect(lines(events, ['debug', 'info', 'warn', 'error'])).toEqual([
    ['info', 'flow pizza: -> start (initialize)', { atMs: 5 }],
    ['info', 'flow pizza: entered start', { atMs: 5, visit: 1, tookMs: 2, functions: ['choose'], 'pii.input': 'Zoë' }],
    ['debug', 'flow pizza: choose was called in start', { atMs: 5, callId: 'c1', 'pii.args': { name: 'Zoë' } }],
    [
      'debug',
      'flow pizza: choose ended in start: transition',
      { atMs: 5, callId: 'c1', tookMs: 3, 'pii.result': { name: 'Zoë' } },
    ],
    ['warn', 'flow pizza: choose ended in start: timeout', { atMs: 5, callId: 'c1', tookMs: 9, 'pii.result': null }],
    ['debug', 'flow pizza: the state changed', { atMs: 5, 'pii.state': { name: 'Zoë' } }],
    ['debug', 'flow pizza: left start', { atMs: 5, visit: 1 }],
    ['info', 'flow pizza: start -> end (choose)', { atMs: 5 }],
    ['debug', 'flow pizza: summarized on entering end', { atMs: 5, tookMs: 4 }],
    ['warn', 'flow pizza: could not summarize on entering end', { atMs: 5, tookMs: 5000 }],
    ['debug', 'flow pizza: tts_say ran in end', { atMs: 5, tookMs: 7 }],
    ['error', 'flow pizza: No such node.', { atMs: 5, node: 'end', code: 'flow-failed', kind: 'internal' }],
  ])
  expect(machineEvents.length).toBeGreaterThan(0)
})

test('words of the conversation are only in fields whose names begin with pii', () => {
  for (const [, message, fields = {}] of lines(events, ['debug', 'info', 'warn', 'error'])) {
    const open = Object.entries(fields).filter(([name]) => !name.startsWith('pii.'))
    expect(message + JSON.stringify(open)).not.toContain('Zoë')
  }
})

test('a level that the log does not want costs no line', () => {
  expect(lines(events, ['error']).map(([level]) => level)).toEqual(['error'])
})
