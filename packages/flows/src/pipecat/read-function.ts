import { isProviderDict, type ProviderFunction, readProviderDict } from '../adapters/provider-function.ts'
import { FlowError } from '../definition/errors.ts'
import type { FlowFunction } from '../definition/flow-function.ts'
import { FlowsFunctionSchema as NativeSchema } from '../definition/flows-function-schema.ts'
import { flowsFunction } from '../adapters/flow-function.ts'
import { isRecord } from '../definition/is-record.ts'
import { below, isFunction, type Reading } from './border.ts'
import { directAt } from './direct.ts'
import { FlowsFunctionSchema } from './flows-function-schema.ts'
import { type FunctionFields, toNativeOptions } from './native-options.ts'

/** A list of functions: of this package, in the names of Pipecat, or in the shape of a provider. */
export function readFunctions(value: unknown, path: string, reading: Reading): FlowFunction[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) {
    reading.fault(path, 'functions are a list')
    return []
  }
  return value.flatMap((item: unknown, index) => {
    const at = below(path, index)
    try {
      return readFunction(item, at, reading)
    } catch (error) {
      if (!(error instanceof FlowError)) throw error
      reading.fault(at, error.message)
      return []
    }
  })
}

function readFunction(value: unknown, path: string, reading: Reading): FlowFunction[] {
  if (value instanceof FlowsFunctionSchema) return [build(value.options, path, reading)]
  if (value instanceof NativeSchema) return [value]
  const direct = isRecord(value) ? directAt(value, reading.border) : undefined
  if (direct !== undefined) return [direct]
  if (isProviderDict(value)) {
    reading.border.warn('Functions in the shape of a provider are of an older form: use FlowsFunctionSchema.')
    return readProviderDict(value).map((fn) => build(fieldsOf(fn), path, reading, fn.$defs))
  }
  if (isFields(value)) return [build(value, path, reading)]
  if (isNative(value)) return [value]
  const mend =
    'use FlowsFunctionSchema, or direct({ description, properties }, function name(flow_manager, args) { ... })'
  const bare = isFunction(value) ? 'a bare function has no schema, for types are gone when it runs' : 'is no function'
  reading.fault(path, `${bare}: ${mend}`)
  return []
}

function build(
  fields: FunctionFields,
  path: string,
  reading: Reading,
  $defs?: ProviderFunction['$defs'],
): FlowFunction {
  return flowsFunction(toNativeOptions(fields, path, reading), $defs)
}

function fieldsOf({ transitionTo, transitionCallback, ...fn }: ProviderFunction): FunctionFields {
  return { ...fn, transition_to: transitionTo, transition_callback: transitionCallback }
}

/** The options of a `FlowsFunctionSchema`, as a plain object. */
function isFields(value: unknown): value is FunctionFields & Record<string, unknown> {
  return (
    isNamed(value) && ['properties', 'required', 'transition_to', 'transition_callback'].some((key) => key in value)
  )
}

function isNative(value: unknown): value is FlowFunction & Record<string, unknown> {
  return isNamed(value)
}

function isNamed(value: unknown): value is Record<string, unknown> & { name: string; description: string } {
  return isRecord(value) && typeof value['name'] === 'string' && typeof value['description'] === 'string'
}
