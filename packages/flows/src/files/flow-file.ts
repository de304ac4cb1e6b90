import type { JsonSchema, UserTurnExpectation } from '@pc/core'
import type { ContextStrategy } from '../definition/flow-node.ts'
import type { Json } from '../definition/json.ts'
import type { Expression } from './expression.ts'

/** Where a file's function or node moves to: a name, or a name and what goes along. Texts may hold `{{paths}}`. */
export type FileTarget =
  | string
  | {
      readonly node: string
      /** What a node with an input is entered with. */
      readonly input?: Json | undefined
      /** What the model reads as the result. */
      readonly result?: Json | undefined
      /** Spoken before the conversation moves. */
      readonly say?: string | undefined
    }

/** Chooses where to move: the first branch that holds, or else `otherwise`; without one the conversation stays. */
export interface FileDecision {
  readonly branches: readonly { readonly when: Expression; readonly to: FileTarget }[]
  readonly otherwise?: FileTarget | undefined
}

/** A message of a task. */
export interface FileMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant'
  readonly content: string
}

/** An action; further fields reach its handler. */
export interface FileAction {
  readonly type: string
  /** A name among the `actions` that the loader is given. */
  readonly handler?: string | undefined
  readonly text?: string | undefined
  readonly [field: string]: unknown
}

/** A function of a file. */
export interface FileFunction {
  readonly name: string
  readonly description: string
  /** The JSON Schema of its arguments, or a name among the `schemas` that the loader is given. */
  readonly parameters?: JsonSchema | string | undefined
  /** A name among the `handlers` that the loader is given. What it returns is the `result` of the decision. */
  readonly handler?: string | undefined
  readonly transitionTo?: FileTarget | readonly FileTarget[] | undefined
  readonly decision?: FileDecision | undefined
  /** What the model reads, where no handler says it. */
  readonly result?: Json | undefined
  /** Has a sub-flow converse; its output is the `result` of the decision. */
  readonly call?: { readonly flow: string; readonly input?: Json | undefined } | undefined
  /** Ends the flow with an output. */
  readonly done?: { readonly output: Json } | undefined
  readonly when?: Expression | undefined
  readonly timeoutSecs?: number | undefined
  readonly cancelOnInterruption?: boolean | undefined
  readonly background?: boolean | undefined
  readonly idempotent?: boolean | undefined
  readonly expects?: UserTurnExpectation | undefined
  readonly cache?:
    | { readonly ttlSecs?: number; readonly scope?: 'session' | 'global'; readonly pure?: boolean }
    | undefined
}

/** A node of a file. */
export interface FileNode {
  readonly role?: string | undefined
  readonly task: string | readonly FileMessage[]
  /** The JSON Schema of what it is entered with, or a name among the `schemas` that the loader is given. */
  readonly input?: JsonSchema | string | undefined
  readonly functions?: readonly FileFunction[] | undefined
  readonly before?: readonly FileAction[] | undefined
  readonly after?: readonly FileAction[] | undefined
  readonly context?: ContextStrategy | undefined
  readonly respondImmediately?: boolean | undefined
  readonly say?: string | undefined
  readonly always?: FileTarget | (FileDecision & { readonly otherwise: FileTarget }) | undefined
  readonly onSpoken?: FileTarget | undefined
  readonly onSilence?:
    | {
        readonly afterSecs: number
        readonly say?: string | undefined
        readonly to?: FileTarget | undefined
        readonly times?: number | undefined
      }
    | undefined
  readonly onError?: FileTarget | undefined
  readonly maxVisits?: number | undefined
  readonly model?: string | undefined
  readonly temperature?: number | undefined
  readonly expects?: UserTurnExpectation | undefined
  readonly cache?: 'entry' | undefined
}

/** A flow inside of a file. */
export interface FileFlow {
  readonly initialNode: string
  readonly nodes: { readonly [name: string]: FileNode }
  readonly globalFunctions?: readonly FileFunction[] | undefined
  readonly context?: ContextStrategy | undefined
  /** What the state is at the beginning. */
  readonly initialState?: { readonly [key: string]: Json } | undefined
  /** The JSON Schema of the state, or a name among the `schemas` that the loader is given. */
  readonly state?: JsonSchema | string | undefined
  readonly subFlows?: { readonly [id: string]: FileFlow } | undefined
  readonly meta?: { readonly name?: string; readonly version?: string; readonly description?: string } | undefined
}

/** A flow as a file holds it; keys that are not listed are kept. `flow.schema.json` is its schema. */
export interface FlowFile extends FileFlow {
  /** Of the file's form. */
  readonly version: 1
  readonly id: string
}
