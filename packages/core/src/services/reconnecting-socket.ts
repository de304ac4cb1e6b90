import type { Clock, Timer } from '../runtime/clock.ts'
import { Emitter } from '../runtime/emitter.ts'
import { kindOfStatus, PcError } from '../runtime/errors.ts'
import { QuickFailures, RECONNECT_POLICY, retryDelayMs, type RetryPolicy } from './retry.ts'
import { payload, type SocketConstructor, type SocketLike, type SocketOptions, watchRefusal } from './socket-like.ts'

/** Something to send at intervals while nothing else is sent. */
export interface KeepAlive {
  readonly everySecs: number
  readonly message: () => string | Uint8Array<ArrayBuffer>
}

/** The options of {@link ReconnectingSocket}. */
export interface ReconnectingSocketOptions {
  /** Asked for at each attempt, so that tokens may change. */
  readonly url: string | (() => string)
  readonly webSocket: SocketConstructor
  readonly clock: Clock
  /** A number from 0 up to 1, for the jitter. */
  readonly random: () => number
  readonly protocols?: readonly string[] | undefined
  /** Sent with the upgrade; browsers cannot. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What each new connection is told first: its configuration. */
  readonly greeting?: (() => readonly (string | Uint8Array<ArrayBuffer>)[]) | undefined
  readonly keepAlive?: KeepAlive | undefined
  /** Whether a lost connection is made again. Default true. */
  readonly reconnect?: boolean | undefined
  readonly policy?: RetryPolicy | undefined
  /** Waiting for a connection to open, seconds. Default 10. */
  readonly openTimeoutSecs?: number | undefined
  /** A connection made again must answer a ping within this time before it is used, seconds. Default 5; only `ws`. */
  readonly pingTimeoutSecs?: number | undefined
  /** What may wait to be sent, bytes; beyond it the oldest is dropped. Default 1 MiB. */
  readonly maxQueuedBytes?: number | undefined
  /** Names the service in errors. */
  readonly service?: string | undefined
}

/** Events of {@link ReconnectingSocket}. */
export interface ReconnectingSocketEvents {
  /** A connection is there and has been greeted; `again` is false for the first. */
  open: [again: boolean]
  message: [data: string | Uint8Array]
  /** The connection broke, or could not be made; another attempt follows. */
  lost: [error: PcError]
  /** There will be no further attempt. */
  failed: [error: PcError]
  /** {@link ReconnectingSocket.close} is through. */
  closed: []
  /** Messages that waited too long were dropped; once per stall. */
  overflow: []
}

type State =
  | { readonly at: 'idle' | 'closed' | 'failed' }
  | { readonly at: 'connecting' | 'verifying'; readonly socket: SocketLike; readonly timer: Timer }
  | { readonly at: 'open'; readonly socket: SocketLike; readonly sinceMs: number }
  | { readonly at: 'waiting'; readonly timer: Timer }
  | { readonly at: 'closing'; readonly socket: SocketLike; readonly timer: Timer }

const CLOSE_MS = 2000
const NORMAL_CLOSE = 1000

