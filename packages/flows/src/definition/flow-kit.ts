import type { SchemaOutput, StandardSchema } from '@pc/core'
import type { EdgesOfFunctions, FaultOfFunctions, FunctionSet } from './function-set.ts'
import { type AnyNode, type FlowOptions } from './define-flow.ts'
import { buildFlow, type FlowSource } from './build-flow.ts'
import { defineNode, type FlowNodeOptions, type TypedNode } from './define-node.ts'
import { direct, type DirectFunctionOptions, type DirectReturn } from './direct.ts'
import type { FlowContext } from './flow-context.ts'
import type { FlowDefinition } from './flow-definition.ts'
import type { To } from './outcome.ts'
import type { GraphOf, OutputOf, TypedFlow } from './typed-flow.ts'
import {
  type ArgumentsOf,
  type EdgesOf,
  flowFunction,
  type FlowFunctionOptions,
  type FunctionParameters,
  type HandlerReturn,
  type TypedFunction,
} from './typed-function.ts'

/** What {@link flowKit} takes. */
export interface FlowKitOptions<Schema extends StandardSchema> {
  /** An object schema of what the flow knows of the conversation. */
  readonly state: Schema
  /** Default: what `state` makes of an empty object. */
  readonly initialState?: SchemaOutput<Schema> | undefined
}

/** The makers of a flow, for one type of state. */
export interface FlowKit<State> {
  /** As {@link flowFunction}. */
  fn<
    const Name extends string = '',
    P extends FunctionParameters = undefined,
    const Target extends string = never,
    Returned extends HandlerReturn<Target> = never,
  >(
    options: FlowFunctionOptions<Name, P, Target, Returned, State>,
  ): TypedFunction<NoInfer<Name>, EdgesOf<Target, Returned>>
  /** As {@link direct}. */
  direct<
    const Name extends string = string,
    P extends FunctionParameters = undefined,
    const Target extends string = never,
    Returned extends DirectReturn<Target> = never,
  >(
    options: DirectFunctionOptions<Name, P, Target, State>,
    run: (ctx: FlowContext<State>, args: ArgumentsOf<P>) => Returned | Promise<Returned>,
  ): TypedFunction<NoInfer<Name>, EdgesOf<Target, Returned>>
  /** As {@link defineNode}. */
  node<
    const Functions extends FunctionSet = readonly [],
    const Always extends To = never,
    const Spoken extends To = never,
    const Silence extends To = never,
    const Failure extends To = never,
  >(
    options: FlowNodeOptions<Functions, Always, Spoken, Silence, Failure, State>,
  ): TypedNode<EdgesOfFunctions<Functions> | Always | Spoken | Silence | Failure, FaultOfFunctions<Functions>>
  /** As {@link defineFlow}, with the state of the kit. */
  flow<
    const Nodes extends Readonly<Record<string, AnyNode<State>>>,
    const Initial extends keyof Nodes & string,
    const Globals extends FunctionSet = readonly [],
  >(
    options: Omit<FlowOptions<Nodes, Initial, Globals, State>, 'state'>,
  ): TypedFlow<GraphOf<Nodes, Globals>, Initial, OutputOf<Nodes, Globals>>
}

/**
 * The makers of a flow whose state has a type: `ctx.state` of its handlers is a typed draft that may be changed.
 *
 * ```ts
 * const f = flowKit({ state: z.object({ size: z.enum(['small', 'large']).optional() }) })
 * const choose = f.fn({
 *   name: 'choose',
 *   description: 'Record the size',
 *   parameters: z.object({ size: z.enum(['small', 'large']) }),
 *   handler: ({ size }, ctx) => {
 *     ctx.state.size = size
 *   },
 * })
 * ```
 */
export function flowKit<Schema extends StandardSchema>(options: FlowKitOptions<Schema>): FlowKit<SchemaOutput<Schema>>
export function flowKit({
  state,
  initialState,
}: {
  readonly state: StandardSchema
  readonly initialState?: unknown
}): object {
  const start = initialState === undefined ? {} : { initialState: Object(initialState) as object }
  return {
    fn: flowFunction,
    direct,
    node: defineNode,
    flow: (options: FlowSource): FlowDefinition => buildFlow({ ...start, ...options, state }),
  }
}
