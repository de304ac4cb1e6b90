import { type Clock, PcError, type Timer } from '@pc/core'
import type { RawData, WebSocket } from 'ws'
import type { WebSocketServerParams } from './websocket-params.ts'

/** Messages kept while the pipeline starts; then the socket itself is paused. */
const EARLY_MESSAGES = 256
/** A burst of so many seconds' worth of messages is let in. */
const BURST_SECS = 4
/** Messages may fill the send buffer up to so many times the limit of audio. */
const MESSAGE_ALLOWANCE = 4
/** How long a closing handshake may take, milliseconds. */
const CLOSE_LIMIT_MS = 2000

/** Who hears of a connection. */
export interface ConnectionListener {
  message(data: Uint8Array | string): void
  closed(): void
  error(error: PcError): void
}

/** One socket with its limits: size and rate of what comes, back-pressure of what goes, pings, and a bounded close. */
export class Connection {
  readonly websocket: WebSocket
  readonly #params: WebSocketServerParams
  readonly #closed = Promise.withResolvers<void>()
  #listener: ConnectionListener | undefined = undefined
  #clock: Clock | undefined = undefined
  #early: (Uint8Array | string)[] = []
  #isClosed = false
  #pingTimer: Timer | undefined = undefined
  #answered = true
  #tokens: number
  #tokensAtMs = 0
  #flooding = false
  #stalledSinceMs = Infinity

  constructor(websocket: WebSocket, params: WebSocketServerParams) {
    this.websocket = websocket
    this.#params = params
    this.#tokens = params.maxMessagesPerSec * BURST_SECS
    websocket.on('message', (data, isBinary) => this.#arrived(isBinary ? bytesOf(data) : bytesOf(data).toString()))
    websocket.on('pong', () => (this.#answered = true))
    websocket.on('close', () => this.#over())
    websocket.on('error', (error) => this.#socketFailed(error))
    if (websocket.readyState === websocket.CLOSED) this.#over()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Watches the client from now on. */
  watch(clock: Clock): void {
    if (this.#clock !== undefined) return
    this.#clock = clock
    this.#tokensAtMs = clock.nowMs()
    this.#schedulePing(clock)
  }

  /** Hands over what came so far, and from now on what comes. */
  start(listener: ConnectionListener): void {
    this.#listener = listener
    for (const data of this.#early.splice(0)) this.#hear(data)
    if (this.websocket.isPaused) this.websocket.resume()
    if (this.#isClosed) listener.closed()
  }

  /** Sends a message; dropped when the connection is over. */
  send(data: Uint8Array | string): void {
    if (this.websocket.readyState !== this.websocket.OPEN) return
    const limit = this.#params.maxBufferedBytes * MESSAGE_ALLOWANCE
    if (this.websocket.bufferedAmount > limit) this.#cutOff()
    else this.websocket.send(data)
  }

  /** Sends audio, unless the client does not keep up: old audio is worth less than a bounded buffer. */
  sendAudio(data: Uint8Array | string): void {
    if (this.websocket.readyState !== this.websocket.OPEN) return
    if (this.websocket.bufferedAmount <= this.#params.maxBufferedBytes) {
      this.#stalledSinceMs = Infinity
      this.websocket.send(data)
      return
    }
    const nowMs = this.#clock?.nowMs() ?? 0
    if (this.#stalledSinceMs === Infinity) this.#stalledSinceMs = nowMs
    if (nowMs - this.#stalledSinceMs >= this.#params.stallLimitSecs * 1000) this.#cutOff()
  }

  /** Closes from this side; settles when the client has agreed, or after 2 s. */
  async close(code: number, reason?: string): Promise<void> {
    if (this.#isClosed) return
    if (this.websocket.isPaused) this.websocket.resume()
    this.websocket.close(code, reason)
    const timer = this.#clock?.setTimeout(() => this.websocket.terminate(), CLOSE_LIMIT_MS, { background: true })
    await this.#closed.promise
    timer?.cancel()
  }

  #arrived(data: Uint8Array | string): void {
    if (this.#listener !== undefined) {
      this.#hear(data)
      return
    }
    this.#early.push(data)
    if (this.#early.length >= EARLY_MESSAGES) this.websocket.pause()
  }

  #hear(data: Uint8Array | string): void {
    const { maxMessageBytes } = this.#params
    if (!this.#hasToken()) return
    if (data.length > maxMessageBytes) {
      const message = `The client sent a message of ${data.length} bytes; at most ${maxMessageBytes} are taken.`
      this.#listener?.error(new PcError(message, { code: 'message-too-large', kind: 'protocol' }))
      return
    }
    this.#listener?.message(data)
  }

  /** Whether the client stays within its rate; the first message beyond it is reported. */
  #hasToken(): boolean {
    const { maxMessagesPerSec } = this.#params
    const nowMs = this.#clock?.nowMs() ?? this.#tokensAtMs
    const earned = ((nowMs - this.#tokensAtMs) / 1000) * maxMessagesPerSec
    this.#tokens = Math.min(maxMessagesPerSec * BURST_SECS, this.#tokens + earned)
    this.#tokensAtMs = nowMs
    if (this.#tokens >= 1) {
      this.#tokens--
      this.#flooding = false
      return true
    }
    if (!this.#flooding) {
      const message = `The client sends more than ${maxMessagesPerSec} messages a second; the rest is dropped.`
      this.#listener?.error(new PcError(message, { code: 'too-many-messages', kind: 'protocol' }))
    }
    this.#flooding = true
    return false
  }

  #schedulePing(clock: Clock): void {
    const ping = (): void => {
      if (this.#isClosed) return
      if (!this.#answered) {
        this.#fail('client-unreachable', 'The client did not answer a ping; the connection was cut.')
        return
      }
      this.#answered = false
      if (this.websocket.readyState === this.websocket.OPEN) this.websocket.ping()
      this.#schedulePing(clock)
    }
    this.#pingTimer = clock.setTimeout(ping, this.#params.pingIntervalSecs * 1000, { background: true })
  }

  #cutOff(): void {
    this.#fail('client-stalled', 'The client does not read what it is sent; the connection was cut.')
  }

  #fail(code: string, message: string): void {
    this.#listener?.error(new PcError(message, { code, kind: 'timeout' }))
    this.websocket.terminate()
  }

  #socketFailed(error: Error): void {
    const message = `The connection to the client failed: ${error.message}`
    this.#listener?.error(new PcError(message, { code: 'connection-failed', kind: 'transient', cause: error }))
  }

  #over(): void {
    this.#isClosed = true
    this.#pingTimer?.cancel()
    this.#closed.resolve()
    this.#listener?.closed()
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
