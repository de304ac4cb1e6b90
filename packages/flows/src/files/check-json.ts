import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema } from '@pc/core'
import { didYouMean } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, ownEntry, type PlacedFault } from './file-path.ts'

/** What a value is like, beside a schema. */
export interface JsonReport {
  readonly faults: readonly PlacedFault[]
  /** Keys that the schema allows but does not know. */
  readonly unknown: readonly UnknownKey[]
}

/** A key that nothing reads. */
interface UnknownKey {
  readonly path: FilePath
  readonly key: string
  readonly known: readonly string[]
}

const NOTHING: JsonReport = { faults: [], unknown: [] }
const MAX_DEPTH = 200
const MAX_REFS = 20
/** Far more than a flow needs: a schema that branches at each level of a deep value needs any number. */
const MAX_STEPS = 400_000

/**
 * Checks JSON against a JSON Schema of draft 2020-12. Understands `type enum const`, `properties required
 * additionalProperties propertyNames minProperties maxProperties`, `items prefixItems minItems maxItems uniqueItems`,
 * `minLength maxLength pattern`, `minimum maximum exclusiveMinimum exclusiveMaximum multipleOf`, `anyOf oneOf allOf not`
 * and `$ref` into the same schema; other keywords are notes.
 */
export function checkJson(root: JsonSchema, value: unknown): JsonReport {
  const check = new Check(root)
  const report = check.run(root, value, [])
  return check.gaveUp ? { faults: [{ path: [], message: 'takes too long to check' }], unknown: [] } : report
}

/** What a `$ref` such as `#/$defs/target` refers to. */
export function resolveRef(root: JsonSchema, ref: string): JsonSchema | undefined {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined
  let at: unknown = root
  for (const part of ref.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    at = isRecord(at) ? ownEntry(at, key) : Array.isArray(at) ? at[Number(key)] : undefined
  }
  return isRecord(at) ? at : undefined
}

class Check {
  readonly #root: JsonSchema
  #depth = 0
  #steps = 0

  constructor(root: JsonSchema) {
    this.#root = root
  }

  get gaveUp(): boolean {
    return this.#steps > MAX_STEPS
  }

