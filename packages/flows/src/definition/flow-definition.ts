import type { StandardSchema } from '@pc/core'
import type { FlowFunction } from './flow-function.ts'
import type { ContextStrategy, FlowNode, NodeFactory } from './flow-node.ts'
import type { FlowState } from './flow-context.ts'

/** Something that holds but looks wrong: nodes nobody reaches, ways that do not end, names that hide others. */
export interface FlowWarning {
  readonly code:
    | 'unreachable-node'
    | 'dead-end'
    | 'shadowed-global'
    | 'dropped-schema-feature'
    | 'opaque-node'
    | 'minified-name'
    | 'refused-name'
  /** Such as `nodes.confirm.functions.pay`. */
  readonly path: string
  readonly message: string
}

/** A flow that was checked. `defineFlow` makes one; the engine, the tests and the drawings read it. */
export interface FlowDefinition {
  /** Names it in snapshots. */
  readonly id: string
  /** Of its meaning: a snapshot of another version is migrated or refused. */
  readonly version: string
  readonly initialNode: string
  readonly nodes: Readonly<Record<string, FlowNode | NodeFactory>>
  /** May be called in every node. */
  readonly globalFunctions: readonly FlowFunction[]
  /** Default `append`. */
  readonly context: ContextStrategy
  /** Checks the state when a call has settled and when a snapshot is restored. */
  readonly state?: StandardSchema | undefined
  /** What the state is at the beginning. */
  readonly initialState: FlowState
  /** The flows that handlers call, by id: a snapshot taken inside of one needs it. */
  readonly subFlows: Readonly<Record<string, FlowDefinition>>
}
