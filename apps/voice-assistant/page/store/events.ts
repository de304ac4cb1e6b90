import type { Demo } from '../wire/demo-list.ts'
import type { FlowMessage } from '../wire/flow-message.ts'
import type { HeardSegment, Notice, StageDelays } from '../wire/server-message.ts'
import type { Engine, EngineKey } from '@pc/ui'
import type { Problem } from './problem.ts'

/** A microphone the person can pick. */
export interface MicChoice {
  deviceId: string
  label: string
}

/** One piece of the agent's reply as RTVI 2 announces and follows it. */
export interface AgentOutput {
  segmentId: number | undefined
  text: string
  willBeSpoken: boolean
  status: 'new' | 'in-progress' | 'completed' | undefined
  /** Spoken so far; a prefix of `text`. */
  accumulated: string | undefined
}

/** Everything that changes what the page shows. */
export type CallEvent =
  | { type: 'demos'; demos: readonly Demo[]; chosen: string | undefined }
  | { type: 'demo/chosen'; id: string }
  | { type: 'demo/another' }
  | { type: 'call/connecting'; withMic: boolean }
  | { type: 'call/ready' }
  | { type: 'call/ended'; by: 'you' | 'agent' }
  | { type: 'problem'; problem: Problem }
  | { type: 'problem/closed' }
  | { type: 'mic/asking' }
  | { type: 'mic/opened' }
  | { type: 'mic/muted'; muted: boolean }
  | { type: 'mic/quiet'; quiet: boolean }
  | { type: 'mic/choices'; choices: MicChoice[] }
  | { type: 'mic/picked'; choice: MicChoice; by: 'you' | 'browser' }
  | { type: 'news/gone' }
  | { type: 'you/started' }
  | { type: 'you/stopped' }
  | { type: 'you/said'; text: string; final: boolean }
  | { type: 'you/typed'; text: string }
  | { type: 'you/held'; held: boolean }
  | { type: 'agent/thinking' }
  | { type: 'agent/thought' }
  | { type: 'agent/output'; output: AgentOutput }
  | { type: 'agent/started' }
  | { type: 'agent/stopped' }
  | { type: 'agent/flushed' }
  | { type: 'agent/heard'; segments: HeardSegment[] }
  | { type: 'agent/first-sample'; waitedMs: number; firstSampleMs: number }
  | { type: 'tool/started'; callId: string; name: string; detail: string }
  | { type: 'tool/stopped'; callId: string; name: string; outcome: string; cancelled: boolean }
  | { type: 'flow'; message: FlowMessage }
  | { type: 'session'; engines: Engine[]; keys: EngineKey[]; notices: Notice[] }
  | { type: 'latency'; turn: number; stages: StageDelays; totalMs: number }

/** An event and when it happened, on the page's clock. */
export type TimedEvent = CallEvent & { atMs: number }
