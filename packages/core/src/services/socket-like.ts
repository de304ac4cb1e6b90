/** The part of a WebSocket that {@link ReconnectingSocket} uses; `ws` and browsers both have it. */
export interface SocketLike {
  binaryType: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error' | 'close' | 'message', listener: (event: SocketEvent) => void): void
  /** Only `ws`: it shows why the server refused. */
  on?(event: string, listener: (...args: never[]) => void): unknown
  terminate?(): void
  ping?(): void
}

/** What of its events is read. */
export interface SocketEvent {
  readonly type: string
  readonly data?: unknown
  readonly code?: unknown
  readonly reason?: unknown
  readonly message?: unknown
}

/** Options that only `ws` understands. */
export interface SocketOptions {
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** A WebSocket class: that of `ws`, or a browser's own. */
export type SocketConstructor = new (url: string, protocols?: string[], options?: SocketOptions) => SocketLike

/** An HTTP answer in place of an upgrade, as `ws` gives it. */
export interface UpgradeRefusal {
  readonly status: number
  /** The beginning of the body, for error messages. */
  readonly body: string
}

const BODY_LIMIT = 2000

/** Calls `onRefusal` when the server answers the upgrade with something else. Browsers hide this. */
export function watchRefusal(socket: SocketLike, onRefusal: (refusal: UpgradeRefusal) => void): void {
  socket.on?.('unexpected-response', (_request: unknown, response: unknown) => {
    const status = hasStatus(response) ? response.statusCode : 0
    let body = ''
    const done = (): void => onRefusal({ status, body: body.slice(0, BODY_LIMIT) })
    if (!isReadable(response)) {
      done()
      return
    }
    response.on('data', (chunk: unknown) => {
      if (body.length < BODY_LIMIT) body += String(chunk)
    })
    response.on('end', done)
    response.on('error', done)
  })
}

/** A message's payload: text, or bytes. Anything else is `undefined`. */
export function payload(data: unknown): string | Uint8Array | undefined {
  if (typeof data === 'string' || data instanceof Uint8Array) return data
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined
}

function hasStatus(value: unknown): value is { readonly statusCode: number } {
  return typeof value === 'object' && value !== null && 'statusCode' in value && typeof value.statusCode === 'number'
}

function isReadable(value: unknown): value is { on(event: string, listener: (chunk: unknown) => void): void } {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function'
}
