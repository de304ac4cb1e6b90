import type { JsonSchema } from '@pc/core'
import type { FlowArgs, FlowsFunctionOptions as NativeOptions } from '../definition/flows-function-schema.ts'
import type { Json } from '../definition/json.ts'
import type { TransitionManager } from '../definition/outcome.ts'
import { InvalidFunctionError } from '../definition/errors.ts'
import { type AnyFunction, below, Border, Reading } from './border.ts'
import { pipecatManagerAt } from './pipecat-flow-manager.ts'
import { readHandler } from './read-handler.ts'
import { looksLikeNode, toNode } from './read-node.ts'

/** The fields of a function in the names of Pipecat; what runs may be given by name. */
export interface FunctionFields {
  readonly name: string
  readonly description: string
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined
  readonly required?: readonly string[] | undefined
  readonly handler?: unknown
  readonly transition_to?: unknown
  readonly transition_callback?: unknown
  readonly cancel_on_interruption?: boolean | undefined
  readonly timeout_secs?: number | undefined
}

/**
 * The options of a function that stands alone, in the names of this package.
 *
 * @throws InvalidFunctionError when what is to run is no function.
 */
export function nativeOptionsOf(fields: FunctionFields): NativeOptions {
  const reading = new Reading(new Border())
  const options = toNativeOptions(fields, '', reading)
  const [fault] = reading.faults
  if (fault === undefined) return options
  throw new InvalidFunctionError(`The function "${fields.name}" does not hold: ${fault.path}: ${fault.message}.`)
}

/** The options of a function in the names of this package; its handlers get a manager with the names of Pipecat. */
export function toNativeOptions(fields: FunctionFields, path: string, reading: Reading): NativeOptions {
  const { border } = reading
  const handler = readHandler(fields.handler, below(path, 'handler'), reading)
  const callback = readHandler(fields.transition_callback, below(path, 'transition_callback'), reading)
  const target = fields.transition_to ?? undefined
  if (target !== undefined && typeof target !== 'string') {
    reading.fault(below(path, 'transition_to'), 'is the name of a node')
  }
  if (handler !== undefined && handler.length < 2) {
    border.warn('Handlers without a second parameter, flow_manager, are of an older form: write (args, flow_manager).')
  }
  if (callback !== undefined) {
    border.warn('transition_callback is of an older form: return [result, node] from the handler.')
  }
  return {
    name: fields.name,
    description: fields.description,
    properties: fields.properties ?? {},
    required: fields.required ?? [],
    ...(handler !== undefined && { handler: toNativeHandler(handler, border) }),
    ...(typeof target === 'string' && { transitionTo: target }),
    ...(callback !== undefined && { transitionCallback: toNativeCallback(callback, border) }),
    ...(fields.cancel_on_interruption !== undefined && { cancelOnInterruption: fields.cancel_on_interruption }),
    ...(fields.timeout_secs !== undefined && { timeoutSecs: fields.timeout_secs }),
  }
}

function toNativeHandler(handler: AnyFunction, border: Border): NonNullable<NativeOptions['handler']> {
  return async (args, manager) => toNativeResult(await handler({ ...args }, pipecatManagerAt(manager, border)), border)
}

/** The number of parameters tells the two forms apart, and so it is kept. */
function toNativeCallback(callback: AnyFunction, border: Border): NonNullable<NativeOptions['transitionCallback']> {
  if (callback.length === 2) {
    return async (args: FlowArgs, manager: TransitionManager) => callback(args, pipecatManagerAt(manager, border))
  }
  return async (args: FlowArgs, result: Json, manager: TransitionManager) =>
    callback(args, result, pipecatManagerAt(manager, border))
}

/** A pair whose node is in the names of Pipecat, with the node in those of this package; anything else as it is. */
export function toNativeResult(returned: unknown, border: Border): unknown {
  if (!Array.isArray(returned) || returned.length !== 2) return returned
  const [result, next]: readonly unknown[] = returned
  return looksLikeNode(next) ? [result, toNode(next, border)] : returned
}
