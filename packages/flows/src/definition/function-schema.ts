import { type CheckedArguments, FunctionSchema, type JsonSchema, type StandardSchema } from '@pc/core'
import { InvalidFunctionError, textOf } from './errors.ts'
import type { FlowFunction, JsonSchemaParameters } from './flow-function.ts'
import { isRecord } from './is-record.ts'

/** The parts of the JSON Schema of a function's arguments. */
export interface ArgumentsSchema {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
  readonly $defs?: Readonly<Record<string, JsonSchema>> | undefined
}

const tools = new WeakMap<FlowFunction, FunctionSchema>()

/**
 * A function as core's tools have it, without a handler: its name, description, and the JSON Schema of its arguments.
 * Made once per function.
 *
 * @throws InvalidFunctionError when its name or its schema cannot be sent to a model.
 */
export function toolOf(fn: FlowFunction): FunctionSchema {
  const known = tools.get(fn)
  if (known !== undefined) return known
  const { name, description, parameters } = fn
  const schema = parameters && argumentsOf(name, schemaOf(name, parameters))
  try {
    const tool = new FunctionSchema({ name, description, ...schema, parameters: parameters && validatorOf(parameters) })
    tools.set(fn, tool)
    return tool
  } catch (cause) {
    throw new InvalidFunctionError(textOf(cause), { cause })
  }
}

/**
 * The JSON Schema of a function's arguments, as models are sent it.
 *
 * @throws InvalidFunctionError when its name or its schema cannot be sent.
 */
export function argumentsSchemaOf(fn: FlowFunction): ArgumentsSchema {
  const { properties, required, $defs } = toolOf(fn)
  return { properties, required, ...($defs !== undefined && { $defs }) }
}

/** Checks the arguments of a call, and converts them where the schema says so. */
export async function checkArguments(
  fn: FlowFunction,
  args: Readonly<Record<string, unknown>>,
): Promise<CheckedArguments> {
  return toolOf(fn).checkArguments(args)
}

/** Whether a value follows Standard Schema. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if (!isRecord(value) && typeof value !== 'function') return false
  const standard: unknown = Reflect.get(value, '~standard')
  return isRecord(standard) && typeof standard['validate'] === 'function'
}

/**
 * The JSON Schema of what a schema takes in.
 *
 * @throws InvalidFunctionError that names the field where there is none.
 */
export function schemaOf(name: string, schema: StandardSchema | JsonSchemaParameters): JsonSchema {
  if (!isStandardSchema(schema)) {
    if (isRecord(schema) && isRecord(schema.jsonSchema)) return schema.jsonSchema
    throw invalid(name, 'its parameters are neither a Standard Schema, such as one of zod 4, nor { jsonSchema }')
  }
  const { vendor, jsonSchema } = schema['~standard']
  if (jsonSchema === undefined) {
    throw invalid(name, `its ${vendor} schema cannot give a JSON Schema; give { jsonSchema, validate } in its place`)
  }
  try {
    return jsonSchema.input({ target: 'draft-2020-12' })
  } catch (cause) {
    const field = fieldWithoutJsonSchema(schema, '')
    const place = field === '' ? 'its schema' : `the field "${field}"`
    throw invalid(
      name,
      `${place} has no JSON Schema (${textOf(cause)}); take what JSON can say, such as a string`,
      cause,
    )
  }
}

/** Checks, where a schema can. */
export function validatorOf(schema: StandardSchema | JsonSchemaParameters): StandardSchema | undefined {
  if ('~standard' in schema) return schema
  const { validate } = schema
  return validate && { '~standard': { version: 1, vendor: 'json-schema', validate } }
}

function argumentsOf(name: string, schema: JsonSchema): ArgumentsSchema {
  const { type = 'object', properties = {}, required = [], $defs } = schema
  if (type !== 'object' || !isSchemaMap(properties) || !isStrings(required)) {
    throw invalid(name, 'its parameters are not an object schema')
  }
  return { properties, required, ...(isSchemaMap($defs) && { $defs }) }
}

/** The path of the first field without a JSON Schema, as far as a schema lets itself be looked into (`shape`). */
function fieldWithoutJsonSchema(schema: StandardSchema, path: string): string {
  const shape: unknown = 'shape' in schema ? schema.shape : undefined
  if (!isRecord(shape)) return path
  for (const [key, field] of Object.entries(shape)) {
    if (!isStandardSchema(field) || hasJsonSchema(field)) continue
    return fieldWithoutJsonSchema(field, path === '' ? key : `${path}.${key}`)
  }
  return path
}

function hasJsonSchema(schema: StandardSchema): boolean {
  try {
    schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    return true
  } catch {
    return false
  }
}

function isSchemaMap(value: unknown): value is Record<string, JsonSchema> {
  return isRecord(value) && Object.values(value).every(isRecord)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function invalid(name: string, fault: string, cause?: unknown): InvalidFunctionError {
  return new InvalidFunctionError(`The function "${name}" cannot be offered to a model: ${fault}.`, { cause })
}
