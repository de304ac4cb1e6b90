import { isSpecificMessage, type Message, transcriptOf } from '@pc/core'
import { faultsOfNode } from '../definition/check-node.ts'
import { FlowDefinitionError, FlowTransitionError } from '../definition/errors.ts'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import type { ActionRunner } from './action-runner.ts'
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
  actions.verify(node.before ?? [])
  actions.verify(node.after ?? [])
  // The others were checked with their flow.
  if (run.flow.nodes[name] !== node) {
    const faults = faultsOfNode(node, name)
    if (faults.length > 0) throw new FlowDefinitionError(`The node '${name}'`, faults)
  }
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

/** Whether a message is what the user has said. */
export function isOfUser(message: Message): boolean {
  return !isSpecificMessage(message) && message.role === 'user'
}

/** What the user has said since the messages of `before` stood there: that is not history yet. */
function saidSince(before: ReadonlySet<Message>, host: FlowHost): readonly Message[] {
  return host.messages().filter((message) => isOfUser(message) && !before.has(message))
}

interface EntryOptions {
  /** What stood there when the node began to be entered. */
  readonly before: ReadonlySet<Message>
  summarized(ok: boolean, tookMs: number): void
}

/** Treats the history as the strategy says. A summary that fails, or comes too late, keeps it. */
export async function enterHistory(
  task: readonly Message[],
  strategy: ContextStrategy,
  host: FlowHost,
  { before, summarized }: EntryOptions,
): Promise<NodeHistory> {
  if (strategy === 'append') return { messages: task, replace: false }
  if (strategy === 'reset') return { messages: [...task, ...saidSince(before, host)], replace: true }
  const beganMs = host.runtime.clock.nowMs()
  const summary = await summarize(strategy.summary, strategy.timeoutSecs ?? SUMMARY_TIMEOUT_SECS, host)
  summarized(summary !== undefined, host.runtime.clock.nowMs() - beganMs)
  if (summary === undefined) return { messages: task, replace: false }
  const content = `Here's a summary of the conversation:\n${summary}`
  return { messages: [{ role: 'developer', content }, ...task, ...saidSince(before, host)], replace: true }
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
