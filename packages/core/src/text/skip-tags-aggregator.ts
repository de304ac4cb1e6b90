import { SentenceAggregator } from './sentence-aggregator.ts'

/**
 * Cuts text into sentences, but never between a start tag and its end tag, for speech that a provider marks up.
 *
 * ```ts
 * new SkipTagsAggregator([['<spell>', '</spell>']])
 * ```
 */
export class SkipTagsAggregator extends SentenceAggregator {
  constructor(tags: readonly (readonly [start: string, end: string])[]) {
    super({ tags })
  }
}
