import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import { type FunctionCallOptions, FunctionSchema, type JsonSchema, type ToolHandler } from '@pc/core'

/** A tool of a server and what a model is to make of it. */
export interface OfferedTool {
  readonly tool: Tool
  /** The name that the model sees. */
  readonly name: string
  readonly options: FunctionCallOptions
  readonly handler: ToolHandler
}

const LONGEST_NAME = 64

/**
 * The names under which a model gets the tools, by those that the server gave them: with the prefix, and `_` for what
 * models do not take in names. Names that become the same are numbered.
 */
export function toolNames(tools: readonly Tool[], prefix: string | undefined): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const { name } of tools) {
    const whole = (prefix === undefined ? name : `${prefix}_${name}`).replaceAll(/[^\w-]/g, '_')
    let unique = whole.slice(0, LONGEST_NAME)
    for (let number = 2; taken.has(unique); number++) {
      const ending = `_${number}`
      unique = whole.slice(0, LONGEST_NAME - ending.length) + ending
    }
    taken.add(unique)
    names.set(name, unique)
  }
  return names
}

/**
 * A tool as a function for a model.
 *
 * @throws PcError `invalid-tool` when its schema cannot be sent to one.
 */
export function toFunctionSchema({ tool, name, options, handler }: OfferedTool): FunctionSchema {
  const { properties = {}, required = [], $defs, definitions } = withModernRefs(tool.inputSchema)
  const shared = { ...(isSchemaMap(definitions) && definitions), ...(isSchemaMap($defs) && $defs) }
  const known = isSchemaMap(properties) ? properties : {}
  return new FunctionSchema({
    name,
    description: tool.description ?? tool.title ?? tool.annotations?.title ?? '',
    properties: known,
    required: Array.isArray(required) ? required.filter((key) => typeof key === 'string' && key in known) : [],
    ...(Object.keys(shared).length > 0 && { $defs: shared }),
    ...options,
    handler,
  })
}

/** Functions keep shared parts under `$defs` only; older schemas call the place `definitions`. */
function withModernRefs(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, modernRefs(value, key)]))
}

function modernRefs(value: unknown, key: string): unknown {
  if (key === '$ref' && typeof value === 'string') return value.replace(/^#\/definitions\//, '#/$defs/')
  if (Array.isArray(value)) return value.map((item) => modernRefs(item, ''))
  return isRecord(value) ? withModernRefs(value) : value
}

function isSchemaMap(value: unknown): value is Readonly<Record<string, JsonSchema>> {
  return isRecord(value) && Object.values(value).every(isRecord)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
