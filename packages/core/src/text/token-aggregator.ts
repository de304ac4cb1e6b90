import type { TextAggregator, TextUnit } from './text-aggregator.ts'

/** Hands every piece of text on as it comes; space alone waits for the piece behind it. */
export class TokenAggregator implements TextAggregator {
  #space = ''

  aggregate(text: string): readonly TextUnit[] {
    const piece = this.#space + text
    const blank = piece.trim() === ''
    this.#space = blank ? piece : ''
    return blank ? [] : [{ text: piece, type: 'token' }]
  }

  flush(): readonly TextUnit[] {
    this.reset()
    return []
  }

  reset(): void {
    this.#space = ''
  }
}
