import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema } from '@pc/core'
import { resolveRef } from './check-json.ts'
import { listOf } from './file-path.ts'

const MAX_DEPTH = 12

/** The TypeScript type of what a JSON Schema accepts, defaults filled in. */
export function typeOfSchema(schema: JsonSchema): string {
  return typeOf(schema, schema, 0)
}

function typeOf(root: JsonSchema, schema: unknown, depth: number): string {
  if (!isRecord(schema) || depth > MAX_DEPTH) return 'unknown'
  const { $ref: ref, enum: values, anyOf, oneOf, type } = schema
  if (typeof ref === 'string') return typeOf(root, resolveRef(root, ref), depth + 1)
  if ('const' in schema) return literalType(schema['const'])
  if (Array.isArray(values)) return union(values.map(literalType))
  const parts = anyOf ?? oneOf
  if (Array.isArray(parts)) return union(parts.map((part: unknown) => typeOf(root, part, depth + 1)))
  if (Array.isArray(type)) return union(type.map((name: unknown) => typeOf(root, { ...schema, type: name }, depth + 1)))
  switch (type) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'null':
      return type
    case 'integer':
      return 'number'
    case 'array': {
      const item = typeOf(root, schema['items'], depth + 1)
      return item.includes(' | ') ? `(${item})[]` : `${item}[]`
    }
    case 'object':
      return objectType(root, schema, depth)
    default:
      return 'unknown'
  }
}

function objectType(root: JsonSchema, schema: JsonSchema, depth: number): string {
  const { properties, additionalProperties: others } = schema
  if (!isRecord(properties) || Object.keys(properties).length === 0) {
    return isRecord(others) ? `Record<string, ${typeOf(root, others, depth + 1)}>` : 'Record<string, unknown>'
  }
  const fields = Object.entries(properties).map(([name, part]) => {
    const mark = isAlwaysThere(schema, name) ? '' : '?'
    return `${keyCode(name)}${mark}: ${typeOf(root, part, depth + 1)}`
  })
  return `{ ${fields.join('; ')} }`
}

/** Whether a property has a value whenever its object was accepted. */
export function isAlwaysThere(schema: JsonSchema, name: string): boolean {
  const part = isRecord(schema['properties']) ? schema['properties'][name] : undefined
  return listOf(schema['required']).includes(name) || (isRecord(part) && part['default'] !== undefined)
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ') || 'never'
}

function literalType(value: unknown): string {
  return typeof value === 'string'
    ? quoted(value)
    : typeof value === 'object' && value !== null
      ? 'unknown'
      : String(value)
}

/** A text as a literal of code. */
export function quoted(text: string): string {
  return `'${JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)
    .replaceAll(/[\u2028\u2029]/g, (mark) => (mark === '\u2028' ? String.raw`\u2028` : String.raw`\u2029`))}'`
}

/** A name as the key of an object. */
export function keyCode(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
}
