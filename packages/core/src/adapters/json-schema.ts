import type { JsonSchema } from '../context/standard-schema.ts'
import { isRecord } from '../runtime/is-record.ts'

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

/** What Gemini knows, by the type that it speaks of. */
const GEMINI_TYPES: Readonly<Record<string, readonly string[]>> = {
  string: ['enum', 'format', 'pattern', 'minLength', 'maxLength'],
  number: ['format', 'minimum', 'maximum'],
  integer: ['format', 'minimum', 'maximum'],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'minProperties', 'maxProperties', 'propertyOrdering'],
}
const GEMINI_KEYWORDS = new Set(['title', 'description', 'default', 'example', ...Object.values(GEMINI_TYPES).flat()])
const GEMINI_FORMATS = new Set<unknown>(['enum', 'date-time', 'int32', 'int64', 'float', 'double'])

/**
 * A schema in the part of OpenAPI that Gemini knows: lists of types become `anyOf`, null becomes `nullable`, a constant
 * becomes an enum, `allOf` becomes one schema, a tuple becomes a list; what it does not know, such as
 * `additionalProperties`, own `x-` keywords and enums of other things than strings, is left out.
 */
export function toGeminiSchema(schema: JsonSchema): JsonSchema {
  return mapSchema(cleanSchema(schema), (part) => toGeminiPart(withoutAllOf(part)))
}

function toGeminiPart(part: JsonSchema): JsonSchema {
  const { kept, nullable } = choicesOf(part)
  const [only] = kept
  const keywords = knownKeywords(part)
  const types = typesOf(part, keywords)
  const spread = types.length > 1 && kept.length === 0
  const choices = spread ? types.map((type) => ({ type, ...ofType(type, keywords) })) : kept
  return {
    ...(kept.length === 1 && only),
    ...(types.length === 1 && { type: types[0] }),
    ...(choices.length > 1 && { anyOf: choices }),
    ...(nullable && { nullable: true }),
    ...(spread ? ofNoType(keywords) : keywords),
  }
}

/** The alternatives of a schema without null, and whether null is among them. */
function choicesOf({ anyOf, oneOf, type, enum: values, nullable }: JsonSchema): {
  kept: JsonSchema[]
  nullable: boolean
} {
  const choices = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? list.filter(isRecord) : []))
  const kept = choices.filter((choice) => choice['type'] !== 'null')
  const listed = [type, values].some(
    (list) => Array.isArray(list) && list.some((item) => item === 'null' || item === null),
  )
  return { kept, nullable: nullable === true || listed || kept.length < choices.length }
}

function typesOf({ type }: JsonSchema, keywords: JsonSchema): unknown[] {
  if (Array.isArray(type)) return type.filter((name) => name !== 'null')
  if (type !== undefined) return [type]
  return keywords['enum'] === undefined ? [] : ['string']
}

function knownKeywords(part: JsonSchema): JsonSchema {
  const { type, const: constant, enum: values, prefixItems, exclusiveMinimum, exclusiveMaximum } = part
  const allowed =
    constant !== undefined ? [constant] : Array.isArray(values) ? values.filter((item) => item !== null) : []
  const whole = type === 'integer'
  const known: Record<string, unknown> = {
    ...(Array.isArray(prefixItems) && { items: oneOfThese(prefixItems) }),
    ...(whole && typeof exclusiveMinimum === 'number' && { minimum: exclusiveMinimum + 1 }),
    ...(whole && typeof exclusiveMaximum === 'number' && { maximum: exclusiveMaximum - 1 }),
    ...Object.fromEntries(Object.entries(part).filter(([keyword]) => GEMINI_KEYWORDS.has(keyword))),
  }
  delete known['enum']
  if (!GEMINI_FORMATS.has(known['format'])) delete known['format']
  const named = allowed.length > 0 && allowed.every((item) => typeof item === 'string')
  return named ? { ...known, enum: allowed } : known
}

function ofType(type: unknown, keywords: JsonSchema): JsonSchema {
  const own = GEMINI_TYPES[String(type)] ?? []
  return Object.fromEntries(Object.entries(keywords).filter(([keyword]) => own.includes(keyword)))
}

function ofNoType(keywords: JsonSchema): JsonSchema {
  const typed = new Set(Object.values(GEMINI_TYPES).flat())
  return Object.fromEntries(Object.entries(keywords).filter(([keyword]) => !typed.has(keyword)))
}

function oneOfThese(schemas: readonly unknown[]): unknown {
  const different = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]))
  return different.size === 1 ? schemas[0] : { anyOf: [...different.values()] }
}

/** All parts of `allOf` in one schema; where two say different things of one keyword, the later counts. */
function withoutAllOf({ allOf, ...schema }: JsonSchema): JsonSchema {
  if (!Array.isArray(allOf)) return schema
  return [...allOf.filter(isRecord), schema].reduce<JsonSchema>((all, part) => {
    const properties = { ...recordOf(all['properties']), ...recordOf(part['properties']) }
    const required = [all['required'], part['required']].flatMap((list) => (Array.isArray(list) ? list : []))
    return {
      ...all,
      ...part,
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required: [...new Set(required)] }),
    }
  }, {})
}

function recordOf(value: unknown): JsonSchema {
  return isRecord(value) ? value : {}
}

function mapItem(item: unknown, change: (schema: JsonSchema) => JsonSchema): unknown {
  return isRecord(item) ? mapSchema(item, change) : item
}
