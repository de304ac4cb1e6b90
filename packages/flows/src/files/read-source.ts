import { type Document, isAlias, isCollection, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { FilePath, PlacedFault } from './file-path.ts'
import { plainCopy } from './plain-copy.ts'

/** How a flow is written. */
export type FlowFileFormat = 'json' | 'yaml'

/** The longest text that is read. */
const MAX_CHARACTERS = 2_000_000
const MAX_ALIASES = 100
const MAX_SYNTAX_FAULTS = 10

/** A place in a text, both counted from 1. */
interface TextPlace {
  readonly line: number
  readonly column: number
}

/** What a text or an object holds. */
export interface FlowSource {
  readonly value: unknown
  readonly faults: readonly (PlacedFault & Partial<TextPlace>)[]
  /** Where a path stands in the text, or else what is nearest above it; `undefined` for an object. */
  readonly locate: (path: FilePath) => TextPlace | undefined
}

/** Reads a flow without running anything in it; what cannot be read at all are `faults`. */
export function readSource(input: unknown, format: FlowFileFormat | undefined): FlowSource {
  if (typeof input !== 'string') return { ...plainCopy(input), locate: () => undefined }
  if (input.length > MAX_CHARACTERS) {
    return unreadable({ path: [], message: `has ${input.length} characters; the most is ${MAX_CHARACTERS}` })
  }
  return (format ?? (/^\s*[{[]/.test(input) ? 'json' : 'yaml')) === 'json' ? readJson(input) : readYaml(input)
}

function readJson(text: string): FlowSource {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const at = /position (\d+)/.exec(message)?.[1]
    const place = placeOf(text, at === undefined ? text.length : Number(at))
    return unreadable({ path: [], message: `is not JSON: ${message}`, ...place })
  }
  const { document, locate } = parse(text)
  const repeated = document.errors.filter(({ code }) => code === 'DUPLICATE_KEY')
  const { value: copy, faults } = plainCopy(value)
  return { value: copy, faults: [...repeated.map((error) => syntaxFault(text, error)), ...faults], locate }
}

function readYaml(text: string): FlowSource {
  const { document, locate } = parse(text)
  const problems = [...document.errors, ...document.warnings]
  const exhausted = problems.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (exhausted !== undefined) return unreadable({ path: [], message: 'is nested too deep' })
  if (problems.length > 0) {
    const faults = problems.slice(0, MAX_SYNTAX_FAULTS).map((error) => syntaxFault(text, error))
    return { value: undefined, faults, locate }
  }
  try {
    return { ...plainCopy(document.toJS({ maxAliasCount: MAX_ALIASES })), locate }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return unreadable({ path: [], message: `repeats itself by aliases too often, or refers to none: ${message}` })
  }
}

function unreadable(fault: PlacedFault & Partial<TextPlace>): FlowSource {
  return { value: undefined, faults: [fault], locate: () => undefined }
}

function parse(text: string): { readonly document: Document; readonly locate: FlowSource['locate'] } {
  const lines = new LineCounter()
  const document: Document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  })
  const locate = (path: FilePath): TextPlace | undefined => {
    const offset = offsetOf(document, path)
    if (offset === undefined) return undefined
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  return { document, locate }
}

function syntaxFault(
  text: string,
  { message, code, pos }: { readonly message: string; readonly code: string; readonly pos: readonly [number, number] },
): PlacedFault & TextPlace {
  const key = /^["']?([^"':\s]*)/.exec(text.slice(pos[0]))?.[1] ?? ''
  const what =
    code === 'DUPLICATE_KEY'
      ? `has the key "${key}" twice; remove one`
      : code === 'TAG_RESOLVE_FAILED'
        ? `${message}; only plain values can be read, remove the tag`
        : `is not YAML: ${message}`
  return { path: [], message: what, ...placeOf(text, pos[0]) }
}

function placeOf(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - (before.lastIndexOf('\n') + 1) + 1 }
}

/** Where the value begins, or its key where the value is a list or an object. */
function offsetOf(document: Document, path: FilePath): number | undefined {
  let node: Node | null | undefined = document.contents
  let offset = node?.range?.[0]
  for (const key of path) {
    const holder: unknown = isAlias(node) ? node.resolve(document) : node
    if (isMap(holder)) {
      const pair = holder.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key))
      if (pair === undefined) break
      node = nodeOf(pair.value)
      offset = (isCollection(node) || isAlias(node) ? nodeOf(pair.key) : node)?.range?.[0] ?? offset
    } else if (isCollection(holder)) {
      node = nodeOf(holder.items[Number(key)])
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return offset
}

function nodeOf(value: unknown): Node | undefined {
  return isScalar(value) || isCollection(value) || isAlias(value) ? value : undefined
}
