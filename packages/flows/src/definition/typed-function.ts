import type { SchemaOutput, StandardSchema } from '@pc/core'
import type { FlowContext, FlowState } from './flow-context.ts'
import type { FlowFunction, JsonSchemaParameters } from './flow-function.ts'
import type { Json } from './json.ts'
import type { Done, FlowOutcome, Jump, Silent, Stay, To } from './outcome.ts'

/** What may describe the arguments of a function; `undefined`: it takes none. */
export type FunctionParameters = StandardSchema | JsonSchemaParameters | undefined

/** The arguments that a handler gets: what the schema gives. */
export type ArgumentsOf<P extends FunctionParameters> = P extends StandardSchema
  ? SchemaOutput<P>
  : P extends { readonly validate: (value: unknown) => infer Result }
    ? ValidValue<Awaited<Result>>
    : P extends JsonSchemaParameters
      ? Readonly<Record<string, unknown>>
      : {}

type ValidValue<Result> = Result extends { readonly value: infer Value } ? Value : never

/**
 * What a handler may return, by the nodes that its function may move to: with several it has to say which, with one
 * plain JSON moves there, with none it stays.
 */
export type HandlerReturn<Target extends string> =
  | To<Target>
  | Stay
  | Silent
  | Jump
  | Done
  | (IsUnion<Target> extends true ? never : Json | void)

/** Whether `T` has more than one member: some member is less than all of it. */
type IsUnion<T, All = T> = [T] extends [never] ? false : T extends T ? ([All] extends [T] ? false : true) : never

/**
 * Where a function leads: a {@link To} for each declared target, with what its handler enters it with, and a
 * {@link Done} where it ends the flow. The input is `never` for a target that no line of the handler returns.
 */
export type EdgesOf<Target extends string, Returned> =
  | ReturnedEdge<Returned>
  | (MovesByItself<Returned> extends true ? MoveTo<Target> : Unreturned<Target, ReturnedEdge<Returned>>)

type ReturnedEdge<Returned> =
  Returned extends To<infer Name, infer Input>
    ? To<Name, Input>
    : Returned extends Done<infer Output>
      ? Done<Output>
      : Returned extends readonly [unknown, infer Next extends string]
        ? To<Next, undefined>
        : never

/** Without a handler, or with one that returns a plain value, the engine moves to the only target. */
type MovesByItself<Returned> = [Returned] extends [never]
  ? true
  : [Exclude<Returned, FlowOutcome | readonly [unknown, unknown]>] extends [never]
    ? false
    : true

type MoveTo<Target extends string> = Target extends Target ? To<Target, undefined> : never

type Unreturned<Target extends string, Edge> = Target extends Extract<Edge, To>['node'] ? never : To<Target, never>

/** A function whose name and edges the compiler knows; `'~edge'` exists in types only. */
export interface TypedFunction<Name extends string = string, Edge = never> extends FlowFunction {
  readonly name: Name
  readonly '~edge'?: Edge | undefined
}

/** What all ways to define a function share. */
export interface FunctionOptions<Target extends string, State = FlowState> extends Omit<
  FlowFunction,
  'name' | 'parameters' | 'transitionTo' | 'handler' | 'when'
> {
  /** The node or nodes that it may move to. Default: none. */
  readonly transitionTo?: Target | readonly Target[] | undefined
  /** A guard: whether the model may call it, as the state is. Read when a node is entered and when a call has settled. */
  readonly when?: ((state: State) => boolean) | undefined
}

/** What {@link flowFunction} takes. */
export interface FlowFunctionOptions<
  Name extends string,
  P extends FunctionParameters,
  Target extends string,
  Returned,
  State = FlowState,
> extends FunctionOptions<Target, State> {
  /** 1 to 64 letters, digits, `_` or `-`. May be left out in the record form, whose key is the name. */
  readonly name?: Name | undefined
  /** An object schema. Default: no arguments. */
  readonly parameters?: P
  /** Default: acknowledges, and moves to the only target. */
  readonly handler?: ((args: ArgumentsOf<P>, ctx: FlowContext<State>) => Returned | Promise<Returned>) | undefined
}

/**
 * A function whose handler gets typed arguments, and whose edges the compiler knows from what the handler returns.
 *
 * ```ts
 * const chooseSize = flowFunction({
 *   name: 'choose_size',
 *   description: 'Record the size the caller wants',
 *   parameters: z.object({ size: z.enum(['small', 'large']), count: z.number() }),
 *   transitionTo: ['confirm', 'soldOut'],
 *   handler: ({ count }) => (count > 5 ? to('soldOut', { input: { left: 5 } }) : to('confirm')),
 * })
 * ```
 */
export function flowFunction<
  const Name extends string = '',
  P extends FunctionParameters = undefined,
  const Target extends string = never,
  Returned extends HandlerReturn<Target> = never,
>(options: FlowFunctionOptions<Name, P, Target, Returned>): TypedFunction<NoInfer<Name>, EdgesOf<Target, Returned>>
export function flowFunction({
  name = '',
  transitionTo,
  ...rest
}: FlowFunctionOptions<string, FunctionParameters, string, unknown>): FlowFunction {
  return { ...rest, name, ...(transitionTo !== undefined && { transitionTo: targetList(transitionTo) }) }
}

/** One target or several, as a list. */
export function targetList(targets: string | readonly string[]): readonly string[] {
  return typeof targets === 'string' ? [targets] : targets
}
