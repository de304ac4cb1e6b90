/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A JSON Schema, or `true` and `false` for everything and nothing (JSON Schema draft 2020-12, the usual subset). */
type JsonSchema = { readonly [keyword: string]: unknown } | boolean

/** The type of one parameter, without the alternatives that only say that it may be left out. */
export interface Parameter {
  name: string
  description: string
  required: boolean
  /** `any` when the schema names no type. */
  type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object' | 'any'
  /** The values allowed, when they are listed. */
  values: readonly Json[] | undefined
  /** The full schema, for checking. */
  schema: JsonSchema
  /** The schema without alternatives, for its other keywords. */
  plain: { readonly [keyword: string]: unknown }
}

/** Whether a value is an object that is not an array. */
export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether a value can be written as JSON and read back the same. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isRecord(value) && Object.values(value).every(isJson)
}

/** The parameters of an object schema, the required ones first, each group in the order of the schema. */
export function parametersOf(schema: unknown): Parameter[] {
  if (!isRecord(schema)) return []
  const properties = isRecord(schema['properties']) ? schema['properties'] : {}
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
  const parameters = Object.entries(properties).map(([name, property]) =>
    parameterOf({ name, property: resolved(property, schema), required: required.includes(name), root: schema }),
  )
  return [
    ...parameters.filter((parameter) => parameter.required),
    ...parameters.filter((parameter) => !parameter.required),
  ]
}

/** The parameter that the elements of an array are described by. */
export function itemOf(parameter: Parameter): Parameter {
  const items = parameter.plain['items']
  return parameterOf({ name: parameter.name, property: items, required: true, root: parameter.plain })
}

function parameterOf(from: { name: string; property: unknown; required: boolean; root: object }): Parameter {
  const { name, property, required } = from
  const schema: JsonSchema = isRecord(property) ? property : property !== false
  const plain = isRecord(property) ? plainSchema(property) : {}
  const described = [isRecord(property) ? property['description'] : undefined, plain['description']]
  const description = described.find((text) => typeof text === 'string')
  return {
    name,
    required,
    schema,
    plain,
    description: typeof description === 'string' ? description : '',
    type: typeOf(plain),
    values: valuesOf(plain),
  }
}

function resolved(property: unknown, root: { readonly [key: string]: unknown }): unknown {
  const reference = isRecord(property) ? property['$ref'] : undefined
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return property
  const target = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), root)
  return isRecord(target) && isRecord(property) ? { ...target, ...withoutReference(property) } : property
}

function withoutReference(property: { readonly [key: string]: unknown }): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(property).filter(([key]) => key !== '$ref'))
}

function plainSchema(schema: { readonly [key: string]: unknown }): { readonly [key: string]: unknown } {
  for (const key of ['anyOf', 'oneOf']) {
    const list: unknown = schema[key]
    if (!Array.isArray(list)) continue
    const options = list.filter((option) => isRecord(option) && option['type'] !== 'null')
    const constants = options.flatMap((option) => (isRecord(option) ? (valuesOf(option) ?? []) : []))
    if (options.length > 1 && constants.length >= options.length) return { ...schema, enum: constants }
    const [first] = options
    if (isRecord(first)) return { ...schema, ...first }
  }
  const { allOf } = schema
  return Array.isArray(allOf) ? Object.assign({ ...schema }, ...allOf.filter(isRecord)) : schema
}

function typeOf(schema: { readonly [key: string]: unknown }): Parameter['type'] {
  const type: unknown = schema['type']
  const name: unknown = Array.isArray(type) ? type.find((option) => option !== 'null') : type
  if (
    name === 'string' ||
    name === 'number' ||
    name === 'integer' ||
    name === 'boolean' ||
    name === 'array' ||
    name === 'object'
  ) {
    return name
  }
  const values = valuesOf(schema) ?? []
  return values.length > 0 && values.every((value) => typeof value === 'string') ? 'string' : 'any'
}

function valuesOf(schema: { readonly [key: string]: unknown }): readonly Json[] | undefined {
  const listed: unknown = schema['enum']
  if (Array.isArray(listed)) return listed.filter((value): value is Json => isJson(value) && value !== null)
  const constant: unknown = schema['const']
  return isJson(constant) && constant !== null ? [constant] : undefined
}
