import type { LanguageModelV2ReasoningPart, SharedV2ProviderOptions, SharedV4ProviderMetadata } from '@ai-sdk/provider'
import { type LLMEvent, type Logger, PcError, type TokenUsage } from '@pc/core'
import type { CallMemory } from './call-memory.ts'
import type { StreamPart } from './language-model.ts'

type Finish = Extract<StreamPart, { readonly type: 'finish' }>
type Warning = Extract<StreamPart, { readonly type: 'stream-start' }>['warnings'][number]

/** Where a stream's side effects go. */
export interface AnswerSink {
  readonly memory: CallMemory
  readonly log: Logger
}

/**
 * The parts of an answer as events. Calls that the provider runs itself are its own affair. A stream that was cut short
 * ends with a finish part all the same, of no known reason: it gives no `done`.
 *
 * @throws what the stream reports as an error; PcError `provider-error` when the model gave up.
 */
export async function* readAnswer(
  parts: AsyncIterable<StreamPart>,
  { memory, log }: AnswerSink,
): AsyncIterable<LLMEvent> {
  const thoughts = new Thoughts()
  for await (const part of parts) {
    switch (part.type) {
      case 'stream-start':
        for (const warning of part.warnings) log.log('warn', `The model takes not all of it: ${describe(warning)}`)
        break
      case 'text-delta':
        yield { type: 'text', text: part.delta }
        break
      case 'reasoning-start':
      case 'reasoning-end':
        thoughts.add(part.id, '', part.providerMetadata)
        break
      case 'reasoning-delta':
        thoughts.add(part.id, part.delta, part.providerMetadata)
        yield { type: 'reasoning', text: part.delta }
        break
      case 'tool-call': {
        if (part.providerExecuted) break
        const { toolCallId: id, toolName: name, input, providerMetadata } = part
        memory.set(id, { reasoning: thoughts.take(), ...toOptions(providerMetadata) })
        yield { type: 'toolCall', id, name, arguments: input }
        break
      }
      case 'error':
        throw part.error
      case 'finish': {
        const reason = finishReason(part)
        if (reason === 'error') throw gaveUp()
        if (reason !== undefined) yield { type: 'done', finishReason: reason }
        yield { type: 'usage', usage: toUsage(part.usage) }
        break
      }
      default:
    }
  }
}

/** The thoughts of one answer: providers want them back whole, with the newest of their metadata. */
class Thoughts {
  #parts = new Map<string, LanguageModelV2ReasoningPart>()

  add(id: string, text: string, metadata: SharedV4ProviderMetadata | undefined): void {
    const part = this.#parts.get(id) ?? { type: 'reasoning', text: '' }
    this.#parts.set(id, { ...part, text: part.text + text, ...toOptions(metadata) })
  }

  take(): readonly LanguageModelV2ReasoningPart[] {
    const parts = [...this.#parts.values()]
    this.#parts = new Map()
    return parts
  }
}

/** What came with a part as what goes back with it. */
function toOptions(metadata: SharedV4ProviderMetadata | undefined): { providerOptions?: SharedV2ProviderOptions } {
  if (metadata === undefined) return {}
  const providerOptions: SharedV2ProviderOptions = {}
  for (const [provider, values] of Object.entries(metadata)) {
    const options: SharedV2ProviderOptions[string] = {}
    for (const [name, value] of Object.entries(values)) if (value !== undefined) options[name] = value
    providerOptions[provider] = options
  }
  return { providerOptions }
}

/** `undefined` when the provider did not say that the answer is complete. */
function finishReason({ finishReason: reason }: Finish): string | undefined {
  if (typeof reason === 'string') return reason === 'unknown' ? undefined : reason
  // The SDK 7 calls it by its name; before, it was a reason that no vendor had given.
  if (reason.unified === 'interrupted') return undefined
  return reason.unified === 'other' && reason.raw === undefined ? undefined : reason.unified
}

function gaveUp(): PcError {
  return new PcError('The model gave up its answer.', { code: 'provider-error', kind: 'transient' })
}

function toUsage(usage: Finish['usage']): TokenUsage {
  const { inputTokens: input, outputTokens: output } = usage
  if (typeof input === 'object' && typeof output === 'object') {
    const [inputTokens, outputTokens] = [input.total ?? 0, output.total ?? 0]
    return {
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
      cacheReadTokens: input.cacheRead,
      cacheWriteTokens: input.cacheWrite,
      reasoningTokens: output.reasoning,
    }
  }
  const [inputTokens, outputTokens] = [countOf(input), countOf(output)]
  return {
    inputTokens,
    outputTokens,
    totalTokens: ('totalTokens' in usage ? usage.totalTokens : undefined) ?? inputTokens + outputTokens,
    cacheReadTokens: 'cachedInputTokens' in usage ? usage.cachedInputTokens : undefined,
    reasoningTokens: 'reasoningTokens' in usage ? usage.reasoningTokens : undefined,
  }
}

function countOf(tokens: unknown): number {
  return typeof tokens === 'number' ? tokens : 0
}

function describe(warning: Warning): string {
  return Object.entries(warning)
    .filter(([, value]) => typeof value === 'string')
    .map(([, value]) => String(value))
    .join(', ')
}
