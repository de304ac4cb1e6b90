import type { JSONSchema7 } from '@ai-sdk/provider'
import type { ToolChoice, ToolsSchema } from '@pc/core'
import { cleanSchema } from '@pc/core/adapters'

/** A tool that runs at the provider. */
interface ProviderTool<Type extends string> {
  type: Type
  id: `${string}.${string}`
  name: string
  args: Record<string, unknown>
}

interface FunctionTool {
  type: 'function'
  name: string
  description: string
  inputSchema: JSONSchema7
}

type Choice = { type: 'auto' | 'none' | 'required' } | { type: 'tool'; toolName: string }

/**
 * The tools of a request and how to choose among them; `type` is what the version calls tools that run at the provider.
 * Those stand in a context as custom tools for `ai-sdk`: `{ id: 'openai.web_search', args: {} }`, with a `name` if it is
 * not the second half of the id.
 */
export function toolsOf<Type extends string>(
  { tools, toolChoice }: { readonly tools: ToolsSchema | undefined; readonly toolChoice: ToolChoice | undefined },
  type: Type,
): { tools?: (FunctionTool | ProviderTool<Type>)[]; toolChoice?: Choice } {
  if (tools === undefined || tools.isEmpty) return {}
  return { tools: toTools(tools, type), ...(toolChoice !== undefined && { toolChoice: toToolChoice(toolChoice) }) }
}

function toTools<Type extends string>(tools: ToolsSchema, type: Type): (FunctionTool | ProviderTool<Type>)[] {
  const functions = tools.standardTools.map(({ name, description, parametersSchema }) => ({
    type: 'function' as const,
    name,
    description,
    inputSchema: cleanSchema(parametersSchema) as JSONSchema7,
  }))
  const own = (tools.customTools['ai-sdk'] ?? []).flatMap(({ id, name, args }) => {
    if (!isToolId(id)) return []
    const [, ...rest] = id.split('.')
    return [{ type, id, name: typeof name === 'string' ? name : rest.join('.'), args: isRecord(args) ? args : {} }]
  })
  return [...functions, ...own]
}

function toToolChoice(choice: ToolChoice): Choice {
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', toolName: choice.function.name }
}

function isToolId(value: unknown): value is `${string}.${string}` {
  return typeof value === 'string' && value.includes('.')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
