import type { Message, UserTurnExpectation } from '@pc/core'
import type { FlowAction } from './action.ts'
import type { FlowFunction } from './flow-function.ts'
import type { FlowState } from './flow-context.ts'
import type { To } from './outcome.ts'

/**
 * How the history is treated when a node is entered: kept, replaced by the node's task, or replaced by a summary and the
 * task. A summary that fails or takes longer than `timeoutSecs` (default 5) keeps the history.
 */
export type ContextStrategy =
  | 'append'
  | 'reset'
  | { readonly summary: string; readonly timeoutSecs?: number | undefined }

/** What happens when the user says nothing. */
export interface SilenceRule {
  readonly afterSecs: number
  /** Said then. */
  readonly say?: string | undefined
  /** How often the text is said until the user speaks again. Default 1. */
  readonly times?: number | undefined
  /** Where the silence after that leads. */
  readonly to?: To | undefined
}

/** One step of a conversation, as the engine runs it. `defineNode` makes one whose edges are typed. */
export interface FlowNode {
  /** For a node that is made on the spot; in a flow the key is the name. */
  readonly name?: string | undefined
  /** Who the agent is: the model's system instruction, until another node says otherwise. */
  readonly role?: string | undefined
  /** What is to be achieved here: one text for the model, or messages. */
  readonly task: string | readonly Message[]
  readonly functions?: readonly FlowFunction[] | undefined
  /** Happen before the model is told of the node, in order. */
  readonly before?: readonly FlowAction[] | undefined
  /** Happen when the agent's first reply in this node has been played. */
  readonly after?: readonly FlowAction[] | undefined
  /** Default: that of the flow, or else `append`. */
  readonly context?: ContextStrategy | undefined
  /** Whether the model speaks first. Default true. */
  readonly respondImmediately?: boolean | undefined
  /** Said on entering, in place of what the model would say. */
  readonly say?: string | undefined
  /** Moves on as soon as the node is entered, and what it says was played. A node with it needs no model. */
  readonly always?: To | ((state: FlowState) => To) | undefined
  /** Moves on when the first reply in this node has been played. */
  readonly onSpoken?: To | undefined
  readonly onSilence?: SilenceRule | undefined
  /** Moves there when this node cannot be entered, when one of its functions fails, or when leaving it does. */
  readonly onError?: To | undefined
  /** How often the node may be entered in one conversation; then `onError`, or an error. Default: any number. */
  readonly maxVisits?: number | undefined
  /** For this node alone. */
  readonly model?: string | undefined
  /** For this node alone. */
  readonly temperature?: number | undefined
  /** What the user will say here: turns end accordingly. */
  readonly expects?: UserTurnExpectation | undefined
  /** `entry`: the first reply of a visit may come from a cache (see `@pc/flows/optimize`). */
  readonly cache?: 'entry' | undefined
}

/** A node whose text depends on what it is entered with; JSON, so that a snapshot can keep it. */
export type NodeFactory = (input: never, state: never) => FlowNode
