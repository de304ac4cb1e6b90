/** Scripts that are written without spaces between words. */
const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`

/** What is heard as one: a word with its punctuation, or a character where words are not set apart. */
const TOKEN = new RegExp(String.raw`\s*(?:[${UNSPACED}][\p{M}\p{P}]*|[^\s${UNSPACED}]+)`, 'gu')
const BEGINS_UNSPACED = new RegExp(String.raw`^\s*[${UNSPACED}]`, 'u')
const ENDS_UNSPACED = new RegExp(String.raw`[${UNSPACED}][\p{M}\p{P}]*$`, 'u')
const SPOKEN = /[\p{L}\p{N}\p{M}]/gu

/** How far ahead of the last known word a word of the provider is looked for, in letters. */
const SEARCH = 60

/** Whether a word stands beside its neighbours without spaces. */
export function isUnspaced(word: string): boolean {
  return BEGINS_UNSPACED.test(word)
}

/** Joins what was heard of one unit to what was heard of the next. */
export function joinHeard(before: string, after: string): string {
  if (before === '' || after === '') return before + after
  const glued = /\s$/u.test(before) || /^\s/u.test(after) || (isUnspaced(after) && ENDS_UNSPACED.test(before))
  return glued ? before + after : `${before} ${after}`
}

/** The ends of the words of a text, as character offsets; the last is the length of the text. */
export function wordEnds(text: string): number[] {
  const ends: number[] = []
  for (const match of text.matchAll(TOKEN)) ends.push(match.index + match[0].length)
  if (ends.length > 0) ends[ends.length - 1] = text.length
  return ends
}

/**
 * Follows a provider's words through the text that they speak. Providers drop punctuation, split words and spell
 * numbers, so letters are compared and nothing else; a word that is not found covers nothing, and the next one that is
 * found covers what was left out.
 */
export class WordFinder {
  /** Letters and digits of the text, in lower case. */
  readonly #letters: string
  /** For every word of the text, how many letters lie before its end. */
  readonly #lettersAt: readonly number[]
  readonly #ends: readonly number[]
  #cursor = 0

  constructor(text: string, ends: readonly number[]) {
    this.#ends = ends
    let letters = ''
    let from = 0
    const lettersAt: number[] = []
    for (const end of ends) {
      letters += lettersOf(text.slice(from, end))
      lettersAt.push(letters.length)
      from = end
    }
    this.#letters = letters
    this.#lettersAt = lettersAt
  }

  /** Takes the next word of the provider and returns the end of the last word of the text that it completes. */
  advance(word: string): number {
    const letters = lettersOf(word)
    const at = letters === '' ? -1 : this.#find(letters)
    if (at >= 0) this.#cursor = at + letters.length
    return this.#covered()
  }

  #find(letters: string): number {
    if (this.#letters.startsWith(letters, this.#cursor)) return this.#cursor
    // Further on only at the beginning of a word, or "a" would be found in any.
    for (const start of this.#lettersAt) {
      if (start <= this.#cursor || start > this.#cursor + SEARCH) continue
      if (this.#letters.startsWith(letters, start)) return start
    }
    return -1
  }

  #covered(): number {
    let end = 0
    if (this.#cursor === 0) return end
    for (let i = 0; i < this.#ends.length && this.#lettersAt[i]! <= this.#cursor; i++) end = this.#ends[i]!
    return end
  }
}

function lettersOf(text: string): string {
  return (text.toLowerCase().match(SPOKEN) ?? []).join('')
}
