import type { InspectionEvent } from 'xstate'
import type { Json } from '../definition/json.ts'
import type { FlowError } from '../definition/errors.ts'

/** How the conversation came to a node: by a function, by the node itself, or by the application. */
export type TransitionCause =
  | { readonly by: 'function'; readonly name: string }
  | { readonly by: 'always' | 'onSpoken' | 'onSilence' | 'onError' | 'return' }
  | { readonly by: 'initialize' | 'resume' | 'setNode' }

/** How a call ended. */
export type CallEnd = 'result' | 'transition' | 'error' | 'cancelled' | 'timeout'

/** What happens in a running flow. */
export type FlowEvent =
  /** Told, too, when the conversation is back in a node, from a sub-flow, an agent or a snapshot: the visit is the same. */
  | {
      readonly type: 'flow.enter'
      readonly node: string
      readonly visit: number
      readonly input: Json | undefined
      /** The time that entering took, milliseconds, what it waited for included. */
      readonly tookMs: number
      readonly functions: readonly string[]
    }
  | { readonly type: 'flow.exit'; readonly node: string; readonly visit: number }
  | {
      readonly type: 'flow.transition'
      readonly from: string | null
      readonly to: string
      readonly cause: TransitionCause
    }
  | {
      readonly type: 'flow.call.start'
      readonly node: string
      readonly function: string
      readonly callId: string
      readonly args: Readonly<Record<string, unknown>>
    }
  | {
      readonly type: 'flow.call.end'
      readonly node: string
      readonly function: string
      readonly callId: string
      readonly end: CallEnd
      readonly result: unknown
      readonly tookMs: number
    }
  | { readonly type: 'flow.action'; readonly node: string; readonly action: string; readonly tookMs: number }
  | { readonly type: 'flow.summary'; readonly node: string; readonly ok: boolean; readonly tookMs: number }
  | { readonly type: 'flow.state'; readonly node: string | null; readonly state: Readonly<Record<string, unknown>> }
  | { readonly type: 'flow.error'; readonly node: string | null; readonly error: FlowError }
  | { readonly type: 'flow.machine'; readonly event: InspectionEvent }

/** A {@link FlowEvent} with its time, milliseconds on the task's clock; none is made while nobody inspects. */
export type FlowInspection = FlowEvent & {
  readonly atMs: number
  /** The id of the flow. */
  readonly flow: string
}

/** Gets all that happens in a flow. */
export type FlowInspector = (event: FlowInspection) => void
