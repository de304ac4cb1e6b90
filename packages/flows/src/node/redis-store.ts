import type { ErrorKind } from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import { checkTtl, type FlowStore, type TimeToLive } from '../snapshot/flow-store.ts'

/** The part of a Redis client that {@link redisStore} uses; an instance of `ioredis` has it. */
export interface RedisClient {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<unknown>
  set(key: string, value: string, unit: 'EX', seconds: number): Promise<unknown>
  del(key: string): Promise<unknown>
}

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends TimeToLive {
  /** How long it tries and waits is a matter of its own options. The store never closes it. */
  readonly redis: RedisClient
  /** Stands before each conversation's id in the names of the keys. Default `pc:flow:`. */
  readonly prefix?: string | undefined
}

/**
 * Keeps snapshots in Redis, for servers that share their conversations. Redis itself forgets them after `ttlSecs`, in
 * whole seconds, rounded up.
 *
 * Its methods reject with a FlowError: `snapshot-store-failed` when Redis does not do it, `snapshot-damaged` when
 * something else than a text is kept under the key; it stays there.
 *
 * @throws FlowError `invalid-option` for a `ttlSecs` that is not above 0.
 */
export function redisStore({ redis, prefix = 'pc:flow:', ttlSecs }: RedisStoreOptions): FlowStore {
  checkTtl(ttlSecs)
  const keyOf = (conversationId: string): string => `${prefix}${conversationId}`
  return {
    load: async (conversationId) =>
      (await redis.get(keyOf(conversationId)).catch((cause: unknown) => failed('load', cause))) ?? undefined,
    save: async (conversationId, snapshot) => {
      const key = keyOf(conversationId)
      const saved =
        ttlSecs === undefined ? redis.set(key, snapshot) : redis.set(key, snapshot, 'EX', Math.ceil(ttlSecs))
      await saved.catch((cause: unknown) => failed('save', cause))
    },
    delete: async (conversationId) => {
      await redis.del(keyOf(conversationId)).catch((cause: unknown) => failed('delete', cause))
    },
  }
}

const KINDS: readonly (readonly [RegExp, ErrorKind])[] = [
  [/^(NOAUTH|WRONGPASS|NOPERM)\b/, 'auth'],
  [/^ERR\b/, 'config'],
]

/** The client's error is no cause: it holds the command with its arguments, and so the conversation. */
function failed(doing: 'load' | 'save' | 'delete', cause: unknown): never {
  const message = cause instanceof Error ? cause.message : 'it gave no reason'
  const [reason = ''] = message.split(', with args beginning')
  if (reason.startsWith('WRONGTYPE')) {
    throw new FlowError(
      'Under the key of the conversation Redis keeps something else than a snapshot. It was left as it is: choose ' +
        'another prefix, or delete the snapshot of the conversation.',
      { code: 'snapshot-damaged', kind: 'protocol' },
    )
  }
  throw new FlowError(`Redis did not ${doing} a snapshot: ${reason}`, {
    code: 'snapshot-store-failed',
    kind: KINDS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'transient',
  })
}
