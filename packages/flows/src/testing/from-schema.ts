import type { JsonSchema } from '@pc/core'
import type { FlowFunction } from '../definition/flow-function.ts'
import { toolOf } from '../definition/function-schema.ts'
import { fromPattern } from './from-pattern.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { isRecord } from '../definition/is-record.ts'

const NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Niklaus']
const WORDS = ['blue', 'seven', 'garden', 'window', 'morning', 'paper', 'river', 'lemon']
/** How deep a schema that refers to itself is followed. */
const DEEPEST = 6
/** Schema libraries bound integers by what a double can hold: that is no wish for large ones. */
const HUGE = 2 ** 40

/**
 * Arguments for a function, made from the JSON Schema of its parameters; the same for the same chance. Properties that
 * may be left out are there half of the time. What a schema checks beyond its JSON Schema is not looked at.
 *
 * @param random - where choices come from: a seed, or a function that gives numbers from 0 up to 1. Default: seed 1.
 * @throws InvalidFunctionError when the function's schema cannot be sent to a model.
 */
export function fromSchema(fn: FlowFunction, random: Random | number = 1): Record<string, unknown> {
  const schema = toolOf(fn).parametersSchema
  const value = new Generator(schema, typeof random === 'number' ? seededRandom(random) : random).value(schema)
  return isRecord(value) ? { ...value } : {}
}

class Generator {
  readonly #root: JsonSchema
  readonly #random: Random

  constructor(root: JsonSchema, random: Random) {
    this.#root = root
    this.#random = random
  }

  value(schema: JsonSchema, name = '', depth = 0): unknown {
    const { const: constant, enum: allowed, $ref, allOf } = schema
    if (constant !== undefined) return constant
    if (Array.isArray(allowed)) return this.#pick(allowed)
    if (typeof $ref === 'string') return this.value(this.#referred($ref), name, depth + 1)
    if (Array.isArray(allOf)) return this.value(merged(schema, allOf.filter(isRecord)), name, depth)
    const union = schema['anyOf'] ?? schema['oneOf']
    if (Array.isArray(union)) {
      const branches = union.filter(isRecord)
      // A branch without references ends what refers to itself.
      const ending = depth < DEEPEST ? [] : branches.filter((branch) => branch['$ref'] === undefined)
      return this.value(this.#pick(ending.length > 0 ? ending : branches), name, depth + 1)
    }
    return this.#ofType(schema, name, depth)
  }

  #ofType(schema: JsonSchema, name: string, depth: number): unknown {
    switch (this.#typeOf(schema)) {
      case 'string':
        return this.#string(schema, name)
      case 'integer':
        return this.#number({ ...schema, multipleOf: schema['multipleOf'] ?? 1 })
      case 'number':
        return this.#number(schema)
      case 'boolean':
        return this.#random() < 0.5
      case 'array':
        return this.#array(schema, name, depth)
      case 'object':
        return this.#object(schema, depth)
      case 'null':
        return null
      default:
        return this.#pick(WORDS)
    }
  }

  #typeOf({ type, properties, items }: JsonSchema): unknown {
    if (Array.isArray(type)) return this.#pick(type)
    return type ?? (properties !== undefined ? 'object' : items !== undefined ? 'array' : undefined)
  }

  #string(schema: JsonSchema, name: string): string {
    const { pattern, format } = schema
    // A format is also written as a pattern by some libraries, with look-aheads that only the format knows.
    const formatted = typeof format === 'string' ? this.#formatted(format) : undefined
    if (formatted !== undefined) return formatted
    const least = numberOr(schema['minLength'], 0)
    const most = numberOr(schema['maxLength'], Number.POSITIVE_INFINITY)
    if (typeof pattern === 'string') {
      for (let attempt = 0; attempt < 50; attempt++) {
        const text = fromPattern(pattern, this.#random)
        if (text === undefined) break
        if (text.length >= least && text.length <= most) return text
      }
    }
    let text = this.#pick(/name/i.test(name) ? NAMES : WORDS)
    while (text.length < least) text += ` ${this.#pick(WORDS)}`
    return text.slice(0, most)
  }

