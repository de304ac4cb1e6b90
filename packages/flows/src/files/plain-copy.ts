import type { FilePath, PlacedFault } from './file-path.ts'

/** The most values that a flow may have, what YAML aliases repeat counted each time. */
const MAX_VALUES = 50_000
const MAX_DEPTH = 64
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** A deep copy of JSON, and what in the value is not JSON or not safe to read. */
export function plainCopy(value: unknown): { readonly value: unknown; readonly faults: readonly PlacedFault[] } {
  const faults: PlacedFault[] = []
  const above = new Set<object>()
  let left = MAX_VALUES

  function copy(item: unknown, path: FilePath): unknown {
    if (--left < 0) {
      if (left === -1) faults.push({ path: [], message: `has more than ${MAX_VALUES} values; split it into sub-flows` })
      return null
    }
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item
    if (typeof item === 'number' && Number.isFinite(item)) return item
    if (typeof item !== 'object' || !isPlain(item)) {
      faults.push({ path, message: `is ${nameOf(item)}, and a file holds JSON only` })
      return null
    }
    if (above.has(item)) {
      faults.push({ path, message: 'refers back to what contains it; write the value out, or refer to it by a name' })
      return null
    }
    if (path.length >= MAX_DEPTH) {
      faults.push({ path, message: `is nested more than ${MAX_DEPTH} deep` })
      return null
    }
    above.add(item)
    const result = Array.isArray(item) ? copyList(item, path) : copyRecord(item, path)
    above.delete(item)
    return result
  }

  function copyList(list: readonly unknown[], path: FilePath): unknown[] {
    const result: unknown[] = []
    for (let index = 0; index < list.length && left >= 0; index++) result.push(copy(list[index], [...path, index]))
    return result
  }

  function copyRecord(record: object, path: FilePath): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(record)) {
      if (left < 0) break
      if (FORBIDDEN.has(key)) {
        faults.push({ path: [...path, key], message: `"${key}" cannot be a key; rename it` })
      } else if (item !== undefined) {
        result[key] = copy(item, [...path, key])
      }
    }
    return result
  }

  return { value: copy(value, []), faults }
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null
}

function nameOf(value: unknown): string {
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'special object'}`
  return typeof value === 'number' ? String(value) : `a ${typeof value}`
}
