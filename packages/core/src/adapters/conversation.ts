import type { LLMContext } from '../context/llm-context.ts'
import {
  type ContentPart,
  isSpecificMessage,
  type LLMSpecificMessage,
  type Message,
  messageText,
  type MessageToolCall,
  type StandardMessage,
} from '../context/messages.ts'
import { encodeToolContent } from '../context/tool-messages.ts'
import type { ToolChoice, ToolsSchema } from '../context/tools.ts'
import { PcError } from '../runtime/errors.ts'
import { type Logger, silentLogger } from '../runtime/log.ts'
import { isRecord } from '../runtime/is-record.ts'

/** What every adapter takes beside the context. */
export interface AdapterOptions {
  /** The service's own instruction. Where a provider has one place for instructions it goes before that of the context. */
  readonly systemInstruction?: string | undefined
  /** Tools in place of those of the context; `null` for none. */
  readonly tools?: ToolsSchema | null | undefined
  /** In place of that of the context. */
  readonly toolChoice?: ToolChoice | undefined
  /** Hears of what could not be sent. Default: silent. */
  readonly log?: Logger | undefined
}

/** A message of the tool role. */
type ToolMessage = Extract<StandardMessage, { readonly role: 'tool' }>

/**
 * The messages of a context that `llm` may see. Each call is followed by its result, for providers refuse anything
 * else: results are moved up to their calls, a missing one counts as cancelled, one without a call is left out.
 */
export function messagesFor(context: LLMContext, llm: string, { log = silentLogger }: AdapterOptions): Message[] {
  const messages = context.getMessages(llm, log).flatMap((message) => readable(message, llm))
  const results = new Map<string, ToolMessage[]>()
  for (const message of messages) {
    if (!isTool(message)) continue
    const list = results.get(message.tool_call_id)
    if (list === undefined) results.set(message.tool_call_id, [message])
    else list.push(message)
  }
  const called = new Set(messages.flatMap(toolCallsOf).map(({ id }) => id))
  // A provider's own messages may hold calls that only it can read.
  const ownCalls = messages.some(isSpecificMessage)
  const paired: Message[] = []
  for (const message of messages) {
    if (isTool(message)) {
      if (called.has(message.tool_call_id)) continue
      if (ownCalls) paired.push(message)
      else log.log('warn', 'A tool message without its call is not sent.', { toolCallId: message.tool_call_id })
      continue
    }
    paired.push(message)
    for (const { id } of toolCallsOf(message)) paired.push(results.get(id)?.shift() ?? missingResult(id))
  }
  return paired
}

/** A thought of the model, as the assistant aggregator keeps it. */
export interface Thought {
  readonly text: string
  readonly signature: string | undefined
}

/** The thought that a provider's own message holds; `undefined` when it is another message. */
export function thoughtOf({ message }: LLMSpecificMessage): Thought | undefined {
  if (!isRecord(message) || message['type'] !== 'thought' || typeof message['text'] !== 'string') return undefined
  const { text, signature } = message
  return { text, signature: typeof signature === 'string' ? signature : undefined }
}

/** What a provider takes of a message: OpenAI no thoughts, and all but Gemini no pictures from the assistant. */
function readable(message: Message, llm: string): Message[] {
  if (isSpecificMessage(message)) return llm.startsWith('openai') && thoughtOf(message) !== undefined ? [] : [message]
  if (llm === 'gemini' || message.role !== 'assistant' || !Array.isArray(message.content)) return [message]
  const parts: readonly ContentPart[] = message.content
  const words = parts.filter(({ type }) => type === 'text')
  const media = parts.filter(({ type }) => type !== 'text')
  if (media.length === 0) return [message]
  const own = words.length > 0 || toolCallsOf(message).length > 0 ? [{ ...message, content: words }] : []
  return [...own, { role: 'user', content: [{ type: 'text', text: PICTURE_NOTE }, ...media] }]
}

const PICTURE_NOTE = '(The assistant showed this.)'

