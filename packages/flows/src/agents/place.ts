import type { Message } from '@pc/core'
import { isRecord } from '../definition/is-record.ts'
import type { Json } from '../definition/json.ts'
import type { FlowRun } from '../manager/flow-run.ts'
import type { SavedRun } from '../snapshot/flow-snapshot.ts'
import { saveRun } from '../snapshot/resume.ts'
import type { Handoff, HandoffHistory } from './handoff.ts'

/** Where an agent was when another took over. */
export interface Place {
  readonly agent: string
  /** Its flows. `undefined` after a resume where one of them stood in a node that was made on the spot. */
  readonly runs: readonly FlowRun[] | undefined
  /** What it had read. */
  readonly messages: readonly Message[]
}

/** A {@link Place} as JSON. */
export interface SavedPlace {
  readonly agent: string
  readonly runs?: readonly SavedRun[]
  readonly messages: readonly Message[]
}

/** A {@link Place} of one who goes on when another has come back. */
export interface SavedWaiting extends SavedPlace {
  readonly history: HandoffHistory
}

/** What snapshots keep of a team. */
export interface TeamMemo {
  readonly path: readonly string[]
  readonly handoff?: Handoff
  /** With what the agents took over that make their first node. */
  readonly entries: Readonly<Record<string, Handoff>>
  /** Who waits for another to come back, the last one first to go on. */
  readonly waiting: readonly SavedWaiting[]
  /** Who goes on where they were when it is their turn again. */
  readonly kept: readonly SavedPlace[]
}

/** A place as JSON. */
export function savePlace({ agent, runs, messages }: Place): SavedPlace {
  return {
    agent,
    ...(runs !== undefined && !runs.some(({ actor }) => actor.isDynamic) && { runs: runs.map(saveRun) }),
    messages,
  }
}

/** Whether a part of a snapshot is what {@link TeamMemo} says, as far as anybody relies on it. */
export function isTeamMemo(value: unknown): value is TeamMemo {
  if (!isRecord(value)) return false
  const { path, entries, waiting, kept } = value
  return (
    isList(path, (name) => typeof name === 'string') &&
    isRecord(entries) &&
    Object.values(entries).every(isRecord) &&
    isList(waiting, isSavedPlace) &&
    isList(kept, isSavedPlace)
  )
}

/** A memo is JSON: its parts are. */
export function memoJson(memo: TeamMemo): Json {
  return memo as unknown as Json
}

function isSavedPlace(value: unknown): boolean {
  if (!isRecord(value) || typeof value['agent'] !== 'string') return false
  const { runs, messages } = value
  return (runs === undefined || isList(runs, isRecord)) && isList(messages, isRecord)
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}
