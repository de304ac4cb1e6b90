import type { LLMContext } from '../context/llm-context.ts'
import { type ContentPart, isSpecificMessage, type LLMSpecificMessage, type Message } from '../context/messages.ts'
import { FunctionSchema } from '../context/function-schema.ts'
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

/** A content block of Bedrock's Converse; `bytes` is base64. */
export type BedrockBlock =
  | { text: string }
  | { reasoningContent: { reasoningText: { text: string; signature: string } } }
  | { image: { format: string; source: { bytes: string } } }
  | { toolUse: { toolUseId: string; name: string; input: Record<string, unknown> } }
  | { toolResult: { toolUseId: string; content: { text: string }[] } }

/** A message of Bedrock's Converse. */
export interface BedrockMessage {
  role: 'user' | 'assistant'
  content: BedrockBlock[]
}

/** A tool of Bedrock's Converse. */
export interface BedrockTool {
  toolSpec: { name: string; description: string; inputSchema: { json: Record<string, unknown> } }
}

/** The part of a request to Bedrock's Converse that a context makes. */
export interface BedrockRequest {
  system?: { text: string }[]
  messages: BedrockMessage[]
  toolConfig?: {
    tools: BedrockTool[]
    toolChoice?: { auto: Record<string, never> } | { any: Record<string, never> } | { tool: { name: string } }
  }
}

/** Tools must be given whenever the history holds calls; this one stands in when there are none. */
const NO_OPERATION = new FunctionSchema({ name: 'no_operation', description: 'Does nothing. Never call it.' })

/**
 * A context in the shape of Bedrock's Converse. Own messages and custom tools: `bedrock`. The first message is the
 * user's and roles alternate. Converse cannot forbid tools: with the choice `none` they are not sent. The context is
 * not changed.
 *
 * @throws PcError `unsupported-content` for audio, and for images by address.
 */
export function toBedrock(context: LLMContext, options: AdapterOptions = {}): BedrockRequest {
  const { system, messages } = withoutSystem(messagesFor(context, 'bedrock', options), options)
  const { tools, choice } = toolsFor(context, options)
  const turns = mergeTurns(messages.map(toMessage), { role: 'user', content: [{ text: '(The conversation begins.)' }] })
  const offered = tools === undefined || choice === 'none' ? [] : toTools(tools)
  const needed = offered.length === 0 && turns.some(hasTools) ? [toTool(NO_OPERATION)] : offered
  return {
    ...(system !== undefined && { system: [{ text: system }] }),
    messages: turns,
    ...(needed.length > 0 && {
      toolConfig: { tools: needed, ...(choice !== undefined && choice !== 'none' && { toolChoice: toChoice(choice) }) },
    }),
  }
}

function toMessage(message: Message): BedrockMessage {
  if (isSpecificMessage(message)) return toOwnMessage(message)
  if (message.role === 'tool') {
    const { tool_call_id: toolUseId, content } = message
    return { role: 'user', content: [{ toolResult: { toolUseId, content: [{ text: content }] } }] }
  }
  const content = toBlocks(message.content ?? '')
  if (message.role !== 'assistant') return { role: 'user', content }
  const calls = (message.tool_calls ?? []).map((call) => ({
    toolUse: { toolUseId: call.id, name: call.function.name, input: parsedArguments(call) },
  }))
  return { role: 'assistant', content: [...content, ...calls] }
}

/** A thought without a signature is refused. */
function toOwnMessage(message: LLMSpecificMessage): BedrockMessage {
  const thought = thoughtOf(message)
  if (thought === undefined) return ownMessage<BedrockMessage>(message, 'content')
  const { text, signature } = thought
  return {
    role: 'assistant',
    content: signature === undefined ? [] : [{ reasoningContent: { reasoningText: { text, signature } } }],
  }
}

function toBlocks(content: string | readonly ContentPart[]): BedrockBlock[] {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part) => (part.type === 'text' && part.text.trim() === '' ? [] : [toBlock(part)]))
}

function toBlock(part: ContentPart): BedrockBlock {
  switch (part.type) {
    case 'text':
      return { text: part.text }
    case 'image_url': {
      const data = parseDataUrl(part.image_url.url)
      if (data === undefined) throw unsupported('an image by its address', 'Bedrock')
      return { image: { format: data.mimeType.replace('image/', ''), source: { bytes: data.data } } }
    }
    case 'input_audio':
      throw unsupported('audio', 'Bedrock')
  }
}

function hasTools({ content }: BedrockMessage): boolean {
  return content.some((block) => 'toolUse' in block || 'toolResult' in block)
}

function toTools(tools: ToolsSchema): BedrockTool[] {
  return [...tools.standardTools.map(toTool), ...customTools<BedrockTool>(tools, 'bedrock')]
}

function toTool({ name, description, parametersSchema }: FunctionSchema): BedrockTool {
  return { toolSpec: { name, description, inputSchema: { json: { ...cleanSchema(parametersSchema) } } } }
}

function toChoice(
  choice: Exclude<ToolChoice, 'none'>,
): NonNullable<NonNullable<BedrockRequest['toolConfig']>['toolChoice']> {
  if (typeof choice !== 'string') return { tool: { name: choice.function.name } }
  return choice === 'required' ? { any: {} } : { auto: {} }
}
