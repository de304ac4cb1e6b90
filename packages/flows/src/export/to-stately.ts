import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import { type FlowEdge, flowGraph, type FlowGraphNode, sampleNode } from '../machine/flow-graph.ts'

/** A transition of a {@link StatelyConfig}. */
export interface StatelyTransition {
  readonly target: string
  /** Named where a function has several targets. */
  readonly guard?: string
  readonly reenter?: true
}

/** A state of a {@link StatelyConfig}. */
export interface StatelyState {
  readonly type?: 'final'
  /** The node's task. */
  readonly description?: string
  readonly on?: Readonly<Record<string, readonly StatelyTransition[]>>
  /** By the milliseconds of silence. */
  readonly after?: Readonly<Record<string, readonly StatelyTransition[]>>
  readonly always?: readonly StatelyTransition[]
  readonly entry?: readonly { readonly type: string; readonly params?: Readonly<Record<string, string>> }[]
  readonly tags?: readonly string[]
}

/** The configuration of an XState machine, as JSON. */
export interface StatelyConfig {
  readonly id: string
  readonly version: string
  readonly initial: string
  readonly states: Readonly<Record<string, StatelyState>>
  readonly on?: Readonly<Record<string, readonly StatelyTransition[]>>
}

/**
 * A flow as the configuration of an XState machine, which Stately Studio imports: functions are events, a function with
 * several targets has a guard named for each, silence is a delay, and tasks are descriptions.
 */
export function toStately(flow: FlowDefinition): StatelyConfig {
  const { id, version, initial, nodes, edges } = flowGraph(flow)
  const ofNode = Map.groupBy(
    edges.filter(({ global }) => !global),
    ({ from }) => from,
  )
  const globals = new Map(edges.filter(({ global }) => global).map((edge) => [`${edge.via} ${edge.to}`, edge]))
  return {
    id,
    version,
    initial,
    states: Object.fromEntries(
      nodes.map((node) => [node.id, stateOf(node, sampleNode(flow, node.id), ofNode.get(node.id) ?? [])]),
    ),
    ...(globals.size > 0 && { on: events([...globals.values()], (target) => `.${target}`) }),
  }
}

function stateOf(graphNode: FlowGraphNode, node: FlowNode | undefined, edges: readonly FlowEdge[]): StatelyState {
  const on = edges.filter(({ kind }) => kind !== 'always' && kind !== 'onSilence')
  const silence = edges.filter(({ kind }) => kind === 'onSilence')
  const always = edges.filter(({ kind }) => kind === 'always')
  const entry = (node?.before ?? []).map(({ type, text }) => ({
    type,
    ...(text !== undefined && { params: { text } }),
  }))
  const description = node === undefined ? '' : taskOf(node)
  return {
    ...(graphNode.final && edges.length === 0 && { type: 'final' as const }),
    ...(description !== '' && { description }),
    ...(entry.length > 0 && { entry }),
    ...(on.length > 0 && { on: events(on) }),
    ...(silence.length > 0 && {
      after: { [String((node?.onSilence?.afterSecs ?? 0) * 1000)]: transitions(silence) },
    }),
    ...(always.length > 0 && { always: transitions(always) }),
    ...(graphNode.parameterised && { tags: ['parameterised'] }),
  }
}

function events(
  edges: readonly FlowEdge[],
  targetOf?: (node: string) => string,
): Record<string, readonly StatelyTransition[]> {
  const byFunction = Map.groupBy(edges, ({ via }) => via)
  return Object.fromEntries([...byFunction].map(([via, group]) => [via, transitions(group, targetOf)]))
}

function transitions(
  edges: readonly FlowEdge[],
  targetOf: (node: string) => string = (node) => node,
): StatelyTransition[] {
  return edges.map(({ from, to }) => ({
    target: targetOf(to),
    ...(edges.length > 1 && { guard: `to ${to}` }),
    ...(from === to && { reenter: true as const }),
  }))
}

function taskOf({ task }: FlowNode): string {
  if (typeof task === 'string') return task
  return task
    .flatMap((message) => ('role' in message && typeof message.content === 'string' ? [message.content] : []))
    .join('\n')
}
