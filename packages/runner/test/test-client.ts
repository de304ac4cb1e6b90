import { decodeFrame, encodeFrame } from '@pc/transports-websocket/codec'
import { type ClientOptions, WebSocket } from 'ws'

/** An RTVI message from the server. */
export interface Received {
  readonly type: string
  readonly id?: string
  readonly data?: unknown
}

/** A client over a real socket, with the codec of the official ones. */
export class TestClient {
  readonly socket: WebSocket
  readonly messages: Received[] = []
  /** Samples of audio that came. */
  samples = 0
  readonly #closed: Promise<{ code: number; reason: string }>
  #ids = 0
  #wake = (): void => {}

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options)
    this.socket.on('error', () => {})
    this.#closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    )
    this.socket.on('message', (data: Buffer) => {
      const frame = decodeFrame(data)
      if (frame?.kind === 'audio') this.samples += frame.audio.length / 2
      if (frame?.kind === 'message') this.messages.push(JSON.parse(frame.data))
      this.#wake()
    })
    this.socket.on('close', () => this.#wake())
  }

  static async connect(url: string, options?: ClientOptions): Promise<TestClient> {
    const client = new TestClient(url, options)
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve)
      client.socket.once('error', reject)
    })
    return client
  }

  /** Connects and shakes hands. */
  static async ready(url: string, options?: ClientOptions): Promise<TestClient> {
    const client = await TestClient.connect(url, options)
    client.send('client-ready', { version: '2.1.0', about: { library: 'test' } })
    await client.next('bot-ready')
    return client
  }

  send(type: string, data: unknown = {}): void {
    const message = { label: 'rtvi-ai', id: `m${++this.#ids}`, type, data }
    this.socket.send(encodeFrame({ kind: 'message', data: JSON.stringify(message) }))
  }

  /** The first message of a type, once it is there. */
  async next(type: string): Promise<Received> {
    for (;;) {
      const found = this.messages.find((message) => message.type === type)
      if (found !== undefined) return found
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`closed before ${type} came`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  /** Settles when the server has closed the connection. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed
  }

  close(): Promise<unknown> {
    this.socket.close()
    return this.#closed
  }
}
