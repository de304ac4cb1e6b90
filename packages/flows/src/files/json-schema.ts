import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema, SchemaIssue, StandardSchema } from '@pc/core'
import { checkJson, patternOf, resolveRef } from './check-json.ts'
import { didYouMean } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, listOf, ownEntry, type PlacedFault } from './file-path.ts'

/**
 * A JSON Schema as a Standard Schema, typed by its user. Fills in `default`s of absent properties.
 *
 * ```ts
 * parameters: jsonSchema<{ size: 'small' | 'large' }>({
 *   type: 'object',
 *   properties: { size: { enum: ['small', 'large'] } },
 *   required: ['size'],
 * })
 * ```
 */
export function jsonSchema<Value>(schema: JsonSchema): StandardSchema<unknown, Value> {
  return {
    '~standard': {
      version: 1,
      vendor: '@pc/flows',
      validate: (value) => {
        const filled = withDefaults(schema, schema, value)
        const issues = issuesOf(schema, filled)
        // The schema is what the caller says about the type.
        return issues.length > 0 ? { issues } : { value: filled as Value }
      },
      jsonSchema: { input: () => ({ ...schema }) },
    },
  }
}

function issuesOf(schema: JsonSchema, value: unknown): readonly SchemaIssue[] {
  return checkJson(schema, value).faults.map(({ path, message }) => ({ path, message }))
}

const MAX_DEPTH = 64

function withDefaults(root: JsonSchema, schema: unknown, value: unknown, depth = 0): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return value
  const { $ref: ref } = schema
  if (typeof ref === 'string') return withDefaults(root, resolveRef(root, ref), value, depth + 1)
  if (Array.isArray(value)) return value.map((item) => withDefaults(root, schema['items'], item, depth + 1))
  if (!isRecord(value) || !isRecord(schema['properties'])) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [key, part] of Object.entries(schema['properties'])) {
    if (Object.hasOwn(filled, key)) filled[key] = withDefaults(root, part, filled[key], depth + 1)
    else if (isRecord(part) && part['default'] !== undefined) filled[key] = structuredClone(part['default'])
  }
  return filled
}

const TYPES: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null'])
const PART_LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const PARTS = ['items', 'additionalProperties', 'propertyNames', 'not']
const PART_MAPS = ['properties', '$defs']

/** What is wrong with a schema of an object that an author wrote. */
export function schemaFaults(schema: JsonRecord, path: FilePath): readonly PlacedFault[] {
  if (schema['type'] === 'object') return partFaults(schema, schema, path)
  return [{ path, message: 'is not the schema of an object; write type: object and its properties' }]
}

function partFaults(root: JsonRecord, schema: unknown, path: FilePath): readonly PlacedFault[] {
  if (typeof schema === 'boolean') return []
  if (!isRecord(schema)) return [{ path, message: 'is no schema; write an object such as { type: string }' }]
  const faults: PlacedFault[] = []
  const { type, required, pattern, properties, $ref: ref } = schema
  for (const name of Array.isArray(type) ? type : [type]) {
    if (name === undefined || (typeof name === 'string' && TYPES.has(name))) continue
    const hint = typeof name === 'string' ? didYouMean(name, TYPES) : ''
    faults.push({
      path: [...path, 'type'],
      message: `is no type of JSON Schema; there are ${[...TYPES].join(', ')}.${hint}`,
    })
  }
  if (properties !== undefined && !isRecord(properties)) {
    faults.push({ path: [...path, 'properties'], message: 'is no object of schemas by name' })
  }
  for (const [index, key] of listOf(required).entries()) {
    if (typeof key === 'string' && (!isRecord(properties) || Object.hasOwn(properties, key))) continue
    const hint = typeof key === 'string' && isRecord(properties) ? didYouMean(key, Object.keys(properties)) : ''
    faults.push({ path: [...path, 'required', index], message: `is not among the properties.${hint}` })
  }
  if (required !== undefined && !Array.isArray(required)) {
    faults.push({ path: [...path, 'required'], message: 'is no list of names' })
  }
  if (pattern !== undefined && (typeof pattern !== 'string' || patternOf(pattern) === undefined)) {
    faults.push({ path: [...path, 'pattern'], message: 'is no regular expression' })
  }
  if (schema['enum'] !== undefined && listOf(schema['enum']).length === 0) {
    faults.push({ path: [...path, 'enum'], message: 'is no list of values' })
  }
  if (ref !== undefined && (typeof ref !== 'string' || resolveRef(root, ref) === undefined)) {
    faults.push({ path: [...path, '$ref'], message: 'refers to nothing in this schema; write it as #/$defs/name' })
  }
  for (const key of PARTS) if (schema[key] !== undefined) faults.push(...partFaults(root, schema[key], [...path, key]))
  for (const key of PART_LISTS) {
    for (const [index, part] of listOf(schema[key]).entries())
      faults.push(...partFaults(root, part, [...path, key, index]))
  }
  for (const key of PART_MAPS) {
    const map = ownEntry(schema, key)
    if (!isRecord(map)) continue
    for (const [name, part] of Object.entries(map)) faults.push(...partFaults(root, part, [...path, key, name]))
  }
  return faults
}
