import { decodeToolContent, encodeToolContent, type Message } from '@pc/core'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import { type Json, pathOfNonJson } from '../definition/json.ts'
import type { FlowEngine } from '../manager/flow-engine.ts'
import { FlowRun } from '../manager/flow-run.ts'
import type { Move } from '../manager/move.ts'
import { verifyState } from '../manager/state-draft.ts'
import { flowHash, type FlowSnapshot, refused, type SavedCall, type SavedMove, type SavedRun } from './flow-snapshot.ts'

/**
 * Changes a snapshot of another version, or says by `undefined` that it cannot. It names the version that it changes it
 * to, and answers for what it gives: `hash` need not be that of the flow. The states and the places are checked.
 */
export type MigrateSnapshot = (snapshot: FlowSnapshot) => FlowSnapshot | undefined | Promise<FlowSnapshot | undefined>

/**
 * The conversation as it is, as the text of a {@link FlowSnapshot}.
 *
 * @throws FlowError when it stands in a node that was made on the spot, or its state is no JSON.
 */
export function takeSnapshot({ navigator, book, host, memo }: FlowEngine): string {
  const { clock } = host.runtime
  const { runs, run, silence } = navigator
  const { dueMs } = silence
  const { pending } = book
  const snapshot: Whole<FlowSnapshot> = {
    v: 1,
    at: new Date(clock.epochMs()).toISOString(),
    runs: runs.map(saveRun),
    role: run?.role,
    messages: host.messages(),
    silenceAtMs: dueMs === undefined ? undefined : clock.epochMs() + dueMs - clock.nowMs(),
    calls: book.open.map(({ call }) => savedCall(call)),
    memo: memo?.(),
    pending: pending && savedMove(pending),
  }
  return JSON.stringify(snapshot)
}

/** With all its fields; the text of JSON leaves out those that are not there. */
type Whole<T> = { readonly [Key in keyof Required<T>]: T[Key] | undefined }

/**
 * Puts a conversation back to where it was: the same node, state, history, functions and system instruction. The model
 * does not speak by itself; calls that had no result are told as cancelled, or made again where their function may run
 * twice.
 *
 * @throws FlowInitializationError for a snapshot of other flows, or a state that does not hold.
 */
export async function restoreSnapshot(
  given: FlowSnapshot,
  engine: FlowEngine,
  flows: readonly FlowDefinition[],
  migrate: MigrateSnapshot | undefined,
): Promise<void> {
  const { navigator, host } = engine
  const { runs: saved, role, messages, silenceAtMs, calls, pending } = await fitting(given, flows, migrate)
  const runs = restoreRuns(saved, flows, engine)
  for (const { flow, state } of runs) {
    try {
      await verifyState(flow.state, state)
    } catch (cause) {
      throw refused('its state does not hold for the flow', cause)
    }
  }
  try {
    navigator.restore(runs, role)
  } catch (cause) {
    throw refused('it stands in a node that the flow does not have, or that was made on the spot', cause)
  }
  await engine.resume(messages.map(asCancelled))
  const nowMs = host.runtime.clock.epochMs()
  // Whoever was speaking has stopped with the process.
  navigator.silence.listen(silenceAtMs === undefined ? undefined : Math.max(0, silenceAtMs - nowMs))
  for (const call of calls) engine.callAgain({ ...call, outputs: [] }, navigator.run)
  if (pending === undefined) return
  const { via, say } = pending
  const cause = via === 'onError' ? ({ by: via } as const) : ({ by: 'function', name: via } as const)
  if ('output' in pending) await navigator.go({ kind: 'done', output: pending.output, cause })
  else await navigator.go({ kind: 'node', node: pending.node, input: pending.input, say, cause })
}

