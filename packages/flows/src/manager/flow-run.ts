import type { FlowDefinition } from '../definition/flow-definition.ts'
import { FlowTransitionError } from '../definition/errors.ts'
import type { FlowNode } from '../definition/flow-node.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { Json } from '../definition/json.ts'
import { FlowActor } from '../machine/flow-machine.ts'
import type { Caller } from './call-runner.ts'
import type { FlowEvent } from './inspection.ts'

/** The call of a function that waits for a sub-flow. */
export interface WaitingCall extends Caller {
  /** Goes on in this process; without it the handler is run again. */
  readonly resume?: ((output: Json) => void) | undefined
}

/** One flow that runs: the conversation's own, or a sub-flow above the one that called it. */
export class FlowRun {
  readonly flow: FlowDefinition
  readonly actor: FlowActor
  state: FlowState
  /** The node that the conversation is in. */
  node: FlowNode | undefined = undefined
  /** The system instruction that its nodes have set, or that was in force before. */
  role: string | undefined = undefined
  /** The first reply in the node was played. */
  spoken = false
  /** Set while a sub-flow runs above this one. */
  waiting: WaitingCall | undefined = undefined

  /**
   * @param saved - where it stands, as its actor gave it. Default: before its first node.
   * @throws FlowTransitionError when that is no place in the flow.
   */
  constructor(flow: FlowDefinition, state: FlowState, inspect: (event: () => FlowEvent) => void, saved?: Json) {
    this.flow = flow
    this.state = state
    this.actor = new FlowActor(flow, saved, (event) => inspect(() => ({ type: 'flow.machine', event })))
  }

  /**
   * The node of a name, made from its input where it takes one.
   *
   * @throws FlowTransitionError when there is none, or when it cannot be made.
   */
  resolve(name: string, input: Json | undefined, added: ReadonlyMap<string, FlowNode>): FlowNode {
    const { id, nodes } = this.flow
    const found = added.get(name) ?? (Object.hasOwn(nodes, name) ? nodes[name] : undefined)
    if (found === undefined) {
      const known = [...Object.keys(nodes), ...added.keys()].join(', ')
      throw new FlowTransitionError(`Node '${name}' not found. The flow "${id}" has: ${known || 'none'}.`)
    }
    if (typeof found !== 'function') return found
    try {
      // What a node is entered with was checked where its edge was declared.
      return found(input as never, this.state as never)
    } catch (cause) {
      throw new FlowTransitionError(`The node '${name}' could not be made from its input.`, { cause, kind: 'internal' })
    }
  }
}
