/** Gives the items of a list one after another, and then from its beginning again. */
export class Plans<T> {
  readonly #items: readonly T[]
  readonly #otherwise: T
  #next = 0

  /** @param otherwise - given when the list is empty. */
  constructor(items: readonly T[], otherwise: T) {
    this.#items = items
    this.#otherwise = otherwise
  }

  next(): T {
    const item = this.#items[this.#next++ % Math.max(1, this.#items.length)]
    return item ?? this.#otherwise
  }
}
