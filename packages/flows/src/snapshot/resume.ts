import { decodeToolContent, encodeToolContent, type Message } from '@pc/core'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import { type Json, pathOfNonJson } from '../definition/json.ts'
import { FlowActor } from '../machine/flow-machine.ts'
import type { FlowEngine } from '../manager/flow-engine.ts'
import type { FlowHost } from '../manager/flow-host.ts'
import { FlowRun } from '../manager/flow-run.ts'
import type { FlowEvent } from '../manager/inspection.ts'
import { verifyState } from '../manager/state-draft.ts'
import { flowHash, type FlowSnapshot, refused, type SavedCall, type SavedRun } from './flow-snapshot.ts'

/** Changes a snapshot of another version, or says by `undefined` that it cannot. */
export type MigrateSnapshot = (snapshot: FlowSnapshot) => FlowSnapshot | undefined | Promise<FlowSnapshot | undefined>

/** What a snapshot is resumed with. */
export interface ResumeParts {
  readonly engine: FlowEngine
  readonly host: FlowHost
  /** The flows that the snapshot may be of. */
  readonly flows: readonly FlowDefinition[]
  readonly migrate: MigrateSnapshot | undefined
  inspect(event: () => FlowEvent): void
}

/**
 * The conversation as it is.
 *
 * @throws FlowError when it stands in a node that was made on the spot, or its state is no JSON.
 */
export function takeSnapshot(engine: FlowEngine, host: FlowHost): FlowSnapshot {
  const { navigator, openCalls, pending } = engine
  const { clock } = host.runtime
  const { role, silenceDueMs } = navigator
  const moves =
    pending?.kind === 'node' && pending.cause.by === 'function' ? { ...pending, via: pending.cause.name } : undefined
  return {
    v: 1,
    at: new Date(clock.epochMs()).toISOString(),
    runs: navigator.runs.map(saveRun),
    ...(role !== undefined && { role }),
    messages: host.messages(),
    ...(silenceDueMs !== undefined && { silenceAtMs: clock.epochMs() + silenceDueMs - clock.nowMs() }),
    calls: openCalls.map(({ call }) => savedCall(call)),
    ...(engine.memo !== undefined && { memo: engine.memo() }),
    ...(moves !== undefined && {
      pending: {
        via: moves.via,
        node: moves.node,
        ...(moves.input !== undefined && { input: moves.input }),
      },
    }),
  }
}

/**
 * Puts a conversation back to where it was: the same node, state, history, functions and system instruction. The model
 * does not speak by itself; calls that had no result are told as cancelled, or made again where their function may run
 * twice.
 *
 * @throws FlowInitializationError for a snapshot of other flows, or a state that does not hold.
 */
export async function restoreSnapshot(given: FlowSnapshot, parts: ResumeParts): Promise<void> {
  const { engine, host } = parts
  const snapshot = await fitting(given, parts)
  const runs = restoreRuns(snapshot.runs, parts)
  for (const { flow, state } of runs) {
    try {
      await verifyState(flow.state, state)
    } catch (cause) {
      throw refused('its state does not hold for the flow', cause)
    }
  }
  try {
    engine.navigator.restore(runs, snapshot.role)
  } catch (cause) {
    throw refused('it stands in a node that the flow does not have, or that was made on the spot', cause)
  }
  await engine.resume(snapshot.messages.map(asCancelled))
  if (snapshot.silenceAtMs !== undefined) {
    engine.navigator.listen(Math.max(0, snapshot.silenceAtMs - host.runtime.clock.epochMs()))
  }
  for (const call of snapshot.calls) engine.callAgain({ ...call, outputs: [] })
  const { pending } = snapshot
  if (pending === undefined) return
  const { node, input, via } = pending
  await engine.navigator.go({ kind: 'node', node, input, cause: { by: 'function', name: via } })
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

async function fitting(given: FlowSnapshot, { flows, migrate }: ResumeParts): Promise<FlowSnapshot> {
  if (given.runs.every((saved) => misfit(saved, flows) === undefined)) return given
  const migrated = await migrate?.(given)
  const why = (migrated ?? given).runs.map((saved) => misfit(saved, flows)).find((text) => text !== undefined)
  if (migrated === undefined || why !== undefined) throw refused(why ?? 'it could not be migrated')
  return migrated
}

function misfit({ flowId, version, hash }: SavedRun, flows: readonly FlowDefinition[]): string | undefined {
  const flow = flows.find(({ id }) => id === flowId)
  if (flow === undefined) return `it is of the flow "${flowId}", which is not among those given`
  if (flow.version !== version) return `it is of version "${version}" of "${flowId}", and this is "${flow.version}"`
  if (flowHash(flow) !== hash) return `the nodes or functions of "${flowId}" have changed without a new version`
  return undefined
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
  parts: Pick<ResumeParts, 'flows' | 'inspect'>,
): readonly FlowRun[] {
  const why = saved.map((run) => misfit(run, parts.flows)).find((text) => text !== undefined)
  if (why !== undefined) throw refused(why)
  return saved.map((run) => restoreRun(run, parts))
}

function restoreRun(
  { flowId, machine, state, waiting, role, spoken = false }: SavedRun,
  { flows, inspect }: Pick<ResumeParts, 'flows' | 'inspect'>,
): FlowRun {
  const flow = flows.find(({ id }) => id === flowId)
  if (flow === undefined) throw refused(`it is of the flow "${flowId}"`)
  const actor = actorOf(flow, machine, inspect)
  // Parsing has seen that it is an object.
  const run = new FlowRun(flow, actor, { ...(state as FlowState) })
  run.role = role
  run.spoken = spoken
  if (waiting !== undefined) run.waiting = { ...waiting, outputs: [...waiting.outputs], resume: undefined }
  return run
}

function actorOf(flow: FlowDefinition, machine: Json, inspect: ResumeParts['inspect']): FlowActor {
  try {
    return new FlowActor(flow, machine, (event) => inspect(() => ({ type: 'flow.machine', event })))
  } catch (cause) {
    throw refused('it stands nowhere in the flow', cause)
  }
}

/** A call that was running has no result to come. */
function asCancelled(message: Message): Message {
  if (!('role' in message) || message.role !== 'tool') return message
  if (decodeToolContent(message.content).status !== 'running') return message
  return { ...message, content: encodeToolContent({ status: 'cancelled' }) }
}
