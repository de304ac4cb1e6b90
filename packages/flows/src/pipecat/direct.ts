import type { JsonSchema } from '@pc/core'
import { InvalidFunctionError } from '../definition/errors.ts'
import type { FlowContext } from '../definition/flow-context.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import type { FlowArgs } from '../definition/flows-function-schema.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import { isNode } from '../definition/node-config.ts'
import { NO_RESPONSE, outcomeOfPair } from '../definition/pair.ts'
import { type ArgumentsOf, type FunctionParameters, targetList } from '../definition/typed-function.ts'
import { Border } from './border.ts'
import { toNativeResult } from './native-options.ts'
import { type PipecatFlowManager, pipecatManagerAt } from './pipecat-flow-manager.ts'
import { looksLikeNode } from './read-node.ts'
import type { ConsolidatedFunctionResult } from './types.ts'

/** What {@link direct} takes beside the function. */
export interface DirectOptions<P extends FunctionParameters = undefined> {
  /** Default: the name of the function. A minifier changes that, so give one in code for browsers. */
  readonly name?: string | undefined
  readonly description: string
  /** An object schema, of zod for example: arguments are typed by it. */
  readonly parameters?: P
  /** In place of `parameters`: JSON Schema by argument. Default: no arguments. */
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  /** The arguments among `properties` that must be given. Default: none. */
  readonly required?: readonly string[] | undefined
  /** The nodes that it moves to by name: for drawings and path tests. Default: not known. */
  readonly transition_to?: string | readonly string[] | undefined
  /** Default false. */
  readonly cancel_on_interruption?: boolean | undefined
  /** Seconds. Default: that of the service. */
  readonly timeout_secs?: number | undefined
}

/** The arguments that a direct function gets. */
export type DirectArgs<P extends FunctionParameters> = P extends undefined ? FlowArgs : ArgumentsOf<P>

const made = new WeakMap<object, (border: Border) => FlowFunction>()

/**
 * A direct function: its name is that of the function, and it returns a pair of its result and the next node. Its
 * schema stands beside it, for types are gone when it runs.
 *
 * ```ts
 * direct(
 *   { description: 'Book an appointment', properties: { date: { type: 'string' } }, required: ['date'] },
 *   async function book_appointment(flow_manager, args) {
 *     flow_manager.state.date = args.date
 *     return [{ status: 'success' }, { name: 'confirmation', task_messages: [] }]
 *   },
 * )
 * ```
 *
 * @throws InvalidFunctionError for a name or a schema that no model takes.
 */
export function direct<P extends FunctionParameters = undefined>(
  options: DirectOptions<P>,
  run: (
    flow_manager: PipecatFlowManager,
    args: DirectArgs<P>,
  ) => ConsolidatedFunctionResult | Promise<ConsolidatedFunctionResult>,
): FlowFunction
export function direct(
  options: DirectOptions<FunctionParameters>,
  run: (flow_manager: PipecatFlowManager, args: never) => unknown,
): FlowFunction {
  const build = (border: Border): FlowFunction => buildDirect(options, run, border)
  const fn = build(new Border())
  made.set(fn, build)
  return fn
}

/** A direct function of this entry with the handlers and warnings of an import; `undefined` for anything else. */
export function directAt(value: object, border: Border): FlowFunction | undefined {
  return made.get(value)?.(border)
}

function buildDirect(
  options: DirectOptions<FunctionParameters>,
  run: (flow_manager: PipecatFlowManager, args: never) => unknown,
  border: Border,
): FlowFunction {
  const { properties = {}, required = [], transition_to: targets } = options
  const name = options.name ?? run.name
  if (name === '') {
    throw new InvalidFunctionError('A direct function has no name: name the function, or give a name beside it.')
  }
  if (options.name === undefined && name.length === 1) {
    border.warn(`The direct function "${name}" looks as if a minifier had named it: give a name beside it.`)
  }
  const fn: FlowFunction = {
    name,
    description: options.description,
    parameters: options.parameters ?? { jsonSchema: { type: 'object', properties, required } },
    ...(targets !== undefined && { transitionTo: targetList(targets) }),
    cancelOnInterruption: options.cancel_on_interruption ?? false,
    ...(options.timeout_secs !== undefined && { timeoutSecs: options.timeout_secs }),
    handler: async (args: never, { manager }: FlowContext) => {
      const returned = await run(pipecatManagerAt(manager, border), args)
      verifyPair(name, returned)
      return outcomeOfPair(toNativeResult(returned, border))
    },
  }
  argumentsSchemaOf(fn)
  return fn
}

function verifyPair(name: string, returned: unknown): void {
  if (Array.isArray(returned) && returned.length === 2 && isNext(returned[1])) return
  throw new InvalidFunctionError(
    `The direct function "${name}" returned no pair: return [result, next], where next is a node, a node's name, null or NO_RESPONSE.`,
  )
}

function isNext(value: unknown): boolean {
  if (value === null || value === undefined || value === NO_RESPONSE || typeof value === 'string') return true
  return looksLikeNode(value) || isNode(value)
}
