import type { Engine, EngineKey } from '@pc/ui'
import { fieldsOf, listOf, numberOf, stringOf } from './guards.ts'

/** Something the server wants the person to know before or beside the talk. */
export interface Notice {
  /** `no-recognizer`, `download`, or a kind this page does not know yet. */
  kind: string
  text: string
  /** Done so far, 0..1. */
  progress?: number
}

/** Delay of a reply by stage in milliseconds, as the server measured it. */
export interface StageDelays {
  /** The last sound of the person to the end of the turn. */
  turnEndMs?: number
  /** The last sound of the person to the transcript; passes within `turnEndMs`. */
  sttMs?: number
  llmMs?: number
  /** The first word of the model to the first sentence. */
  sentenceMs?: number
  ttsMs?: number
  playbackMs?: number
}

/** What a segment of a cut reply amounted to. */
export interface HeardSegment {
  segmentId: number
  heard: string
  unheard: string
}

/** The server messages this page understands. */
export type ServerMessage =
  | { type: 'pc/flush' }
  | { type: 'pc/heard'; contextId: string; segments: HeardSegment[] }
  | { type: 'pc/session'; engines: Engine[]; keys: EngineKey[]; notices: Notice[] }
  | { type: 'pc/latency'; turn: number; stages: StageDelays; totalMs: number }

const stages: readonly Engine['stage'][] = ['vad', 'stt', 'llm', 'tts']

function engineOf(value: unknown): Engine | undefined {
  const fields = fieldsOf(value)
  const stage = stages.find((each) => each === fields?.['stage'])
  const name = stringOf(fields?.['name'])
  const note = stringOf(fields?.['note'])
  if (stage === undefined || name === undefined) return undefined
  return note === undefined ? { stage, name } : { stage, name, note }
}

function keyOf(value: unknown): EngineKey | undefined {
  const fields = fieldsOf(value)
  const env = stringOf(fields?.['env'])
  if (env === undefined) return undefined
  return { env, set: fields?.['set'] === true, changes: stringOf(fields?.['changes']) ?? '' }
}

function noticeOf(value: unknown): Notice | undefined {
  const fields = fieldsOf(value)
  const kind = stringOf(fields?.['kind'])
  const text = stringOf(fields?.['text'])
  const progress = numberOf(fields?.['progress'])
  if (kind === undefined || text === undefined) return undefined
  return progress === undefined ? { kind, text } : { kind, text, progress: Math.min(1, Math.max(0, progress)) }
}

function segmentOf(value: unknown): HeardSegment | undefined {
  const fields = fieldsOf(value)
  const segmentId = numberOf(fields?.['segmentId'])
  if (segmentId === undefined) return undefined
  return { segmentId, heard: stringOf(fields?.['heard']) ?? '', unheard: stringOf(fields?.['unheard']) ?? '' }
}

const delayNames = ['turnEndMs', 'sttMs', 'llmMs', 'sentenceMs', 'ttsMs', 'playbackMs'] as const

function delaysOf(value: unknown): StageDelays {
  const fields = fieldsOf(value)
  const delays: StageDelays = {}
  for (const name of delayNames) {
    const ms = numberOf(fields?.[name])
    if (ms !== undefined) delays[name] = Math.max(0, ms)
  }
  return delays
}

/** Reads the data of an RTVI `server-message`; undefined when it is not one of ours or lacks what it needs. */
export function serverMessageOf(data: unknown): ServerMessage | undefined {
  const fields = fieldsOf(data)
  switch (fields?.['type']) {
    case 'pc/flush':
      return { type: 'pc/flush' }
    case 'pc/heard':
      return {
        type: 'pc/heard',
        contextId: stringOf(fields['contextId']) ?? '',
        segments: listOf(fields['segments'], segmentOf),
      }
    case 'pc/session':
      return {
        type: 'pc/session',
        engines: listOf(fields['engines'], engineOf).toSorted(
          (a, b) => stages.indexOf(a.stage) - stages.indexOf(b.stage),
        ),
        keys: listOf(fields['keys'], keyOf),
        notices: listOf(fields['notices'], noticeOf),
      }
    case 'pc/latency': {
      const totalMs = numberOf(fields['totalMs'])
      if (totalMs === undefined) return undefined
      return { type: 'pc/latency', turn: numberOf(fields['turn']) ?? 0, stages: delaysOf(fields['stages']), totalMs }
    }
    default:
      return undefined
  }
}