  #formatted(format: string): string | undefined {
    const digits = (count: number): string => String(this.#between(0, 10 ** count - 1)).padStart(count, '0')
    const date = (): string => `20${this.#between(26, 35)}-0${this.#between(1, 9)}-${this.#between(10, 28)}`
    const time = (): string => `${this.#between(10, 21)}:${this.#between(10, 59)}:00`
    switch (format) {
      case 'date':
        return date()
      case 'time':
        return `${time()}Z`
      case 'date-time':
        return `${date()}T${time()}Z`
      case 'duration':
        return `PT${this.#between(1, 59)}M`
      case 'email':
        return `${this.#pick(NAMES).toLowerCase()}@example.com`
      case 'uri':
      case 'url':
        return `https://example.com/${this.#pick(WORDS)}`
      case 'uuid':
        return `00000000-0000-4000-8000-${digits(12)}`
      case 'ipv4':
        return `192.0.2.${this.#between(1, 254)}`
      default:
        return undefined
    }
  }

  #number(schema: JsonSchema): number {
    const step = numberOr(schema['multipleOf'], 0)
    const gap = step > 0 ? step : 0.001
    const bound = (inclusive: unknown, exclusive: unknown, inward: number): number | undefined => {
      const found = [
        ...(typeof inclusive === 'number' ? [inclusive] : []),
        ...(typeof exclusive === 'number' ? [exclusive + inward] : []),
      ].filter((value) => Math.abs(value) < HUGE)
      return found.length === 0 ? undefined : inward > 0 ? Math.max(...found) : Math.min(...found)
    }
    const low = bound(schema['minimum'], schema['exclusiveMinimum'], gap)
    const high = bound(schema['maximum'], schema['exclusiveMaximum'], -gap)
    const from = low ?? (high === undefined ? 0 : high - 100)
    const to = high ?? from + 100
    if (step > 0) return this.#between(Math.ceil(from / step), Math.floor(to / step)) * step
    return Math.min(to, Math.max(from, Math.round((from + this.#random() * (to - from)) * 100) / 100))
  }

  #array(schema: JsonSchema, name: string, depth: number): unknown[] {
    const { items, prefixItems, uniqueItems } = schema
    const first = Array.isArray(prefixItems) ? prefixItems.filter(isRecord).map((item) => this.value(item)) : []
    if (!isRecord(items)) return first
    const least = numberOr(schema['minItems'], 0)
    const most = Math.min(numberOr(schema['maxItems'], Number.POSITIVE_INFINITY), Math.max(least, 1) + 2)
    const count = depth >= DEEPEST ? least : this.#between(Math.max(least, Math.min(1, most)), most)
    const values = [...first]
    const seen = new Set<string>()
    for (let attempt = 0; values.length < count && attempt < count * 20; attempt++) {
      const value = this.value(items, name, depth + 1)
      const key = JSON.stringify(value)
      if (uniqueItems === true && seen.has(key)) continue
      seen.add(key)
      values.push(value)
    }
    return values
  }

  #object(schema: JsonSchema, depth: number): Record<string, unknown> {
    const { properties, additionalProperties } = schema
    const required = Array.isArray(schema['required']) ? schema['required'] : []
    const result: Record<string, unknown> = {}
    for (const [key, property] of Object.entries(isRecord(properties) ? properties : {})) {
      const wanted = required.includes(key) || (depth < DEEPEST && this.#random() < 0.5)
      if (wanted && isRecord(property)) result[key] = this.value(property, key, depth + 1)
    }
    if (properties === undefined && isRecord(additionalProperties) && depth < DEEPEST) {
      result[this.#pick(WORDS)] = this.value(additionalProperties, '', depth + 1)
    }
    return result
  }

  #referred(pointer: string): JsonSchema {
    let at: unknown = this.#root
    for (const part of pointer.replace(/^#\/?/, '').split('/').filter(Boolean)) {
      at = isRecord(at) ? at[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined
    }
    return isRecord(at) ? at : {}
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!
  }

  /** A whole number, both ends included. */
  #between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (Math.max(low, high) - low + 1))
  }
}

function merged(schema: JsonSchema, parts: readonly JsonSchema[]): JsonSchema {
  const { allOf: _, ...own } = schema
  const all = [own, ...parts]
  const records = (keyword: string): object => Object.assign({}, ...all.map((part) => part[keyword]).filter(isRecord))
  const required = all.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : []))
  const properties = records('properties')
  return {
    ...Object.assign({}, ...all),
    ...(Object.keys(properties).length > 0 && { properties }),
    ...(required.length > 0 && { required }),
  }
}

function numberOr(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}
