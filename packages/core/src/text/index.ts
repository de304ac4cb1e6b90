export { SentenceAggregator, type SentenceAggregatorOptions } from './sentence-aggregator.ts'
export type { TextAggregator, TextUnit } from './text-aggregator.ts'
export { MappedChain, type MappedText, type Replacement, replaceMapped } from './mapped-text.ts'
export { PatternTextFilter, type PatternRule } from './pattern-text-filter.ts'
export type { TextFilter } from './text-filter.ts'
export { MarkdownTextFilter, type MarkdownTextFilterOptions } from './markdown-text-filter.ts'
export { PatternPairAggregator, type TextPattern } from './pattern-pair-aggregator.ts'
export { ENGLISH } from './english.ts'
export {
  type SpokenLanguage,
  type SpokenRule,
  voiceNormalizer,
  type VoiceNormalizerOptions,
} from './voice-normalizer.ts'
export { SkipTagsAggregator } from './skip-tags-aggregator.ts'
export { TokenAggregator } from './token-aggregator.ts'
