import type { Engine, EngineKey, FloorMark } from '@pc/ui'
import { assistant, type Demo } from '../wire/demo-list.ts'
import type { Notice, StageDelays } from '../wire/server-message.ts'
import type { MicChoice, TimedEvent } from './events.ts'
import { type FlowView, flowOver, followFlow, noFlow, untouchedFlow } from './flow-view.ts'
import type { Problem } from './problem.ts'
import {
  agentFlushed,
  agentHeard,
  agentOutput,
  callOver,
  noRows,
  toolStarted,
  toolStopped,
  youSaid,
  youStarted,
  youTyped,
} from './rows.ts'
import type { Rows } from './rows.ts'

/** The delay of one reply; `totalMs` includes playback. */
export interface Reply {
  turn: number
  stages: StageDelays
  totalMs: number
}

/** The first sample of a reply that was played. */
interface FirstSample {
  waitedMs: number
  atMs: number
}

/** All the page knows about the call. */
export interface Conversation {
  /** What the server offers. */
  demos: readonly Demo[]
  /** What the call is, or will be. */
  demo: Demo
  flow: FlowView
  phase: 'ready' | 'connecting' | 'live' | 'ended' | 'failed'
  endedBy: 'you' | 'agent' | undefined
  startedAtMs: number | undefined
  endedAtMs: number | undefined
  mic: 'off' | 'asking' | 'on'
  muted: boolean
  /** Nothing has come from the microphone since it was opened. */
  micQuiet: boolean
  micChoices: readonly MicChoice[]
  micPicked: MicChoice | undefined
  youSpeaking: boolean
  /** The agent does not listen for now. */
  held: boolean
  agentThinking: boolean
  agentSpeaking: boolean
  rows: Rows
  marks: readonly FloorMark[]
  replies: readonly Reply[]
  /** The first sample after the person's last turn, until a reply has taken it; `taken` from then to the next turn. */
  firstSample: FirstSample | 'taken' | undefined
  /** The newest reply still lacks its first sample. */
  sampleDue: boolean
  engines: readonly Engine[]
  keys: readonly EngineKey[]
  notices: readonly Notice[]
  problem: Problem | undefined
  /** What happened without the person's doing, for a toast. */
  news: string | undefined
}

/** A page nobody has touched. */
export const untouched: Conversation = {
  demos: [assistant],
  demo: assistant,
  flow: noFlow,
  phase: 'ready',
  endedBy: undefined,
  startedAtMs: undefined,
  endedAtMs: undefined,
  mic: 'off',
  muted: false,
  micQuiet: false,
  micChoices: [],
  micPicked: undefined,
  youSpeaking: false,
  held: false,
  agentThinking: false,
  agentSpeaking: false,
  rows: noRows,
  marks: [],
  replies: [],
  firstSample: undefined,
  sampleDue: false,
  engines: [],
  keys: [],
  notices: [],
  problem: undefined,
  news: undefined,
}

const marksKept = 200

function marked(state: Conversation, mark: FloorMark): readonly FloorMark[] {
  return [...state.marks, mark].slice(-marksKept)
}

function over(state: Conversation, atMs: number, phase: 'ended' | 'failed'): Conversation {
  return {
    ...state,
    phase,
    endedAtMs: atMs,
    mic: 'off',
    micQuiet: false,
    youSpeaking: false,
    held: false,
    agentThinking: false,
    agentSpeaking: false,
    rows: callOver(state.rows),
    flow: flowOver(state.flow),
  }
}

function flowOf({ graph }: Demo): FlowView {
  return graph === undefined ? noFlow : untouchedFlow(graph.flow, graph.drawing)
}

/** Before a call: what stays is what belongs to the page. */
function chosen(state: Conversation, demo: Demo): Conversation {
  const { demos, muted, micChoices, micPicked } = state
  return { ...untouched, demos, muted, micChoices, micPicked, demo, flow: flowOf(demo) }
}

/** Adds the delay that only the page can measure, and draws the gap before the reply. */
function withPlayback(state: Conversation, reply: Reply, first: FirstSample): Conversation {
  const measured: Reply =
    reply.stages.playbackMs === undefined
      ? {
          ...reply,
          stages: { ...reply.stages, playbackMs: first.waitedMs },
          totalMs: reply.totalMs + first.waitedMs,
        }
      : reply
  return {
    ...state,
    firstSample: 'taken',
    sampleDue: false,
    replies: [...state.replies.slice(0, -1), measured],
    marks: marked(state, { kind: 'gap', fromMs: first.atMs - measured.totalMs, toMs: first.atMs }),
  }
}

