import { PcError } from '../runtime/errors.ts'
import { estimateTokens, headLength, legalCuts } from './message-range.ts'
import { isSpecificMessage, type Message } from './messages.ts'

/** How much of a context stays. */
export interface PruneLimits {
  /** Messages, beside the instructions and the summary at the beginning. */
  readonly maxMessages?: number | undefined
  /** Estimated tokens of all messages. */
  readonly maxContextTokens?: number | undefined
}

/**
 * The newest messages of a conversation, as many as the limits let. The instructions at the beginning and the summary
 * behind them always stay, and so does everything from the user's last message on; a call is never parted from its
 * result, and one that still runs stays. Where it can, what is left begins with the user.
 *
 * ```ts
 * new LLMMessagesTransformFrame((messages) => pruneMessages(messages, { maxMessages: 20 }))
 * ```
 *
 * @throws PcError `invalid-prune-limits` when there is no limit, or one below 1.
 */
export function pruneMessages(messages: readonly Message[], limits: PruneLimits): readonly Message[] {
  const { maxMessages = Infinity, maxContextTokens = Infinity } = limits
  if (!(maxMessages >= 1 && maxContextTokens >= 1) || (maxMessages === Infinity && maxContextTokens === Infinity)) {
    throw new PcError('Pruning needs maxMessages or maxContextTokens, of at least 1.', {
      code: 'invalid-prune-limits',
      kind: 'config',
    })
  }
  const head = messages.slice(0, headLength(messages, { summary: true }))
  const rest = messages.slice(head.length)
  const wanted = firstThatFits(rest, { maxMessages, maxTokens: maxContextTokens - estimateTokens(head) })
  if (wanted === 0) return messages
  const cuts = legalCuts(rest)
  const last = Math.max(0, rest.findLastIndex(isUser))
  const candidates = cuts.flatMap((legal, at) => (legal && at > 0 && at <= last ? [at] : []))
  const enough = candidates.filter((at) => at >= wanted)
  const cut = enough.find((at) => isUser(rest[at])) ?? enough[0] ?? candidates.at(-1)
  return cut === undefined ? messages : [...head, ...rest.slice(cut)]
}

function firstThatFits(messages: readonly Message[], limits: { maxMessages: number; maxTokens: number }): number {
  let tokens = 0
  for (let at = messages.length - 1; at >= 0; at--) {
    tokens += estimateTokens(messages.slice(at, at + 1))
    if (messages.length - at > limits.maxMessages || tokens > limits.maxTokens) return at + 1
  }
  return 0
}

function isUser(message: Message | undefined): boolean {
  return message !== undefined && !isSpecificMessage(message) && message.role === 'user'
}
