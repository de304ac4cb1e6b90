import type { Clock } from '@pc/core'
import { LRUCache } from 'lru-cache'

/** How much a cache holds and for how long. */
export interface CacheOptions {
  readonly maxEntries?: number | undefined
  readonly ttlSecs?: number | undefined
}

/** A cache whose time is that of the conversations that use it. */
export class TimedCache<Value extends {}> {
  readonly maxEntries: number
  readonly ttlSecs: number
  readonly #cache: LRUCache<string, Value>
  #clock: Clock | undefined = undefined

  constructor(maxEntries: number, ttlSecs: number) {
    this.maxEntries = maxEntries
    this.ttlSecs = ttlSecs
    this.#cache = new LRUCache<string, Value>({
      max: maxEntries,
      ttl: ttlSecs * 1000,
      // No timer of its own.
      ttlResolution: 0,
      // What is kept at time 0 would never grow old.
      perf: { now: () => (this.#clock?.nowMs() ?? 0) + 1 },
    })
  }

  get size(): number {
    return this.#cache.size
  }

  clear(): void {
    this.#cache.clear()
  }

  /** @internal Time is read off this clock from now on. */
  use(clock: Clock): void {
    this.#clock ??= clock
  }

  /** What was kept, if it is not too old. */
  get(key: string): Value | undefined {
    return this.#cache.get(key)
  }

  /** Keeps a value, for `ttlSecs` or the cache's own time. */
  set(key: string, value: Value, ttlSecs: number = this.ttlSecs): void {
    this.#cache.set(key, value, { ttl: ttlSecs * 1000 })
  }
}
