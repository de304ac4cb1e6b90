import { isRecord } from '../definition/is-record.ts'

/** Where something is in a file: keys and indices from the top. */
export type FilePath = readonly (string | number)[]

/** A fault of a part of a file, before its line is known. */
export interface PlacedFault {
  readonly path: FilePath
  readonly message: string
}

/** An object of a file, of which nothing is known yet. */
export type JsonRecord = { readonly [key: string]: unknown }

/** The value as an object; an empty one if it is none. What is wrong with it is the schema's to say. */
export function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {}
}

/** The value as a list; an empty one if it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The entry of that very name, not one that every object has. */
export function ownEntry<T>(record: { readonly [key: string]: T } | undefined, name: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** `nodes.confirm.functions.0`; for the top of a file `(top)`. */
export function pathText(path: FilePath): string {
  return path.length === 0 ? '(top)' : path.join('.')
}
