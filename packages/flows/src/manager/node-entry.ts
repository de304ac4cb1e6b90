import { type Message, transcriptOf } from '@pc/core'
import { faultsOfNode } from '../definition/check-node.ts'
import { FlowDefinitionError, FlowTransitionError } from '../definition/errors.ts'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import { isOfUser } from '../definition/is-of-user.ts'
import { isRecord } from '../definition/is-record.ts'
import type { ActionRunner } from './action-runner.ts'
import type { FlowEngine } from './flow-engine.ts'
import type { FlowHost, FlowTool, NodeUpdate } from './flow-host.ts'
import type { FlowRun } from './flow-run.ts'
import { inTime } from './in-time.ts'

/** A summary that takes longer is done without, seconds. */
const SUMMARY_TIMEOUT_SECS = 5

/**
 * Nothing has happened by then.
 *
 * @throws FlowDefinitionError, ActionError, FlowTransitionError for a node that cannot be entered.
 */
export function verifyEntry(run: FlowRun, name: string, node: FlowNode, actions: ActionRunner): void {
  // What a function makes may be anything.
  if (isRecord(node)) {
    actions.verify(node.before)
    actions.verify(node.after)
  }
  // The others were checked with their flow.
  const faults = run.flow.nodes[name] === node ? [] : faultsOfNode(node, name)
  if (faults.length > 0) throw new FlowDefinitionError(`The node '${name}'`, faults)
  if (node.maxVisits !== undefined && run.actor.visitsOf(name) >= node.maxVisits) {
    throw new FlowTransitionError(`The node '${name}' was entered ${node.maxVisits} times, which is its limit.`, {
      code: 'flow-max-visits',
      kind: 'invalid-request',
    })
  }
}

/** What the model is given to read on entering a node. */
export interface NodeHistory {
  readonly messages: readonly Message[]
  /** They take the place of the history. */
  readonly replace: boolean
}

/** The task of a node as messages. */
export function taskMessages(node: FlowNode): readonly Message[] {
  if (typeof node.task !== 'string') return node.task
  return node.task === '' ? [] : [{ role: 'developer', content: node.task }]
}

/** What the model is told of a node. */
export function nodeUpdate(
  node: FlowNode | undefined,
  role: string | undefined,
  { messages, replace }: NodeHistory,
  tools: readonly FlowTool[],
): NodeUpdate {
  const { model, temperature, expects } = node ?? {}
  return { role, model, temperature, expects, messages, replace, tools }
}

/** What a node is entered with. */
interface Entry {
  readonly name: string
  readonly task: readonly Message[]
  readonly strategy: ContextStrategy
  /** What stood there when the node began to be entered. */
  readonly before: ReadonlySet<Message>
}

/** Treats the history as the strategy says. A summary that fails, or comes too late, keeps it. */
export async function enterHistory(
  { host, inspect }: FlowEngine,
  { name: node, task, strategy, before }: Entry,
): Promise<NodeHistory> {
  let messages = task
  if (typeof strategy === 'object') {
    const { clock } = host.runtime
    const beganMs = clock.nowMs()
    const summary = await summarize(strategy.summary, strategy.timeoutSecs ?? SUMMARY_TIMEOUT_SECS, host)
    const tookMs = clock.nowMs() - beganMs
    inspect(() => ({ type: 'flow.summary', node, ok: summary !== undefined, tookMs }))
    if (summary === undefined) return { messages, replace: false }
    messages = [{ role: 'developer', content: `Here's a summary of the conversation:\n${summary}` }, ...task]
  }
  if (strategy === 'append') return { messages, replace: false }
  // What the user has said meanwhile is not history yet.
  const news = host.messages().filter((message) => isOfUser(message) && !before.has(message))
  return { messages: [...messages, ...news], replace: true }
}

/** `undefined` where the model gave none in time. */
export async function summarize(prompt: string, timeoutSecs: number, host: FlowHost): Promise<string | undefined> {
  const { clock, log } = host.runtime
  const history = transcriptOf(host.messages())
  if (history === '') return undefined
  let error: unknown
  try {
    const summary = await inTime(clock, timeoutSecs, (signal) => host.infer(prompt, history, signal))
    if (summary?.trim()) return summary.trim()
  } catch (cause) {
    error = cause
  }
  log.log('warn', 'The conversation could not be summarised: the history is kept as it is.', { error })
  return undefined
}
