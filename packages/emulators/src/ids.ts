/** Identifiers that are unique within one set of emulators and the same in every run. */
export class Ids {
  #count = 0

  /** `prefix` and 24 hexadecimal digits. */
  next(prefix: string): string {
    return prefix + this.#hex().padStart(24, '0')
  }

  /** The form of a UUID. */
  uuid(): string {
    return `00000000-0000-4000-8000-${this.#hex().padStart(12, '0')}`
  }

  #hex(): string {
    this.#count += 1
    return this.#count.toString(16)
  }
}
