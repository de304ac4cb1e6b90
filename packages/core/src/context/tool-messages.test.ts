import { expect, test } from 'vitest'
import { messageText } from './messages.ts'
import {
  backgroundMessage,
  decodeBackgroundMessage,
  decodeToolContent,
  encodeBackgroundStart,
  encodeToolContent,
  type ToolCallState,
} from './tool-messages.ts'

test.each<[ToolCallState, string]>([
  [{ status: 'running' }, 'IN_PROGRESS'],
  [{ status: 'cancelled' }, 'CANCELLED'],
  [{ status: 'completed', result: undefined }, 'COMPLETED'],
  [{ status: 'completed', result: { a: [1, null] } }, '{"a":[1,null]}'],
  [{ status: 'completed', result: 'IN_PROGRESS' }, '"IN_PROGRESS"'],
  [{ status: 'completed', result: false }, 'false'],
])('%j is written as %s and read back', (state, content) => {
  expect(encodeToolContent(state)).toBe(content)
  expect(decodeToolContent(content)).toEqual(state)
})

test('text that is no JSON counts as a result', () => {
  expect(decodeToolContent('It is sunny.')).toEqual({ status: 'completed', result: 'It is sunny.' })
})

test('a result that JSON cannot express is said to be so, and throws nothing', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  for (const result of [circular, 1n]) {
    expect(encodeToolContent({ status: 'completed', result })).toBe('{"error":"The result cannot be written as JSON."}')
  }
  expect(encodeToolContent({ status: 'completed', result: () => 1 })).toBe('COMPLETED')
})

test('whether a background call runs is read from the same form that is written', () => {
  expect(decodeToolContent(encodeBackgroundStart('t1'))).toEqual({ status: 'running' })
  const running = messageText(backgroundMessage('t1', { status: 'running', result: 1 }))
  const finished = messageText(backgroundMessage('t1', { status: 'finished', result: 1 }))
  const cancelled = messageText(backgroundMessage('t1', { status: 'cancelled' }))
  expect([running, finished, cancelled].map(decodeBackgroundMessage)).toEqual([
    { toolCallId: 't1', running: true },
    { toolCallId: 't1', running: false },
    { toolCallId: 't1', running: false },
  ])
  expect(decodeBackgroundMessage('{"type":"other"}')).toBeUndefined()
  expect(decodeBackgroundMessage('Hello')).toBeUndefined()
})

test('a background call that begins asks the model to wait and tells it nothing of what comes, its end asks to pass it on', () => {
  const begin = encodeBackgroundStart('a')
  expect(begin).toMatch(/Do not call it again/)
  expect(begin).toMatch(/do not guess/)
  expect(begin).not.toMatch(/developer|message|later/)
  const words = (state: Parameters<typeof backgroundMessage>[1]): string => messageText(backgroundMessage('a', state))
  expect(words({ status: 'finished', result: 1 })).toMatch(/tell the user the result once/)
  expect(words({ status: 'running', result: 1 })).not.toContain('description')
  expect(words({ status: 'cancelled' })).toMatch(/no result/)
})
