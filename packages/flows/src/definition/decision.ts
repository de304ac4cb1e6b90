import type { FlowState } from './flow-context.ts'
import type { To } from './outcome.ts'

/** Where a node moves on to by what the flow knows, and all the nodes that it may name. */
export interface Decision<Edge extends To = To, State = FlowState> {
  (state: State): Edge
  readonly transitionTo: readonly Edge['node'][]
}

/**
 * For a node's `always`: tells drawings and path tests all the nodes that it may name, where trying would not find them.
 *
 * ```ts
 * always: decision(['adult', 'minor'], (state) => (Number(state['age']) >= 18 ? to('adult') : to('minor')))
 * ```
 */
export function decision<const Target extends string, Edge extends To<Target>, State = FlowState>(
  transitionTo: readonly Target[],
  choose: (state: State) => Edge,
): Decision<Edge, State> {
  return Object.assign((state: State) => choose(state), { transitionTo: transitionTo as readonly Edge['node'][] })
}
