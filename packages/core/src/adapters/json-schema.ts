import type { JsonSchema } from '../context/standard-schema.ts'

/** Keywords whose value is a schema, a list of schemas, or a map of schemas; other values are data and stay as they are. */
const SCHEMAS = new Set(['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else'])
const LISTS = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems'])
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'])

/** A copy of a schema in which `change` was applied to it and to each schema inside, inner ones first. */
function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const copy: Record<string, unknown> = {}
  for (const [keyword, value] of Object.entries(schema)) {
    if (SCHEMAS.has(keyword) && isRecord(value)) copy[keyword] = mapSchema(value, change)
    else if (LISTS.has(keyword) && Array.isArray(value)) copy[keyword] = value.map((item) => mapItem(item, change))
    else if (MAPS.has(keyword) && isRecord(value)) {
      copy[keyword] = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapItem(item, change)]))
    } else copy[keyword] = value
  }
  return change(copy)
}

/** Without `$schema` and without the bounds of safe integers that zod adds: models and providers make nothing of them. */
export function cleanSchema(schema: JsonSchema): JsonSchema {
  return mapSchema(schema, (part) =>
    Object.fromEntries(Object.entries(part).filter(([keyword, value]) => !isNoise(keyword, value))),
  )
}

function isNoise(keyword: string, value: unknown): boolean {
  if (keyword === 'minimum') return value === Number.MIN_SAFE_INTEGER
  if (keyword === 'maximum') return value === Number.MAX_SAFE_INTEGER
  return keyword === '$schema'
}

const GEMINI_KEYWORDS = new Set([
  'type',
  'format',
  'title',
  'description',
  'nullable',
  'enum',
  'items',
  'minItems',
  'maxItems',
  'properties',
  'required',
  'minProperties',
  'maxProperties',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'anyOf',
  'default',
  'example',
  'propertyOrdering',
])

/**
 * A schema in the part of OpenAPI that Gemini knows: lists of types become `anyOf`, null becomes `nullable`, a constant
 * becomes an enum; what it does not know is left out.
 */
export function toGeminiSchema(schema: JsonSchema): JsonSchema {
  return mapSchema(cleanSchema(schema), (part) => {
    const { type, oneOf, const: constant, ...rest } = part
    const types = Array.isArray(type) ? type.filter((name) => name !== 'null') : type === undefined ? [] : [type]
    const choices = [part['anyOf'], oneOf].flatMap((list) => (Array.isArray(list) ? list : []))
    const kept = choices.filter((choice) => !(isRecord(choice) && choice['type'] === 'null'))
    const nullable = (Array.isArray(type) && type.includes('null')) || kept.length < choices.length
    const [only] = kept
    const alone = kept.length === 1 && isRecord(only) ? only : {}
    const known = Object.entries({ ...rest, ...(constant !== undefined && { enum: [constant] }) }).filter(
      ([keyword, value]) => keyword !== 'anyOf' && isKnownToGemini(keyword, value),
    )
    return {
      ...alone,
      ...(types.length === 1 && { type: types[0] }),
      ...(types.length > 1 && { anyOf: types.map((name) => ({ type: name })) }),
      ...(kept.length > 1 && { anyOf: kept }),
      ...(nullable && { nullable: true }),
      ...Object.fromEntries(known),
    }
  })
}

function isKnownToGemini(keyword: string, value: unknown): boolean {
  if (keyword === 'enum') return Array.isArray(value) && value.every((item) => typeof item === 'string')
  if (keyword === 'format') return ['enum', 'date-time', 'int32', 'int64', 'float', 'double'].includes(String(value))
  return GEMINI_KEYWORDS.has(keyword)
}

function mapItem(item: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  return isRecord(item) ? mapSchema(item, change) : item
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
