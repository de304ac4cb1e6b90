import type { StandardSchema } from '@pc/core'
import { buildFlow, type FlowSource } from './build-flow.ts'
import type { PlainNode } from './define-node.ts'
import type { FlowState } from './flow-context.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { ContextStrategy } from './flow-node.ts'
import type { FunctionSet } from './function-set.ts'
import type { CheckedGlobals, CheckedNodes, GraphOf, OutputOf, TypedFlow } from './typed-flow.ts'

/** What may stand in `nodes`: a node, or a function that makes one of what it is entered with. */
export type AnyNode<State = FlowState> = PlainNode | ((input: never, state: State) => PlainNode)

/** What {@link defineFlow} takes. */
export interface FlowOptions<Nodes, Initial extends string, Globals extends FunctionSet, State = FlowState> {
  /** Names it in snapshots. */
  readonly id: string
  /** Of its meaning: a snapshot of another version is migrated or refused. Default `1`. */
  readonly version?: string | undefined
  readonly initialNode: Initial
  /** May be called in every node. A function of a node hides one of its name here. */
  readonly globalFunctions?: (Globals & CheckedGlobals<NoInfer<Globals>, NoInfer<Nodes>>) | undefined
  readonly nodes: Nodes & CheckedNodes<Nodes>
  /** For nodes that do not say how the history is treated. Default `append`. */
  readonly context?: ContextStrategy | undefined
  /** Checks the state. {@link flowKit} types it as well. */
  readonly state?: StandardSchema | undefined
  /** Default: what `state` makes of an empty object. */
  readonly initialState?: State | undefined
  /** The flows that handlers call, as a list or by their ids: a snapshot that is taken inside of one needs it. */
  readonly subFlows?: readonly FlowDefinition[] | Readonly<Record<string, FlowDefinition>> | undefined
}

/**
 * A flow. The compiler finds moves to nodes that do not exist, inputs that a node does not take, and functions of one
 * name; whatever it cannot see is checked here.
 *
 * ```ts
 * const pizza = defineFlow({
 *   id: 'pizza',
 *   initialNode: 'start',
 *   nodes: {
 *     start: defineNode({ role: 'You take orders by phone.', task: 'Ask for a size.', functions: [chooseSize] }),
 *     end: defineNode({ task: 'Say goodbye.', after: [endConversation()] }),
 *   },
 * })
 * ```
 *
 * @throws FlowDefinitionError with all faults, each with its path and how to mend it.
 */
export function defineFlow<
  const Nodes extends Readonly<Record<string, AnyNode>>,
  const Initial extends keyof Nodes & string,
  const Globals extends FunctionSet = readonly [],
>(options: FlowOptions<Nodes, Initial, Globals>): TypedFlow<GraphOf<Nodes, Globals>, Initial, OutputOf<Nodes, Globals>>
export function defineFlow(options: FlowSource): FlowDefinition {
  return buildFlow(options)
}
