import { expect, test } from 'vitest'
import type { CallEvent } from '../store/events.ts'
import { errorEvent, plainly, rtviCallbacks } from './rtvi-events.ts'

test('arguments and results read plainly', () => {
  expect(plainly({ day: 'fri', guests: 4, outside: false, window: true })).toBe('fri, 4, not outside, window')
  expect(plainly('booked')).toBe('booked')
  expect(plainly(undefined)).toBe('')
  expect(plainly([1, 2])).toBe('[1,2]')
  expect(plainly({ at: { x: 1 } })).toBe('{"x":1}')
  expect(plainly('x'.repeat(500))).toHaveLength(160)
})

test('an orderly close ends the call, any other is a problem', () => {
  expect(errorEvent({ error: 'websocket connection closed. Code: 1000', fatal: true })).toEqual({
    type: 'call/ended',
    by: 'agent',
  })
  expect(errorEvent({ message: 'websocket connection closed. Code: 1006', fatal: true })).toMatchObject({
    problem: { kind: 'server-gone' },
  })
  expect(errorEvent({ error: 'websocket connection timed out', fatal: true })).toMatchObject({
    problem: { kind: 'server-gone' },
  })
})

test('an error of the server keeps its words, and whether it ends the call', () => {
  expect(errorEvent({ error: 'the voice failed', fatal: false })).toMatchObject({
    problem: { kind: 'agent-fault', wayOut: 'the voice failed.', fatal: false },
  })
  expect(errorEvent({ error: 'bad token', kind: 'auth', service: 'DeepgramSTTService#0', fatal: true })).toMatchObject({
    problem: { kind: 'key-refused', wayOut: expect.stringContaining('DEEPGRAM_API_KEY'), fatal: true },
  })
  expect(errorEvent({ error: 'bad API key', fatal: false })).toMatchObject({ problem: { kind: 'agent-fault' } })
  expect(errorEvent(undefined)).toMatchObject({ problem: { wayOut: 'It gave no reason.' } })
})

test('a close waits for what the server said before it, an error of the server for nothing', () => {
  const sent: CallEvent[] = []
  const later: (() => void)[] = []
  const { onError } = rtviCallbacks({
    send: (event) => sent.push(event),
    onFlush: () => {},
    afterFrames: (then) => later.push(then),
  })
  const message = (error: string) => ({ id: '', label: 'rtvi-ai', type: 'error', data: { error, fatal: true } })
  onError?.(message('websocket connection closed. Code: 1011'))
  expect(sent).toEqual([])
  onError?.(message('The bot failed.'))
  for (const run of later) run()
  expect(sent).toMatchObject([{ problem: { kind: 'agent-fault' } }, { problem: { kind: 'server-gone' } }])
})
