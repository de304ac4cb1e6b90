/** How many calls that did not finish are remembered. */
const LIMIT = 64

/** What a call is told apart from others by. */
export interface KeyedCall {
  readonly functionName: string
  readonly arguments: unknown
}

/** Gives every call a key of its own, except one that soon repeats a call that did not finish. */
export class IdempotencyKeys {
  /** Keys of calls that did not finish, by what was called, oldest first. */
  #unfinished: { readonly signature: string; readonly key: string; readonly endedMs: number }[] = []

  /** The key of a call that begins: that of the oldest call like it, if one was given up at `sinceMs` or later. */
  take(call: KeyedCall, sinceMs: number, newKey: () => string): string {
    this.#unfinished = this.#unfinished.filter(({ endedMs }) => endedMs >= sinceMs)
    const signature = signatureOf(call)
    const at = this.#unfinished.findIndex((entry) => entry.signature === signature)
    return this.#unfinished.splice(at, at < 0 ? 0 : 1)[0]?.key ?? newKey()
  }

  /** The call did not finish: the next like it is its repetition. */
  giveBack(call: KeyedCall, key: string, nowMs: number): void {
    this.#unfinished.push({ signature: signatureOf(call), key, endedMs: nowMs })
    this.#unfinished = this.#unfinished.slice(-LIMIT)
  }
}

function signatureOf({ functionName, arguments: args }: KeyedCall): string {
  return `${functionName} ${JSON.stringify(args, withSortedKeys)}`
}

function withSortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
