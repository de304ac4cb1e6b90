import type { Clock } from '@pc/core'
import type { FlowFunction, FunctionCachePolicy } from '../definition/flow-function.ts'
import { isRecord } from '../definition/is-record.ts'
import { isOutcome } from '../definition/outcome.ts'
import { type CacheOptions, TimedCache } from './timed-cache.ts'

/** A call that others wait for does not keep them longer, seconds. */
const JOIN_SECS = 60

interface Running {
  readonly sinceMs: number
  readonly result: Promise<unknown>
}

/** Whose call it is, and what it is told. */
export interface CachedCall {
  readonly conversation: string
  readonly clock: Clock
  /** Whether the handler was spared. */
  record(hit: boolean): void
}

/**
 * The results of functions that have a {@link FunctionCachePolicy}. Calls that are made at once and are alike run once.
 * What failed is not kept, nor what moves the conversation unless the function is `pure`.
 */
export class FunctionCache extends TimedCache<{ readonly value: unknown }> {
  readonly #running = new Map<string, Running>()
  readonly #ids = new WeakMap<FlowFunction, number>()
  #nextId = 0

  /** Default: 500 results, for 60 s. */
  constructor({ maxEntries = 500, ttlSecs = 60 }: CacheOptions = {}) {
    super(maxEntries, ttlSecs)
  }

  /** What a call gives: kept, or what `next` gives. */
  async run(
    fn: FlowFunction,
    args: Readonly<Record<string, unknown>>,
    { next, conversation, clock, record }: CachedCall & { next(): Promise<unknown> },
  ): Promise<unknown> {
    const { cache } = fn
    if (cache === undefined) return next()
    const key = this.#keyOf(fn, cache, args, conversation)
    const kept = this.get(key)
    if (kept !== undefined) {
      record(true)
      return kept.value
    }
    const running = this.#running.get(key)
    if (running !== undefined && clock.nowMs() - running.sinceMs < JOIN_SECS * 1000) {
      try {
        const value = await running.result
        record(true)
        return value
      } catch {
        // It may have failed for reasons of its own conversation, such as an interruption.
        record(false)
        return next()
      }
    }
    record(false)
    return this.#first(key, { fn, cache, next, clock })
  }

  async #first(
    key: string,
    call: { fn: FlowFunction; cache: FunctionCachePolicy; next(): Promise<unknown>; clock: Clock },
  ): Promise<unknown> {
    const { fn, cache, next, clock } = call
    const running: Running = { sinceMs: clock.nowMs(), result: next() }
    this.#running.set(key, running)
    try {
      const value = await running.result
      if (mayBeKept(fn, cache, value)) this.set(key, { value }, cache.ttlSecs)
      return value
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
  }

  /** Two functions of one name are two. */
  #keyOf(
    fn: FlowFunction,
    { key, scope = 'session' }: FunctionCachePolicy,
    args: Readonly<Record<string, unknown>>,
    conversation: string,
  ): string {
    let id = this.#ids.get(fn)
    if (id === undefined) this.#ids.set(fn, (id = ++this.#nextId))
    return JSON.stringify([id, scope === 'global' ? null : conversation, key === undefined ? sorted(args) : key(args)])
  }
}

function mayBeKept(fn: FlowFunction, { pure = false }: FunctionCachePolicy, value: unknown): boolean {
  if (!isOutcome(value)) return !isFailure(value) && (pure || (fn.transitionTo ?? []).length === 0)
  if (value.kind === 'callback' || isFailure(value.result)) return false
  return pure || value.kind === 'stay' || value.kind === 'silent'
}

/** By convention. */
function isFailure(value: unknown): boolean {
  return isRecord(value) && value['status'] === 'error'
}

/** Two lists of arguments are alike whatever their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