/**
 * A WebSocket that comes back. One attempt runs at a time; waits grow with jitter; a refusal that will not change
 * (HTTP 400, 401, 402, 403, 404) and the third connection in a row that dies within 5 s of opening end it. What is sent
 * while there is no connection waits, up to a limit.
 */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions
  readonly #events = new Emitter<ReconnectingSocketEvents>()
  readonly #quickFailures = new QuickFailures()
  #state: State = { at: 'idle' }
  #queue: (string | Uint8Array<ArrayBuffer>)[] = []
  #queuedBytes = 0
  #overflowing = false
  #retries = 0
  #connections = 0
  #keepAliveTimer: Timer | undefined

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof ReconnectingSocketEvents>(
    event: K,
    listener: (...args: ReconnectingSocketEvents[K]) => unknown,
  ): () => void {
    return this.#events.on(event, listener)
  }

  get isOpen(): boolean {
    return this.#state.at === 'open'
  }

  /** Bytes that the connection has not taken yet, those that wait for one included. */
  get bufferedBytes(): number {
    return this.#queuedBytes + (this.#state.at === 'open' ? this.#state.socket.bufferedAmount : 0)
  }

  /** Starts to connect, anew after a failure; while it is at it, nothing happens. */
  connect(): void {
    if (this.#state.at !== 'idle' && this.#state.at !== 'failed' && this.#state.at !== 'closed') return
    this.#retries = 0
    this.#quickFailures.reset()
    this.#attempt()
  }

  /** Sends, or keeps it for the next connection. False when there will be none. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    switch (this.#state.at) {
      case 'open':
        this.#state.socket.send(data)
        this.#armKeepAlive()
        return true
      case 'connecting':
      case 'verifying':
      case 'waiting':
        this.#enqueue(data)
        return true
      default:
        return false
    }
  }

  /** Closes for good: says goodbye, waits up to 2 s for the answer, then cuts the line. Resolves in any case. */
  close(): Promise<void> {
    const state = this.#state
    this.#keepAliveTimer?.cancel()
    this.#queue = []
    this.#queuedBytes = 0
    if (state.at === 'connecting' || state.at === 'verifying' || state.at === 'waiting') state.timer.cancel()
    if (state.at !== 'open' && state.at !== 'closing') {
      this.#state = { at: 'closed' }
      if ('socket' in state) discard(state.socket)
      this.#events.emit('closed')
      return Promise.resolve()
    }
    const closed = new Promise<void>((resolve) => this.#events.once('closed', () => resolve()))
    if (state.at === 'open') {
      const timer = this.#options.clock.setTimeout(() => {
        state.socket.terminate?.()
        this.#closed()
      }, CLOSE_MS)
      this.#state = { at: 'closing', socket: state.socket, timer }
      state.socket.close(NORMAL_CLOSE)
    }
    return closed
  }

  #attempt(): void {
    const { clock, webSocket, url, protocols, headers, openTimeoutSecs = 10 } = this.#options
    const socketOptions: SocketOptions = headers === undefined ? {} : { headers }
    let socket: SocketLike
    try {
      const Socket = webSocket
      socket = new Socket(typeof url === 'string' ? url : url(), [...(protocols ?? [])], socketOptions)
    } catch (cause) {
      const message = 'The WebSocket could not be made; check its URL.'
      this.#fail(new PcError(message, { code: 'invalid-url', kind: 'config', service: this.#options.service, cause }))
      return
    }
    socket.binaryType = 'arraybuffer'
    const onTimeout = (): void =>
      this.#broken(socket, this.#error('connect-timeout', 'timeout', 'The connection did not open in time.'))
    this.#state = { at: 'connecting', socket, timer: clock.setTimeout(onTimeout, openTimeoutSecs * 1000) }
    let detail = ''
    watchRefusal(socket, ({ status, body }) => {
      const message = `The server refused the connection with HTTP ${status}${body === '' ? '' : `: ${body}`}`
      this.#broken(socket, this.#error('connection-refused', kindOfStatus(status), message, status))
    })
    socket.addEventListener('open', () => this.#opened(socket))
    socket.addEventListener('message', ({ data }) => this.#received(socket, data))
    socket.addEventListener('error', ({ message }) => {
      if (typeof message === 'string') detail = message
    })
    socket.addEventListener('close', ({ code, reason }) => {
      const text = [code, reason, detail].filter((part) => part !== '' && part !== undefined).join(' ')
      this.#broken(socket, this.#error('connection-closed', 'transient', `The connection was closed: ${text}`))
    })
  }

  #error(code: string, kind: PcError['kind'], message: string, status?: number): PcError {
    return new PcError(message, { code, kind, service: this.#options.service, status })
  }

  #isCurrent(socket: SocketLike): boolean {
    return 'socket' in this.#state && this.#state.socket === socket
  }

  #opened(socket: SocketLike): void {
    if (!this.#isCurrent(socket) || this.#state.at !== 'connecting') return
    this.#state.timer.cancel()
    if (this.#connections === 0 || socket.ping === undefined || socket.on === undefined) {
      this.#ready(socket)
      return
    }
    const { clock, pingTimeoutSecs = 5 } = this.#options
    const onTimeout = (): void =>
      this.#broken(socket, this.#error('ping-timeout', 'timeout', 'The new connection did not answer a ping.'))
    this.#state = { at: 'verifying', socket, timer: clock.setTimeout(onTimeout, pingTimeoutSecs * 1000) }
    socket.on('pong', () => {
      if (!this.#isCurrent(socket) || this.#state.at !== 'verifying') return
      this.#state.timer.cancel()
      this.#ready(socket)
    })
    socket.ping()
  }

  #ready(socket: SocketLike): void {
    const again = this.#connections++ > 0
    this.#state = { at: 'open', socket, sinceMs: this.#options.clock.nowMs() }
    for (const message of this.#options.greeting?.() ?? []) socket.send(message)
    for (const message of this.#queue.splice(0)) socket.send(message)
    this.#queuedBytes = 0
    this.#overflowing = false
    this.#armKeepAlive()
    this.#events.emit('open', again)
  }

  #received(socket: SocketLike, data: unknown): void {
    if (!this.#isCurrent(socket)) return
    const message = payload(data)
    if (message !== undefined) this.#events.emit('message', message)
  }

  /** A connection is over, by whatever way; each socket counts once. */
  #broken(socket: SocketLike, error: PcError): void {
    if (!this.#isCurrent(socket)) return
    const state = this.#state
    if (state.at === 'closing') {
      state.timer.cancel()
      this.#closed()
      return
    }
    if (state.at === 'connecting' || state.at === 'verifying') state.timer.cancel()
    this.#keepAliveTimer?.cancel()
    this.#state = { at: 'idle' }
    discard(socket)
    const livedMs = state.at === 'open' ? this.#options.clock.nowMs() - state.sinceMs : undefined
    this.#retry(error, livedMs)
  }

  #retry(error: PcError, livedMs: number | undefined): void {
    const { clock, policy = RECONNECT_POLICY, random, reconnect = true } = this.#options
    if (error.permanent || error.kind === 'quota' || !reconnect) {
      this.#fail(error)
      return
    }
    if (livedMs !== undefined) {
      if (this.#quickFailures.lost(livedMs)) {
        this.#fail(
          this.#error(
            'reconnect-failed',
            'config',
            `Three connections in a row died soon after opening. ${error.message}`,
          ),
        )
        return
      }
      if (livedMs >= 5000) this.#retries = 0
    }
    const delayMs = retryDelayMs(policy, this.#retries++, random)
    if (delayMs === undefined) {
      this.#fail(this.#error('reconnect-failed', 'config', `No connection could be made. ${error.message}`))
      return
    }
    this.#state = { at: 'waiting', timer: clock.setTimeout(() => this.#attempt(), delayMs) }
    this.#events.emit('lost', error)
  }

  #fail(error: PcError): void {
    this.#state = { at: 'failed' }
    this.#queue = []
    this.#queuedBytes = 0
    this.#events.emit('failed', error)
  }

  #closed(): void {
    if (this.#state.at === 'closed') return
    this.#state = { at: 'closed' }
    this.#events.emit('closed')
  }

  #enqueue(data: string | Uint8Array<ArrayBuffer>): void {
    this.#queue.push(data)
    this.#queuedBytes += data.length
    const limit = this.#options.maxQueuedBytes ?? 1 << 20
    while (this.#queuedBytes > limit && this.#queue.length > 1) {
      this.#queuedBytes -= this.#queue.shift()?.length ?? 0
      if (this.#overflowing) continue
      this.#overflowing = true
      this.#events.emit('overflow')
    }
  }

  #armKeepAlive(): void {
    const { keepAlive, clock } = this.#options
    if (keepAlive === undefined) return
    this.#keepAliveTimer?.cancel()
    this.#keepAliveTimer = clock.setTimeout(() => this.send(keepAlive.message()), keepAlive.everySecs * 1000, {
      background: true,
    })
  }
}

/** Ends a socket that nobody listens to any more. */
function discard(socket: SocketLike): void {
  try {
    if (socket.terminate) socket.terminate()
    else socket.close()
  } catch {
    // It was never open; there is nothing to end.
  }
}
