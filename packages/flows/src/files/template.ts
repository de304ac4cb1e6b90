import { isRecord } from '../definition/is-record.ts'
import type { Json } from '../definition/json.ts'
import { type Scope, valueAt } from './expression.ts'

/** `{{path}}`; `\{{` is written for two braces that are meant as such. */
const PLACES = /\\\{\{|\{\{([^{}]*)\}\}/g
const WHOLE = /^\{\{([^{}]*)\}\}$/

/** The paths that a text refers to, in order. */
export function pathsIn(text: string): string[] {
  return [...text.matchAll(PLACES)].flatMap((match) => (match[1] === undefined ? [] : [match[1].trim()]))
}

/** The path of a text that is one path alone. */
export function pathOf(text: string): string | undefined {
  return WHOLE.exec(text)?.[1]?.trim()
}

/** Whether a text depends on what it is rendered with. */
function isTemplate(text: string): boolean {
  return text.includes('{{')
}

/** The text with the values at its paths. Texts stand as they are, other values as JSON, absent ones as nothing. */
export function render(text: string, scope: Scope): string {
  if (!isTemplate(text)) return text
  return text.replaceAll(PLACES, (whole, path: string | undefined) => {
    if (path === undefined) return whole.slice(1)
    const value = valueAt(scope, path.trim())
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value)
  })
}

/** JSON with its texts rendered; a text that is one path alone becomes the value itself. */
export function renderJson(value: Json, scope: Scope): Json {
  if (typeof value === 'string') {
    const path = pathOf(value)
    return path === undefined ? render(value, scope) : jsonOf(valueAt(scope, path))
  }
  if (Array.isArray(value)) return value.map((item: Json) => renderJson(item, scope))
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renderJson(jsonOf(item), scope)]))
}

/** A value of a scope as JSON; what is none is `null`. */
export function jsonOf(value: unknown): Json {
  return isJson(value) ? value : null
}

function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isJson)
  return isRecord(value) && Object.values(value).every((item) => item === undefined || isJson(item))
}
