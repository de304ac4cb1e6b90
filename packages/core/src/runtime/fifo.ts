const INITIAL = 8
/** An empty queue of more places gives its memory back. */
const KEPT = 256

/** A queue in a ring: as long as it does not grow, nothing is allocated. It keeps nothing of what was taken. */
export class Fifo<T> {
  #items: (T | undefined)[] = []
  #mask = -1
  #head = 0
  #tail = 0

  get size(): number {
    return this.#tail - this.#head
  }

  /** The oldest. */
  get first(): T | undefined {
    return this.at(0)
  }

  /** The youngest. */
  get last(): T | undefined {
    return this.at(this.size - 1)
  }

  /** The one `index` places behind the oldest. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.size ? this.#items[(this.#head + index) & this.#mask] : undefined
  }

  push(item: T): void {
    if (this.size > this.#mask) this.#grow()
    this.#items[this.#tail++ & this.#mask] = item
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined
    const place = this.#head++ & this.#mask
    const item = this.#items[place]
    this.#items[place] = undefined
    if (this.#head === this.#tail) this.clear()
    return item
  }

  /** Takes everything out, oldest first. */
  drain(): T[] {
    const items: T[] = []
    for (let item = this.shift(); item !== undefined; item = this.shift()) items.push(item)
    return items
  }

  clear(): void {
    if (this.#items.length > KEPT) {
      this.#items = []
      this.#mask = -1
    } else if (this.#head !== this.#tail) this.#items.fill(undefined)
    this.#head = this.#tail = 0
  }

  #grow(): void {
    const { size } = this
    const items = Array.from<T | undefined>({ length: Math.max(INITIAL, size * 2) }).fill(undefined)
    for (let i = 0; i < size; i++) items[i] = this.at(i)
    this.#items = items
    this.#mask = items.length - 1
    this.#head = 0
    this.#tail = size
  }
}
