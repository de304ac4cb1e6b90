import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { converse, untouched } from './conversation.ts'
import type { Conversation } from './conversation.ts'
import type { CallEvent } from './events.ts'
import { agentProblem, closeProblem, microphoneProblem, startProblem } from './problem.ts'
import { spreadOf, stagesOf, statusOf, whereOf } from './status.ts'

function after(...steps: [ms: number, event: CallEvent][]): Conversation {
  return steps.reduce((state, [atMs, event]) => converse(state, { ...event, atMs }), untouched)
}

const live: [number, CallEvent][] = [
  [0, { type: 'call/connecting', withMic: true }],
  [10, { type: 'mic/opened' }],
  [20, { type: 'call/ready' }],
]
const word = (state: Conversation): string => statusOf(state, false).word
const latency = (totalMs: number, turn = 1): CallEvent => ({
  type: 'latency',
  turn,
  stages: { llmMs: totalMs },
  totalMs,
})
const sample = (waitedMs: number, firstSampleMs: number): CallEvent => ({
  type: 'agent/first-sample',
  waitedMs,
  firstSampleMs,
})

describe('the word', () => {
  test.each<[string, [number, CallEvent][]]>([
    ['Ready', []],
    ['Connecting', [[0, { type: 'call/connecting', withMic: true }]]],
    ['Listening', live],
    ['Listening', [...live, [30, { type: 'you/started' }]]],
    ['Thinking', [...live, [30, { type: 'you/typed', text: 'hi' }]]],
    ['Thinking', [...live, [30, { type: 'agent/thinking' }]]],
    ['Speaking', [...live, [30, { type: 'agent/thinking' }], [40, { type: 'agent/started' }]]],
    ['Listening', [...live, [40, { type: 'agent/started' }], [50, { type: 'agent/flushed' }]]],
    ['Listening', [...live, [30, { type: 'agent/thinking' }], [40, { type: 'you/started' }]]],
    ['Waiting for a tool', [...live, [30, { type: 'tool/started', callId: 'c', name: 't', detail: '' }]]],
    ['Muted', [...live, [30, { type: 'mic/muted', muted: true }]]],
    ['Speaking', [...live, [30, { type: 'mic/muted', muted: true }], [31, { type: 'agent/started' }]]],
    ['On hold', [...live, [30, { type: 'you/held', held: true }]]],
    [
      'Ready',
      [
        [0, { type: 'call/connecting', withMic: false }],
        [1, { type: 'call/ready' }],
      ],
    ],
    [
      'Ready',
      [...live, [30, { type: 'session', engines: [], keys: [], notices: [{ kind: 'no-recognizer', text: 'x' }] }]],
    ],
    ['Ended', [...live, [30, { type: 'call/ended', by: 'you' }]]],
    ['Failed', [...live, [30, { type: 'problem', problem: startProblem('x') }]]],
  ])('is %s', (expected, steps) => {
    expect(word(after(...steps))).toBe(expected)
  })

  test('says who ended the call and how long it lasted', () => {
    expect(statusOf(after(...live, [75_020, { type: 'call/ended', by: 'agent' }]), false).say).toBe(
      'The agent ended the call after 1 min 15 s.',
    )
  })

  test('does not offer to speak where there is no microphone', () => {
    expect(statusOf(untouched, true).say).toBe('Type below to begin.')
  })
})

