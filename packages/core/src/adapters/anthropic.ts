import type { LLMContext } from '../context/llm-context.ts'
import { type ContentPart, isSpecificMessage, type LLMSpecificMessage, type Message } from '../context/messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import {
  type AdapterOptions,
  customTools,
  messagesFor,
  ownMessage,
  parsedArguments,
  parseDataUrl,
  thoughtOf,
  toolsFor,
  unsupported,
  withoutSystem,
} from './conversation.ts'
import { cleanSchema } from './json-schema.ts'
import { mergeTurns } from './merge-turns.ts'

/** A content block of Anthropic's Messages. */
export type AnthropicBlock =
  | { type: 'text'; text: string }
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'image'; source: { type: 'base64'; media_type: string; data: string } | { type: 'url'; url: string } }
  | { type: 'tool_use'; id: string; name: string; input: Record<string, unknown> }
  | { type: 'tool_result'; tool_use_id: string; content: string }

/** A message of Anthropic's Messages. */
export interface AnthropicMessage {
  role: 'user' | 'assistant'
  content: AnthropicBlock[]
}

/** A tool of Anthropic's Messages. */
export interface AnthropicTool {
  name: string
  description: string
  input_schema: Record<string, unknown>
}

/** The part of a request to Anthropic's Messages that a context makes. */
export interface AnthropicRequest {
  system?: string
  messages: AnthropicMessage[]
  tools?: AnthropicTool[]
  tool_choice?: { type: 'auto' | 'any' | 'none' } | { type: 'tool'; name: string }
}

/**
 * A context in the shape of Anthropic's Messages. Own messages, with thinking blocks for example, and custom tools:
 * `anthropic`. The first message is the user's, roles alternate, results come first in the message behind their calls,
 * no text is empty. The context is not changed.
 *
 * @throws PcError `unsupported-content` for audio.
 */
export function toAnthropic(context: LLMContext, options: AdapterOptions = {}): AnthropicRequest {
  const { system, messages } = withoutSystem(messagesFor(context, 'anthropic', options), options)
  const { tools, choice } = toolsFor(context, options)
  const turns = mergeTurns(messages.map(toMessage), {
    role: 'user',
    content: [{ type: 'text', text: '(The conversation begins.)' }],
  })
  trimEnd(turns.at(-1))
  return {
    ...(system !== undefined && { system }),
    messages: turns,
    ...(tools !== undefined && { tools: toTools(tools) }),
    ...(choice !== undefined && { tool_choice: toChoice(choice) }),
  }
}

function toMessage(message: Message): AnthropicMessage {
  if (isSpecificMessage(message)) return toOwnMessage(message)
  if (message.role === 'tool') {
    const { tool_call_id: id, content } = message
    return { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] }
  }
  const content = toBlocks(message.content ?? '')
  if (message.role !== 'assistant') return { role: 'user', content }
  const calls = (message.tool_calls ?? []).map((call) => ({
    type: 'tool_use' as const,
    id: call.id,
    name: call.function.name,
    input: parsedArguments(call),
  }))
  return { role: 'assistant', content: [...content, ...calls] }
}

/** A thought without a signature is refused. */
function toOwnMessage(message: LLMSpecificMessage): AnthropicMessage {
  const thought = thoughtOf(message)
  if (thought === undefined) return ownMessage<AnthropicMessage>(message, 'content')
  const { text, signature } = thought
  return {
    role: 'assistant',
    content: signature === undefined ? [] : [{ type: 'thinking', thinking: text, signature }],
  }
}

function toBlocks(content: string | readonly ContentPart[]): AnthropicBlock[] {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part) => (part.type === 'text' && part.text.trim() === '' ? [] : [toBlock(part)]))
}

function toBlock(part: ContentPart): AnthropicBlock {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text }
    case 'image_url': {
      const { url } = part.image_url
      const data = parseDataUrl(url)
      if (data === undefined) return { type: 'image', source: { type: 'url', url } }
      return { type: 'image', source: { type: 'base64', media_type: data.mimeType, data: data.data } }
    }
    case 'input_audio':
      throw unsupported('audio', 'Anthropic')
  }
}

/** White space at the end of a final message of the assistant is refused. */
function trimEnd(message: AnthropicMessage | undefined): void {
  if (message?.role !== 'assistant') return
  const last = message.content.pop()
  if (last !== undefined) message.content.push(last.type === 'text' ? { ...last, text: last.text.trimEnd() } : last)
}

function toTools(tools: ToolsSchema): AnthropicTool[] {
  const standard = tools.standardTools.map(({ name, description, parametersSchema }) => ({
    name,
    description,
    input_schema: { ...cleanSchema(parametersSchema) },
  }))
  return [...standard, ...customTools<AnthropicTool>(tools, 'anthropic')]
}

function toChoice(choice: ToolChoice): NonNullable<AnthropicRequest['tool_choice']> {
  if (typeof choice !== 'string') return { type: 'tool', name: choice.function.name }
  return { type: choice === 'required' ? 'any' : choice }
}
