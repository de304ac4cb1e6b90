import { InvalidFunctionError } from './errors.ts'
import type { FlowContext, FlowState } from './flow-context.ts'
import type { FlowFunction } from './flow-function.ts'
import type { FlowNode } from './flow-node.ts'
import type { Json } from './json.ts'
import type { NodeConfig } from './node-config.ts'
import { type NO_RESPONSE, outcomeOfPair } from './pair.ts'
import {
  type ArgumentsOf,
  type EdgesOf,
  type FunctionOptions,
  type FunctionParameters,
  type HandlerReturn,
  targetList,
  type TypedFunction,
} from './typed-function.ts'

/** What a direct function may return: a pair of its result and the next node, or what any handler may. Lists are pairs. */
export type DirectReturn<Target extends string> =
  | Exclude<HandlerReturn<Target>, readonly Json[]>
  | readonly [result: Json | undefined, next: Target | FlowNode | NodeConfig | null | undefined | typeof NO_RESPONSE]

/** What {@link direct} takes beside the function. */
export interface DirectFunctionOptions<
  Name extends string,
  P extends FunctionParameters,
  Target extends string,
  State = FlowState,
> extends FunctionOptions<Target, State> {
  /** Default: the name of the function. A minifier changes that, so give one in code for browsers. */
  readonly name?: Name | undefined
  /** An object schema. Default: no arguments. */
  readonly parameters?: P
}

/** What a model takes as the name of a function. */
export const FUNCTION_NAME: RegExp = /^[\w-]{1,64}$/

const namedByCode = new WeakSet<FlowFunction>()

/**
 * A function of the model's that is a function of yours: its name is the name.
 *
 * ```ts
 * const bookTable = direct(
 *   { description: 'Book a table', parameters: z.object({ guests: z.number() }), transitionTo: 'confirm' },
 *   async function book_table(ctx, { guests }) {
 *     ctx.state['guests'] = guests
 *     return [{ status: 'success' }, 'confirm']
 *   },
 * )
 * ```
 *
 * @throws InvalidFunctionError when its name cannot be that of a function of a model. One without any name may stand in
 * a record, whose key is the name.
 */
export function direct<
  const Name extends string = string,
  P extends FunctionParameters = undefined,
  const Target extends string = never,
  Returned extends DirectReturn<Target> = never,
>(
  options: DirectFunctionOptions<Name, P, Target>,
  run: (ctx: FlowContext, args: ArgumentsOf<P>) => Returned | Promise<Returned>,
): TypedFunction<NoInfer<Name>, EdgesOf<Target, Returned>>
export function direct(
  options: DirectFunctionOptions<string, FunctionParameters, string>,
  run: (ctx: FlowContext, args: never) => unknown,
): FlowFunction {
  const { transitionTo, ...rest } = options
  const name = rest.name ?? run.name
  if (name !== '' && !FUNCTION_NAME.test(name)) {
    throw new InvalidFunctionError(
      `"${name}" cannot be the name of a function of a model: give a name of 1 to 64 letters, digits, "_" or "-".`,
    )
  }
  const fn: FlowFunction = {
    ...rest,
    name,
    ...(transitionTo !== undefined && { transitionTo: targetList(transitionTo) }),
    handler: async (args: never, ctx: FlowContext) => outcomeOfPair(await run(ctx, args)),
  }
  if (rest.name === undefined) namedByCode.add(fn)
  return fn
}

/** Whether a function has a name that looks as if a minifier had given it. */
export function hasMinifiedName(fn: FlowFunction): boolean {
  return namedByCode.has(fn) && fn.name.length === 1
}
