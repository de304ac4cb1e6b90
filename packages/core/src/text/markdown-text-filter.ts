import type { TextFilter } from './text-filter.ts'

/** What a {@link MarkdownTextFilter} leaves out beside the marks. */
export interface MarkdownTextFilterOptions {
  /** Code between three backticks, over several units too. Default true. */
  readonly removeCodeBlocks?: boolean | undefined
  /** Table rows. Default true. */
  readonly removeTables?: boolean | undefined
}

const FENCE = '```'

const RULES: readonly (readonly [RegExp, string])[] = [
  // Images and links: their text.
  [/!?\[([^\]]*)\]\([^)]*\)/g, '$1'],
  // Headings, quotes, bullets and rules at the start of a line.
  [/^[ \t]*#{1,6}[ \t]+/gm, ''],
  [/^[ \t]*>[ \t]?/gm, ''],
  [/^[ \t]*[-*+][ \t]+/gm, ''],
  [/^[ \t]*([-*_])([ \t]*\1){2,}[ \t]*$/gm, ''],
  // Emphasis: only where the marks touch the words, so that "5 * 3 * 2" stays.
  [/(\*\*\*|\*\*|\*)(?=\S)([\s\S]*?\S)\1/g, '$2'],
  [/(?<![\p{L}\p{N}_])(__|_)(?=\S)([\s\S]*?\S)\1(?![\p{L}\p{N}_])/gu, '$2'],
  [/~~(?=\S)([\s\S]*?\S)~~/g, '$1'],
  [/`([^`]*)`/g, '$1'],
  // Marks whose other half is in another unit.
  [/\*\*|__|~~|`/g, ''],
]

/** Takes the marks of Markdown out of text that is to be spoken, and what cannot be spoken with them. */
export class MarkdownTextFilter implements TextFilter {
  readonly #options: MarkdownTextFilterOptions
  #inCode = false

  constructor(options: MarkdownTextFilterOptions = {}) {
    this.#options = options
  }

  filter(text: string): string {
    let kept = this.#options.removeCodeBlocks === false ? text.replaceAll(FENCE, '') : this.#withoutCode(text)
    if (this.#options.removeTables !== false) kept = kept.replace(/^[ \t]*\|.*\|[ \t]*$/gm, '')
    for (const [pattern, replacement] of RULES) kept = kept.replace(pattern, replacement)
    return kept.replace(/[ \t]+\n/g, '\n').trim() === '' ? '' : kept
  }

  reset(): void {
    this.#inCode = false
  }

  #withoutCode(text: string): string {
    const parts = text.split(FENCE)
    const kept = parts.filter((_, index) => (index % 2 === 0) !== this.#inCode)
    if (parts.length % 2 === 0) this.#inCode = !this.#inCode
    return kept.join(' ')
  }
}
