import { InvalidFunctionError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { FlowsFunctionSchema, type FlowsFunctionOptions } from '../definition/flows-function-schema.ts'
import { type ProviderDict, type ProviderFunction, readProviderDict } from './provider-function.ts'

/**
 * A function in the shape of OpenAI (chat or Responses), Anthropic, Gemini or Bedrock, as one of a flow. Its keys
 * `handler`, `transition_to` and `transition_callback` (also in camelCase) are taken out: no provider sees them.
 *
 * ```ts
 * toFlowFunction({ name: 'finish', description: 'The caller is happy', input_schema: { type: 'object' }, transition_to: 'end' })
 * ```
 *
 * @throws InvalidFunctionError when the shape is that of none of them, or it holds several functions.
 */
export function toFlowFunction(dict: ProviderDict): FlowFunction {
  const [fn, ...others] = toFlowFunctions(dict)
  if (fn !== undefined && others.length === 0) return fn
  throw new InvalidFunctionError(
    `There are ${others.length + (fn === undefined ? 0 : 1)} functions in it: use toFlowFunctions.`,
  )
}

/**
 * All functions of a dict in a provider's shape: Gemini's may declare several. See {@link toFlowFunction}.
 *
 * @throws InvalidFunctionError when the shape is that of no provider.
 */
export function toFlowFunctions(dict: ProviderDict): FlowFunction[] {
  return readProviderDict(dict).map(build)
}

function build({ handler, transitionTo, transitionCallback, $defs, ...fields }: ProviderFunction): FlowFunction {
  const { name } = fields
  if (transitionTo !== undefined && typeof transitionTo !== 'string')
    throw invalid(name, 'transition_to', 'a node’s name')
  if (handler !== undefined && !isFunction(handler)) throw invalid(name, 'handler', 'a function')
  if (transitionCallback !== undefined && !isFunction(transitionCallback)) {
    throw invalid(name, 'transition_callback', 'a function')
  }
  return flowsFunction({ ...fields, handler, transitionTo, transitionCallback }, $defs)
}

/** A function of JSON Schema, with what its properties refer to. */
export function flowsFunction(options: FlowsFunctionOptions, $defs: ProviderFunction['$defs']): FlowFunction {
  const fn = new FlowsFunctionSchema(options)
  if ($defs === undefined) return fn
  const { name, description, handler, transitionTo, cancelOnInterruption, timeoutSecs } = fn
  const parameters = { jsonSchema: { ...fn.parameters.jsonSchema, $defs } }
  return { name, description, parameters, handler, transitionTo, cancelOnInterruption, timeoutSecs }
}

function isFunction(value: unknown): value is (...args: readonly unknown[]) => unknown {
  return typeof value === 'function'
}

function invalid(name: string, key: string, what: string): InvalidFunctionError {
  return new InvalidFunctionError(`The ${key} of the function "${name}" is not ${what}.`)
}
