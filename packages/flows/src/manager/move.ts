import type { Message } from '@pc/core'
import type { ContextStrategy, FlowNode } from '../definition/flow-node.ts'
import type { FlowDefinition } from '../definition/flow-definition.ts'
import type { FlowState } from '../definition/flow-context.ts'
import type { Json } from '../definition/json.ts'
import type { Callback, FlowOutcome, To } from '../definition/outcome.ts'
import type { FlowRun, WaitingCall } from './flow-run.ts'
import type { TransitionCause } from './inspection.ts'

interface Caused {
  readonly cause: TransitionCause
  /** Said before the conversation moves. */
  readonly say?: string | undefined
}

/** A way that the conversation goes. */
export type Move = Caused &
  (
    | {
        readonly kind: 'node'
        readonly node: string
        readonly input: Json | undefined
        /** In place of the node's own. */
        readonly context?: ContextStrategy | undefined
      }
    | { readonly kind: 'jump'; readonly node: FlowNode }
    /** Into a sub-flow. */
    | {
        readonly kind: 'call'
        readonly flow: FlowDefinition
        readonly input: Json | undefined
        readonly waiting: WaitingCall
        readonly failed: (error: unknown) => void
        readonly context?: ContextStrategy | undefined
        readonly preface?: readonly Message[] | undefined
      }
    /** Out of a flow. */
    | { readonly kind: 'done'; readonly output: Json }
    /** To another flow, which takes the place of all that run. */
    | {
        readonly kind: 'flow'
        readonly flow: FlowDefinition
        readonly node?: FlowNode | string | undefined
        readonly input?: Json | undefined
        readonly state: FlowState
        readonly context?: ContextStrategy | undefined
        /** Goes ahead of the task of its first node. */
        readonly preface?: readonly Message[] | undefined
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
  const via = move.cause.by === 'function' ? move.cause.name : move.cause.by
  const input = 'input' in move ? move.input : undefined
  const own = Object.hasOwn(flow.nodes, name) ? flow.nodes[name] : undefined
  const isOwn = own === node || (typeof own === 'function' && move.kind !== 'jump')
  if (!isOwn) actor.jump(name)
  else if (!actor.go(via, name, input)) actor.set(name, input)
}

/** The application asked for it, and gets its errors. */
export function isOfApplication({ by }: TransitionCause): boolean {
  return by === 'setNode' || by === 'initialize' || by === 'resume'
}
