/** A text that was made from another one, and where it came from. */
export interface MappedText {
  readonly text: string
  /**
   * For every character (UTF-16 unit) of `text`, how many characters of the source are covered when the text is read up
   * to and including it; never falling. `undefined`: the text is the source.
   */
  readonly ends: readonly number[] | undefined
}

/** What becomes of a match: a text, a group of the pattern by its number that is kept as it stands, or `undefined`: it stays. */
export type Replacement = string | number | ((match: RegExpExecArray) => string | number | undefined)

/**
 * Replaces every match and keeps the way back to the source. What is taken out belongs to the word before it where it
 * touches one, else to what follows; a replacement covers its match with its last character.
 *
 * ```ts
 * replaceMapped({ text: 'a _b_', ends: undefined }, /_(.*?)_/, 1) // text 'a b', ends [1, 2, 5]
 * ```
 */
export function replaceMapped(mapped: MappedText, pattern: RegExp, replacement: Replacement): MappedText {
  const { text } = mapped
  const builder = new Builder(mapped)
  for (const match of text.matchAll(new RegExp(pattern.source, `${pattern.flags.replace(/[gd]/g, '')}gd`))) {
    const becomes = typeof replacement === 'function' ? replacement(match) : replacement
    if (becomes === undefined) continue
    builder.copyTo(match.index)
    const end = match.index + match[0].length
    if (typeof becomes === 'string') builder.insert(becomes, end)
    else keepGroup(builder, match.indices?.[becomes], end)
  }
  return builder.finish()
}

/** Several changes of one text, one after the other. A change that says not where its text came from loses the way. */
export class MappedChain {
  #mapped: MappedText
  #known = true

  constructor(text: string) {
    this.#mapped = { text, ends: undefined }
  }

  /** The text so far. */
  get text(): string {
    return this.#mapped.text
  }

  /** The text with the way back to the first one; `ends` is missing also where the way is lost. */
  get result(): MappedText {
    return this.#known ? this.#mapped : { text: this.text, ends: undefined }
  }

  add(change: string | MappedText): void {
    if (typeof change !== 'string') {
      this.#mapped = chain(this.#mapped, change)
    } else if (change !== this.text) {
      this.#known = false
      this.#mapped = { text: change, ends: undefined }
    }
  }
}

function chain({ ends }: MappedText, { text, ends: later }: MappedText): MappedText {
  if (ends === undefined || later === undefined) return { text, ends: later ?? ends }
  return { text, ends: later.map((end) => (end === 0 ? 0 : (ends[end - 1] ?? 0))) }
}

function keepGroup(builder: Builder, group: readonly [number, number] | undefined, end: number): void {
  if (group !== undefined) {
    builder.skipTo(group[0])
    builder.copyTo(group[1])
  }
  builder.skipTo(end)
}

/** Goes through a text once and writes another. */
class Builder {
  readonly #from: MappedText
  readonly #ends: number[] = []
  #text = ''
  #at = 0
  #changed = false

  constructor(from: MappedText) {
    this.#from = from
  }

  copyTo(position: number): void {
    this.#text += this.#from.text.slice(this.#at, position)
    for (let i = this.#at; i < position; i++) this.#ends.push(this.#covered(i + 1))
    this.#at = position
  }

  skipTo(position: number): void {
    if (position <= this.#at) return
    this.#changed = true
    this.#at = position
    if (/\S$/u.test(this.#text)) this.#ends[this.#ends.length - 1] = this.#covered(position)
  }

  insert(text: string, position: number): void {
    if (text === '') {
      this.skipTo(position)
      return
    }
    this.#changed = true
    const before = this.#ends.at(-1) ?? 0
    for (let i = 1; i < text.length; i++) this.#ends.push(before)
    this.#ends.push(this.#covered(position))
    this.#text += text
    this.#at = position
  }

  finish(): MappedText {
    if (!this.#changed) return this.#from
    this.copyTo(this.#from.text.length)
    return { text: this.#text, ends: this.#ends }
  }

  #covered(length: number): number {
    return length === 0 ? 0 : (this.#from.ends?.[length - 1] ?? length)
  }
}