describe('problems', () => {
  test('a lost microphone leaves the call alive and goes away once one opens', () => {
    const lost = after(...live, [30, { type: 'problem', problem: microphoneProblem('not-found', '') }])
    expect(lost).toMatchObject({ phase: 'live', mic: 'off', problem: { kind: 'no-microphone' } })
    expect(converse(lost, { type: 'mic/opened', atMs: 40 })).toMatchObject({ mic: 'on', problem: undefined })
  })

  test('an end that was meant is not turned into a failure by what follows it', () => {
    const problem = closeProblem(1006) ?? startProblem('')
    const state = after(...live, [30, { type: 'call/ended', by: 'you' }], [31, { type: 'problem', problem }])
    expect(state).toMatchObject({ phase: 'ended', problem: undefined })
  })

  test('a failure is not turned into an orderly end', () => {
    const state = after(
      ...live,
      [30, { type: 'problem', problem: startProblem('') }],
      [31, { type: 'call/ended', by: 'agent' }],
    )
    expect(state.phase).toBe('failed')
  })

  test('a fault of a provider is shown and the call goes on', () => {
    const state = after(
      ...live,
      [30, { type: 'agent/thinking' }],
      [31, { type: 'problem', problem: agentProblem({ message: 'x', fatal: false }) }],
    )
    expect(state).toMatchObject({ phase: 'live', agentThinking: false, problem: { kind: 'agent-fault' } })
  })

  test('a new call forgets the last one but not the microphone', () => {
    const state = after(
      ...live,
      [25, { type: 'mic/picked', choice: { deviceId: 'b', label: 'Headset' }, by: 'you' }],
      [26, { type: 'you/typed', text: 'hi' }],
      [27, latency(300)],
      [30, { type: 'call/ended', by: 'you' }],
      [40, { type: 'call/connecting', withMic: true }],
    )
    expect(state).toMatchObject({ phase: 'connecting', replies: [], marks: [], micPicked: { deviceId: 'b' } })
    expect(state.rows.items).toEqual([])
  })
})

describe('latency', () => {
  test('playback measured in the page is added to what the server measured, whichever comes first', () => {
    const turn: [number, CallEvent] = [100, { type: 'you/stopped' }]
    const one = after(...live, turn, [600, latency(500)], [640, sample(40, 640)])
    const other = after(...live, turn, [640, sample(40, 640)], [650, latency(500)])
    for (const state of [one, other]) {
      expect(state.replies).toEqual([{ turn: 1, stages: { llmMs: 500, playbackMs: 40 }, totalMs: 540 }])
      expect(state.marks).toEqual([{ kind: 'gap', fromMs: 100, toMs: 640 }])
    }
  })

  test('only the first utterance of a reply counts', () => {
    const state = after(
      ...live,
      [100, { type: 'you/stopped' }],
      [600, latency(500)],
      [640, sample(40, 640)],
      [900, sample(90, 900)],
    )
    expect(state.replies).toHaveLength(1)
    expect(state.replies[0]?.totalMs).toBe(540)
    expect(state.marks).toHaveLength(1)
  })

  test('a sample of one turn is never counted for another', () => {
    const state = after(
      ...live,
      [100, { type: 'you/stopped' }],
      [600, latency(500)],
      [700, { type: 'you/started' }],
      [900, { type: 'you/stopped' }],
      [1200, sample(30, 1200)],
      [1210, latency(250, 2)],
    )
    expect(state.replies.map((reply) => reply.totalMs)).toEqual([500, 280])
    expect(state.marks).toEqual([{ kind: 'gap', fromMs: 920, toMs: 1200 }])
  })

  test('playback the server measured itself is left as it is', () => {
    const event: CallEvent = { type: 'latency', turn: 1, stages: { ttsMs: 100, playbackMs: 20 }, totalMs: 120 }
    const state = after(...live, [100, { type: 'you/stopped' }], [220, sample(35, 220)], [230, event])
    expect(state.replies[0]).toEqual({ turn: 1, stages: { ttsMs: 100, playbackMs: 20 }, totalMs: 120 })
  })

  test('median and 95th percentile come from all replies', () => {
    const steps = [500, 520, 480, 900, 510].map((ms, index): [number, CallEvent] => [1000 * index, latency(ms)])
    expect(spreadOf(after(...live, ...steps).replies)).toEqual({ p50: 510, p95: 824, count: 5 })
    expect(spreadOf([])).toBeUndefined()
  })

  test('stages are named in the order of time and missing ones left out', () => {
    const reply = { turn: 1, stages: { ttsMs: 120, turnEndMs: 210, playbackMs: 30 }, totalMs: 360 }
    expect(stagesOf(reply)).toEqual([
      { name: 'Turn end', ms: 210 },
      { name: 'Voice', ms: 120 },
      { name: 'Playback', ms: 30 },
    ])
    expect(stagesOf(undefined)).toEqual([])
  })

  test('stages do not overlap: the turn ends from the transcript on, sentences belong to the model', () => {
    const stages = { turnEndMs: 800, sttMs: 500, llmMs: 40, sentenceMs: 60, ttsMs: 100 }
    expect(stagesOf({ turn: 1, stages, totalMs: 1000 })).toEqual([
      { name: 'Recogniser', ms: 500 },
      { name: 'Turn end', ms: 300 },
      { name: 'Model', ms: 100 },
      { name: 'Voice', ms: 100 },
    ])
    expect(stagesOf({ turn: 1, stages: { turnEndMs: 600, sttMs: 700 }, totalMs: 600 })).toEqual([
      { name: 'Recogniser', ms: 600 },
    ])
  })
})

