import type { LLMContext } from '../context/llm-context.ts'
import { type ContentPart, isSpecificMessage, type LLMSpecificMessage, type Message } from '../context/messages.ts'
import { decodeToolContent } from '../context/tool-messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import {
  type AdapterOptions,
  customTools,
  messagesFor,
  ownMessage,
  parsedArguments,
  parseDataUrl,
  thoughtOf,
  toolCallsOf,
  toolsFor,
  withoutSystem,
} from './conversation.ts'
import { cleanSchema, toGeminiSchema } from './json-schema.ts'

/** A part of a content of Gemini. */
export type GeminiPart =
  | { text: string; thought?: boolean; thoughtSignature?: string }
  | { inlineData: { mimeType: string; data: string } }
  | { fileData: { fileUri: string } }
  | { functionCall: { name: string; args: Record<string, unknown> } }
  | { functionResponse: { name: string; response: Record<string, unknown> } }

/** A content of Gemini. */
export interface GeminiContent {
  role: 'user' | 'model'
  parts: GeminiPart[]
}

/** A function of Gemini; a schema with definitions goes as JSON Schema, any other in the provider's own form. */
export interface GeminiFunctionDeclaration {
  name: string
  description: string
  parameters?: Record<string, unknown>
  parametersJsonSchema?: Record<string, unknown>
}

/** A group of tools of Gemini. */
export interface GeminiTool {
  functionDeclarations?: GeminiFunctionDeclaration[]
  [other: string]: unknown
}

/** The part of a request to Gemini that a context makes. */
export interface GeminiRequest {
  systemInstruction?: { parts: { text: string }[] }
  contents: GeminiContent[]
  tools?: GeminiTool[]
  toolConfig?: { functionCallingConfig: { mode: 'AUTO' | 'ANY' | 'NONE'; allowedFunctionNames?: string[] } }
}

/**
 * A context in the shape of Gemini's generateContent. Own messages, contents with thought signatures for example, and
 * custom tools: `gemini`. All results of a group of calls are one content right behind it; calls are matched by their
 * order, ids are not sent. The context is not changed.
 */
export function toGemini(context: LLMContext, options: AdapterOptions = {}): GeminiRequest {
  const all = messagesFor(context, 'gemini', options)
  const { system, messages } = withoutSystem(all, options)
  const { tools, choice } = toolsFor(context, options)
  const names = new Map(all.flatMap(toolCallsOf).map((call) => [call.id, call.function.name]))
  const contents = merge(messages.map((message) => toContent(message, names)))
  return {
    ...(system !== undefined && { systemInstruction: { parts: [{ text: system }] } }),
    contents: contents.length > 0 ? contents : [{ role: 'user', parts: [{ text: '(The conversation begins.)' }] }],
    ...(tools !== undefined && { tools: toTools(tools) }),
    ...(choice !== undefined && { toolConfig: { functionCallingConfig: toConfig(choice) } }),
  }
}

function toContent(message: Message, names: ReadonlyMap<string, string>): GeminiContent {
  if (isSpecificMessage(message)) return toOwnContent(message)
  if (message.role === 'tool') {
    const name = names.get(message.tool_call_id) ?? message.tool_call_id
    return { role: 'user', parts: [{ functionResponse: { name, response: toResponse(message.content) } }] }
  }
  const parts = toParts(message.content ?? '')
  if (message.role !== 'assistant') return { role: 'user', parts }
  const calls = toolCallsOf(message).map((call) => ({
    functionCall: { name: call.function.name, args: parsedArguments(call) },
  }))
  return { role: 'model', parts: [...parts, ...calls] }
}

function toOwnContent(message: LLMSpecificMessage): GeminiContent {
  const thought = thoughtOf(message)
  if (thought === undefined) return ownMessage<GeminiContent>(message, 'parts')
  const { text, signature } = thought
  return {
    role: 'model',
    parts: [{ text, thought: true, ...(signature !== undefined && { thoughtSignature: signature }) }],
  }
}

/** A response must be an object. */
function toResponse(content: string): Record<string, unknown> {
  const state = decodeToolContent(content)
  if (state.status !== 'completed' || state.result === undefined) return { status: content }
  const { result } = state
  return typeof result === 'object' && result !== null && !Array.isArray(result) ? { ...result } : { result }
}

function toParts(content: string | readonly ContentPart[]): GeminiPart[] {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part) => (part.type === 'text' && part.text === '' ? [] : [toPart(part)]))
}

function toPart(part: ContentPart): GeminiPart {
  switch (part.type) {
    case 'text':
      return { text: part.text }
    case 'image_url': {
      const inlineData = parseDataUrl(part.image_url.url)
      return inlineData === undefined ? { fileData: { fileUri: part.image_url.url } } : { inlineData }
    }
    case 'input_audio':
      return { inlineData: { mimeType: `audio/${part.input_audio.format}`, data: part.input_audio.data } }
  }
}

/** Neighbours of one role become one content, but results of calls stay apart from other words of the user. */
function merge(contents: readonly GeminiContent[]): GeminiContent[] {
  const merged: GeminiContent[] = []
  for (const content of contents) {
    const last = merged.at(-1)
    if (content.parts.length === 0) continue
    if (last?.role === content.role && isResponse(last) === isResponse(content)) last.parts.push(...content.parts)
    else merged.push({ ...content, parts: [...content.parts] })
  }
  return merged
}

function isResponse({ parts }: GeminiContent): boolean {
  return parts.some((part) => 'functionResponse' in part)
}

function toTools(tools: ToolsSchema): GeminiTool[] {
  const functionDeclarations = tools.standardTools.map(
    ({ name, description, parametersSchema, properties, $defs }) => ({
      name,
      description,
      ...($defs !== undefined && { parametersJsonSchema: { ...cleanSchema(parametersSchema) } }),
      // An object without properties is refused.
      ...($defs === undefined &&
        Object.keys(properties).length > 0 && { parameters: { ...toGeminiSchema(parametersSchema) } }),
    }),
  )
  return [
    ...(functionDeclarations.length > 0 ? [{ functionDeclarations }] : []),
    ...customTools<GeminiTool>(tools, 'gemini'),
  ]
}

function toConfig(choice: ToolChoice): NonNullable<GeminiRequest['toolConfig']>['functionCallingConfig'] {
  if (typeof choice !== 'string') return { mode: 'ANY', allowedFunctionNames: [choice.function.name] }
  return { mode: choice === 'required' ? 'ANY' : choice === 'none' ? 'NONE' : 'AUTO' }
}
