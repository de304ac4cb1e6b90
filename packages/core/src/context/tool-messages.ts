import type { StandardMessage } from './messages.ts'

/** How far a call is, as its tool message says. */
export type ToolCallState =
  | { readonly status: 'running' }
  | { readonly status: 'cancelled' }
  /** `result` is `undefined` when there was none. */
  | { readonly status: 'completed'; readonly result: unknown }

const WORDS = { running: 'IN_PROGRESS', cancelled: 'CANCELLED', completed: 'COMPLETED' } as const

/** The content of a tool message; what JSON cannot express is said to be so. */
export function encodeToolContent(state: ToolCallState): string {
  if (state.status !== 'completed' || state.result === undefined || state.result === null) return WORDS[state.status]
  return toJson(state.result)
}

/** Reads the content of a tool message; text of other makers counts as a result. */
export function decodeToolContent(content: string): ToolCallState {
  if (content === WORDS.running) return { status: 'running' }
  if (content === WORDS.cancelled) return { status: 'cancelled' }
  if (content === WORDS.completed) return { status: 'completed', result: undefined }
  const result = parse(content)
  if (isBackgroundState(result))
    return result.status === 'running' ? { status: 'running' } : { status: 'completed', result }
  return { status: 'completed', result }
}

/** What a background call has to say: that it goes on, an intermediate result, its end. */
export type BackgroundCallState =
  | { readonly status: 'running'; readonly result?: unknown }
  | { readonly status: 'finished'; readonly result?: unknown }
  | { readonly status: 'cancelled' }

// The first must not describe the later messages: models then make one up.
const STARTED =
  'The function is running in the background and has no result yet. Do not call it again for this and do not guess what it will find; go on with the conversation.'
const FINISHED =
  'The function has finished with this result. Finish what you are talking about, then tell the user the result once.'
const CANCELLED = 'The function was cancelled. There will be no result.'

/** The tool message of a background call that begins. */
export function encodeBackgroundStart(toolCallId: string): string {
  return toJson({ type: 'async_tool', status: 'running', tool_call_id: toolCallId, description: STARTED })
}

/** The message by which a background call reports while the conversation goes on. */
export function backgroundMessage(toolCallId: string, state: BackgroundCallState): StandardMessage {
  const content = {
    type: 'async_tool',
    status: state.status === 'running' ? 'running' : 'finished',
    tool_call_id: toolCallId,
    ...(state.status !== 'cancelled' && state.result !== undefined && { result: state.result }),
    ...(state.status === 'finished' && { description: FINISHED }),
    ...(state.status === 'cancelled' && { description: CANCELLED }),
  }
  return { role: 'developer', content: toJson(content) }
}

/** The call that a message of the background form is about, and whether it still runs. */
export function decodeBackgroundMessage(content: string): { toolCallId: string; running: boolean } | undefined {
  const state = parse(content)
  return isBackgroundState(state) ? { toolCallId: state.tool_call_id, running: state.status === 'running' } : undefined
}

function isBackgroundState(value: unknown): value is { status: string; tool_call_id: string } {
  if (typeof value !== 'object' || value === null) return false
  const { type, status, tool_call_id: id } = value as Record<string, unknown>
  return type === 'async_tool' && typeof status === 'string' && typeof id === 'string'
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? WORDS.completed
  } catch {
    return JSON.stringify({ error: 'The result cannot be written as JSON.' })
  }
}
