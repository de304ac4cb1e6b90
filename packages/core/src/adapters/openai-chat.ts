import type { LLMContext } from '../context/llm-context.ts'
import {
  type ContentPart,
  isSpecificMessage,
  type Message,
  messageText,
  type StandardMessage,
} from '../context/messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import { type AdapterOptions, customTools, asUser, messagesFor, ownMessage, toolsFor } from './conversation.ts'
import { cleanSchema } from './json-schema.ts'

/** A part of a user message of OpenAI chat. */
export type OpenAIChatPart =
  | { type: 'text'; text: string }
  | { type: 'image_url'; image_url: { url: string; detail?: 'auto' | 'low' | 'high' } }
  | { type: 'input_audio'; input_audio: { data: string; format: 'wav' | 'mp3' } }

/** A message of OpenAI chat. */
export type OpenAIChatMessage =
  | { role: 'system'; content: string }
  | { role: 'developer'; content: string }
  | { role: 'user'; content: string | OpenAIChatPart[]; name?: string }
  | {
      role: 'assistant'
      content: string | null
      tool_calls?: { id: string; type: 'function'; function: { name: string; arguments: string } }[]
    }
  | { role: 'tool'; tool_call_id: string; content: string }

/** A tool of OpenAI chat. */
export interface OpenAIChatTool {
  type: 'function'
  function: { name: string; description: string; parameters: Record<string, unknown> }
}

/** The part of a request to OpenAI chat that a context makes. */
export interface OpenAIChatRequest {
  messages: OpenAIChatMessage[]
  tools?: OpenAIChatTool[]
  tool_choice?: Exclude<ToolChoice, object> | { type: 'function'; function: { name: string } }
}

/** What {@link toOpenAIChat} takes beside the context. */
export interface OpenAIChatOptions extends AdapterOptions {
  /** Send developer messages as the user's, for compatible servers that do not know the role. Default false. */
  readonly developerAsUser?: boolean | undefined
}

/**
 * A context in the shape of OpenAI's chat completions, which many other providers take too. Own messages and custom
 * tools: `openai`. A system instruction of the service goes ahead of that of the context; both are sent. The context is
 * not changed.
 */
export function toOpenAIChat(context: LLMContext, options: OpenAIChatOptions = {}): OpenAIChatRequest {
  const { systemInstruction } = options
  const { tools, choice } = toolsFor(context, options)
  const messages = messagesFor(context, 'openai', options).map((message) =>
    toMessage(options.developerAsUser && !isSystem(message) ? asUser(message) : message),
  )
  return {
    messages: [
      ...(systemInstruction === undefined ? [] : [{ role: 'system', content: systemInstruction } as const]),
      ...messages,
    ],
    ...(tools !== undefined && { tools: toTools(tools) }),
    ...(choice !== undefined && { tool_choice: structuredClone(choice) }),
  }
}

function isSystem(message: Message): boolean {
  return !isSpecificMessage(message) && message.role === 'system'
}

function toMessage(message: Message): OpenAIChatMessage {
  if (isSpecificMessage(message)) return ownMessage<OpenAIChatMessage>(message)
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: message.role, content: messageText(message) }
    case 'tool':
      return { role: 'tool', tool_call_id: message.tool_call_id, content: message.content }
    case 'user':
      return {
        role: 'user',
        content: toContent(message.content),
        ...(message.name !== undefined && { name: message.name }),
      }
    case 'assistant':
      return toAssistant(message)
  }
}

function toAssistant(message: Extract<StandardMessage, { role: 'assistant' }>): OpenAIChatMessage {
  const content = messageText(message)
  const { tool_calls: calls = [] } = message
  if (calls.length === 0) return { role: 'assistant', content }
  const toolCalls = calls.map(({ id, function: { name, arguments: args } }) => ({
    id,
    type: 'function' as const,
    function: { name, arguments: args },
  }))
  return { role: 'assistant', content: content === '' ? null : content, tool_calls: toolCalls }
}

function toContent(content: string | readonly ContentPart[]): string | OpenAIChatPart[] {
  return typeof content === 'string' ? content : content.map((part) => structuredClone(part))
}

function toTools(tools: ToolsSchema): OpenAIChatTool[] {
  const standard = tools.standardTools.map(({ name, description, parametersSchema }) => ({
    type: 'function' as const,
    function: { name, description, parameters: { ...cleanSchema(parametersSchema) } },
  }))
  return [...standard, ...customTools<OpenAIChatTool>(tools, 'openai')]
}
