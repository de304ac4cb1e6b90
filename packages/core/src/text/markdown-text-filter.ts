import { type MappedText, replaceMapped } from './mapped-text.ts'
import type { TextFilter } from './text-filter.ts'

/** What a {@link MarkdownTextFilter} leaves out beside the marks. */
export interface MarkdownTextFilterOptions {
  /** Code between three backticks, over several units too. Default true. */
  readonly removeCodeBlocks?: boolean | undefined
  /** Table rows. Default true. */
  readonly removeTables?: boolean | undefined
}

const FENCE = '```'

/** Each keeps its group, or takes the match out. */
const RULES: readonly (readonly [RegExp, number | ''])[] = [
  // Images and links: their text.
  [/!?\[([^\]]*)\]\([^)]*\)/, 1],
  // Headings, quotes, bullets and rules at the start of a line.
  [/^[ \t]*#{1,6}[ \t]+/m, ''],
  [/^[ \t]*>[ \t]?/m, ''],
  [/^[ \t]*[-*+][ \t]+/m, ''],
  [/^[ \t]*([-*_])([ \t]*\1){2,}[ \t]*$/m, ''],
  // Emphasis: only where the marks touch the words, so that "5 * 3 * 2" stays.
  [/(\*\*\*|\*\*|\*)(?=\S)([\s\S]*?\S)\1/, 2],
  [/(?<![\p{L}\p{N}_])(__|_)(?=\S)([\s\S]*?\S)\1(?![\p{L}\p{N}_])/u, 2],
  [/~~(?=\S)([\s\S]*?\S)~~/, 1],
  [/`([^`]*)`/, 1],
  // Marks whose other half is in another unit.
  [/\*\*|__|~~|`/, ''],
]
const TABLE_ROW = /^[ \t]*\|.*\|[ \t]*$/m

/** Takes the marks of Markdown out of text that is to be spoken, and what cannot be spoken with them. */
export class MarkdownTextFilter implements TextFilter {
  readonly #options: MarkdownTextFilterOptions
  #inCode = false

  constructor(options: MarkdownTextFilterOptions = {}) {
    this.#options = options
  }

  filter(text: string): string {
    return this.map(text).text
  }

  map(text: string): MappedText {
    const source: MappedText = { text, ends: undefined }
    let kept = this.#options.removeCodeBlocks === false ? replaceMapped(source, /```/, '') : this.#withoutCode(source)
    if (this.#options.removeTables !== false) kept = replaceMapped(kept, TABLE_ROW, '')
    for (const [pattern, replacement] of RULES) kept = replaceMapped(kept, pattern, replacement)
    kept = replaceMapped(kept, /[ \t]+(?=\n)/, '')
    return kept.text.trim() === '' ? { text: '', ends: [] } : kept
  }

  reset(): void {
    this.#inCode = false
  }

  /** Code between two fences makes way for a space; code that goes over the edge of the unit is just taken out. */
  #withoutCode(source: MappedText): MappedText {
    const began = this.#inCode
    const fences = source.text.split(FENCE).length - 1
    if (fences % 2 === 1) this.#inCode = !this.#inCode
    if (!began && fences === 0) return source
    if (began && fences === 0) return { text: '', ends: [] }
    const mapped = began ? replaceMapped(source, /^[\s\S]*?```/, '') : source
    return replaceMapped(replaceMapped(mapped, /```[\s\S]*?```/, ' '), /```[\s\S]*$/, '')
  }
}
