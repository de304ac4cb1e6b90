import { type Clock, SystemClock } from '@pc/core'
import { checkTtl, type FlowStore, invalidOption, type TimeToLive } from './flow-store.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions extends TimeToLive {
  /** How many conversations are kept; beyond it the one that was saved longest ago is forgotten. Default 1000. */
  readonly maxEntries?: number | undefined
  /** Default: real time. */
  readonly clock?: Pick<Clock, 'nowMs'> | undefined
}

/**
 * Keeps snapshots in this process, for development, tests and reconnects. They end with the process.
 *
 * @throws FlowError `invalid-option` for a `ttlSecs` that is not above 0 or a `maxEntries` that is no whole number
 * above 0.
 */
export function memoryStore(options: MemoryStoreOptions = {}): FlowStore {
  const { ttlSecs, maxEntries = 1000, clock = new SystemClock() } = options
  checkTtl(ttlSecs)
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw invalidOption(`maxEntries must be a whole number above 0, not ${maxEntries}.`)
  }
  const ttlMs = ttlSecs === undefined ? Infinity : ttlSecs * 1000
  // Ordered by the time of the last save, and so by the time of expiry.
  const entries = new Map<string, { readonly snapshot: string; readonly savedAtMs: number }>()
  const forgetExpired = (): void => {
    const nowMs = clock.nowMs()
    for (const [id, { savedAtMs }] of entries) {
      if (nowMs - savedAtMs < ttlMs) return
      entries.delete(id)
    }
  }
  return {
    load: async (conversationId) => {
      forgetExpired()
      return entries.get(conversationId)?.snapshot
    },
    save: async (conversationId, snapshot) => {
      forgetExpired()
      entries.delete(conversationId)
      entries.set(conversationId, { snapshot, savedAtMs: clock.nowMs() })
      if (entries.size <= maxEntries) return
      for (const oldest of entries.keys()) {
        entries.delete(oldest)
        return
      }
    },
    delete: async (conversationId) => void entries.delete(conversationId),
  }
}
