import type {
  LanguageModelV2FilePart,
  LanguageModelV2ReasoningPart,
  LanguageModelV2TextPart,
  LanguageModelV2ToolCallPart,
  LanguageModelV4FilePart,
} from '@ai-sdk/provider'
import { type ContentPart, isSpecificMessage, type LLMContext, type Message } from '@pc/core'
import {
  type AdapterOptions,
  messagesFor,
  parseDataUrl,
  parsedArguments,
  unsupported,
  withoutSystem,
} from '@pc/core/adapters'
import type { CallMemory } from './call-memory.ts'

/** A file: base64 text, or where it lies. */
type FileSource = { readonly data: string } | { readonly url: URL }

/** Makes the file part of a version of the SDK. */
export type FilePartOf<F> = (source: FileSource, file: { mediaType: string; providerOptions?: ImageOptions }) => F

type ImageOptions = { openai: { imageDetail: 'auto' | 'low' | 'high' } }
type AnyFilePart = LanguageModelV2FilePart | LanguageModelV4FilePart
type AssistantPart<F> = LanguageModelV2TextPart | LanguageModelV2ReasoningPart | LanguageModelV2ToolCallPart | F
interface ToolResult {
  type: 'tool-result'
  toolCallId: string
  toolName: string
  output: { type: 'text'; value: string }
}

/** A message of a prompt; versions differ in files only. */
export type PromptMessage<F extends AnyFilePart> =
  | { role: 'system'; content: string }
  | { role: 'user'; content: (LanguageModelV2TextPart | F)[] }
  | { role: 'assistant'; content: AssistantPart<F>[] }
  | { role: 'tool'; content: ToolResult[] }

/** How {@link toPrompt} writes. */
export interface PromptOptions<F extends AnyFilePart> extends AdapterOptions {
  readonly file: FilePartOf<F>
  readonly memory: CallMemory
  /** By media type, the addresses that the model can load from by itself. */
  readonly supportedUrls: Readonly<Record<string, readonly RegExp[]>>
}

/** Files as the SDK 5 and 6 take them. */
export const plainFile: FilePartOf<LanguageModelV2FilePart> = (source, rest) => ({
  type: 'file',
  data: 'url' in source ? source.url : source.data,
  ...rest,
})

/** Files as the SDK 7 takes them. */
export const taggedFile: FilePartOf<LanguageModelV4FilePart> = (source, rest) => ({
  type: 'file',
  data: 'url' in source ? { type: 'url', url: source.url } : { type: 'data', data: source.data },
  ...rest,
})

/**
 * A context as a prompt. System messages that do not stand at the beginning become the user's, since not all providers
 * take them elsewhere. The context is not changed.
 *
 * @throws PcError `unsupported-content` for the address of an image that the model cannot load by itself.
 */
export function toPrompt<F extends AnyFilePart>(context: LLMContext, options: PromptOptions<F>): PromptMessage<F>[] {
  const { system, messages } = withoutSystem(messagesFor(context, 'ai-sdk', options), options)
  const names = new Map<string, string>()
  const prompt: PromptMessage<F>[] = system === undefined ? [] : [{ role: 'system', content: system }]
  for (const message of messages) {
    const written = toMessage(message, names, options)
    if (written === undefined) continue
    const last = prompt.at(-1)
    if (written.role === 'tool' && last?.role === 'tool') last.content.push(...written.content)
    else prompt.push(written)
  }
  return prompt
}

function toMessage<F extends AnyFilePart>(
  message: Message,
  names: Map<string, string>,
  options: PromptOptions<F>,
): PromptMessage<F> | undefined {
  if (isSpecificMessage(message)) return undefined
  if (message.role === 'tool') {
    const { tool_call_id: toolCallId, content: value } = message
    const toolName = names.get(toolCallId) ?? 'unknown'
    return { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output: { type: 'text', value } }] }
  }
  const content = toParts(message.content ?? '', options)
  if (message.role !== 'assistant') return content.length === 0 ? undefined : { role: 'user', content }
  const calls = message.tool_calls ?? []
  const thoughts = calls.flatMap(({ id }) => options.memory.get(id)?.reasoning ?? [])
  const parts: AssistantPart<F>[] = [...thoughts, ...content]
  for (const call of calls) {
    const {
      id: toolCallId,
      function: { name: toolName },
    } = call
    names.set(toolCallId, toolName)
    const { providerOptions } = options.memory.get(toolCallId) ?? {}
    parts.push({
      type: 'tool-call',
      toolCallId,
      toolName,
      input: parsedArguments(call),
      ...(providerOptions && { providerOptions }),
    })
  }
  return parts.length === 0 ? undefined : { role: 'assistant', content: parts }
}

function toParts<F extends AnyFilePart>(
  content: string | readonly ContentPart[],
  options: PromptOptions<F>,
): (LanguageModelV2TextPart | F)[] {
  const parts: readonly ContentPart[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return parts.flatMap((part): (LanguageModelV2TextPart | F)[] => {
    switch (part.type) {
      case 'text':
        return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text }]
      case 'image_url':
        return [toImage(part.image_url, options)]
      case 'input_audio': {
        const { data, format } = part.input_audio
        return [options.file({ data }, { mediaType: format === 'mp3' ? 'audio/mpeg' : 'audio/wav' })]
      }
    }
  })
}

function toImage<F extends AnyFilePart>(
  { url, detail }: Extract<ContentPart, { readonly type: 'image_url' }>['image_url'],
  { file, supportedUrls }: PromptOptions<F>,
): F {
  const providerOptions = detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }
  const embedded = parseDataUrl(url)
  if (embedded !== undefined) {
    return file({ data: embedded.data }, { mediaType: embedded.mimeType, ...providerOptions })
  }
  const loadable = Object.entries(supportedUrls).some(
    ([mediaType, patterns]) =>
      /^(\*|\*\/\*|image\/.*)$/.test(mediaType) && patterns.some((pattern) => pattern.test(url)),
  )
  if (!URL.canParse(url) || !loadable) throw unsupported('the address of an image instead of the image', 'this model')
  return file({ url: new URL(url) }, { mediaType: 'image/*', ...providerOptions })
}
