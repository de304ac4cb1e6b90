import { FlowError } from '../definition/errors.ts'

/**
 * Keeps snapshots by conversation. What is saved comes back as it was, character for character. Calls for one
 * conversation take effect in the order in which they are made, also when nobody waits for the one before.
 */
export interface FlowStore {
  /** The last snapshot saved; `undefined` when there is none, it was deleted, or its time is over. */
  load(conversationId: string): Promise<string | undefined>
  /** Keeps a snapshot in place of the one before; its time to live begins anew. */
  save(conversationId: string, snapshot: string): Promise<void>
  /** Forgets the conversation; one that is not there is no error. */
  delete(conversationId: string): Promise<void>
}

/** What stores that forget have in common. */
export interface TimeToLive {
  /** How long a snapshot is kept after it was last saved, seconds. Default: for ever. */
  readonly ttlSecs?: number | undefined
}

/** @internal */
export function checkTtl(ttlSecs: number | undefined): void {
  if (ttlSecs === undefined || (Number.isFinite(ttlSecs) && ttlSecs > 0)) return
  throw invalidOption(`ttlSecs must be a number of seconds above 0, not ${ttlSecs}. Leave it out to keep for ever.`)
}

/** @internal */
export function invalidOption(message: string): FlowError {
  return new FlowError(message, { code: 'invalid-option', kind: 'config' })
}
