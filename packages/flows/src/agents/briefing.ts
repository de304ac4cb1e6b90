import { isSpecificMessage, type Message, messageText } from '@pc/core'
import { type Json, pathOfNonJson } from '../definition/json.ts'
import type { FlowHost } from '../manager/flow-host.ts'
import { summarize } from '../manager/node-entry.ts'
import type { Handoff, HandoffHistory } from './handoff.ts'

/** How the conversation so far is put into words. */
export interface BriefingOptions {
  readonly summaryPrompt: string
  readonly summaryTimeoutSecs: number
  /** So many of the last turns are handed on where there is no summary. */
  readonly verbatimTurns: number
}

export const SUMMARY_PROMPT =
  'Summarise the conversation for a colleague who takes it over: who the caller is, what they want, what was done and what is still open. Keep names, numbers and dates. At most five sentences.'

/**
 * The conversation so far, for the one who takes over. What is to be said is said meanwhile, and all that was said before
 * stands in the history by then.
 */
export async function brief(
  host: FlowHost,
  options: BriefingOptions,
  how: { readonly say: string | undefined; readonly history: HandoffHistory; readonly summary: boolean },
): Promise<string> {
  const { summaryPrompt, summaryTimeoutSecs, verbatimTurns } = options
  const [summary] = await Promise.all([
    how.summary ? summarize(summaryPrompt, summaryTimeoutSecs, host) : undefined,
    how.say === undefined ? host.settled() : sayTo(host, how.say),
  ])
  if (how.history === 'none') return ''
  return summary ?? lastTurns(host.messages(), verbatimTurns)
}

/** That a text could not be said does not hold the hand-off up. */
async function sayTo(host: FlowHost, text: string): Promise<void> {
  try {
    await host.speak(text, { appendToContext: true })
  } catch (error) {
    host.runtime.log.log('error', 'What was to be said on handing over could not be said.', { error })
  }
}

function lastTurns(messages: readonly Message[], count: number): string {
  const turns = messages.flatMap((message) => {
    if (isSpecificMessage(message) || (message.role !== 'user' && message.role !== 'assistant')) return []
    const text = messageText(message)
    return text === '' ? [] : [`${message.role === 'user' ? 'User' : 'Agent'}: ${text}`]
  })
  return turns.slice(-count).join('\n')
}

/** What the model is told of a hand-off, ahead of the task of its first node. */
export function takeOverMessages(handoff: Handoff, history: HandoffHistory, withNote: boolean): readonly Message[] {
  const { previousAgent, conversationSummary, customerContext, additionalContext, reason } = handoff
  const why = reason === undefined ? '' : ` The reason: ${reason}`
  const known = JSON.stringify({ customer: customerContext, context: additionalContext })
  const note = `You lead the conversation now: '${previousAgent ?? ''}' has handed it over to you.${why}\nWhat is known: ${known}`
  return [
    ...(history === 'summary' && conversationSummary !== ''
      ? [{ role: 'developer' as const, content: `The conversation so far:\n${conversationSummary}` }]
      : []),
    ...(withNote ? [{ role: 'developer' as const, content: note }] : []),
  ]
}

/** What the model is told when another agent has come back. */
export function handBackNote(agent: string, result: Json): Message {
  const content = `'${agent}' is done, and you lead the conversation again. The result: ${JSON.stringify(result)}\nGo on where you were.`
  return { role: 'developer', content }
}

/** What an agent reads that goes on: what it had read and what stands in the history now, each once. */
export function recall(before: readonly Message[], now: readonly Message[]): readonly Message[] {
  const here = new Set(now.map((message) => JSON.stringify(message)))
  return [...before.filter((message) => !here.has(JSON.stringify(message))), ...now]
}

/** The value where it is JSON, else nothing. */
export function jsonOf(value: unknown): Json {
  return value === undefined || pathOfNonJson(value) !== undefined ? {} : (value as Json)
}
