import type { IncomingHttpHeaders } from 'node:http'

interface Recorded {
  /** Monotonic milliseconds of the emulators' clock. */
  readonly atMs: number
  /** Number of the connection, counted over all providers: everything said on one connection shares it. */
  readonly connection: number
  readonly provider: string
  /** Path below the provider's mount, such as `/v1/listen`. */
  readonly path: string
}

/** An HTTP request, recorded when its body has arrived. */
export interface RecordedHttp extends Recorded {
  readonly kind: 'http'
  readonly method: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  /** The parsed JSON body; `undefined` when the body is not JSON. */
  readonly body: unknown
  /** The parsed multipart body. */
  readonly form?: FormData
}

/** A request to open a WebSocket. */
export interface RecordedUpgrade extends Recorded {
  readonly kind: 'upgrade'
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
}

/** A WebSocket text message; `body` is the parsed JSON, or `undefined` when it is not JSON. */
export interface RecordedText extends Recorded {
  readonly kind: 'text'
  readonly text: string
  readonly body: unknown
}

/** A WebSocket binary message. */
export interface RecordedBinary extends Recorded {
  readonly kind: 'binary'
  readonly bytes: Uint8Array
}

/** The end of a WebSocket (with the close code), or an HTTP client that left before the answer was complete. */
export interface RecordedClose extends Recorded {
  readonly kind: 'close'
  readonly code?: number
  readonly reason?: string
}

/** Something a client sent. */
export type InboundMessage = RecordedHttp | RecordedUpgrade | RecordedText | RecordedBinary | RecordedClose

interface Waiter {
  readonly match: (message: InboundMessage) => boolean
  readonly resolve: (message: InboundMessage) => void
  readonly reject: (reason: Error) => void
}

/** Header values as strings, with credentials replaced by `***`; the scheme of the authorization stays. */
export const recordedHeaders = (headers: IncomingHttpHeaders): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
    if (name === 'authorization') result[name] = text.includes(' ') ? text.replace(/\s.*$/s, ' ***') : '***'
    else if (name.endsWith('api-key')) result[name] = '***'
    else if (name === 'sec-websocket-protocol') result[name] = text.replace(/,.*$/s, ', ***')
    else result[name] = text
  }
  return result
}

/** Keeps what the clients sent; beyond the limit the oldest tenth is dropped. */
export class Recorder {
  readonly messages: InboundMessage[] = []
  readonly #limit: number
  #waiters: Waiter[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(message: InboundMessage): void {
    this.messages.push(message)
    if (this.messages.length > this.#limit) this.messages.splice(0, Math.ceil(this.#limit / 10))
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.match(message)) return true
      waiter.resolve(message)
      return false
    })
  }

  /** The first message, recorded or to come, that the function accepts. Rejects when the emulators close first. */
  waitFor(match: (message: InboundMessage) => boolean): Promise<InboundMessage> {
    const recorded = this.messages.find(match)
    if (recorded) return Promise.resolve(recorded)
    return new Promise((resolve, reject) => {
      this.#waiters.push({ match, resolve, reject })
    })
  }

  clear(): void {
    this.messages.length = 0
  }

  close(): void {
    for (const { reject } of this.#waiters) reject(new Error('The emulators were closed before the message came.'))
    this.#waiters = []
  }
}
