import type { JsonSchema } from '@pc/core'
import { InvalidFunctionError } from './errors.ts'
import type { FlowContext, FlowManagerView } from './flow-context.ts'
import type { FlowFunction, JsonSchemaParameters } from './flow-function.ts'
import { toolOf } from './function-schema.ts'
import type { Json } from './json.ts'
import { ACKNOWLEDGED, type Callback, isOutcome, type TransitionManager } from './outcome.ts'
import { type NextNode, outcomeOfPair } from './pair.ts'

/** The arguments of a call, by name. */
export type FlowArgs = Readonly<Record<string, unknown>>

/** What handlers return by convention; any JSON will do. */
export type FlowResult = {
  readonly status?: string | undefined
  readonly data?: Json | undefined
  readonly message?: string | undefined
  readonly error?: string | undefined
}

/** A result, and where the conversation goes. */
export type ConsolidatedFunctionResult = readonly [result: Json | undefined, next: NextNode]

/** Returns JSON, a pair of it and the next node, or an outcome; or a promise of one. */
export type FlowsFunctionHandler = (args: FlowArgs, flowManager: FlowManagerView) => unknown

/** Moves the conversation by `manager.setNode`. The number of its parameters tells the two forms apart. */
export type TransitionCallback =
  | ((args: FlowArgs, manager: TransitionManager) => unknown)
  | ((args: FlowArgs, result: Json, manager: TransitionManager) => unknown)

/** The fields of a {@link FlowsFunctionSchema}. */
export interface FlowsFunctionOptions {
  /** 1 to 64 letters, digits, `_` or `-`. */
  readonly name: string
  readonly description: string
  /** JSON Schema by argument. Default: no arguments. */
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  /** The arguments that must be given. Default: none. */
  readonly required?: readonly string[] | undefined
  /** Default: acknowledges. */
  readonly handler?: FlowsFunctionHandler | undefined
  /** The node that a plain result moves to. */
  readonly transitionTo?: string | undefined
  /** Runs when the result was given, in place of `transitionTo`. */
  readonly transitionCallback?: TransitionCallback | undefined
  /** Default false. */
  readonly cancelOnInterruption?: boolean | undefined
  /** Seconds. Default: that of the service. */
  readonly timeoutSecs?: number | undefined
}

/**
 * A function whose arguments are described in JSON Schema, in the shape of Pipecat Flows. It may stand wherever a
 * function may; the compiler does not know its edges, `defineFlow` checks them when it runs.
 *
 * ```ts
 * new FlowsFunctionSchema({
 *   name: 'select_pizza_size',
 *   description: 'Select the size of pizza the customer wants',
 *   properties: { size: { type: 'string', enum: ['small', 'medium', 'large'] } },
 *   required: ['size'],
 *   handler: async (args) => ({ status: 'success', data: { selectedSize: String(args['size']) } }),
 *   transitionTo: 'toppings_node',
 * })
 * ```
 *
 * @throws InvalidFunctionError for a name or schema that no model takes, and for `transitionTo` together with
 * `transitionCallback`.
 */
export class FlowsFunctionSchema implements FlowFunction {
  readonly name: string
  readonly description: string
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
  readonly parameters: JsonSchemaParameters
  /** Calls the handler that was given, and makes an outcome of what it returns. */
  readonly handler: ((args: FlowArgs, ctx: Pick<FlowContext, 'manager'>) => Promise<unknown>) | undefined
  readonly transitionTo: readonly string[] | undefined
  readonly transitionCallback: TransitionCallback | undefined
  readonly cancelOnInterruption: boolean
  readonly timeoutSecs: number | undefined

  constructor(options: FlowsFunctionOptions) {
    const { name, handler, transitionTo, transitionCallback: callback } = options
    this.name = name
    this.description = options.description
    this.properties = options.properties ?? {}
    this.required = options.required ?? []
    this.parameters = { jsonSchema: { type: 'object', properties: this.properties, required: this.required } }
    if (transitionTo !== undefined && callback !== undefined) {
      throw new InvalidFunctionError(
        `The function "${name}" has both transitionTo and transitionCallback: give the one that is to move it.`,
      )
    }
    if (callback !== undefined && typeof callback !== 'function') {
      throw new InvalidFunctionError(`The transitionCallback of the function "${name}" is not a function.`)
    }
    if (handler !== undefined && typeof handler !== 'function') {
      throw new InvalidFunctionError(`The handler of the function "${name}" is not a function.`)
    }
    this.transitionTo = transitionTo === undefined ? undefined : [transitionTo]
    this.transitionCallback = callback
    this.cancelOnInterruption = options.cancelOnInterruption ?? false
    this.timeoutSecs = options.timeoutSecs
    const run = async (args: FlowArgs, { manager }: Pick<FlowContext, 'manager'>): Promise<unknown> => {
      const returned = outcomeOfPair(await handler?.({ ...args }, manager))
      return callback === undefined || isOutcome(returned) ? returned : calling(callback, args, returned)
    }
    this.handler = handler === undefined && callback === undefined ? undefined : run
    toolOf(this)
  }
}

function calling(callback: TransitionCallback, args: FlowArgs, returned: unknown): Callback {
  // The engine checks that results are JSON.
  const result = (returned ?? ACKNOWLEDGED) as Json
  const run = (manager: TransitionManager): unknown =>
    takesResult(callback) ? callback(args, result, manager) : callback(args, manager)
  return { kind: 'callback', result, run }
}

function takesResult(
  callback: TransitionCallback,
): callback is (args: FlowArgs, result: Json, manager: TransitionManager) => unknown {
  return callback.length !== 2
}
