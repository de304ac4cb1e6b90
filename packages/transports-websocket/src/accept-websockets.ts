import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** Who may connect. */
export interface AcceptVerification {
  /**
   * Origins of pages that may connect, such as `https://example.com`; `'*'` lets every page in. A client that sends no
   * origin is no page and passes. Default: pages that this server itself served.
   */
  readonly origins?: readonly string[] | '*' | undefined
  /**
   * The token that a client must bring, as `?token=` or `Authorization: Bearer`, or a function that judges it.
   * Default: none is asked for.
   */
  readonly token?:
    | string
    | ((token: string | undefined, request: IncomingMessage) => boolean | Promise<boolean>)
    | undefined
}

/** What {@link acceptWebSockets} takes. */
export interface AcceptWebSocketsOptions {
  readonly server: Server | SecureServer
  /** The path to serve: exactly, or by a pattern over the whole path. Default `/ws`. */
  readonly path?: string | RegExp | undefined
  readonly verify?: AcceptVerification | undefined
  /** A connection that sends a longer message is closed with code 1009, bytes. Default 1 MiB. */
  readonly maxPayload?: number | undefined
  /** Make the transport here, before anything is awaited: what a client sends earlier is lost. */
  readonly onConnection: (websocket: WebSocket, request: IncomingMessage) => void
}

/** A running acceptor. */
export interface WebSocketAcceptor {
  readonly clients: ReadonlySet<WebSocket>
  /** Accepts nobody any more and closes what is open with code 1001; settles when all are closed. */
  close(): Promise<void>
}

const DEFAULT_PATH = '/ws'
/** How long closing may take, milliseconds, before sockets are cut. */
const CLOSE_LIMIT_MS = 2000

/**
 * Accepts WebSocket connections on a Node server, without compression, which audio does not gain from. Refusals are
 * HTTP answers: 401 without a valid token, 403 for a foreign page, 404 for another path unless somebody else listens to
 * upgrades too, 500 when the judging function failed.
 */
export function acceptWebSockets(options: AcceptWebSocketsOptions): WebSocketAcceptor {
  const { server, onConnection, maxPayload = 1_048_576 } = options
  const acceptor = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload })
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const url = URL.parse(request.url ?? '/', 'http://localhost')
    if (url === null || !isServed(options.path, url.pathname)) {
      // Without another listener nobody would ever answer.
      if (server.listenerCount('upgrade') === 1) refuse(socket, 404)
      return
    }
    socket.on('error', ignore)
    judge(options.verify, url, request).then(
      (status) => {
        if (socket.destroyed) return
        if (status !== 101) {
          refuse(socket, status)
          return
        }
        socket.off('error', ignore)
        acceptor.handleUpgrade(request, socket, head, (websocket) => {
          websocket.on('error', ignore)
          onConnection(websocket, request)
        })
      },
      () => refuse(socket, 500),
    )
  }
  server.on('upgrade', onUpgrade)
  return {
    clients: acceptor.clients,
    async close() {
      server.off('upgrade', onUpgrade)
      await Promise.all([...acceptor.clients].map(closeSocket))
      acceptor.close()
    },
  }
}

function isServed(path: string | RegExp | undefined, pathname: string): boolean {
  if (path === undefined) return pathname === DEFAULT_PATH
  if (typeof path === 'string') return pathname === path
  return new RegExp(`^(?:${path.source})$`, path.flags.replaceAll(/[gy]/g, '')).test(pathname)
}

async function judge(verify: AcceptVerification | undefined, url: URL, request: IncomingMessage): Promise<number> {
  if (!isWelcome(verify?.origins, request)) return 403
  return (await hasToken(verify?.token, url, request)) ? 101 : 401
}

function isWelcome(origins: AcceptVerification['origins'], request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined || origins === '*') return true
  if (origins !== undefined) return origins.includes(origin)
  return URL.canParse(origin) && new URL(origin).host === host
}

async function hasToken(expected: AcceptVerification['token'], url: URL, request: IncomingMessage): Promise<boolean> {
  if (expected === undefined) return true
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const token = url.searchParams.get('token') ?? bearer
  if (typeof expected === 'function') return expected(token, request)
  return token !== undefined && timingSafeEqual(digest(token), digest(expected))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

async function closeSocket(websocket: WebSocket): Promise<void> {
  if (websocket.readyState === websocket.CLOSED) return
  const limit = AbortSignal.timeout(CLOSE_LIMIT_MS)
  const closed = new Promise<void>((resolve) => websocket.once('close', () => resolve()))
  limit.addEventListener('abort', () => websocket.terminate(), { once: true })
  websocket.close(1001)
  await closed
}

/** A peer that vanishes is no trouble of the server; the transport reports what matters. */
function ignore(): void {}