/** The page's one reducer: what the page shows after an event. */
export function converse(state: Conversation, event: TimedEvent): Conversation {
  const { atMs } = event
  switch (event.type) {
    case 'demos': {
      const wanted = event.demos.find(({ id }) => id === event.chosen) ?? event.demos[0]
      if (wanted === undefined) return state
      // A call that began before the list came is the assistant's.
      if (state.phase !== 'ready') return { ...state, demos: event.demos }
      return { ...chosen(state, wanted), demos: event.demos }
    }
    case 'demo/chosen': {
      const wanted = state.demos.find(({ id }) => id === event.id)
      return wanted === undefined || state.phase !== 'ready' ? state : chosen(state, wanted)
    }
    case 'demo/another':
      return chosen(state, state.demo)
    case 'flow':
      return { ...state, flow: followFlow(state.flow, event.message) }
    case 'call/connecting':
      return {
        ...untouched,
        demos: state.demos,
        demo: state.demo,
        flow: flowOf(state.demo),
        phase: 'connecting',
        startedAtMs: atMs,
        mic: event.withMic ? 'asking' : 'off',
        muted: event.withMic && state.muted,
        micChoices: state.micChoices,
        micPicked: state.micPicked,
        engines: state.engines,
        keys: state.keys,
        problem: state.problem?.kind === 'insecure-origin' ? state.problem : undefined,
      }
    case 'call/ready':
      return { ...state, phase: 'live', startedAtMs: atMs }
    case 'call/ended':
      return state.phase === 'failed' ? state : { ...over(state, atMs, 'ended'), endedBy: event.by }
    case 'problem':
      if (state.phase === 'ended') return state
      return event.problem.fatal
        ? { ...over(state, atMs, 'failed'), problem: event.problem }
        : {
            ...state,
            agentThinking: false,
            mic: event.problem.retryMic ? 'off' : state.mic,
            problem: event.problem,
          }
    case 'problem/closed':
      return { ...state, problem: undefined }
    case 'mic/asking':
      return { ...state, mic: 'asking', muted: false }
    case 'mic/opened':
      return {
        ...state,
        mic: 'on',
        micQuiet: false,
        problem: state.problem?.retryMic ? undefined : state.problem,
      }
    case 'mic/muted':
      return { ...state, muted: event.muted, micQuiet: false }
    case 'mic/quiet':
      return state.micQuiet === event.quiet ? state : { ...state, micQuiet: event.quiet }
    case 'mic/choices':
      return { ...state, micChoices: event.choices }
    case 'mic/picked':
      return {
        ...state,
        micPicked: event.choice,
        news:
          event.by === 'browser' && state.micPicked !== undefined && state.micPicked.deviceId !== event.choice.deviceId
            ? `Microphone: ${event.choice.label}`
            : state.news,
      }
    case 'news/gone':
      return { ...state, news: undefined }
    case 'you/started':
      return { ...state, youSpeaking: true, agentThinking: false, rows: youStarted(state.rows) }
    case 'you/stopped':
      return { ...state, youSpeaking: false, firstSample: undefined, sampleDue: false }
    case 'you/said':
      return { ...state, rows: youSaid(state.rows, event.text, event.final) }
    case 'you/typed':
      return {
        ...state,
        agentThinking: true,
        firstSample: undefined,
        sampleDue: false,
        rows: youTyped(state.rows, event.text),
        marks: marked(state, { kind: 'typed', atMs }),
      }
    case 'you/held':
      return { ...state, held: event.held }
    case 'agent/thinking':
      return { ...state, agentThinking: true }
    case 'agent/thought':
      return { ...state, agentThinking: false }
    case 'agent/output':
      return { ...state, rows: agentOutput(state.rows, event.output) }
    case 'agent/started':
      return { ...state, agentSpeaking: true, agentThinking: false }
    case 'agent/stopped':
      return { ...state, agentSpeaking: false }
    case 'agent/flushed':
      return {
        ...state,
        agentSpeaking: false,
        rows: agentFlushed(state.rows),
        marks: state.agentSpeaking ? marked(state, { kind: 'cut', atMs }) : state.marks,
      }
    case 'agent/heard':
      return { ...state, rows: agentHeard(state.rows, event.segments) }
    case 'agent/first-sample': {
      if (state.firstSample !== undefined) return state
      const first = { waitedMs: event.waitedMs, atMs: event.firstSampleMs }
      const reply = state.replies.at(-1)
      return reply !== undefined && state.sampleDue
        ? withPlayback(state, reply, first)
        : { ...state, firstSample: first }
    }
    case 'tool/started':
      return { ...state, rows: toolStarted(state.rows, event, atMs) }
    case 'tool/stopped':
      return { ...state, rows: toolStopped(state.rows, event, atMs) }
    case 'session':
      return { ...state, engines: event.engines, keys: event.keys, notices: event.notices }
    case 'latency': {
      const reply = { turn: event.turn, stages: event.stages, totalMs: event.totalMs }
      const next = { ...state, replies: [...state.replies, reply] }
      if (typeof state.firstSample === 'object') return withPlayback(next, reply, state.firstSample)
      return { ...next, sampleDue: state.firstSample === undefined }
    }
  }
}
