import type { FlowManagerView } from './flow-context.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { FlowNode } from './flow-node.ts'
import { isRecord } from './is-record.ts'
import type { Json } from './json.ts'

/** The conversation moves to a node. */
export interface To<Name extends string = string, Input = unknown> {
  readonly kind: 'to'
  readonly node: Name
  /** What a node that takes an input gets; JSON. */
  readonly input: Input
  /** What the model reads as the function's result. Default: that it was acknowledged. */
  readonly result?: Json | undefined
  /** Spoken before the conversation moves. */
  readonly say?: string | undefined
}

/** The conversation stays, and the model answers the result. */
export interface Stay {
  readonly kind: 'stay'
  readonly result: Json
}

/** The conversation stays, and the model stays silent. */
export interface Silent {
  readonly kind: 'silent'
  readonly result?: Json | undefined
}

/** The conversation moves to a node that is made on the spot: neither drawn nor restored by a snapshot. */
export interface Jump {
  readonly kind: 'jump'
  readonly node: FlowNode
  readonly result?: Json | undefined
  readonly say?: string | undefined
}

/** The flow is over: a sub-flow returns to its caller with the output, any other one ends. */
export interface Done<Output extends Json = Json> {
  readonly kind: 'done'
  readonly output: Output
  readonly result?: Json | undefined
}

/** The part of a manager that a transition callback sees. */
export interface TransitionManager extends FlowManagerView {
  /** Enters a node: the one of that name, or the one that is given, which is remembered under the name. */
  setNode(name: string, node?: FlowNode): Promise<unknown>
}

/** The conversation goes where a callback takes it, which runs when the result was given to the model. */
export interface Callback {
  readonly kind: 'callback'
  readonly result: Json
  readonly run: (manager: TransitionManager) => unknown
}

/** What the handler of a function returns; plain JSON means {@link stay}, or the only target where there is one. */
export type FlowOutcome = To | Stay | Silent | Jump | Done | Callback

/** The options of {@link to}. */
export interface ToOptions<Input> {
  readonly input: Input
  readonly result?: Json | undefined
}

/** Moves to a node: `to('confirm', { input: { left: 5 }, result: { ok: true } })`. */
export function to<const Name extends string>(
  node: Name,
  options?: { readonly input?: undefined; readonly result?: Json | undefined },
): To<Name, undefined>
export function to<const Name extends string, const Input extends Json>(
  node: Name,
  options: ToOptions<Input>,
): To<Name, Input>
export function to(node: string, options: { input?: unknown; result?: Json | undefined } = {}): To {
  return { kind: 'to', node, input: options.input, result: options.result }
}

/** Stays in the node; the model answers `result`. */
export function stay(result: Json): Stay {
  return { kind: 'stay', result }
}

/** Stays in the node; nothing is said. */
export function silent(result?: Json): Silent {
  return { kind: 'silent', result }
}

/** Moves to a node that is made on the spot. */
export function jump(node: FlowNode, options: { readonly result?: Json | undefined } = {}): Jump {
  return { kind: 'jump', node, result: options.result }
}

/** Says a text, to its end, and moves then. */
export function speakThen<E extends To | Jump>(text: string, edge: E): E {
  return { ...edge, say: text }
}

/** Ends the flow; what called it as a sub-flow gets `output`. */
export function done<const Output extends Json>(
  output: Output,
  options: { readonly result?: Json | undefined } = {},
): Done<Output> {
  return { kind: 'done', output, result: options.result }
}

/** What the model reads of a function without a result of its own. */
export const ACKNOWLEDGED: Json = { status: 'acknowledged' }

/** Tells outcomes from results, which may well have a `kind` of their own. */
export function isOutcome(value: unknown): value is FlowOutcome {
  if (!isRecord(value)) return false
  const [needed, ...others] = FIELDS.get(value['kind']) ?? []
  if (needed === undefined || !(needed in value)) return false
  return Object.keys(value).every((key) => key === 'kind' || key === needed || others.includes(key))
}

/** What each kind has; the first is needed. */
const FIELDS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['to', ['node', 'input', 'result', 'say']],
  ['stay', ['result']],
  ['silent', ['kind', 'result']],
  ['jump', ['node', 'result', 'say']],
  ['done', ['output', 'result']],
  ['callback', ['run', 'result']],
])

/** What {@link FlowContext.call} takes and gives. */
export type SubFlow<Output extends Json = Json> = FlowDefinition & { readonly '~output'?: Output }
