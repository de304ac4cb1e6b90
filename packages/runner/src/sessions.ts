import type { Runtime } from '@pc/core'
import type { RTVIProcessorOptions } from '@pc/rtvi'
import type { WebSocketServerTransportOptions } from '@pc/transports-websocket'
import type { WebSocket } from 'ws'
import type { Bot } from './bot.ts'
import { LiveSession } from './live-session.ts'

/** How long a cancelled bot may take to return before its connection is cut, milliseconds. */
const CANCEL_MS = 5000

/** A connection, as the server lists it. */
export interface SessionInfo {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly startedAtMs: number
}

/** What all sessions of a server share. */
export interface SessionsOptions {
  readonly bot: Bot
  readonly runtime: Runtime
  readonly maxSessions: number
  readonly transportOptions: Omit<WebSocketServerTransportOptions, 'websocket'>
  readonly rtviOptions: RTVIProcessorOptions
}

/** The running sessions of a server. */
export class Sessions {
  readonly #options: SessionsOptions
  readonly #running = new Map<LiveSession, Promise<void>>()
  #draining = false

  constructor(options: SessionsOptions) {
    this.#options = options
  }

  /** The server stops: nobody new may come in. */
  get draining(): boolean {
    return this.#draining
  }

  get full(): boolean {
    return this.#running.size >= this.#options.maxSessions
  }

  list(): SessionInfo[] {
    return [...this.#running.keys()].map(({ id, startedAtMs }) => ({ id, startedAtMs }))
  }

  /** Starts the bot for a connection. */
  open(websocket: WebSocket, { id, body }: { id: string; body: unknown }): void {
    const { bot, runtime, transportOptions, rtviOptions } = this.#options
    const session = new LiveSession({ id, body, websocket, bot, runtime, transportOptions, rtviOptions })
    this.#running.set(
      session,
      session.serve().finally(() => this.#running.delete(session)),
    )
  }

  /** Lets all sessions end for `limitSecs`, then cancels them, then cuts them off. */
  async drain(limitSecs: number): Promise<void> {
    if (!this.#draining) for (const session of this.#running.keys()) session.end()
    this.#draining = true
    if (await this.#emptyWithin(limitSecs * 1000)) return
    for (const session of this.#running.keys()) session.cancel('the server stops')
    if (await this.#emptyWithin(CANCEL_MS)) return
    for (const session of this.#running.keys()) {
      this.#options.runtime.log.log('warn', `The bot of session ${session.id} does not return; it was cut off.`)
      session.terminate()
      this.#running.delete(session)
    }
  }

  async #emptyWithin(limitMs: number): Promise<boolean> {
    const late = Promise.withResolvers<void>()
    const timer = this.#options.runtime.clock.setTimeout(late.resolve, limitMs)
    await Promise.race([Promise.all(this.#running.values()), late.promise])
    timer.cancel()
    return this.#running.size === 0
  }
}
