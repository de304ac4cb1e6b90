import type { FlowState } from './flow-context.ts'
import type { FlowFunction } from './flow-function.ts'
import type { FlowNode, SilenceRule } from './flow-node.ts'
import { type EdgesOfFunctions, type FaultOfFunctions, functionList, type FunctionSet } from './function-set.ts'
import type { To } from './outcome.ts'

/** A node whose edges the compiler knows; what begins with `~` exists in types only. */
export interface TypedNode<Edge = never, Fault extends string = never> extends FlowNode {
  readonly '~edge'?: Edge | undefined
  /** What is wrong with it, as the end of a sentence. */
  readonly '~fault'?: Fault | undefined
}

/** What {@link defineNode} takes. */
export interface FlowNodeOptions<
  Functions extends FunctionSet,
  Always extends To,
  Spoken extends To,
  Silence extends To,
  Failure extends To,
  State = FlowState,
> extends Omit<FlowNode, 'functions' | 'always' | 'onSpoken' | 'onSilence' | 'onError'> {
  /** A list, or a record whose keys are the names. */
  readonly functions?: Functions | undefined
  /** Moves on as soon as the node is entered, and what it says was played. A node with it needs no model. */
  readonly always?: Always | ((state: State) => Always) | undefined
  /** Moves on when the first reply in this node has been played. */
  readonly onSpoken?: Spoken | undefined
  readonly onSilence?: (Omit<SilenceRule, 'to'> & { readonly to?: Silence | undefined }) | undefined
  /** Moves there when entering fails, or a function does. */
  readonly onError?: Failure | undefined
}

/**
 * A node whose edges the compiler knows.
 *
 * ```ts
 * const start = defineNode({ role: 'You take orders by phone.', task: 'Ask for a size.', functions: [chooseSize] })
 * const soldOut = (i: { left: number }) => defineNode({ task: `Only ${i.left} are left.`, functions: [chooseSize] })
 * ```
 *
 * @throws InvalidFunctionError when a function of a list has no name.
 */
export function defineNode<
  const Functions extends FunctionSet = readonly [],
  const Always extends To = never,
  const Spoken extends To = never,
  const Silence extends To = never,
  const Failure extends To = never,
>(
  options: FlowNodeOptions<Functions, Always, Spoken, Silence, Failure>,
): TypedNode<EdgesOfFunctions<Functions> | Always | Spoken | Silence | Failure, FaultOfFunctions<Functions>>
export function defineNode(options: PlainNode): FlowNode {
  return nodeOf(options)
}

/** A node whose functions may stand in a record. */
export type PlainNode = Omit<FlowNode, 'functions'> & {
  readonly functions?: FunctionSet | undefined
}

/** The node as the engine wants it: its functions in a list. */
export function nodeOf({ functions, ...rest }: PlainNode): FlowNode {
  const list: readonly FlowFunction[] | undefined = functions && functionList(functions)
  return list === undefined ? rest : { ...rest, functions: list }
}
