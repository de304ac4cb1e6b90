import type { FlowDemo } from './flow-demo.ts'

/** A conversation's id is no longer than this. */
const LONGEST = 200

/** What a store knows a conversation by: what the client gave to `/start`, apart for each demo. */
export function conversationOf({ id }: Pick<FlowDemo, 'id'>, body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('conversationId' in body)) return undefined
  const { conversationId } = body
  if (typeof conversationId !== 'string' || conversationId === '' || conversationId.length > LONGEST) return undefined
  return `${id}/${conversationId}`
}
