import { type MappedText, type Replacement, replaceMapped } from './mapped-text.ts'
import type { TextFilter } from './text-filter.ts'

/** One rule of a {@link PatternTextFilter}. */
export interface PatternRule {
  /** Every match counts, with or without the flag `g`. */
  readonly pattern: RegExp
  /** What becomes of a match; a number keeps that group. Default: it is taken out. */
  readonly replacement?: Replacement | undefined
}

/**
 * Takes out or replaces what matches, rule by rule: stage directions, emoji, names that are pronounced differently.
 *
 * ```ts
 * new PatternTextFilter([{ pattern: /\[[^\]]*\]/ }, { pattern: /\bSQL\b/, replacement: 'sequel' }])
 * ```
 */
export class PatternTextFilter implements TextFilter {
  readonly #rules: readonly PatternRule[]

  constructor(rules: readonly PatternRule[]) {
    this.#rules = rules
  }

  filter(text: string): string {
    return this.map(text).text
  }

  map(text: string): MappedText {
    let mapped: MappedText = { text, ends: undefined }
    for (const { pattern, replacement = '' } of this.#rules) mapped = replaceMapped(mapped, pattern, replacement)
    return mapped
  }
}
