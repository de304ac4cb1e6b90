import type { LLMEvent, TokenUsage } from '@pc/core'
import type OpenAI from 'openai'

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk
type Delta = Chunk['choices'][number]['delta'] & { readonly reasoning_content?: unknown }

interface PartialCall {
  id: string
  name: string
  arguments: string
}

/**
 * The chunks of a chat completion as events. Calls are joined by their `index`, wherever they stand in the list, and
 * come out with the finish reason; without one the stream has not said that it is complete, and there is no `done`.
 */
export async function* readChatStream(chunks: AsyncIterable<Chunk>): AsyncIterable<LLMEvent> {
  const calls = new Map<number, PartialCall>()
  let finished = false
  for await (const chunk of chunks) {
    const choice = chunk.choices?.[0]
    // Compatible servers may leave the delta out.
    const delta: Delta | null | undefined = choice?.delta
    if (delta) yield* readDelta(delta, calls)
    const finishReason = choice?.finish_reason
    if (finishReason && !finished) {
      finished = true
      for (const [index, call] of calls) yield { type: 'toolCall', ...call, id: call.id || `call-${index}` }
      yield { type: 'done', finishReason }
    }
    if (chunk.usage) yield { type: 'usage', usage: toUsage(chunk.usage) }
  }
}

function* readDelta(delta: Delta, calls: Map<number, PartialCall>): Iterable<LLMEvent> {
  if (typeof delta.reasoning_content === 'string' && delta.reasoning_content !== '') {
    yield { type: 'reasoning', text: delta.reasoning_content }
  }
  if (delta.content) yield { type: 'text', text: delta.content }
  if (delta.refusal) yield { type: 'text', text: delta.refusal }
  for (const piece of delta.tool_calls ?? []) {
    const call = calls.get(piece.index) ?? { id: '', name: '', arguments: '' }
    calls.set(piece.index, call)
    call.id ||= piece.id ?? ''
    call.name ||= piece.function?.name ?? ''
    call.arguments += piece.function?.arguments ?? ''
  }
}

function toUsage(usage: OpenAI.CompletionUsage): TokenUsage {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    totalTokens: usage.total_tokens,
    cacheReadTokens: prompt?.cached_tokens,
    reasoningTokens: completion?.reasoning_tokens,
    audioInputTokens: prompt?.audio_tokens,
    audioOutputTokens: completion?.audio_tokens,
  }
}
