/** Changes the text of a unit before it is shown and spoken; the context keeps the original. */
export interface TextFilter {
  /** The text to speak; empty leaves the unit out. */
  filter(text: string): string
  /** A new utterance begins, or the old one was interrupted. */
  reset?(): void
}
