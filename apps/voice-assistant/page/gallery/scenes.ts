import { barMs, LevelTrack } from '@pc/ui'
import type { FlowDrawing } from '@pc/ui'
import type { Demo } from '../wire/demo-list.ts'
import type { FlowMessage } from '../wire/flow-message.ts'
import { converse, untouched } from '../store/conversation.ts'
import type { Conversation } from '../store/conversation.ts'
import type { CallEvent, TimedEvent } from '../store/events.ts'
import {
  agentProblem,
  closeProblem,
  insecureOriginProblem,
  microphoneProblem,
  notReadyProblem,
  startProblem,
} from '../store/problem.ts'

/** The page at one moment. */
export interface Scene {
  state: Conversation
  levels: LevelTrack
  nowMs: number
  insecure: boolean
  /** The microphone's level for the meter, 0..1. */
  micLevel: number
}

type Step = [secs: number, event: CallEvent]

const engines: CallEvent = {
  type: 'session',
  engines: [
    { stage: 'vad', name: 'Silero', note: 'on this computer, waits 0.2 s of silence' },
    { stage: 'stt', name: 'PocketSphinx', note: 'on this computer, English' },
    { stage: 'llm', name: 'Rules', note: 'on this computer, answers from a fixed set of rules' },
    { stage: 'tts', name: 'Flite', note: 'on this computer' },
  ],
  keys: [
    { env: 'OPENAI_API_KEY', set: false, changes: 'a language model that answers anything' },
    { env: 'DEEPGRAM_API_KEY', set: false, changes: 'recognition of free speech, and a natural voice' },
  ],
  notices: [],
}

function spoken(segmentId: number, text: string): CallEvent {
  return {
    type: 'agent/output',
    output: { segmentId, text, willBeSpoken: true, status: 'new', accumulated: '' },
  }
}

function progress(segmentId: number, text: string, accumulated: string): CallEvent {
  const status = accumulated === text ? 'completed' : 'in-progress'
  return { type: 'agent/output', output: { segmentId, text, willBeSpoken: true, status, accumulated } }
}

function reply(secs: number, turn: number, delays: [number, number, number, number, number]): Step[] {
  const [turnEndMs, sttMs, llmMs, ttsMs, waitedMs] = delays
  return [
    [secs, { type: 'agent/first-sample', waitedMs, firstSampleMs: secs * 1000 }],
    [
      secs,
      { type: 'latency', turn, stages: { turnEndMs, sttMs, llmMs, ttsMs }, totalMs: turnEndMs + sttMs + llmMs + ttsMs },
    ],
    [secs, { type: 'agent/started' }],
  ]
}

const greeting = 'Hello. I run on this computer. What would you like to talk about?'
const answer = 'I can tell the time, set a timer,'
const rest = ' work out sums, or tell you how I am built.'
const timer = 'Done. The timer rings in ten minutes. Is there anything else?'

const opening: Step[] = [
  [1, { type: 'call/connecting', withMic: true }],
  [
    1.2,
    {
      type: 'mic/choices',
      choices: [
        { deviceId: 'a', label: 'Built-in microphone' },
        { deviceId: 'b', label: 'Headset' },
      ],
    },
  ],
  [1.2, { type: 'mic/picked', choice: { deviceId: 'a', label: 'Built-in microphone' }, by: 'browser' }],
  [1.2, { type: 'mic/opened' }],
  [1.4, engines],
  [1.4, { type: 'call/ready' }],
]

const talk: Step[] = [
  ...opening,
  [2, spoken(1, greeting)],
  [2, { type: 'agent/started' }],
  [6.8, progress(1, greeting, greeting)],
  [7, { type: 'agent/stopped' }],
  [8.2, { type: 'you/started' }],
  [9.6, { type: 'you/said', text: 'What can you do?', final: true }],
  [10.2, { type: 'you/stopped' }],
  [10.3, { type: 'agent/thinking' }],
  [10.4, spoken(2, answer + rest)],
  ...reply(10.5, 1, [236, 96, 42, 118, 34]),
  [13.2, { type: 'you/started' }],
  [13.3, progress(2, answer + rest, answer)],
  [13.4, { type: 'agent/flushed' }],
  [13.5, { type: 'agent/heard', segments: [{ segmentId: 2, heard: answer, unheard: rest }] }],
  [15.4, { type: 'you/said', text: 'Set a timer for ten minutes.', final: true }],
  [15.9, { type: 'you/stopped' }],
  [15.95, { type: 'agent/thinking' }],
  [16.0, { type: 'tool/started', callId: 't1', name: 'set_timer', detail: '10 minutes' }],
  [16.084, { type: 'tool/stopped', callId: 't1', name: 'set_timer', outcome: 'rings at 14:20', cancelled: false }],
  [16.1, spoken(3, timer)],
  ...reply(16.3, 2, [228, 104, 96, 121, 31]),
  [20.4, progress(3, timer, timer)],
  [20.6, { type: 'agent/stopped' }],
]

