import { type Clock, SystemClock } from './clock.ts'
import { type Logger, silentLogger } from './log.ts'

/** Everything that touches time, chance or the outside. One object per task, injected. */
export interface Runtime {
  readonly clock: Clock
  /** A number from 0 up to 1. */
  readonly random: () => number
  /** A new id, unique within the task. */
  readonly newId: () => string
  readonly log: Logger
  readonly fetch: typeof globalThis.fetch
  /** For services that open sockets; `undefined` means their own choice. */
  readonly WebSocket: WebSocketConstructor | undefined
}

/** The part of the WebSocket class that sockets of services need; `ws` and browsers both have it. */
export type WebSocketConstructor = new (url: string, options?: never) => unknown

const systemClock = new SystemClock()

/** A runtime of the real clock, real chance and the platform's `fetch`, with parts replaced. */
export function createRuntime(parts: Partial<Runtime> = {}): Runtime {
  return {
    clock: systemClock,
    random: Math.random,
    newId: () => crypto.randomUUID(),
    log: silentLogger,
    fetch: (...args) => globalThis.fetch(...args),
    WebSocket: undefined,
    ...parts,
  }
}
