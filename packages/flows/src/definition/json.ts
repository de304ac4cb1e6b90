import { below } from './faults.ts'

/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Where a value stops being JSON, as a path such as `order.items.0`; `undefined` when all of it is. */
export function pathOfNonJson(value: unknown, path = '', above: readonly unknown[] = []): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path
  if (typeof value !== 'object' || above.includes(value)) return path
  const proto: unknown = Object.getPrototypeOf(value)
  const isList = Array.isArray(value)
  if (!isList && proto !== Object.prototype && proto !== null) return path
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined && !isList) continue
    const bad = pathOfNonJson(item, below(path, key), [...above, value])
    if (bad !== undefined) return bad
  }
  return undefined
}