const voices: { lane: 'you' | 'agent'; from: number; to: number }[] = [
  { lane: 'agent', from: 2, to: 6.8 },
  { lane: 'you', from: 8.0, to: 9.95 },
  { lane: 'agent', from: 10.5, to: 13.4 },
  { lane: 'you', from: 13.0, to: 15.7 },
  { lane: 'agent', from: 16.3, to: 20.4 },
]

// A repeatable stand-in for speech: syllables under words, a little noise.
function speechLevel(secs: number, from: number, to: number, noise: number): number {
  const syllable = Math.abs(Math.sin((secs - from) * 6.6 + Math.sin(secs * 1.7) * 1.4)) ** 0.8
  const word = 0.45 + 0.55 * Math.abs(Math.sin((secs - from) * 1.55 + from))
  const edge = Math.min(1, (secs - from) * 7) * Math.min(1, (to - secs) * 6 + 0.12)
  return Math.max(0.05, (0.12 + 0.88 * syllable * word) * (0.75 + 0.25 * noise) * edge)
}

function levelsOf(pieces: typeof voices, untilSecs: number): LevelTrack {
  const track = new LevelTrack()
  let seed = 7
  for (const { lane, from, to } of pieces) {
    for (let secs = from; secs < Math.min(to, untilSecs); secs += barMs / 1000) {
      seed = (seed * 16_807) % 2_147_483_647
      track.write(lane, secs * 1000, speechLevel(secs, from, to, seed / 2_147_483_647))
    }
  }
  return track
}

function scene(steps: Step[], nowSecs: number, extra: Partial<Scene> & { voices?: typeof voices } = {}): Scene {
  let state = untouched
  for (const [secs, event] of steps) {
    if (secs > nowSecs) break
    const timed: TimedEvent = { ...event, atMs: secs * 1000 }
    state = converse(state, timed)
  }
  return {
    state,
    levels: levelsOf(extra.voices ?? voices, nowSecs),
    nowMs: nowSecs * 1000,
    insecure: extra.insecure ?? false,
    micLevel: extra.micLevel ?? 0,
  }
}

const failure = (event: CallEvent): Scene => scene([...talk, [21, event]], 22)

const drawing: FlowDrawing = {
  initial: 'start',
  steps: ['start', 'pizza_size', 'toppings', 'sushi', 'confirm', 'address', 'goodbye'].map((id) => ({
    id,
    final: id === 'goodbye',
    automatic: id === 'address',
  })),
  ways: [
    ['start', 'pizza_size', 'choose_pizza'],
    ['start', 'sushi', 'choose_sushi'],
    ['pizza_size', 'pizza_size', 'tell_prices'],
    ['pizza_size', 'toppings', 'select_pizza_size'],
    ['toppings', 'confirm', 'select_topping'],
    ['sushi', 'confirm', 'select_sushi_order'],
    ['confirm', 'address', 'complete_order'],
    ['confirm', 'start', 'revise_order'],
    ['address', 'goodbye', 'always'],
  ].map(([from = '', to = '', via = '']) => ({ from, to, via, global: false })),
}
const addressDrawing: FlowDrawing = {
  initial: 'street',
  steps: ['street', 'house_number', 'done'].map((id) => ({ id, final: id === 'done', automatic: false })),
  ways: [
    { from: 'street', to: 'house_number', via: 'record_street', global: false },
    { from: 'house_number', to: 'done', via: 'record_number', global: false },
  ],
}