/** A flow as it runs, as JSON. */
export function saveRun({ flow, actor, state, waiting, role, spoken }: FlowRun): SavedRun {
  return {
    flowId: flow.id,
    version: flow.version,
    hash: flowHash(flow),
    machine: actor.persist(),
    state: asJson(state),
    ...(role !== undefined && { role }),
    ...(spoken && { spoken }),
    ...(waiting !== undefined && { waiting: { ...savedCall(waiting), outputs: waiting.outputs } }),
  }
}

function savedMove(move: Move): SavedMove | undefined {
  const { cause, say } = move
  const via = cause.by === 'function' ? cause.name : cause.by
  if (move.kind === 'done') return { via, output: move.output }
  return move.kind === 'node' ? { via, node: move.node, input: move.input, say } : undefined
}

function savedCall({
  name,
  args,
  idempotencyKey,
}: Pick<SavedCall, 'name' | 'idempotencyKey'> & { args: unknown }): SavedCall {
  // What a model gives as arguments was JSON.
  return { name, args: args as SavedCall['args'], idempotencyKey }
}

/** What is no JSON, such as a connection, belongs to the process and is not saved. */
function asJson(state: FlowState): Json {
  const entries = Object.entries(state).filter(([, value]) => value !== undefined && pathOfNonJson(value) === undefined)
  return Object.fromEntries(entries) as Json
}

/** The snapshot, changed where it is of another version. */
async function fitting(
  given: FlowSnapshot,
  flows: readonly FlowDefinition[],
  migrate: MigrateSnapshot | undefined,
): Promise<FlowSnapshot> {
  try {
    for (const run of given.runs) flowOf(run, flows)
    return given
  } catch (misfit) {
    const migrated = await migrate?.(given)
    if (migrated === undefined) throw misfit
    return { ...migrated, runs: migrated.runs.map((run) => asCurrent(run, flows)) }
  }
}

function asCurrent(saved: SavedRun, flows: readonly FlowDefinition[]): SavedRun {
  const flow = flows.find(({ id }) => id === saved.flowId)
  return flow === undefined ? saved : { ...saved, hash: flowHash(flow) }
}

/** The flow that a saved one was of. */
function flowOf({ flowId, version, hash }: SavedRun, flows: readonly FlowDefinition[]): FlowDefinition {
  const flow = flows.find(({ id }) => id === flowId)
  if (flow === undefined) throw refused(`it is of the flow "${flowId}", which is not among those given`)
  if (flow.version !== version) {
    throw refused(`it is of version "${version}" of "${flowId}", and this is "${flow.version}"`)
  }
  if (flowHash(flow) !== hash) throw refused(`the nodes or functions of "${flowId}" have changed without a new version`)
  return flow
}

/** A flow and all below it. */
export function withSubFlows(flow: FlowDefinition): FlowDefinition[] {
  return [flow, ...Object.values(flow.subFlows).flatMap(withSubFlows)]
}

/**
 * Flows that ran, from their JSON.
 *
 * @throws FlowInitializationError for flows that are not there or have changed.
 */
export function restoreRuns(
  saved: readonly SavedRun[],
  flows: readonly FlowDefinition[],
  { inspect }: FlowEngine,
): readonly FlowRun[] {
  const known = saved.map((run) => ({ ...run, flow: flowOf(run, flows) }))
  return known.map(({ flow, machine, state, waiting, role, spoken = false }) => {
    try {
      // Parsing has seen that it is an object.
      const run = new FlowRun(flow, { ...(state as FlowState) }, inspect, machine)
      run.role = role
      run.spoken = spoken
      if (waiting !== undefined) run.waiting = { ...waiting, outputs: [...waiting.outputs] }
      return run
    } catch (cause) {
      throw refused('it stands nowhere in the flow', cause)
    }
  })
}

/** A call that was running has no result to come. */
function asCancelled(message: Message): Message {
  if (!('role' in message) || message.role !== 'tool') return message
  if (decodeToolContent(message.content).status !== 'running') return message
  return { ...message, content: encodeToolContent({ status: 'cancelled' }) }
}
