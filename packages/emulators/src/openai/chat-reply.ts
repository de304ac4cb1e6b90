import type { Ids } from '../ids.ts'
import type { ChatMessage, ChatRequest } from './chat-request.ts'

/** A function call in a scripted reply. */
export interface ChatReplyToolCall {
  readonly name: string
  /** Sent as JSON; a string is sent as it is, so that broken arguments can be scripted. */
  readonly arguments: unknown
  /** Default: a generated id. */
  readonly id?: string
}

/** Token counts of a reply. What is left out is estimated. */
export interface ChatUsage {
  readonly promptTokens?: number
  readonly completionTokens?: number
  readonly cachedTokens?: number
  readonly reasoningTokens?: number
}

/** A scripted reply of the language model. */
export interface ChatReply {
  readonly text?: string
  readonly toolCalls?: readonly ChatReplyToolCall[]
  readonly usage?: ChatUsage
  /** Pace of a streamed reply; default 50. */
  readonly tokensPerSecond?: number
  /** Time to the first token; default 0.2 s. */
  readonly firstTokenSecs?: number
  /** Default: `tool_calls` with calls, `length` when the token limit of the request cut the text, else `stop`. */
  readonly finishReason?: string
}

/** A reply ready to be sent: ids given, text cut into tokens. */
export interface PreparedReply {
  readonly tokens: readonly string[]
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly pieces: readonly string[] }[]
  readonly finishReason: string
  readonly usage: WireUsage
  readonly secsPerToken: number
  readonly firstTokenSecs: number
}

/** The `usage` object of the API. */
interface WireUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly audio_tokens: number }
  readonly completion_tokens_details: {
    readonly reasoning_tokens: number
    readonly audio_tokens: number
    readonly accepted_prediction_tokens: number
    readonly rejected_prediction_tokens: number
  }
}

/** Cuts text into pieces of up to six characters that begin at words where possible; joined they are the text again. */
export const tokenize = (text: string): readonly string[] => text.match(/\s*\S{1,6}|\s+$/gu) ?? []

const CHARACTERS_PER_TOKEN = 4

const countTokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN)

const cutAtStop = (text: string, stop: readonly string[]): string => {
  const ends = stop.map((word) => text.indexOf(word)).filter((at) => at >= 0)
  return ends.length > 0 ? text.slice(0, Math.min(...ends)) : text
}

/** Completes a scripted reply for a request. */
export const prepareReply = (reply: ChatReply, request: ChatRequest, ids: Ids): PreparedReply => {
  const allTokens = tokenize(cutAtStop(reply.text ?? '', request.stop))
  const tokens = allTokens.slice(0, request.maxTokens)
  const toolCalls = (reply.toolCalls ?? []).map((call) => ({
    id: call.id ?? ids.next('call_'),
    name: call.name,
    pieces: tokenize(typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments ?? {})),
  }))
  const natural = tokens.length < allTokens.length ? 'length' : 'stop'
  const argumentTokens = toolCalls.reduce((sum, { pieces }) => sum + pieces.length, 0)
  const prompt = reply.usage?.promptTokens ?? countTokens(JSON.stringify(request.body['messages']))
  const completion = reply.usage?.completionTokens ?? tokens.length + argumentTokens
  return {
    tokens,
    toolCalls,
    finishReason: reply.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : natural),
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: reply.usage?.cachedTokens ?? 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: reply.usage?.reasoningTokens ?? 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    secsPerToken: 1 / (reply.tokensPerSecond ?? 50),
    firstTokenSecs: reply.firstTokenSecs ?? 0.2,
  }
}

const lastOf = (messages: readonly ChatMessage[], role: string): ChatMessage | undefined =>
  messages.findLast((message) => message.role === role)

/** What is answered when nothing was scripted: a sentence made from the last message. */
export const defaultReply = ({ messages }: ChatRequest): ChatReply => {
  const last = messages.at(-1)
  if (last?.role === 'tool') return { text: `The function returned ${last.text}.` }
  const user = lastOf(messages, 'user')
  return { text: user ? `You said: ${user.text}` : 'Hello from the emulator.' }
}
