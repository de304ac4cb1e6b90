import { isRecord } from '../definition/is-record.ts'
import type { PlacedFault } from './file-path.ts'
import { type JsonRecord, listOf, recordOf } from './file-path.ts'
import type { Origins } from './origins.ts'

/** A file of another form as one of ours, and where its parts came from. */
export interface TranslatedFile {
  readonly file: JsonRecord
  readonly origins: Origins
  readonly faults: readonly PlacedFault[]
  readonly warnings: readonly FileWarning[]
}

/** Something that holds but looks wrong, before its line is known. */
export interface FileWarning extends PlacedFault {
  readonly code: 'unknown-key' | 'several-initial-nodes' | 'kept-code' | 'unregistered-action'
}

/** The entries of a record whose keys are not listed. */
export function restOf(record: JsonRecord, known: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !known.includes(key)))
}

/** The fields that are there. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** `context_strategy` as ours. */
export function contextOf(value: unknown): unknown {
  const { strategy, summary_prompt: prompt } = recordOf(value)
  if (typeof strategy !== 'string') return undefined
  return strategy.toLowerCase() === 'reset_with_summary' ? present({ summary: prompt }) : strategy.toLowerCase()
}

/** The role's text, and the messages that come before the task since a text cannot hold them. */
export function roleOf(record: JsonRecord): { readonly role: string | undefined; readonly before: readonly unknown[] } {
  if (typeof record['role_message'] === 'string') return { role: literal(record['role_message']), before: [] }
  const messages = messagesOf(record['role_messages'])
  const isRole = (message: unknown): boolean => {
    const { role } = recordOf(message)
    return role === 'system' || role === 'developer'
  }
  const texts = messages.filter(isRole).map((message) => recordOf(message)['content'])
  return {
    role: texts.length > 0 ? texts.join('\n') : undefined,
    before: messages.filter((message) => !isRole(message)),
  }
}

/** Messages whose texts mean what they say. */
export function messagesOf(value: unknown): readonly unknown[] {
  return listOf(value).map((message: unknown) => {
    if (!isRecord(message) || typeof message['content'] !== 'string') return message
    return { ...message, content: literal(message['content']) }
  })
}

/** A text in which braces are no template. */
function literal(text: string): string {
  return text.replaceAll('{{', String.raw`\{{`)
}

/** Actions with our names of fields, their handlers by plain name. */
export function actionsOf(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined
  return value.map((action: unknown) => {
    if (!isRecord(action)) return action
    const { append_text_to_context: append, handler, text, ...rest } = action
    return present({
      ...rest,
      handler: handlerName(handler),
      text: typeof text === 'string' ? literal(text) : text,
      appendTextToContext: append,
    })
  })
}

/** `__function__:name` as the name. */
export function handlerName(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^__function__:/, '') : value
}
