import { isRecord } from './json-schema.ts'

const formats: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/,
  'date-time': /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/,
  email: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
  uuid: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
  uri: /^[a-z][a-z\d+.-]*:\S+$/i,
}

/**
 * Whether a value agrees with a JSON Schema (draft 2020-12). Knows the keywords that describe tool parameters: types,
 * `enum`, `const`, bounds, lengths, `pattern`, the common formats, arrays, objects, `anyOf`, `oneOf`, `allOf`, `not`
 * and `$ref` inside the same schema. A keyword that it does not know constrains nothing.
 */
export function agrees(value: unknown, schema: unknown, root: unknown = schema): boolean {
  if (typeof schema === 'boolean') return schema
  if (!isRecord(schema)) return true
  const { $ref: reference, enum: listed } = schema
  if (typeof reference === 'string' && !agrees(value, atPointer(reference, root), root)) return false
  if (!hasType(value, schema['type'])) return false
  if (Array.isArray(listed) && !listed.some((option) => isSame(option, value))) return false
  if ('const' in schema && !isSame(schema['const'], value)) return false
  if (!combinationsAgree(value, schema, root)) return false
  if (typeof value === 'string') return textAgrees(value, schema)
  if (typeof value === 'number') return numberAgrees(value, schema)
  if (Array.isArray(value)) return listAgrees(value, schema, root)
  return isRecord(value) ? objectAgrees(value, schema, root) : true
}

type Schema = { readonly [keyword: string]: unknown }

function atPointer(reference: string, root: unknown): unknown {
  if (reference === '#') return root
  if (!reference.startsWith('#/')) return true
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), root)
}

function hasType(value: unknown, type: unknown): boolean {
  if (Array.isArray(type)) return type.some((option) => hasType(value, option))
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return typeof type !== 'string' || typeof value === type
}

function combinationsAgree(value: unknown, schema: Schema, root: unknown): boolean {
  const { anyOf, oneOf, allOf } = schema
  if (Array.isArray(anyOf) && !anyOf.some((option) => agrees(value, option, root))) return false
  if (Array.isArray(oneOf) && oneOf.filter((option) => agrees(value, option, root)).length !== 1) return false
  if (Array.isArray(allOf) && !allOf.every((option) => agrees(value, option, root))) return false
  return !('not' in schema) || !agrees(value, schema['not'], root)
}

function textAgrees(value: string, schema: Schema): boolean {
  const { pattern, format } = schema
  const length = Array.from(value).length
  if (!within(length, schema['minLength'], schema['maxLength'])) return false
  if (typeof pattern === 'string' && compiled(pattern)?.test(value) === false) return false
  return typeof format !== 'string' || formats[format]?.test(value) !== false
}

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return undefined
  }
}

function numberAgrees(value: number, schema: Schema): boolean {
  const { exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (!within(value, schema['minimum'], schema['maximum'])) return false
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) return false
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) return false
  if (typeof multipleOf !== 'number' || multipleOf <= 0) return true
  const quotient = value / multipleOf
  return Math.abs(quotient - Math.round(quotient)) < 1e-9
}

function listAgrees(value: readonly unknown[], schema: Schema, root: unknown): boolean {
  const { items } = schema
  if (!within(value.length, schema['minItems'], schema['maxItems'])) return false
  if (items !== undefined && !value.every((item) => agrees(item, items, root))) return false
  return (
    schema['uniqueItems'] !== true ||
    value.every((item, index) => !value.slice(0, index).some((other) => isSame(other, item)))
  )
}

function objectAgrees(value: { readonly [key: string]: unknown }, schema: Schema, root: unknown): boolean {
  const { required, properties, additionalProperties } = schema
  if (Array.isArray(required) && !required.every((key) => typeof key !== 'string' || Object.hasOwn(value, key)))
    return false
  const known = isRecord(properties) ? properties : {}
  return Object.entries(value).every(([key, entry]) => {
    if (Object.hasOwn(known, key)) return agrees(entry, known[key], root)
    return additionalProperties === undefined || agrees(entry, additionalProperties, root)
  })
}

function within(value: number, low: unknown, high: unknown): boolean {
  return !(typeof low === 'number' && value < low) && !(typeof high === 'number' && value > high)
}

function isSame(left: unknown, right: unknown): boolean {
  return left === right || (typeof left === 'object' && JSON.stringify(left) === JSON.stringify(right))
}
