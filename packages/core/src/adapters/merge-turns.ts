/**
 * Joins neighbours of one role, drops empty messages, and begins with `opening` where the first is not the user's, as
 * providers want whose roles must alternate.
 */
export function mergeTurns<B, M extends { role: 'user' | 'assistant'; content: B[] }>(
  messages: readonly M[],
  opening: M,
): M[] {
  const merged: M[] = []
  for (const message of messages) {
    if (message.content.length === 0) continue
    const last = merged.at(-1)
    if (last?.role === message.role) last.content.push(...message.content)
    else merged.push({ ...message, content: [...message.content] })
  }
  return merged[0]?.role === 'user' ? merged : [opening, ...merged]
}
