import type { MappedText } from './mapped-text.ts'

/** Changes the text of a unit before it is shown and spoken; the context keeps the original. */
export interface TextFilter {
  /** The text to speak; empty leaves the unit out. */
  filter(text: string): string
  /**
   * The same with the way back, used instead of {@link filter} where there is one: what was heard is then known exactly
   * in the model's own words, not by proportion.
   */
  map?(text: string): MappedText
  /** A new utterance begins, or the old one was interrupted. */
  reset?(): void
}
