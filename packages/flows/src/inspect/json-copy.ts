import type { Json } from '../definition/json.ts'

/** Stands where a value is that JSON cannot say. @internal */
const NOT_JSON = '[not JSON]'

/** A copy of a value as JSON writes it; never throws. @internal */
export function jsonCopy(value: unknown): Json {
  try {
    const text: string | undefined = JSON.stringify(value)
    const copy: Json = text === undefined ? null : JSON.parse(text)
    return copy
  } catch {
    return NOT_JSON
  }
}