const demos: readonly Demo[] = [
  untouched.demo,
  {
    id: 'food-ordering',
    title: 'Food ordering',
    about: 'Order pizza or sushi by phone, with a change of mind',
    examples: ['I would like a pizza', 'A large one', 'With mushrooms', 'How long does it take?'],
    graph: { flow: 'food-ordering', drawing },
  },
  ...['Appointment', 'Patient intake', 'Travel planner', 'Support team'].map((title) => ({
    id: title,
    title,
    about: 'Another conversation whose steps are known, told in one line',
    examples: ['Hello'],
    graph: undefined,
  })),
]

const flow = (message: DistributedOmit<FlowMessage>, id = 'food-ordering'): CallEvent => ({
  type: 'flow',
  message: { ...message, flow: id },
})
type DistributedOmit<T> = T extends unknown ? Omit<T, 'flow'> : never

const choose: Step = [0, { type: 'demos', demos, chosen: 'food-ordering' }]
const move = (secs: number, from: string | null, to: string, via: string, id?: string): Step[] => [
  [secs, flow({ event: 'transition', from, to, via }, id)],
  [secs, flow({ event: 'enter', node: to }, id)],
]
const order: Step[] = [
  choose,
  ...opening,
  ...move(1.5, null, 'start', 'initialize'),
  [2, spoken(1, 'Hello. Would you like pizza or sushi?')],
  [2, { type: 'agent/started' }],
  [5, progress(1, 'Hello. Would you like pizza or sushi?', 'Hello. Would you like pizza or sushi?')],
  [5.2, { type: 'agent/stopped' }],
  [6.4, { type: 'you/started' }],
  [7.4, { type: 'you/said', text: 'I would like a large pizza.', final: true }],
  [8, { type: 'you/stopped' }],
  [8.1, { type: 'tool/started', callId: 't1', name: 'choose_pizza', detail: '' }],
  [8.1, { type: 'tool/stopped', callId: 't1', name: 'choose_pizza', outcome: 'acknowledged', cancelled: false }],
  ...move(8.2, 'start', 'pizza_size', 'choose_pizza'),
  ...reply(8.4, 1, [236, 96, 42, 118, 34]),
  [8.5, { type: 'tool/started', callId: 't2', name: 'select_pizza_size', detail: 'large' }],
  [8.5, flow({ event: 'call.start', node: 'pizza_size', name: 'select_pizza_size', callId: 't2' })],
  [9, { type: 'tool/stopped', callId: 't2', name: 'select_pizza_size', outcome: 'large', cancelled: false }],
  [9, flow({ event: 'call.end', callId: 't2' })],
  [9, flow({ event: 'state', state: { order: { kind: 'pizza', size: 'large', price: 20 }, confirmed: false } })],
  ...move(9.1, 'pizza_size', 'toppings', 'select_pizza_size'),
  [9.2, { type: 'tool/started', callId: 't3', name: 'select_topping', detail: 'mushrooms' }],
  [9.2, { type: 'tool/stopped', callId: 't3', name: 'select_topping', outcome: 'mushrooms', cancelled: false }],
  [
    9.3,
    flow({
      event: 'state',
      state: { order: { kind: 'pizza', size: 'large', topping: 'mushrooms', price: 20 }, confirmed: false },
    }),
  ],
  ...move(9.4, 'toppings', 'confirm', 'select_topping'),
  [9.6, spoken(2, 'I have a large pizza with mushrooms, for 20 dollars. Is that right?')],
]

