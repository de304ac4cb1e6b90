/**
 * Joins pieces of text that arrive one by one. Two pieces that hold their own spaces are put together as they are;
 * between others stands one space, unless either side brings one.
 */
export class SpokenText {
  #text = ''
  #ownSpaces = true

  /** @param ownSpaces - whether the piece already holds the spaces around it. */
  append(piece: string, ownSpaces = false): void {
    if (piece === '') return
    const asIs =
      this.#text === '' || (ownSpaces && this.#ownSpaces) || /\s$/.test(this.#text.slice(-1)) || /^\s/.test(piece)
    this.#text += asIs ? piece : ` ${piece}`
    this.#ownSpaces = ownSpaces
  }

  /** All of it, without spaces around. */
  get text(): string {
    return this.#text.trim()
  }
}
