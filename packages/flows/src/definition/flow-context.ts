import type { Message } from '@pc/core'
import type { Json } from './json.ts'
import type { SubFlow } from './outcome.ts'

/** What a flow knows of the conversation: JSON by name, shared by all its nodes. */
export type FlowState = Record<string, unknown>

/** The part of a manager that handlers and actions see. */
export interface FlowManagerView {
  /** The state, to be read and changed. */
  readonly state: FlowState
  /** The name of the node that the conversation is in; `null` before the first. */
  readonly currentNode: string | null
  /** The names of the functions that the model may call now. */
  readonly currentFunctions: ReadonlySet<string>
  /** The messages of the conversation. */
  getCurrentContext(): readonly Message[]
}

/** What a function's handler gets beside its arguments. */
export interface FlowContext<State = FlowState> {
  /**
   * A draft: what the handler changes counts when the call has settled, if the flow's schema accepts it. Changes of
   * several calls at once join by their top-level keys.
   */
  readonly state: State
  /** Aborts when the call is cancelled or has taken too long. */
  readonly signal: AbortSignal
  /** The name of the function. */
  readonly functionName: string
  /** For services that must not do a thing twice; a call that is made again after a crash has the same. */
  readonly idempotencyKey: string
  readonly manager: FlowManagerView
  /**
   * Has another flow converse, and gives its output. After a resume the handler runs again from its beginning, and what
   * a sub-flow gave before is given at once.
   */
  call<Output extends Json>(flow: SubFlow<Output>, input?: Json): Promise<Output>
}
