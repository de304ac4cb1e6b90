import type { FlowManagerView } from './flow-context.ts'

/** What a custom action, or one of type `function`, runs. */
export type ActionHandler = (action: FlowAction, manager: FlowManagerView) => unknown

/**
 * Something that happens before or after a node's conversation. The types `tts_say`, `end_conversation` and `function`
 * are built in; others are registered at the manager or bring their handler. Further fields reach the handler.
 */
export interface FlowAction {
  readonly type: string
  readonly handler?: ActionHandler | undefined
  readonly text?: string | undefined
  /** Whether what `tts_say` and `end_conversation` say enters the context. Default true. */
  readonly appendTextToContext?: boolean | undefined
  readonly [field: string]: unknown
}

/** Says a text. */
export function say(text: string, options: { readonly appendTextToContext?: boolean } = {}): FlowAction {
  return { type: 'tts_say', text, ...options }
}

/** Says a text, if one is given, and ends the conversation when it was played. Actions behind it do not run. */
export function endConversation(text?: string): FlowAction {
  return { type: 'end_conversation', ...(text !== undefined && { text }) }
}

/** Runs a handler when all that was queued before it has been played; what stands behind it waits for it. */
export function runFunction(handler: ActionHandler): FlowAction {
  return { type: 'function', handler }
}
