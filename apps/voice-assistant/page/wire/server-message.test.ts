import { expect, test } from 'vitest'
import { serverMessageOf } from './server-message.ts'

test('a session is read with its engines in the order of the pipeline', () => {
  expect(
    serverMessageOf({
      type: 'pc/session',
      engines: [
        { stage: 'tts', name: 'Flite' },
        { stage: 'vad', name: 'Silero', note: 'here' },
      ],
      keys: [{ env: 'OPENAI_API_KEY', set: false, changes: 'the model' }],
      notices: [{ kind: 'download', text: 'Fetching', progress: 1.7 }],
    }),
  ).toEqual({
    type: 'pc/session',
    engines: [
      { stage: 'vad', name: 'Silero', note: 'here' },
      { stage: 'tts', name: 'Flite' },
    ],
    keys: [{ env: 'OPENAI_API_KEY', set: false, changes: 'the model' }],
    notices: [{ kind: 'download', text: 'Fetching', progress: 1 }],
  })
})

test('parts that lack what they need are left out and the rest is kept', () => {
  const message = serverMessageOf({
    type: 'pc/session',
    engines: [{ stage: 'warp', name: 'x' }, { stage: 'llm' }, 5, { stage: 'llm', name: 'Rules' }],
    keys: 'none',
    notices: [{ kind: 'download' }],
  })
  expect(message).toEqual({ type: 'pc/session', engines: [{ stage: 'llm', name: 'Rules' }], keys: [], notices: [] })
})

test('heard words, latency and flush are read', () => {
  expect(serverMessageOf({ type: 'pc/flush' })).toEqual({ type: 'pc/flush' })
  expect(
    serverMessageOf({ type: 'pc/heard', contextId: 'c', segments: [{ segmentId: 1, heard: 'a', unheard: 'b' }, {}] }),
  ).toEqual({ type: 'pc/heard', contextId: 'c', segments: [{ segmentId: 1, heard: 'a', unheard: 'b' }] })
  expect(
    serverMessageOf({ type: 'pc/latency', turn: 3, stages: { llmMs: 90, sttMs: 'x', ttsMs: -1 }, totalMs: 120 }),
  ).toEqual({ type: 'pc/latency', turn: 3, stages: { llmMs: 90, ttsMs: 0 }, totalMs: 120 })
})

test('what is not ours is left alone', () => {
  for (const data of [
    undefined,
    null,
    'pc/flush',
    [],
    {},
    { type: 'other' },
    { type: 'pc/latency', totalMs: 'soon' },
  ]) {
    expect(serverMessageOf(data)).toBeUndefined()
  }
})
