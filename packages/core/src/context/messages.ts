/** A part of a message's content. */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'image_url'
      readonly image_url: { readonly url: string; readonly detail?: 'auto' | 'low' | 'high' }
    }
  | { readonly type: 'input_audio'; readonly input_audio: { readonly data: string; readonly format: 'wav' | 'mp3' } }

/** A call as the model made it; `arguments` is JSON text. */
export interface MessageToolCall {
  readonly id: string
  readonly type: 'function'
  readonly function: { readonly name: string; readonly arguments: string }
}

/** A message in the universal shape, which is that of OpenAI chat. */
export type StandardMessage =
  | { readonly role: 'system' | 'developer'; readonly content: string | readonly ContentPart[] }
  | { readonly role: 'user'; readonly content: string | readonly ContentPart[]; readonly name?: string }
  | {
      readonly role: 'assistant'
      readonly content: string | readonly ContentPart[] | null
      readonly tool_calls?: readonly MessageToolCall[]
    }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }

/** A message that only one provider understands; others never see it. */
export interface LLMSpecificMessage {
  /** The adapter it is for, for example `anthropic`. */
  readonly llm: string
  readonly message: unknown
}

/** Any message of a context. */
export type Message = StandardMessage | LLMSpecificMessage

/** Tells provider-only messages from universal ones. */
export function isSpecificMessage(message: Message): message is LLMSpecificMessage {
  return 'llm' in message
}

/** The text of a message's content, parts joined by a space. */
export function messageText(message: StandardMessage): string {
  const { content } = message
  if (content === null) return ''
  if (typeof content === 'string') return content
  return content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join(' ')
}

/**
 * A copy for logs: embedded images and sounds are left out, and what only one provider understands is cut to 100
 * characters. It holds the words of the conversation, so log it under a name that begins with `pii.`.
 */
export function loggableMessages(messages: readonly Message[]): readonly Message[] {
  return messages.map((message) => {
    if (isSpecificMessage(message)) {
      return { llm: message.llm, message: (JSON.stringify(message.message) ?? '').slice(0, 100) }
    }
    if (message.role === 'tool' || typeof message.content === 'string' || message.content === null) return message
    return { ...message, content: message.content.map(withoutMedia) }
  })
}

function withoutMedia(part: ContentPart): ContentPart {
  if (part.type === 'input_audio') return { ...part, input_audio: { ...part.input_audio, data: '...' } }
  if (part.type === 'image_url' && part.image_url.url.startsWith('data:')) {
    return { ...part, image_url: { ...part.image_url, url: 'data:...' } }
  }
  return part
}
