import { INNER_ABBREVIATIONS, NUMBER_ABBREVIATIONS, TITLES, TRAILING_ABBREVIATIONS } from './abbreviations.ts'

/** Marks that may end a sentence, depending on what stands around them. */
const AMBIGUOUS = /[.!?…]/u
/** Marks of other scripts that end a sentence wherever they stand. */
const UNAMBIGUOUS = /[。．｡？！；।॥؟؛۔።፧၊။។៕‽]/u
/** Quotes and brackets that close behind a mark and belong to its sentence. */
const CLOSERS = /["'”’»)\]}」』）】〉》]/u
const SPACE = /\s/u
const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u
const UPPERCASE = /\p{Lu}/u
const LOWERCASE = /\p{Ll}/u
/** Letters of scripts that write no spaces between sentences. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u
const LIST_MARK = /[-*•#\d]/u

/** Whether a character is part of a word; half of a surrogate pair is not. */
export function isLetterOrDigit(character: string): boolean {
  return LETTER_OR_DIGIT.test(character)
}

/**
 * Where the first complete sentence of `text` ends, as an index just behind it, or -1 while that cannot be told.
 * Nothing is decided before the next character that is not a space: `$29.` may go on as `$29.95`.
 */
export function sentenceEnd(text: string, from = 0): number {
  for (let i = from; i < text.length; i++) {
    const mark = text.charAt(i)
    if (mark === '\n') {
      const end = paragraphEnd(text, i)
      if (end > 0) return end
      continue
    }
    if (!AMBIGUOUS.test(mark) && !UNAMBIGUOUS.test(mark)) continue
    const end = behindMarks(text, i)
    const next = nextVisible(text, end)
    if (next < 0) return -1
    if (UNAMBIGUOUS.test(text.slice(i, end)) || ends(text, i, end, next)) return end
    i = end - 1
  }
  return -1
}

/** The end of the run of marks and closers that starts at `mark`. */
function behindMarks(text: string, mark: number): number {
  let end = mark + 1
  while (end < text.length && (AMBIGUOUS.test(text.charAt(end)) || UNAMBIGUOUS.test(text.charAt(end)))) end++
  while (end < text.length && CLOSERS.test(text.charAt(end))) end++
  return end
}

function nextVisible(text: string, from: number): number {
  for (let i = from; i < text.length; i++) if (!SPACE.test(text.charAt(i))) return i
  return -1
}

/** What stands before `end`, back to the nearest space. */
function lastWord(text: string, end: number): string {
  let start = end
  while (start > 0 && !SPACE.test(text.charAt(start - 1))) start--
  return text.slice(start, end)
}

function ends(text: string, mark: number, end: number, next: number): boolean {
  const spaced = next > end
  const following = String.fromCodePoint(text.codePointAt(next) ?? 0)
  const word = lastWord(text, mark)
  if (!spaced) return endsUnspaced(text.charAt(mark), word, following)
  const closed = CLOSERS.test(text.charAt(end - 1))
  const ellipsis = text.charAt(mark) === '…' || text.slice(mark, end).startsWith('..')
  if ((closed || ellipsis) && LOWERCASE.test(following)) return false
  if (text.charAt(mark) !== '.' || ellipsis) return true
  return !isAbbreviation(word, text.slice(0, mark), following)
}

/** A mark with no space behind it: a number, an address, or a script without spaces. */
function endsUnspaced(mark: string, word: string, following: string): boolean {
  if (UNSPACED.test(following)) return true
  if (mark === '.' || word.includes('://')) return false
  return UPPERCASE.test(following) && LETTER_OR_DIGIT.test(word)
}

function isAbbreviation(word: string, before: string, following: string): boolean {
  const bare = word.replace(/^[^\p{L}\p{N}]+/u, '')
  const lower = bare.toLowerCase()
  if (TITLES.has(bare) || INNER_ABBREVIATIONS.has(lower)) return true
  if (NUMBER_ABBREVIATIONS.has(lower) && /\p{N}/u.test(following)) return true
  if (TRAILING_ABBREVIATIONS.has(lower)) return !UPPERCASE.test(following)
  // Initials: "J. R. R. Tolkien", "the U.S. Army".
  if (/^\p{Lu}(\.\p{Lu})*$/u.test(bare) && bare !== 'I') return UPPERCASE.test(following)
  return /^\d+$/u.test(bare) && startsLine(before, word)
}

/** Whether the number is that of a list item. */
function startsLine(before: string, word: string): boolean {
  const line = before.slice(0, before.length - word.length)
  return line.trim() === '' || /\n\s*$/u.test(line)
}

/** A blank line ends a paragraph, and a list item begins a unit of its own. */
function paragraphEnd(text: string, newline: number): number {
  if (text.slice(0, newline).trim() === '') return -1
  const next = nextVisible(text, newline)
  if (next < 0) return -1
  const blank = text.slice(newline + 1, next).includes('\n')
  return blank || LIST_MARK.test(text.charAt(next)) ? newline : -1
}
