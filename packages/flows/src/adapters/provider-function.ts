import type { JsonSchema } from '@pc/core'
import { InvalidFunctionError } from '../definition/errors.ts'
import { isRecord } from '../definition/is-record.ts'

/** A function in the shape that one provider wants it in, with or without keys of the flow's own. */
export type ProviderDict = Readonly<Record<string, unknown>>

/** What a {@link ProviderDict} says; the keys that never reach a provider stand apart. */
export interface ProviderFunction {
  readonly name: string
  readonly description: string
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required: readonly string[]
  readonly $defs: Readonly<Record<string, JsonSchema>> | undefined
  readonly handler: unknown
  readonly transitionTo: unknown
  readonly transitionCallback: unknown
}

/** Whether a value looks like a function in a provider's shape. */
export function isProviderDict(value: unknown): value is ProviderDict {
  return isRecord(value) && declarationsOf(value) !== undefined
}

/**
 * Reads a function in the shape of OpenAI (chat or Responses), Anthropic, Gemini or Bedrock; a dict of Gemini may hold
 * several. The keys `handler`, `transition_to` and `transition_callback`, also in camelCase, may stand in the dict or
 * beside the name.
 *
 * @throws InvalidFunctionError when the shape is that of none of them, or a part of it is wrong.
 */
export function readProviderDict(dict: unknown): ProviderFunction[] {
  const declarations = isRecord(dict) ? declarationsOf(dict) : undefined
  if (declarations === undefined) {
    throw new InvalidFunctionError(
      'This is no function of OpenAI ({ type, function }), Anthropic ({ name, input_schema }), ' +
        'Gemini ({ function_declarations }) or Bedrock ({ toolSpec }).',
    )
  }
  return declarations.map(read)
}

/** One function of a dict: where its name stands, its schema, and where else the flow's own keys may stand. */
interface Declaration {
  readonly inner: unknown
  readonly schema: unknown
  readonly outer: ProviderDict
}

function declarationsOf(dict: ProviderDict): Declaration[] | undefined {
  const { toolSpec, function: inner, name } = dict
  const group = dict['function_declarations'] ?? dict['functionDeclarations']
  if (Array.isArray(group)) {
    return group.map((item: unknown) => ({ inner: item, schema: geminiSchemaOf(item), outer: dict }))
  }
  if (isRecord(toolSpec)) {
    return [{ inner: toolSpec, schema: unwrapped(toolSpec['inputSchema'] ?? toolSpec['input_schema']), outer: dict }]
  }
  if (isRecord(inner)) return [{ inner, schema: inner['parameters'], outer: dict }]
  if (typeof name !== 'string') return undefined
  if ('input_schema' in dict) return [{ inner: dict, schema: unwrapped(dict['input_schema']), outer: dict }]
  return dict['type'] === 'function' ? [{ inner: dict, schema: dict['parameters'], outer: dict }] : undefined
}

/** Bedrock puts a schema into `json`. */
function unwrapped(schema: unknown): unknown {
  return isRecord(schema) && isRecord(schema['json']) ? schema['json'] : schema
}

function read({ inner, schema, outer }: Declaration): ProviderFunction {
  const fields = isRecord(inner) ? inner : {}
  const { name, description = '' } = fields
  if (typeof name !== 'string') throw new InvalidFunctionError('A function in a provider’s shape has no name.')
  if (typeof description !== 'string') throw invalid(name, 'its description is no text')
  const { type = 'object', properties = {}, required = [], $defs } = isRecord(schema) ? schema : noSchema(name, schema)
  if (type !== 'object') throw invalid(name, 'its parameters are not those of an object')
  if (!isSchemaMap(properties)) throw invalid(name, 'its properties must map each argument to a JSON Schema')
  if (!isStrings(required)) throw invalid(name, 'required must be a list of argument names')
  if ($defs !== undefined && !isSchemaMap($defs)) throw invalid(name, '$defs must map names to JSON Schemas')
  const own = (snake: string, camel: string): unknown =>
    fields[snake] ?? fields[camel] ?? outer[snake] ?? outer[camel] ?? undefined
  return {
    name,
    description,
    properties,
    required,
    $defs,
    handler: own('handler', 'handler'),
    transitionTo: own('transition_to', 'transitionTo'),
    transitionCallback: own('transition_callback', 'transitionCallback'),
  }
}

function noSchema(name: string, schema: unknown): ProviderDict {
  if (schema === undefined || schema === null) return {}
  throw invalid(name, 'its parameters are no JSON Schema')
}

function geminiSchemaOf(declaration: unknown): unknown {
  if (!isRecord(declaration)) return undefined
  return (
    declaration['parameters_json_schema'] ?? declaration['parametersJsonSchema'] ?? plain(declaration['parameters'])
  )
}

/** A schema of Gemini, which may write types in capitals and null as `nullable`, as JSON Schema. */
function plain(schema: unknown): unknown {
  if (!isRecord(schema)) return schema
  const { type, nullable, items, properties, enum: values, ...rest } = schema
  const anyOf = rest['anyOf'] ?? rest['any_of']
  delete rest['any_of']
  const named = typeof type === 'string' ? type.toLowerCase() : type
  return {
    ...rest,
    ...(named !== undefined && { type: nullable === true && typeof named === 'string' ? [named, 'null'] : named }),
    ...(Array.isArray(values) && { enum: nullable === true ? [...values, null] : values }),
    ...(items !== undefined && { items: plain(items) }),
    ...(Array.isArray(anyOf) && { anyOf: [...anyOf.map(plain), ...(nullable === true ? [{ type: 'null' }] : [])] }),
    ...(properties !== undefined && {
      properties: isRecord(properties)
        ? Object.fromEntries(Object.entries(properties).map(([key, item]) => [key, plain(item)]))
        : properties,
    }),
  }
}

function isSchemaMap(value: unknown): value is Record<string, JsonSchema> {
  return isRecord(value) && Object.values(value).every(isRecord)
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

function invalid(name: string, fault: string): InvalidFunctionError {
  return new InvalidFunctionError(`The function "${name}" cannot be read: ${fault}.`)
}