/** The calls that a message makes. */
export function toolCallsOf(message: Message): readonly MessageToolCall[] {
  return !isSpecificMessage(message) && message.role === 'assistant' ? (message.tool_calls ?? []) : []
}

/** A conversation for a provider that takes instructions apart from the messages. */
export interface Conversation {
  readonly system: string | undefined
  readonly messages: readonly Message[]
}

/**
 * Takes the system messages at the beginning out. The last of them stays, as a message of the user, when there is
 * nothing else to answer. Other system and developer messages become messages of the user.
 */
export function withoutSystem(messages: readonly Message[], options: AdapterOptions): Conversation {
  let first = messages.findIndex((message) => isSpecificMessage(message) || message.role !== 'system')
  if (first < 0) first = Math.max(0, messages.length - 1)
  const own = messages
    .slice(0, first)
    .flatMap((message) => (isSpecificMessage(message) ? [] : [messageText(message)]))
    .join('\n\n')
  const { systemInstruction, log = silentLogger } = options
  if (systemInstruction !== undefined && own !== '') {
    log.log('warn', 'The service and the context both have a system instruction: that of the service is sent.')
  }
  return {
    system: systemInstruction ?? (own === '' ? undefined : own),
    messages: messages.slice(first).map(asUser),
  }
}

/** System and developer messages as the user's, on a copy; others as they are. */
export function asUser(message: Message): Message {
  if (isSpecificMessage(message) || (message.role !== 'system' && message.role !== 'developer')) return message
  return { ...message, role: 'user' }
}

/** The tools to send and how to choose among them; a choice without tools is none. */
export function toolsFor(
  context: LLMContext,
  options: AdapterOptions,
): { tools: ToolsSchema | undefined; choice: ToolChoice | undefined } {
  const tools = options.tools === null ? undefined : (options.tools ?? context.tools)
  const choice = options.toolChoice ?? context.toolChoice
  return tools === undefined || tools.isEmpty ? { tools: undefined, choice: undefined } : { tools, choice }
}

/** The arguments of a call as an object; what is no JSON object counts as none. */
export function parsedArguments(call: MessageToolCall): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(call.function.arguments)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

/**
 * A provider's own message, as it is; `list` names the list that it must have.
 *
 * @throws PcError `invalid-specific-message` when it is no object or has no such list.
 */
export function ownMessage<T extends object>({ llm, message }: LLMSpecificMessage, list?: keyof T & string): T {
  if (isRecord(message) && (list === undefined || Array.isArray(message[list]))) return { ...message } as T
  const shape = list === undefined ? 'an object' : `an object with a list of ${list}`
  throw new PcError(`A message for ${llm} alone is not ${shape}: it must have the shape of that provider.`, {
    code: 'invalid-specific-message',
    kind: 'invalid-request',
  })
}

/** The tools in the provider's own shape. */
export function customTools<T extends object>(tools: ToolsSchema, llm: string): T[] {
  return (tools.customTools[llm] ?? []).map((tool) => ({ ...tool }) as T)
}

/** The error of an adapter whose provider cannot take a part of the context. */
export function unsupported(what: string, provider: string): PcError {
  return new PcError(
    `The context holds ${what}, which cannot be sent to ${provider}: take the message out, or use a model that takes it.`,
    { code: 'unsupported-content', kind: 'invalid-request' },
  )
}

/** `data:` URL to its parts; `undefined` for any other URL. */
export function parseDataUrl(url: string): { mimeType: string; data: string } | undefined {
  const [, mimeType, data] = /^data:([^;,]+)[^,]*;base64,(.*)$/s.exec(url) ?? []
  return mimeType === undefined || data === undefined ? undefined : { mimeType, data }
}

function missingResult(id: string): ToolMessage {
  return { role: 'tool', tool_call_id: id, content: encodeToolContent({ status: 'cancelled' }) }
}

function isTool(message: Message): message is ToolMessage {
  return !isSpecificMessage(message) && message.role === 'tool'
}
