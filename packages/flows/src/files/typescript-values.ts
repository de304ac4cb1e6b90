import { isRecord } from '../definition/is-record.ts'
import type { JsonSchema } from '@pc/core'
import { ownEntry } from './file-path.ts'
import { pathOf, pathsIn, render } from './template.ts'
import { isAlwaysThere, keyCode, quoted } from './typescript-types.ts'

/** What a piece of generated code may refer to. */
export interface CodeScope {
  /** The schemas of the variables whose fields are typed, by name. */
  readonly typed: Readonly<Record<string, JsonSchema | undefined>>
  /** The names that paths begin with, and the code that gives each. */
  readonly roots: Readonly<Record<string, string>>
  /** The fields of the input need no beginning. */
  readonly bare?: boolean | undefined
}

/** JSON as code. */
export function literalCode(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(literalCode).join(', ')}]`
  if (!isRecord(value)) return String(value)
  const fields = Object.entries(value).map(([key, item]) => `${keyCode(key)}: ${literalCode(item)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** A text of a file as code that gives the rendered text. */
export function textCode(text: string, scope: CodeScope): string {
  const paths = pathsIn(text)
  if (paths.length === 0) return quoted(render(text, {}))
  const simple = paths.every((path) => fieldCode(path, scope, ['string', 'number', 'integer', 'boolean']) !== undefined)
  if (!simple) return `render(${quoted(text)}, ${scopeCode(paths, scope)})`
  const marks = Object.fromEntries(paths.map((path, index) => [path, `\u{e000}${index}\u{e001}`]))
  const literal = render(text, nested(marks))
  const code = quoted(literal)
    .slice(1, -1)
    .replaceAll(String.raw`\'`, "'")
    .replaceAll('`', '\\`')
    .replaceAll('${', '\\${')
  return `\`${code.replaceAll(/\u{e000}(\d+)\u{e001}/gu, (_, index: string) => `\${${fieldCode(paths[Number(index)] ?? '', scope)}}`)}\``
}

/** JSON of a file as code; `wanted` names the type that it is for. */
export function jsonCode(value: unknown, scope: CodeScope, wanted?: string): string {
  if (typeof value === 'string') {
    const path = pathOf(value)
    if (path === undefined) return textCode(value, scope)
    return fieldCode(path, scope) ?? `valueAt<${wanted ?? 'Json'}>(${scopeCode([path], scope)}, ${quoted(path)})`
  }
  if (Array.isArray(value)) return `[${value.map((item) => jsonCode(item, scope)).join(', ')}]`
  if (!isRecord(value)) return String(value)
  const fields = Object.entries(value).map(([key, item]) => {
    const type = wanted === undefined ? undefined : `${wanted}[${quoted(key)}]`
    return `${keyCode(key)}: ${jsonCode(item, scope, type)}`
  })
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

/** The roots that paths begin with, as an object; a bare path is a field of the input. */
export function scopeCode(paths: readonly string[], { roots, bare }: CodeScope): string {
  const names = new Set(paths.map((path) => path.split('.')[0] ?? ''))
  const used = Object.entries(roots).filter(([root]) => names.has(root))
  const spread = bare === true && [...names].some((name) => !Object.hasOwn(roots, name)) ? ['...input'] : []
  const fields = used.map(([root, code]) => (root === code ? root : `${root}: ${code}`))
  return `{ ${[...spread, ...fields].join(', ')} }`
}

/** `args.size`, where the compiler knows that it is there and, if `types` are given, of one of them. */
function fieldCode(path: string, { typed, roots, bare }: CodeScope, types?: readonly string[]): string | undefined {
  const parts = path.split('.')
  const isBare = bare === true && !Object.hasOwn(roots, parts[0] ?? '')
  const [root = '', name, ...deeper] = isBare ? ['input', ...parts] : parts
  const schema = ownEntry(typed, root)
  if (schema === undefined || name === undefined || deeper.length > 0 || !isAlwaysThere(schema, name)) return undefined
  const part = isRecord(schema['properties']) ? schema['properties'][name] : undefined
  if (!isRecord(part) || (types !== undefined && !types.includes(String(part['type'])))) return undefined
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${root}.${name}` : `${root}[${quoted(name)}]`
}

/** Values by path as an object in which the paths lead to them. */
function nested(values: Readonly<Record<string, string>>): Record<string, unknown> {
  const top: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(values)) {
    const parts = path.split('.')
    let at = top
    for (const part of parts.slice(0, -1)) {
      const next = isRecord(at[part]) ? { ...at[part] } : {}
      at[part] = next
      at = next
    }
    at[parts.at(-1) ?? ''] = value
  }
  return top
}
