import { expect, test } from 'vitest'
import {
  hasRtviLabel,
  readAppendToContext,
  readClientReady,
  readCustom,
  readDtmf,
  readEnvelope,
  readFunctionCallResult,
  readPlayout,
  readRawAudio,
  readSendText,
  readUIMessage,
} from './client-message.ts'

test('only objects with the label are RTVI messages', () => {
  expect(hasRtviLabel({ label: 'rtvi-ai' })).toBe(true)
  for (const other of [null, undefined, 'rtvi-ai', 1, [], { label: 'other' }, {}])
    expect(hasRtviLabel(other)).toBe(false)
})

test('an envelope needs an id and a type', () => {
  expect(readEnvelope({ id: 'a', type: 'b', data: 1 })).toEqual({ id: 'a', type: 'b', data: 1 })
  expect(() => readEnvelope({ type: 'b' })).toThrow('id and type')
  expect(() => readEnvelope({ id: 1, type: 'b' })).toThrow('id and type')
})

test('a bad introduction of the client is an unknown client', () => {
  const about = { library: 'pipecat-js', library_version: '1' }
  expect(readClientReady({ version: '2.1.0', about })).toEqual({ version: '2.1.0', about })
  expect(readClientReady({ version: '2.1.0', about: 'x' })).toEqual({ version: '2.1.0', about: { library: 'unknown' } })
  expect(readClientReady(null)).toEqual({ version: undefined, about: { library: 'unknown' } })
})

test('options of a typed text that are left out, or null, have their defaults', () => {
  const defaults = { content: 'hi', runImmediately: true, audioResponse: true }
  expect(readSendText({ content: 'hi' })).toEqual(defaults)
  expect(readSendText({ content: 'hi', options: null })).toEqual(defaults)
  expect(readSendText({ content: 'hi', options: { run_immediately: null } })).toEqual(defaults)
  expect(readSendText({ content: 'hi', options: { run_immediately: false, audio_response: false } })).toEqual({
    content: 'hi',
    runImmediately: false,
    audioResponse: false,
  })
})

test('keys come as a list, or as the one key of older clients', () => {
  expect(readDtmf({ buttons: ['1', '*', '#'] })).toEqual(['1', '*', '#'])
  expect(readDtmf({ button: '7' })).toEqual(['7'])
})

test('audio in messages is 16-bit little-endian, alone or as a batch', () => {
  const base64 = Buffer.from(new Int16Array([1, -2, 32_767]).buffer).toString('base64')
  const rates = { sampleRate: 16_000, numChannels: 1 }
  expect(readRawAudio({ base64Audio: base64, ...rates })).toEqual({ chunks: [Int16Array.of(1, -2, 32_767)], ...rates })
  expect(readRawAudio({ base64AudioBatch: [base64, ''], ...rates }).chunks).toEqual([
    Int16Array.of(1, -2, 32_767),
    new Int16Array(),
  ])
})

test('an odd last byte of audio is dropped', () => {
  const { chunks } = readRawAudio({ base64Audio: btoa('\x01\x00\x02'), sampleRate: 16_000, numChannels: 1 })
  expect(chunks).toEqual([Int16Array.of(1)])
})

test('a snapshot of the page keeps keys that this server does not know', () => {
  const tree = { root: { ref: 'e1', role: 'main', acme: true }, captured_at: 1 }
  expect(readUIMessage({ id: 'a', type: 'ui-snapshot', data: { tree } })).toEqual({
    type: 'ui-snapshot',
    id: 'a',
    tree,
  })
})

test('a player announces itself, and then reports milliseconds', () => {
  expect(readPlayout({ enabled: true })).toEqual({ enabled: true })
  expect(readPlayout({ contextId: 'c', playedMs: 12.5, flushed: true })).toEqual({
    enabled: false,
    contextId: 'c',
    playedMs: 12.5,
    flushed: true,
  })
})

test.each<[string, () => unknown, string]>([
  ['text without content', () => readSendText({}), 'data.content must be a string'],
  ['text that is no object', () => readSendText('hi'), 'data must be an object'],
  ['options that are no object', () => readSendText({ content: '', options: 3 }), 'data.options'],
  [
    'a switch that is no boolean',
    () => readSendText({ content: '', options: { audio_response: 'no' } }),
    'audio_response',
  ],
  ['another role', () => readAppendToContext({ role: 'system', content: '' }), 'data.role'],
  ['content in parts', () => readAppendToContext({ role: 'user', content: [] }), 'data.content'],
  ['no key', () => readDtmf({ buttons: [] }), 'data.buttons'],
  ['a key that is not on a keypad', () => readDtmf({ buttons: ['12'] }), 'data.buttons'],
  ['a custom message without a name', () => readCustom({ d: 1 }), 'data.t must be a string'],
  ['a result without its call', () => readFunctionCallResult({ result: 1 }), 'data.tool_call_id'],
  ['audio that is not base64', () => readRawAudio({ base64Audio: '*', sampleRate: 1, numChannels: 1 }), 'base64'],
  ['audio without a rate', () => readRawAudio({ base64Audio: '', numChannels: 1 }), 'data.sampleRate'],
  ['no audio at all', () => readRawAudio({ sampleRate: 1, numChannels: 1 }), 'base64 text'],
  ['an event without a name', () => readUIMessage({ id: '', type: 'ui-event', data: {} }), 'data.event'],
  ['a snapshot without a tree', () => readUIMessage({ id: '', type: 'ui-snapshot', data: {} }), 'data.tree'],
  ['a report of a negative time', () => readPlayout({ contextId: 'c', playedMs: -1 }), 'd.playedMs'],
  ['a report of no number', () => readPlayout({ contextId: 'c', playedMs: NaN }), 'd.playedMs'],
  ['a report of nothing', () => readPlayout({ playedMs: 1 }), 'd.contextId'],
])('%s is refused with a reason', (_name, read, reason) => {
  expect(read).toThrow(reason)
})
