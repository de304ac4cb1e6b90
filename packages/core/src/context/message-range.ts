import { isSpecificMessage, type Message, messageText, type StandardMessage } from './messages.ts'
import { decodeBackgroundMessage, decodeToolContent } from './tool-messages.ts'

/** Made by a summarizer: pruning keeps them. */
const summaries = new WeakSet<Message>()

/** Makes the message that holds a summary. */
export function createSummaryMessage(content: string): StandardMessage {
  const message: StandardMessage = { role: 'user', content }
  summaries.add(message)
  return message
}

/** How many messages at the beginning are instructions, or the summary right behind them: they always stay. */
export function headLength(messages: readonly Message[], { summary }: { summary: boolean }): number {
  const first = messages.findIndex((message) => !isInstruction(message))
  const length = first < 0 ? messages.length : first
  const next = messages[length]
  return summary && next !== undefined && summaries.has(next) ? length + 1 : length
}

/**
 * Where a context may be cut: `cuts[i]` tells whether no call before message `i` has its result at `i` or later, or not
 * at all.
 */
export function legalCuts(messages: readonly Message[]): boolean[] {
  const settled = settledAt(messages)
  const cuts = Array.from<boolean>({ length: messages.length + 1 }).fill(true)
  messages.forEach((message, at) => {
    if (isSpecificMessage(message) || message.role !== 'assistant') return
    for (const { id } of message.tool_calls ?? []) {
      const until = settled.get(id) ?? messages.length
      for (let i = at + 1; i <= until; i++) cuts[i] = false
    }
  })
  return cuts
}

/** The index of the message that settles each call. */
function settledAt(messages: readonly Message[]): Map<string, number> {
  const settled = new Map<string, number>()
  messages.forEach((message, at) => {
    if (isSpecificMessage(message)) return
    if (message.role === 'tool') {
      if (decodeToolContent(message.content).status !== 'running') settled.set(message.tool_call_id, at)
    } else if (message.role === 'developer' && typeof message.content === 'string') {
      const report = decodeBackgroundMessage(message.content)
      if (report?.running === false) settled.set(report.toolCallId, at)
    }
  })
  return settled
}

/** A rough measure: a token per four characters of a text, ten per message and per call, 500 per image. */
export function estimateTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, message) => sum + (isSpecificMessage(message) ? 0 : tokensOf(message)), 0)
}

function tokensOf(message: StandardMessage): number {
  const { content } = message
  let tokens = 10 + (message.role === 'tool' ? 10 : 0)
  if (typeof content === 'string') tokens += textTokens(content)
  else
    for (const part of content ?? []) {
      if (part.type === 'text') tokens += textTokens(part.text)
      else tokens += part.type === 'image_url' ? 500 : 0
    }
  if (message.role === 'assistant')
    for (const { function: call } of message.tool_calls ?? [])
      tokens += 10 + textTokens(call.name) + textTokens(call.arguments)
  return tokens
}

function textTokens(text: string): number {
  return Math.floor(text.length / 4)
}

/** A conversation as text, for a model that is to read and not to take part. What only one provider understands is left out. */
export function transcriptOf(messages: readonly Message[]): string {
  return messages.flatMap((message) => (isSpecificMessage(message) ? [] : linesOf(message))).join('\n\n')
}

function linesOf(message: StandardMessage): string[] {
  const text = messageText(message)
  if (message.role === 'tool') return [`TOOL_RESULT[${message.tool_call_id}]: ${text}`]
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : []
  return [
    ...(text === '' ? [] : [`${message.role.toUpperCase()}: ${text}`]),
    ...calls.map(({ function: call }) => `TOOL_CALL: ${call.name}(${call.arguments})`),
  ]
}

function isInstruction(message: Message): boolean {
  return !isSpecificMessage(message) && (message.role === 'system' || message.role === 'developer')
}