  run(schema: unknown, value: unknown, path: FilePath): JsonReport {
    if (schema === false) return { faults: [{ path, message: 'is not allowed here' }], unknown: [] }
    this.#steps++
    if (!isRecord(schema) || this.#depth > MAX_DEPTH || this.gaveUp) return NOTHING
    this.#depth++
    try {
      return this.#check(schema, value, path)
    } finally {
      this.#depth--
    }
  }

  #check(schema: JsonRecord, value: unknown, path: FilePath): JsonReport {
    const wrong = typeFault(schema, value) ?? valueFault(schema, value)
    if (wrong !== undefined) return { faults: [{ path, message: wrong }], unknown: [] }
    const reports: JsonReport[] = []
    if (typeof schema['$ref'] === 'string') {
      reports.push(this.run(resolveRef(this.#root, schema['$ref']), value, path))
    }
    for (const part of listAt(schema, 'allOf')) reports.push(this.run(part, value, path))
    if (Array.isArray(schema['anyOf'])) reports.push(this.#anyOf(schema['anyOf'], value, path))
    if (Array.isArray(schema['oneOf'])) reports.push(this.#oneOf(schema['oneOf'], value, path))
    if (schema['not'] !== undefined && this.run(schema['not'], value, path).faults.length === 0) {
      reports.push({ faults: [{ path, message: 'is what it must not be' }], unknown: [] })
    }
    if (Array.isArray(value)) reports.push(...this.#items(schema, value, path))
    else if (isRecord(value)) reports.push(...this.#entries(schema, value, path))
    return joined(reports)
  }

  *#items(schema: JsonRecord, list: readonly unknown[], path: FilePath): Generator<JsonReport> {
    const first = listAt(schema, 'prefixItems')
    for (const [index, item] of list.entries()) {
      const part = index < first.length ? first[index] : schema['items']
      if (part !== undefined) yield this.run(part, item, [...path, index])
    }
  }

  *#entries(schema: JsonRecord, record: JsonRecord, path: FilePath): Generator<JsonReport> {
    const { properties, additionalProperties: others, propertyNames } = schema
    const known = isRecord(properties) ? properties : {}
    for (const key of listAt(schema, 'required')) {
      if (typeof key !== 'string' || Object.hasOwn(record, key)) continue
      const strange = Object.keys(record).filter((name) => !Object.hasOwn(known, name))
      const hint = didYouMean(key, strange).replace('Did you mean', 'Is it meant by')
      yield { faults: [{ path, message: `"${key}" is missing.${hint}` }], unknown: [] }
    }
    for (const [key, item] of Object.entries(record)) {
      const at = [...path, key]
      if (propertyNames !== undefined) yield this.run(propertyNames, key, at)
      if (Object.hasOwn(known, key)) yield this.run(known[key], item, at)
      else if (others === false) {
        const names = Object.keys(known)
        yield { faults: [{ path: at, message: `"${key}" is not known here.${didYouMean(key, names)}` }], unknown: [] }
      } else if (isRecord(others)) yield this.run(others, item, at)
      else if (isRecord(properties)) yield { faults: [], unknown: [{ path, key, known: Object.keys(known) }] }
    }
  }

  /** The report of the alternative that is meant, going by type, literals and the keys that must be there. */
  #anyOf(parts: readonly unknown[], value: unknown, path: FilePath): JsonReport {
    const chances = parts.map((part) => ({ part, misfits: this.#misfits(part, value) }))
    const least = Math.min(...chances.map(({ misfits }) => misfits))
    if (least === Infinity) {
      const wanted = parts.map((part) => this.#nameOf(part)).filter((name, index, all) => all.indexOf(name) === index)
      return { faults: [{ path, message: `is ${describe(value)}; expected ${wanted.join(', or ')}` }], unknown: [] }
    }
    let best: JsonReport | undefined
    for (const { part, misfits } of chances) {
      // Looking into each would take time that doubles with each level.
      if (misfits !== least) continue
      const report = this.run(part, value, path)
      if (report.faults.length === 0) return report
      if (best === undefined || report.faults.length < best.faults.length) best = report
      if (least > 0) break
    }
    return best ?? NOTHING
  }

  /** How many parts of a value do not suit a schema, without looking deeper; `Infinity` when the value itself does not. */
  #misfits(part: unknown, value: unknown, depth = 0): number {
    if (part === false) return Infinity
    if (!isRecord(part) || depth > MAX_REFS) return 0
    if (typeFault(part, value) !== undefined || valueFault(part, value) !== undefined) return Infinity
    const { $ref: ref, properties } = part
    if (typeof ref === 'string') return this.#misfits(resolveRef(this.#root, ref), value, depth + 1)
    if (Array.isArray(part['anyOf'])) {
      return Math.min(...part['anyOf'].map((inner: unknown) => this.#misfits(inner, value, depth + 1)))
    }
    if (!isRecord(value)) return 0
    const missing = listAt(part, 'required').filter((key) => typeof key === 'string' && !Object.hasOwn(value, key))
    const strange =
      part['additionalProperties'] === false
        ? Object.keys(value).filter((key) => !isRecord(properties) || !Object.hasOwn(properties, key))
        : []
    const wrong = Object.entries(value).filter(([key, item]) => {
      const schema = isRecord(properties) ? ownEntry(properties, key) : undefined
      return isRecord(schema) && ('const' in schema || 'enum' in schema) && valueFault(schema, item) !== undefined
    })
    return missing.length + strange.length + wrong.length
  }

  #oneOf(parts: readonly unknown[], value: unknown, path: FilePath): JsonReport {
    const good = parts.filter((part) => this.run(part, value, path).faults.length === 0)
    if (good.length < 2) return this.#anyOf(parts, value, path)
    return { faults: [{ path, message: 'fits several alternatives of which it must fit one' }], unknown: [] }
  }

  #nameOf(part: unknown): string {
    if (!isRecord(part)) return 'something else'
    if (typeof part['$ref'] === 'string') return this.#nameOf(resolveRef(this.#root, part['$ref']))
    if (Array.isArray(part['enum'])) return part['enum'].map((item) => JSON.stringify(item)).join(', or ')
    if ('const' in part) return JSON.stringify(part['const'])
    if (Array.isArray(part['anyOf'])) return part['anyOf'].map((inner) => this.#nameOf(inner)).join(', or ')
    return typeNames(part).map(article).join(', or ') || 'something else'
  }
}

function joined(reports: readonly JsonReport[]): JsonReport {
  return { faults: reports.flatMap(({ faults }) => faults), unknown: reports.flatMap(({ unknown }) => unknown) }
}

function listAt(schema: JsonRecord, keyword: string): readonly unknown[] {
  const list = schema[keyword]
  return Array.isArray(list) ? list : []
}

function typeNames({ type }: JsonRecord): readonly string[] {
  if (typeof type === 'string') return [type]
  return Array.isArray(type) ? type.filter((name) => typeof name === 'string') : []
}

function typeFault(schema: JsonRecord, value: unknown): string | undefined {
  const types = typeNames(schema)
  if (types.length === 0 || types.some((type) => hasType(value, type))) return undefined
  return `is ${describe(value)}; expected ${types.map(article).join(' or ')}`
}

function hasType(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isRecord(value)
  return type === 'null' ? value === null : typeof value === type
}

const NAMES: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'a text',
  null: 'null',
}

function article(type: string): string {
  return ownEntry(NAMES, type) ?? type
}

function describe(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return value.length > 40 ? 'a text' : JSON.stringify(value)
  return typeof value === 'object' ? 'an object' : (JSON.stringify(value) ?? 'nothing')
}

function valueFault(schema: JsonRecord, value: unknown): string | undefined {
  const { enum: allowed } = schema
  if ('const' in schema && !sameJson(schema['const'], value)) {
    return `is ${describe(value)}; expected ${JSON.stringify(schema['const'])}`
  }
  if (Array.isArray(allowed) && !allowed.some((item) => sameJson(item, value))) {
    const texts = allowed.filter((item) => typeof item === 'string')
    const hint = typeof value === 'string' ? didYouMean(value, texts) : ''
    return `is ${describe(value)}; expected one of ${allowed.map((item) => JSON.stringify(item)).join(', ')}.${hint}`
  }
  if (typeof value === 'string') return textFault(schema, value)
  if (typeof value === 'number') return numberFault(schema, value)
  const size = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : undefined
  if (size === undefined) return undefined
  const [least, most] = Array.isArray(value) ? ['minItems', 'maxItems'] : ['minProperties', 'maxProperties']
  if (below(size, schema[least!])) return `has ${size} entries; at least ${String(schema[least!])} are needed`
  if (above(size, schema[most!])) return `has ${size} entries; at most ${String(schema[most!])} are allowed`
  if (schema['uniqueItems'] === true && Array.isArray(value) && hasRepeated(value)) return 'has an entry twice'
  return undefined
}

function hasRepeated(list: readonly unknown[]): boolean {
  return list.some((item, index) => list.slice(0, index).some((earlier) => sameJson(earlier, item)))
}

function textFault(schema: JsonRecord, value: string): string | undefined {
  const { length } = Array.from(value)
  if (below(length, schema['minLength'])) {
    return length === 0 ? 'is empty' : `is shorter than ${String(schema['minLength'])} characters`
  }
  if (above(length, schema['maxLength'])) return `is longer than ${String(schema['maxLength'])} characters`
  const { pattern } = schema
  if (typeof pattern !== 'string' || patternOf(pattern)?.test(value) !== false) return undefined
  const { description } = schema
  return `is ${describe(value)}; expected ${typeof description === 'string' ? description : `what matches ${pattern}`}`
}

/** A pattern as JSON Schema wants it read; `undefined` for one that is none. */
export function patternOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return undefined
  }
}

function numberFault(schema: JsonRecord, value: number): string | undefined {
  const { minimum, maximum, exclusiveMinimum: over, exclusiveMaximum: under, multipleOf: step } = schema
  if (below(value, minimum)) return `is ${value}; at least ${String(minimum)} is needed`
  if (above(value, maximum)) return `is ${value}; at most ${String(maximum)} is allowed`
  if (typeof over === 'number' && value <= over) return `is ${value}; it must be more than ${over}`
  if (typeof under === 'number' && value >= under) return `is ${value}; it must be less than ${under}`
  if (typeof step === 'number' && !Number.isInteger(value / step)) return `is ${value}, which is no multiple of ${step}`
  return undefined
}

function below(value: number, limit: unknown): boolean {
  return typeof limit === 'number' && value < limit
}

function above(value: number, limit: unknown): boolean {
  return typeof limit === 'number' && value > limit
}

/** Whether two values are the same JSON; the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
}
