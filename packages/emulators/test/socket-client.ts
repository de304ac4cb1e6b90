import WebSocket from 'ws'
import type { ClientOptions, RawData } from 'ws'
import { isObject, parseJson } from '../src/json.ts'
import type { JsonObject } from '../src/json.ts'

/** What a raw WebSocket client saw, in order. */
export type Seen =
  | { readonly kind: 'json'; readonly message: JsonObject }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'binary'; readonly bytes: Uint8Array }

const toSeen = (data: RawData, isBinary: boolean): Seen => {
  if (!Buffer.isBuffer(data)) throw new TypeError('The client asks for one buffer a message.')
  if (isBinary) return { kind: 'binary', bytes: new Uint8Array(data) }
  const message = parseJson(data.toString())
  return isObject(message) ? { kind: 'json', message } : { kind: 'text', text: data.toString() }
}

/** A bare WebSocket client that keeps what it sees, for what no SDK shows. */
export class SocketClient {
  readonly seen: Seen[] = []
  readonly socket: WebSocket
  /** Resolves with the close code (1006 when the connection was cut) and the reason. */
  readonly closed: Promise<{ code: number; reason: string }>
  #waiters: (() => void)[] = []

  constructor(url: string, options: ClientOptions & { protocols?: string[] } = {}) {
    const { protocols = [], ...rest } = options
    this.socket = new WebSocket(url, protocols, { headers: { authorization: 'Token key' }, ...rest })
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    this.socket.on('message', (data: RawData, isBinary: boolean) => {
      this.seen.push(toSeen(data, isBinary))
      const waiters = this.#waiters
      this.#waiters = []
      for (const wake of waiters) wake()
    })
  }

  /** Resolves when the socket is open, rejects when it is refused. */
  async opened(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('open', () => resolve())
      this.socket.once('error', reject)
    })
    return this
  }

  send(message: object | Uint8Array | string): void {
    this.socket.send(typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message))
  }

  /** Sends 16-bit samples in messages of 20 ms. */
  sendPcm(pcm: Int16Array, sampleRate: number): void {
    const size = sampleRate / 50
    for (let start = 0; start < pcm.length; start += size) {
      const piece = pcm.slice(start, start + size)
      this.socket.send(new Uint8Array(piece.buffer))
    }
  }

  /** Resolves when a message that fits has come. */
  async until(match: (message: JsonObject) => boolean): Promise<JsonObject> {
    for (;;) {
      const found = this.messages.find(match)
      if (found) return found
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Resolves when `count` messages of any kind have come. */
  async untilCount(count: number): Promise<void> {
    while (this.seen.length < count) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Everything sent before this has reached the server, and what it answered at once has come back. */
  async roundTrip(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.socket.once('pong', () => resolve())
      this.socket.ping()
    })
  }

  get messages(): JsonObject[] {
    return this.seen.flatMap((entry) => (entry.kind === 'json' ? [entry.message] : []))
  }

  get audio(): Uint8Array {
    return Buffer.concat(this.seen.flatMap((entry) => (entry.kind === 'binary' ? [entry.bytes] : [])))
  }
}

/** The HTTP answer to a refused upgrade. */
export const refusalOf = (
  url: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: unknown }> => {
  const { protocols = [], ...rest } = options
  const socket = new WebSocket(url, protocols, { headers: { authorization: 'Token key' }, ...rest })
  socket.on('error', () => {})
  return new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('The upgrade was accepted.')))
    socket.on('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const body = parseJson(Buffer.concat(chunks).toString())
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      })
    })
  })
}
