/** What JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

/** Where a value stops being JSON, as a path such as `order.items.0`; `undefined` when all of it is. */
export function pathOfNonJson(value: unknown, path = ''): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : path
  if (typeof value !== 'object') return path
  const proto: unknown = Object.getPrototypeOf(value)
  if (!Array.isArray(value) && proto !== Object.prototype && proto !== null) return path
  return firstBadEntry(value, path, new Set())
}

function firstBadEntry(value: object, path: string, above: ReadonlySet<object>): string | undefined {
  if (above.has(value)) return path
  const within = new Set(above).add(value)
  for (const [key, item] of Object.entries(value)) {
    const at = path === '' ? key : `${path}.${key}`
    if (item === undefined && !Array.isArray(value)) continue
    const bad: string | undefined =
      typeof item === 'object' && item !== null && (Array.isArray(item) || isPlain(item))
        ? firstBadEntry(item, at, within)
        : pathOfNonJson(item, at)
    if (bad !== undefined) return bad
  }
  return undefined
}

function isPlain(value: object): boolean {
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null
}
