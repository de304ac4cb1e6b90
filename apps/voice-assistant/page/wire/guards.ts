/** An object of unknown fields. */
export type Fields = Record<string, unknown>

/** The value as an object, or undefined. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

/** The value as a string, or undefined. */
export function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The value as a finite number, or undefined. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** What `read` makes of the elements of an array; those it refuses are left out. */
export function listOf<T>(value: unknown, read: (element: unknown) => T | undefined): T[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((element: unknown) => {
    const item = read(element)
    return item === undefined ? [] : [item]
  })
}
