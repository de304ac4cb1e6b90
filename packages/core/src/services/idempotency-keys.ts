/** How many calls that did not finish are remembered. */
const LIMIT = 64

/** Gives every call a key of its own, except one that repeats a call that did not finish. */
export class IdempotencyKeys {
  /** Keys of calls that did not finish, by what was called, oldest first. */
  #unfinished: { readonly signature: string; readonly key: string }[] = []

  /** The key of a call that begins. */
  take(name: string, args: unknown, newKey: () => string): string {
    const signature = signatureOf(name, args)
    const at = this.#unfinished.findIndex((entry) => entry.signature === signature)
    return this.#unfinished.splice(at, at < 0 ? 0 : 1)[0]?.key ?? newKey()
  }

  /** The call did not finish: the next like it is its repetition. */
  giveBack(name: string, args: unknown, key: string): void {
    this.#unfinished.push({ signature: signatureOf(name, args), key })
    this.#unfinished = this.#unfinished.slice(-LIMIT)
  }
}

function signatureOf(name: string, args: unknown): string {
  return `${name} ${JSON.stringify(args, withSortedKeys)}`
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
