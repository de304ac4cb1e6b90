import type { JsonSchema, StandardSchema, UserTurnExpectation } from '@pc/core'
import type { FlowContext, FlowState } from './flow-context.ts'

/** A schema of arguments as plain JSON Schema, for what has no Standard Schema that can give one. */
export interface JsonSchemaParameters {
  /** Of an object. */
  readonly jsonSchema: JsonSchema
  /** Checks and converts. Default: presence, type and enum of each property. */
  readonly validate?: StandardSchema['~standard']['validate'] | undefined
}

/** How long and for whom the result of a function may be used again (see `@pc/flows/optimize`). */
export interface FunctionCachePolicy {
  readonly ttlSecs?: number | undefined
  /** `session`: within one conversation. `global`: for all that share the cache. Default `session`. */
  readonly scope?: 'session' | 'global' | undefined
  /** What tells two calls apart. Default: their arguments. */
  readonly key?: ((args: Readonly<Record<string, unknown>>) => string) | undefined
  /** The handler does nothing but compute: also its transitions may be taken from the cache. Default false. */
  readonly pure?: boolean | undefined
}

/** A function as the engine runs it. `flowFunction` makes one whose handler is typed. */
export interface FlowFunction {
  /** 1 to 64 letters, digits, `_` or `-`. */
  readonly name: string
  readonly description: string
  /** An object schema. Default: no arguments. */
  readonly parameters?: StandardSchema | JsonSchemaParameters | undefined
  /** The nodes that it may move to. Known before anything runs: drawings and path tests read it. */
  readonly transitionTo?: readonly string[] | undefined
  /** Without one it acknowledges, and moves to its only target. What it returns: see `FlowOutcome`. */
  readonly handler?: ((args: never, ctx: FlowContext<never>) => unknown) | undefined
  /** The call is cancelled after this long, seconds. Default: that of the service. */
  readonly timeoutSecs?: number | undefined
  /** Default false: what was begun is finished, whoever speaks. */
  readonly cancelOnInterruption?: boolean | undefined
  /** The conversation goes on while it runs. It cannot move the conversation. Default false. */
  readonly background?: boolean | undefined
  /** It may run twice: a call that a crash cut off is made again on resume. Default false. */
  readonly idempotent?: boolean | undefined
  /** What the user will say while the model may call it: turns end accordingly. */
  readonly expects?: UserTurnExpectation | undefined
  /** A guard: whether the model may call it, as the state is. Read when a node is entered, when a call has settled, and when the model calls it. */
  readonly when?: ((state: FlowState) => boolean) | undefined
  readonly cache?: FunctionCachePolicy | undefined
}
