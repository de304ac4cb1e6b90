import { barMs, LevelTrack } from '@pc/ui'
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
  ended: () => scene([...talk, [22, { type: 'call/ended', by: 'you' }]], 23),
}
