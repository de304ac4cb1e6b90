import { type Clock, SystemClock } from '@pc/core'
import type { InspectionEvent } from 'xstate'
import type { Json } from '../definition/json.ts'
import type { FlowInspector } from '../manager/inspection.ts'
import { jsonCopy } from './json-copy.ts'

/** The version of `@statelyai/inspect` whose wire form is spoken. */
const WIRE_VERSION = '0.7.2'

/** What all messages to Stately's inspector have. */
interface StatelyBase {
  readonly sessionId: string
  readonly rootId: string
  /** Milliseconds since 1970, as text. */
  readonly createdAt: string
  readonly id: null
  readonly _version: string
}

/** A message to Stately's inspector; JSON. The form is that of `@statelyai/inspect` 0.7. */
export type StatelyEvent = StatelyBase &
  (
    | {
        readonly type: '@xstate.actor'
        readonly name: string
        /** The configuration of the machine, as the text of JSON. */
        readonly definition: string
        readonly parentId: string | undefined
        readonly snapshot: Json
      }
    | { readonly type: '@xstate.event'; readonly event: Json; readonly sourceId: string | undefined }
    | { readonly type: '@xstate.snapshot'; readonly event: Json; readonly snapshot: Json }
  )

/** Options of {@link statelyInspector}. */
export interface StatelyInspectorOptions {
  /** Default: real time. */
  readonly clock?: Pick<Clock, 'epochMs'> | undefined
}

/**
 * Forwards the events of the flow's machine to Stately's inspector, in its wire form. They hold what nodes are entered
 * with, but neither the flow's state nor what is said.
 *
 * @param target - gets each message, and takes it to the inspector: as JSON over a WebSocket to the server of
 * `@statelyai/inspect/server`, or by `postMessage` to its window.
 */
export function statelyInspector(
  target: (event: StatelyEvent) => void,
  { clock = new SystemClock() }: StatelyInspectorOptions = {},
): FlowInspector {
  return (inspection) => {
    if (inspection.type !== 'flow.machine') return
    const event = wireForm(inspection.event, clock.epochMs().toString())
    if (event !== undefined) target(event)
  }
}

/** The inspector knows three kinds; the others say the same in more detail. */
function wireForm(event: InspectionEvent, createdAt: string): StatelyEvent | undefined {
  const { sessionId } = event.actorRef
  const base = { sessionId, rootId: event.rootId, createdAt, id: null, _version: WIRE_VERSION }
  switch (event.type) {
    case '@xstate.actor': {
      const config = read(event.actorRef, 'logic', 'config')
      const id = read(event.actorRef, 'id')
      const name = id === sessionId ? (read(config, 'id') ?? id) : id
      const parentId = read(event.actorRef, '_parent', 'sessionId')
      return {
        ...base,
        type: '@xstate.actor',
        name: String(name),
        definition: JSON.stringify(config === undefined ? { id: name } : jsonCopy(config)),
        parentId: typeof parentId === 'string' ? parentId : undefined,
        // A new actor may not be asked for its own; its first snapshot follows.
        snapshot: { status: 'active' },
      }
    }
    case '@xstate.event':
      return { ...base, type: '@xstate.event', event: jsonCopy(event.event), sourceId: event.sourceRef?.sessionId }
    case '@xstate.snapshot':
      return { ...base, type: '@xstate.snapshot', event: jsonCopy(event.event), snapshot: jsonCopy(event.snapshot) }
    default:
      return undefined
  }
}

/** A field of a field: the inspector's form shows what XState's types do not. */
function read(value: unknown, ...path: readonly string[]): unknown {
  let at = value
  for (const key of path) at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined
  return at
}
