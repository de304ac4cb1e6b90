import type { MetricsData, TokenUsage } from '@pc/core'
import type { MetricItem, MetricsMessageData, TokensItem, TtfaItem } from './messages.ts'

/** Measurements in the shape of the wire; `undefined` when none of them has a place there. */
export function metricsMessage(data: readonly MetricsData[]): MetricsMessageData | undefined {
  const message: { -readonly [K in keyof MetricsMessageData]: NonNullable<MetricsMessageData[K]>[number][] } = {}
  for (const item of data) {
    switch (item.kind) {
      case 'ttfb':
        ;(message.ttfb ??= []).push(measured(item, item.valueSecs))
        break
      case 'ttfa':
        ;(message.ttfa ??= []).push(ttfaItem(item))
        break
      case 'processing':
        ;(message.processing ??= []).push(measured(item, item.valueSecs))
        break
      case 'llmUsage':
        ;(message.tokens ??= []).push(tokensItem(item.usage))
        break
      case 'ttsUsage':
        ;(message.characters ??= []).push(measured(item, item.characters))
        break
      case 'sttUsage':
        ;(message.stt_usage ??= []).push(measured(item, item.audioSecs))
        break
      case 'textAggregation':
      case 'turn':
        break
    }
  }
  return Object.keys(message).length > 0 ? message : undefined
}

function measured({ processor, model }: MetricsData, value: number): MetricItem {
  return { processor, ...(model !== undefined && { model }), value }
}

function ttfaItem(item: Extract<MetricsData, { kind: 'ttfa' }>): TtfaItem {
  const { processor, model, ttfaSecs, ttfbSecs, leadingSilenceSecs } = item
  return {
    processor,
    ...(model !== undefined && { model }),
    ttfa: ttfaSecs,
    ttfb: ttfbSecs,
    leading_silence: leadingSilenceSecs,
  }
}

function tokensItem(usage: TokenUsage): TokensItem {
  const { cacheReadTokens, cacheWriteTokens, reasoningTokens } = usage
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    ...(cacheReadTokens !== undefined && { cache_read_input_tokens: cacheReadTokens }),
    ...(cacheWriteTokens !== undefined && { cache_creation_input_tokens: cacheWriteTokens }),
    ...(reasoningTokens !== undefined && { reasoning_tokens: reasoningTokens }),
  }
}
