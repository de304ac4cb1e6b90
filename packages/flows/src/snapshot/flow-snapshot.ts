import type { Message } from '@pc/core'
import { FlowInitializationError } from '../definition/errors.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import type { Json } from '../definition/json.ts'
import { edgesOf } from '../machine/flow-edges.ts'
import { isRecord } from '../definition/is-record.ts'

/** One flow of a saved conversation; those above the first are sub-flows. */
export interface SavedRun {
  readonly flowId: string
  readonly version: string
  /** Of the names and schemas of nodes and functions: tells that a flow was changed without a new version. */
  readonly hash: string
  readonly machine: Json
  readonly state: Json
  /** The system instruction while it ran. */
  readonly role?: string
  /** The first reply in its node was played. */
  readonly spoken?: boolean
  /** The call that waits for the flow above, and what others gave it before. */
  readonly waiting?: SavedCall & { readonly outputs: readonly Json[] }
}

/** A call of the model. */
export interface SavedCall {
  readonly name: string
  readonly args: Readonly<Record<string, Json>>
  readonly idempotencyKey: string
}

/** A move to a node, or out of a sub-flow with its output. */
export type SavedMove = { readonly via: string; readonly say?: string | undefined } & (
  | { readonly node: string; readonly input?: Json | undefined }
  | { readonly output: Json }
)

/** A conversation as JSON: where it is, what it knows, and what was said. */
export interface FlowSnapshot {
  readonly v: 1
  /** ISO 8601. */
  readonly at: string
  readonly runs: readonly SavedRun[]
  /** The system instruction that the nodes have set. */
  readonly role?: string
  readonly messages: readonly Message[]
  /** When the silence of the user is answered, milliseconds since 1970. */
  readonly silenceAtMs?: number
  /** The calls that had no result. */
  readonly calls: readonly SavedCall[]
  /** Where the conversation was about to move. */
  readonly pending?: SavedMove
  /** What a manager above this one remembers. */
  readonly memo?: Json
}

/**
 * A snapshot from its text.
 *
 * @throws FlowInitializationError when it is none, cut off, or of another format.
 */
export function parseSnapshot(text: string): FlowSnapshot {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid('it is no JSON, or was cut off', cause)
  }
  if (!isRecord(value)) throw invalid('it is no object')
  if (value['v'] !== 1) throw invalid(`its format is ${JSON.stringify(value['v'])}, and 1 is read here`)
  const { runs, messages, calls } = value
  if (!Array.isArray(runs) || runs.length === 0 || !runs.every(isSavedRun)) throw invalid('its flows are missing')
  if (!Array.isArray(messages) || !messages.every(isRecord)) throw invalid('its messages are missing')
  if (!Array.isArray(calls) || !calls.every(isSavedCall)) throw invalid('its calls are missing')
  return value as unknown as FlowSnapshot
}

const hashes = new WeakMap<FlowDefinition, string>()

/** Tells definitions apart, as far as running conversations depend on them. */
export function flowHash(flow: FlowDefinition): string {
  const known = hashes.get(flow)
  if (known !== undefined) return known
  const all = edgesOf(flow)
  const schemasOf = (functions: readonly FlowFunction[] = []): unknown =>
    functions.map((fn) => [fn.name, argumentsSchemaOf(fn)])
  const perNode = all.map(({ id, nodes }) => [id, schemasOf(nodes[0]?.functions)])
  const moves = all.flatMap(({ edges }) => edges).map(({ from, to, via }) => [from, via, to])
  const hash = fnv1a(JSON.stringify([perNode, moves, schemasOf(flow.globalFunctions)]))
  hashes.set(flow, hash)
  return hash
}

/** FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): for telling apart, not for security. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}

/** What is thrown for a snapshot that is sound and does not fit what it is resumed with. */
export function refused(why: string, cause?: unknown): FlowInitializationError {
  return notResumed('snapshot-refused', why, cause)
}

function invalid(why: string, cause?: unknown): FlowInitializationError {
  return notResumed('invalid-snapshot', why, cause)
}

function notResumed(code: string, why: string, cause: unknown): FlowInitializationError {
  return new FlowInitializationError(`The snapshot cannot be resumed: ${why}.`, {
    code,
    kind: 'invalid-request',
    cause,
  })
}

function isSavedRun(value: unknown): boolean {
  return (
    isRecord(value) &&
    ['flowId', 'version', 'hash'].every((key) => typeof value[key] === 'string') &&
    ['machine', 'state'].every((key) => isRecord(value[key]))
  )
}

function isSavedCall(value: unknown): boolean {
  return isRecord(value) && typeof value['name'] === 'string' && isRecord(value['args'])
}