/** Every state the page can be in, by name. */
export const scenes: Record<string, () => Scene> = {
  ready: () => scene([], 0),
  insecure: () => scene([], 0, { insecure: true }),
  connecting: () => scene([[1, { type: 'call/connecting', withMic: true }]], 2),
  listening: () => scene(talk, 21.2, { micLevel: 0.12 }),
  hearing: () =>
    scene(
      [
        ...talk,
        [21.4, { type: 'you/started' }],
        [22.6, { type: 'you/said', text: 'No, that is all for', final: false }],
      ],
      22.8,
      { voices: [...voices, { lane: 'you', from: 21.3, to: 30 }], micLevel: 0.8 },
    ),
  thinking: () =>
    scene(
      [
        ...talk,
        [21.4, { type: 'you/said', text: 'How are you built?', final: true }],
        [22, { type: 'agent/thinking' }],
      ],
      22.2,
      {
        voices: [...voices, { lane: 'you', from: 20.9, to: 21.9 }],
      },
    ),
  tool: () => scene(talk, 16.05, { micLevel: 0.05 }),
  speaking: () =>
    scene([...talk.filter(([secs]) => secs < 18), [18.2, progress(3, timer, 'Done. The timer rings')]], 18.3, {
      micLevel: 0.08,
    }),
  cut: () => scene(talk, 14.2, { micLevel: 0.7 }),
  muted: () => scene([...talk, [21, { type: 'mic/muted', muted: true }]], 21.6),
  typed: () =>
    scene(
      [
        [1, { type: 'call/connecting', withMic: false }],
        [1, { type: 'you/typed', text: 'hello' }],
        [1.1, engines],
        [1.2, { type: 'call/ready' }],
        [1.5, spoken(1, greeting)],
        ...reply(1.6, 1, [0, 0, 38, 122, 30]),
        [3, progress(1, greeting, 'Hello. I run on this')],
      ],
      3.2,
      { voices: [{ lane: 'agent', from: 1.6, to: 6.2 }] },
    ),
  'no-microphone': () =>
    scene([...opening, [2, { type: 'problem', problem: microphoneProblem('not-found', '') }]], 3, { voices: [] }),
  'mic-denied': () =>
    scene([...opening, [2, { type: 'problem', problem: microphoneProblem('permissions', '') }]], 3, { voices: [] }),
  'mic-quiet': () => scene([...opening, [4.2, { type: 'mic/quiet', quiet: true }]], 5, { voices: [] }),
  'no-recognizer': () =>
    scene(
      [
        ...opening,
        [
          1.5,
          {
            ...engines,
            engines: [
              { stage: 'vad', name: 'Silero', note: 'on this computer' },
              { stage: 'stt', name: 'None', note: 'no recogniser on this machine yet' },
              { stage: 'llm', name: 'Rules', note: 'on this computer' },
              { stage: 'tts', name: 'Flite', note: 'on this computer' },
            ],
            notices: [
              {
                kind: 'no-recognizer',
                text: 'This machine has no speech recogniser. Type to the agent, or set DEEPGRAM_API_KEY.',
              },
              { kind: 'download', text: 'Fetching the small Whisper model, 31 of 75 MB.', progress: 0.41 },
            ],
          },
        ],
      ],
      3,
      { voices: [] },
    ),
  'server-gone': () => failure({ type: 'problem', problem: closeProblem(1006) ?? startProblem('') }),
  'not-ready': () =>
    scene(
      [
        [1, { type: 'call/connecting', withMic: false }],
        [21, { type: 'problem', problem: notReadyProblem(20) }],
      ],
      22,
      { voices: [] },
    ),
  'key-refused': () =>
    failure({
      type: 'problem',
      problem: agentProblem({
        message: 'OpenAI refused the API key or its permissions.',
        fatal: false,
        kind: 'auth',
        service: 'OpenAILLMService',
      }),
    }),
  'insecure-live': () =>
    scene(
      [
        [1, { type: 'call/connecting', withMic: false }],
        [1.2, engines],
        [1.3, { type: 'call/ready' }],
        [2, { type: 'problem', problem: insecureOriginProblem() }],
      ],
      3,
      { voices: [], insecure: true },
    ),
  choosing: () => scene([[0, { type: 'demos', demos, chosen: undefined }]], 0),
  'choosing-flow': () => scene([choose], 0),
  flow: () => scene(order, 10, { voices: voices.slice(0, 2), micLevel: 0.1 }),
  'flow-call': () => scene(order, 8.7, { voices: voices.slice(0, 2), micLevel: 0.1 }),
  'flow-inner': () =>
    scene(
      [
        ...order,
        [10, flow({ event: 'graph', graph: addressDrawing }, 'address')],
        ...move(10, null, 'street', 'complete_order', 'address'),
        ...move(10.5, 'street', 'house_number', 'record_street', 'address'),
        [10.5, flow({ event: 'state', state: { street: 'Elm Street' } }, 'address')],
      ],
      11,
      { voices: voices.slice(0, 2) },
    ),
  'flow-ended': () =>
    scene(
      [...order, ...move(11, 'confirm', 'goodbye', 'complete_order'), [12, { type: 'call/ended', by: 'agent' }]],
      13,
    ),
  ended: () => scene([...talk, [22, { type: 'call/ended', by: 'you' }]], 23),
}