test('a microphone that changed by itself is news, one that the person picked is not', () => {
  const picked = (deviceId: string, by: 'you' | 'browser'): CallEvent => ({
    type: 'mic/picked',
    choice: { deviceId, label: deviceId },
    by,
  })
  const first = after(...live, [30, picked('a', 'browser')])
  expect(first.news).toBeUndefined()
  expect(converse(first, { ...picked('b', 'you'), atMs: 40 }).news).toBeUndefined()
  const changed = converse(first, { ...picked('b', 'browser'), atMs: 40 })
  expect(changed.news).toBe('Microphone: b')
  expect(converse(changed, { type: 'news/gone', atMs: 50 }).news).toBeUndefined()
})

test('a cut is marked only where the agent was speaking', () => {
  const flushed: [number, CallEvent] = [60, { type: 'agent/flushed' }]
  expect(after(...live, flushed).marks).toEqual([])
  expect(after(...live, [50, { type: 'agent/started' }], flushed).marks).toEqual([{ kind: 'cut', atMs: 60 }])
})

test('the toolbar says where the agent runs', () => {
  const session = (set: boolean): CallEvent => ({
    type: 'session',
    engines: [{ stage: 'llm', name: 'Rules' }],
    keys: [{ env: 'OPENAI_API_KEY', set, changes: '' }],
    notices: [],
  })
  expect(whereOf(untouched)).toBeUndefined()
  expect(whereOf(after(...live, [30, session(false)]))).toBe('Running on this computer, no key needed')
  expect(whereOf(after(...live, [30, session(true)]))).toBe('Using OPENAI_API_KEY')
})

test('no order of events breaks the page, and an ended call shows nothing in motion', () => {
  const events: CallEvent[] = [
    { type: 'call/connecting', withMic: true },
    { type: 'call/ready' },
    { type: 'mic/opened' },
    { type: 'mic/muted', muted: true },
    { type: 'you/started' },
    { type: 'you/said', text: 'a', final: false },
    { type: 'you/said', text: 'a b', final: true },
    { type: 'you/stopped' },
    { type: 'you/typed', text: 'x' },
    { type: 'agent/thinking' },
    { type: 'agent/started' },
    { type: 'agent/output', output: { segmentId: 1, text: 'p q', willBeSpoken: true, status: 'new', accumulated: '' } },
    {
      type: 'agent/output',
      output: { segmentId: 1, text: 'p q', willBeSpoken: true, status: 'in-progress', accumulated: 'p' },
    },
    { type: 'agent/flushed' },
    { type: 'agent/heard', segments: [{ segmentId: 1, heard: 'p', unheard: 'q' }] },
    { type: 'agent/stopped' },
    sample(20, 50),
    latency(100),
    { type: 'tool/started', callId: 'c', name: 't', detail: '' },
    { type: 'tool/stopped', callId: 'c', name: 't', outcome: '', cancelled: false },
    { type: 'problem', problem: agentProblem({ message: '401', fatal: false, kind: 'auth' }) },
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (order) => {
      const state = after(...order.map((event, index): [number, CallEvent] => [index, event]))
      const ids = state.rows.items.map((item) => item.id)
      expect(new Set(ids).size).toBe(ids.length)
      const ended = converse(state, { type: 'call/ended', by: 'you', atMs: 1000 })
      expect(word(ended)).toBe('Ended')
      expect(
        ended.agentSpeaking || ended.agentThinking || ended.youSpeaking || ended.rows.runningTools.length > 0,
      ).toBe(false)
    }),
    { numRuns: 300 },
  )
})
