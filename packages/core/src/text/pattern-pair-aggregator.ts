import { SentenceAggregator } from './sentence-aggregator.ts'
import type { TextAggregator, TextUnit } from './text-aggregator.ts'

/** Text between two delimiters, and what becomes of it. The delimiters themselves are always taken out. */
export interface TextPattern {
  /** Names the pattern, and the units that `aggregate` makes. */
  readonly type: string
  readonly start: string
  readonly end: string
  /** `remove` drops the content, `keep` leaves it in the text, `aggregate` makes it a unit of its own. */
  readonly action: 'remove' | 'keep' | 'aggregate'
  /** Called once for each content. */
  readonly onMatch?: ((content: string) => void) | undefined
}

/**
 * Finds patterns in streamed text, for thoughts, commands or code that a model writes among its words. A delimiter that
 * is split across pieces is held back until it is whole. What is not in a pattern goes to another aggregator.
 */
export class PatternPairAggregator implements TextAggregator {
  readonly #patterns: readonly TextPattern[]
  readonly #inner: TextAggregator
  #buffer = ''
  #open: TextPattern | undefined

  /** @param inner - cuts the rest of the text. Default: sentences. */
  constructor(patterns: readonly TextPattern[], inner: TextAggregator = new SentenceAggregator()) {
    this.#patterns = patterns
    this.#inner = inner
  }

  aggregate(text: string): readonly TextUnit[] {
    this.#buffer += text
    const units: TextUnit[] = []
    while (this.#open === undefined ? this.#findStart(units) : this.#findEnd(this.#open, units));
    return units
  }

  /** An unclosed pattern that is to be kept is kept; any other is dropped, as is half a delimiter at the end. */
  flush(): readonly TextUnit[] {
    const rest = this.#open?.action === 'keep' ? this.#inner.aggregate(this.#buffer) : []
    const units = [...rest, ...this.#inner.flush()]
    this.reset()
    return units
  }

  reset(): void {
    this.#buffer = ''
    this.#open = undefined
    this.#inner.reset()
  }

  #findStart(units: TextUnit[]): boolean {
    let first: { readonly at: number; readonly pattern: TextPattern } | undefined
    for (const pattern of this.#patterns) {
      const at = this.#buffer.indexOf(pattern.start)
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, pattern }
    }
    const end = first?.at ?? this.#buffer.length - this.#heldBack()
    units.push(...this.#inner.aggregate(this.#buffer.slice(0, end)))
    this.#buffer = this.#buffer.slice(end + (first?.pattern.start.length ?? 0))
    this.#open = first?.pattern
    if (first?.pattern.action === 'aggregate') units.push(...this.#inner.flush())
    return first !== undefined
  }

  #findEnd(pattern: TextPattern, units: TextUnit[]): boolean {
    const at = this.#buffer.indexOf(pattern.end)
    if (at < 0) return false
    const content = this.#buffer.slice(0, at)
    this.#buffer = this.#buffer.slice(at + pattern.end.length)
    this.#open = undefined
    pattern.onMatch?.(content)
    if (pattern.action === 'keep') units.push(...this.#inner.aggregate(content))
    if (pattern.action === 'aggregate' && content.trim() !== '')
      units.push({ text: content.trim(), type: pattern.type })
    return true
  }

  /** How much of the end of the buffer may be the beginning of a delimiter. */
  #heldBack(): number {
    const longest = Math.max(0, ...this.#patterns.map(({ start }) => start.length - 1))
    for (let length = Math.min(longest, this.#buffer.length); length > 0; length--) {
      const tail = this.#buffer.slice(-length)
      if (this.#patterns.some(({ start }) => start.startsWith(tail))) return length
    }
    return 0
  }
}
