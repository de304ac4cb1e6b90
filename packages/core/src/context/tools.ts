import { PcError } from '../runtime/errors.ts'
import type { UserTurnExpectation } from '../turns/user-turn-expectation.ts'
import { type FunctionDefinition, FunctionSchema } from './function-schema.ts'

/** How the model chooses among its tools. */
export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { readonly type: 'function'; readonly function: { readonly name: string } }

/** Tools in one provider's own shape, by the name of its adapter: `openai`, `openai-responses`, `anthropic`, `gemini`, `bedrock`. */
export type CustomTools = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

/** The fields of a {@link ToolsSchema}. */
export interface ToolsDefinition {
  readonly standardTools?: readonly FunctionDefinition[] | undefined
  readonly customTools?: CustomTools | undefined
}

/** Wherever tools are taken: a list of functions, or a schema. */
export type Tools = readonly FunctionDefinition[] | ToolsSchema

/**
 * The tools that a model may use.
 *
 * ```ts
 * new ToolsSchema([weather, booking])
 * new ToolsSchema({ standardTools: [weather], customTools: { gemini: [{ googleSearch: {} }] } })
 * ```
 *
 * @throws PcError `invalid-tool` for what is no function, `duplicate-tool` when two have one name.
 */
export class ToolsSchema {
  readonly standardTools: readonly FunctionSchema[]
  readonly customTools: CustomTools

  constructor(tools: readonly FunctionDefinition[] | ToolsDefinition) {
    const { standardTools = [], customTools = {} } = isList(tools) ? { standardTools: tools } : tools
    this.standardTools = standardTools.map(toFunctionSchema)
    this.customTools = customTools
    const names = new Set<string>()
    for (const { name } of this.standardTools) {
      if (names.has(name)) {
        throw new PcError(`Two functions are named "${name}": the model could not tell them apart.`, {
          code: 'duplicate-tool',
          kind: 'config',
        })
      }
      names.add(name)
    }
  }

  /** Whatever stands for tools as a schema; `undefined` when there are none, so that providers are sent none. */
  static from(tools: Tools | undefined): ToolsSchema | undefined {
    if (tools === undefined) return undefined
    const schema = isList(tools) ? new ToolsSchema(tools) : tools
    return schema.isEmpty ? undefined : schema
  }

  get isEmpty(): boolean {
    return this.standardTools.length === 0 && Object.values(this.customTools).every((list) => list.length === 0)
  }

  /** What the user will say, as the first function that expects something puts it. */
  get expectation(): UserTurnExpectation {
    return this.standardTools.find((tool) => tool.expects !== undefined)?.expects ?? 'free'
  }

  /** The function of this name. */
  find(name: string): FunctionSchema | undefined {
    return this.standardTools.find((tool) => tool.name === name)
  }
}

/**
 * Tells a model in words which functions came and went; `undefined` when none did. Custom tools do not count.
 */
export function describeToolChange(
  before: ToolsSchema | undefined,
  after: ToolsSchema | undefined,
): string | undefined {
  const names = (schema: ToolsSchema | undefined): string[] => (schema?.standardTools ?? []).map(({ name }) => name)
  const [old, now] = [names(before), names(after)]
  const list = (some: string[]): string =>
    some
      .sort()
      .map((name) => `\`${name}\``)
      .join(', ')
  const added = now.filter((name) => !old.includes(name))
  const removed = old.filter((name) => !now.includes(name))
  const sentences = [
    ...(added.length > 0 ? [`You can now call: ${list(added)}.`] : []),
    ...(removed.length > 0 ? [`You can no longer call: ${list(removed)}.`] : []),
  ]
  return sentences.length > 0 ? sentences.join(' ') : undefined
}

function toFunctionSchema(tool: FunctionDefinition): FunctionSchema {
  if (tool instanceof FunctionSchema) return tool
  if (typeof tool !== 'object' || tool === null) {
    throw new PcError(`A ${typeof tool} stands among the tools: use defineFunction or a FunctionSchema.`, {
      code: 'invalid-tool',
      kind: 'config',
    })
  }
  return new FunctionSchema(tool)
}

function isList(tools: Tools | ToolsDefinition): tools is readonly FunctionDefinition[] {
  return Array.isArray(tools)
}
