/** A queue that neither shifts an array nor keeps what was taken. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  /** The oldest. */
  get first(): T | undefined {
    return this.#items[this.#head]
  }

  /** The youngest. */
  get last(): T | undefined {
    return this.#items.length > this.#head ? this.#items[this.#items.length - 1] : undefined
  }

  /** The one `index` places behind the oldest. */
  at(index: number): T | undefined {
    return this.#items[this.#head + index]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.#head === this.#items.length) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= 64 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  /** Takes everything out, oldest first. */
  drain(): T[] {
    const items = this.#items.slice(this.#head) as T[]
    this.clear()
    return items
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
