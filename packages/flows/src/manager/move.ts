import type { Message } from '@pc/core'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { Json } from '../definition/json.ts'
import type { Callback, FlowOutcome, To } from '../definition/outcome.ts'
import type { FlowRun, WaitingCall } from './flow-run.ts'
import type { TransitionCause } from './inspection.ts'

interface AnyMove {
  readonly cause: TransitionCause
  /** Said before the conversation moves. */
  readonly say?: string | undefined
  /** What the node is entered with. */
  readonly input?: Json | undefined
  /** In place of the node's own. */
  readonly context?: ContextStrategy | undefined
  /** Goes ahead of the task of the node. */
  readonly preface?: readonly Message[] | undefined
}

/** A way that the conversation goes. */
export type Move = AnyMove &
  (
    | { readonly kind: 'node'; readonly node: string }
    | { readonly kind: 'jump'; readonly node: FlowNode }
    /** Into a sub-flow. */
    | {
        readonly kind: 'call'
        readonly flow: FlowDefinition
        readonly waiting: WaitingCall
        readonly failed: (error: unknown) => void
      }
    /** Out of a flow. */
    | { readonly kind: 'done'; readonly output: Json }
    /** To another flow, which takes the place of all that run. */
    | {
        readonly kind: 'flow'
        readonly flow: FlowDefinition
        readonly node?: FlowNode | string | undefined
        readonly state: FlowState
      }
    /** Along an edge that depends on the state. */
    | { readonly kind: 'edge'; readonly of: () => To }
    /** Nowhere, but nothing else happens meanwhile. */
    | { readonly kind: 'work'; readonly run: () => Promise<void> }
    /** Wherever a callback of the application leads. */
    | { readonly kind: 'callback'; readonly run: Callback['run'] }
  )

/** The way that the outcome of a function leads; `undefined` when it stays. */
export function moveOf(outcome: FlowOutcome, cause: TransitionCause): Move | undefined {
  switch (outcome.kind) {
    case 'to':
      // Handlers give JSON, which was checked.
      return { kind: 'node', node: outcome.node, input: outcome.input as Json | undefined, say: outcome.say, cause }
    case 'jump':
      return { kind: 'jump', node: outcome.node, say: outcome.say, cause }
    case 'done':
      return { kind: 'done', output: outcome.output, cause }
    case 'callback':
      return { kind: 'callback', run: outcome.run, cause }
    case 'stay':
    case 'silent':
      return undefined
  }
}

/** Along the edge where the flow has one; where the application or a callback leads, or a factory hides it, without. */
export function advance({ actor, flow }: FlowRun, name: string, node: FlowNode, move: Move): void {
  const { cause, input } = move
  const via = cause.by === 'function' ? cause.name : cause.by
  const own = Object.hasOwn(flow.nodes, name) ? flow.nodes[name] : undefined
  const isOwn = own === node || (typeof own === 'function' && move.kind !== 'jump')
  if (!isOwn) actor.jump(name)
  else if (!actor.go(via, name, input)) actor.set(name, input)
}

/** The application asked for it, and gets its errors. */
export function isOfApplication({ by }: TransitionCause): boolean {
  return by === 'setNode' || by === 'initialize' || by === 'resume'
}
