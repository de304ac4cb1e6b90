import type { LLMContext } from '../context/llm-context.ts'
import { type ContentPart, isSpecificMessage, type Message, messageText } from '../context/messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import { type AdapterOptions, customTools, messagesFor, ownMessage, toolsFor, unsupported } from './conversation.ts'
import { cleanSchema } from './json-schema.ts'

/** An input item of OpenAI's Responses. */
export type OpenAIResponsesItem =
  | { role: 'system' | 'developer' | 'user'; content: OpenAIResponsesPart[] }
  | { role: 'assistant'; content: { type: 'output_text'; text: string }[] }
  | { type: 'function_call'; call_id: string; name: string; arguments: string }
  | { type: 'function_call_output'; call_id: string; output: string }

/** A part of an input message of OpenAI's Responses. */
export type OpenAIResponsesPart =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; detail: 'auto' | 'low' | 'high' }

/** A tool of OpenAI's Responses. */
export interface OpenAIResponsesTool {
  type: 'function'
  name: string
  description: string
  parameters: Record<string, unknown>
  strict: boolean
}

/** The part of a request to OpenAI's Responses that a context makes. */
export interface OpenAIResponsesRequest {
  instructions?: string
  input: OpenAIResponsesItem[]
  tools?: OpenAIResponsesTool[]
  tool_choice?: Exclude<ToolChoice, object> | { type: 'function'; name: string }
}

/**
 * A context in the shape of OpenAI's Responses. Own messages, reasoning items for example, and custom tools:
 * `openai-responses`. A system instruction of the service becomes `instructions`; that of the context stays a message.
 * The context is not changed.
 *
 * @throws PcError `unsupported-content` for audio.
 */
export function toOpenAIResponses(context: LLMContext, options: AdapterOptions = {}): OpenAIResponsesRequest {
  const { systemInstruction } = options
  const { tools, choice } = toolsFor(context, options)
  return {
    ...(systemInstruction !== undefined && { instructions: systemInstruction }),
    input: messagesFor(context, 'openai-responses', options).flatMap(toItems),
    ...(tools !== undefined && { tools: toTools(tools) }),
    ...(choice !== undefined && { tool_choice: toChoice(choice) }),
  }
}

function toItems(message: Message): OpenAIResponsesItem[] {
  if (isSpecificMessage(message)) return [ownMessage<OpenAIResponsesItem>(message)]
  if (message.role === 'tool') {
    return [{ type: 'function_call_output', call_id: message.tool_call_id, output: message.content }]
  }
  if (message.role !== 'assistant') {
    const parts: readonly ContentPart[] =
      typeof message.content === 'string' ? [{ type: 'text', text: message.content }] : message.content
    return [{ role: message.role, content: parts.map(toPart) }]
  }
  const text = messageText(message)
  const calls = (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }) => ({
    type: 'function_call' as const,
    call_id: id,
    name,
    arguments: args,
  }))
  return [...(text === '' ? [] : [{ role: message.role, content: [{ type: 'output_text' as const, text }] }]), ...calls]
}

function toPart(part: ContentPart): OpenAIResponsesPart {
  switch (part.type) {
    case 'text':
      return { type: 'input_text', text: part.text }
    case 'image_url':
      return { type: 'input_image', image_url: part.image_url.url, detail: part.image_url.detail ?? 'auto' }
    case 'input_audio':
      throw unsupported('audio', 'OpenAI Responses')
  }
}

function toTools(tools: ToolsSchema): OpenAIResponsesTool[] {
  const standard = tools.standardTools.map(({ name, description, parametersSchema }) => ({
    type: 'function' as const,
    name,
    description,
    parameters: { ...cleanSchema(parametersSchema) },
    // The strict form knows no optional arguments, and is the default where nothing is said.
    strict: false,
  }))
  return [...standard, ...customTools<OpenAIResponsesTool>(tools, 'openai-responses')]
}

function toChoice(choice: ToolChoice): NonNullable<OpenAIResponsesRequest['tool_choice']> {
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.function.name }
}
