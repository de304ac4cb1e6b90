import { createHash } from 'node:crypto'
import type { Message } from '@pc/core'
import type { FlowTool } from '../manager/flow-host.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import { isRecord } from '../definition/is-record.ts'
import { type CacheOptions, TimedCache } from './timed-cache.ts'

/** All that decides what a model answers. */
export interface ModelRequest {
  /** What the service is set to, the system instruction among it. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly tools: readonly FlowTool[]
  readonly messages: readonly Message[]
}

/**
 * The first replies in nodes that are marked `cache: 'entry'`, for all conversations that share it. A reply is used again
 * only where the model would read exactly the same: what one caller said never reaches another.
 */
export class ResponseCache extends TimedCache<string> {
  /** Default: 1000 replies, for 300 s. */
  constructor({ maxEntries = 1000, ttlSecs = 300 }: CacheOptions = {}) {
    super(maxEntries, ttlSecs)
  }

  /** The SHA-256 of a request: neither its words nor another request can be found by it. */
  keyOf({ settings, tools, messages }: ModelRequest): string {
    const offered = tools.map(({ function: fn }) => [fn.name, fn.description, argumentsSchemaOf(fn)])
    const sorted = Object.entries(settings)
      .filter(([, value]) => value !== undefined && !(isRecord(value) && Object.keys(value).length === 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return createHash('sha256')
      .update(JSON.stringify([sorted, offered, messages]))
      .digest('hex')
  }
}
