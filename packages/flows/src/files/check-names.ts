import { isRecord } from '../definition/is-record.ts'
import { didYouMean } from './did-you-mean.ts'
import { type FilePath, type JsonRecord, listOf, type PlacedFault } from './file-path.ts'
import { pathsIn } from './template.ts'

/**
 * What paths may begin with, and what each holds: the names that are known, or `undefined` where anything may be. The
 * fields of `bare` need no beginning.
 */
export interface PathNames {
  readonly roots: Readonly<Record<string, readonly string[] | undefined>>
  readonly bare?: { readonly names: readonly string[] | undefined } | undefined
}

/** What is wrong with a path such as `args.size`; `undefined` if nothing is. */
function pathFault(path: string, { roots, bare }: PathNames): string | undefined {
  const [root = '', field] = path.split('.')
  if (Object.hasOwn(roots, root)) {
    const known = roots[root]
    if (field === undefined || known === undefined || known.includes(field)) return undefined
    return `{{${path}}} refers to nothing: ${root} has no "${field}".${didYouMean(field, known)}`
  }
  if (bare !== undefined && (bare.names === undefined || bare.names.includes(root))) return undefined
  const names = [...Object.keys(roots), ...(bare?.names ?? [])]
  const fields = Object.entries(roots).find(([, known]) => known?.includes(root))
  const hint = fields === undefined ? didYouMean(root, names) : ` Did you mean "${fields[0]}.${path}"?`
  const choice = names.length === 0 ? 'there is nothing to refer to here' : `there is ${names.join(', ')}`
  return `{{${path}}} refers to nothing; ${choice}.${hint} Braces that are meant as such are written \\{{.`
}

/** What is wrong with the paths in the texts of a value. */
export function* templateFaults(value: unknown, path: FilePath, names: PathNames): Generator<PlacedFault> {
  if (typeof value === 'string') {
    for (const at of pathsIn(value)) {
      const message = pathFault(at, names)
      if (message !== undefined) yield { path, message }
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* templateFaults(item, [...path, index], names)
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) yield* templateFaults(item, [...path, key], names)
  }
}

/** What is wrong with the paths of an expression. */
export function* expressionFaults(value: unknown, path: FilePath, names: PathNames): Generator<PlacedFault> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* expressionFaults(item, [...path, index], names)
  } else if (isRecord(value)) {
    const at = value['path']
    const message = typeof at === 'string' ? pathFault(at, names) : undefined
    if (message !== undefined) yield { path: [...path, 'path'], message: message.replace(/ Braces that .*/, '') }
    yield* expressionFaults(value['left'], [...path, 'left'], names)
    yield* expressionFaults(value['right'], [...path, 'right'], names)
  }
}

/** Whether the texts of a value depend on anything. */
export function hasTemplates(value: unknown): boolean {
  if (typeof value === 'string') return pathsIn(value).length > 0
  if (Array.isArray(value)) return value.some(hasTemplates)
  return isRecord(value) && Object.values(value).some(hasTemplates)
}

/** The properties that a schema of an object allows; `undefined` where it allows any. */
export function propertiesOf(schema: JsonRecord | undefined): readonly string[] | undefined {
  if (schema === undefined) return undefined
  const { properties, additionalProperties: others, $ref, allOf, anyOf, oneOf } = schema
  if ($ref !== undefined || [allOf, anyOf, oneOf].some((part) => part !== undefined)) return undefined
  if (others === true || isRecord(others)) return undefined
  return isRecord(properties) ? Object.keys(properties) : []
}

/** The properties that a schema of an object demands. */
export function requiredOf(schema: JsonRecord | undefined): readonly string[] {
  return listOf(schema?.['required']).filter((key) => typeof key === 'string')
}
