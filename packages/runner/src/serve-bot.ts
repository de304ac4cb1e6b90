import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import { createRuntime, PcError, type Runtime, type SignalSource } from '@pc/core'
import type { RTVIProcessorOptions } from '@pc/rtvi'
import type { WebSocketServerTransportOptions } from '@pc/transports-websocket'
import type { Bot } from './bot.ts'
import { type Certificate, selfSignedCertificate } from './certificate.ts'
import { type ClientMiddlewareFactory, httpRoutes } from './http-routes.ts'
import { lanAddresses, originPolicy } from './origins.ts'
import { SessionDoor } from './session-door.ts'
import { type SessionInfo, Sessions } from './sessions.ts'

/** The options of {@link serveBot}. */
export interface ServeBotOptions {
  /** The name or address to listen on. Default `127.0.0.1`, with `https` `0.0.0.0`. */
  host?: string
  /** Default 7860; 0 takes any free one. */
  port?: number
  /** What `/client/` shows: a folder with built files, or a function that makes a middleware. Default: nothing. */
  client?: string | URL | ClientMiddlewareFactory
  /** `token`: connections need the single-use token that `/start` gives. Default `none`. */
  wsAuth?: 'none' | 'token'
  /** Origins whose pages may connect besides those of this machine, `*` for all. Default none. */
  allowedOrigins?: readonly string[]
  /** Serve over TLS, with a certificate of yours, or with one made for this machine's names. Default false. */
  https?: boolean | Certificate
  /** The URL under which clients reach the server, behind a proxy. Default: what the client called. */
  publicUrl?: string
  /** Connections at a time; more are refused. Default 100. */
  maxSessions?: number
  /** How long running conversations may take to end when the server stops, seconds. Default 10. */
  drainSecs?: number
  /** Passed to the transport of each session. */
  transport?: Omit<WebSocketServerTransportOptions, 'websocket'>
  /** Passed to the `RTVIProcessor` of each session. */
  rtvi?: RTVIProcessorOptions
  /** Where SIGINT and SIGTERM come from; the first stops the server, the second at once. Default none. */
  signals?: SignalSource
  /** Clock, ids and log of the server. Default: the real ones, and no log. */
  runtime?: Partial<Runtime>
}

/** A server that listens. */
export interface RunningServer {
  /** Where to point a browser. */
  readonly url: string
  /** All of its addresses, those of the local network included. */
  readonly urls: readonly string[]
  readonly port: number
  /** The connections at present, oldest first. */
  readonly sessions: readonly SessionInfo[]
  /** Settles when the server has stopped. */
  readonly closed: Promise<void>
  /** Takes no more connections, lets conversations end for `drainSecs`, cancels what is left. Settles when all is over. */
  close(options?: { drainSecs?: number }): Promise<void>
}

/**
 * Serves a bot over HTTP and WebSocket to the official Pipecat clients: one call of the bot per connection.
 *
 * ```ts
 * const server = await serveBot(bot, { client: './dist/page', signals: process })
 * ```
 *
 * @throws PcError `listen-failed` when the port is taken or the address is not this machine's.
 */
export async function serveBot(bot: Bot, options: ServeBotOptions = {}): Promise<RunningServer> {
  const { https = false, maxSessions = 100, drainSecs = 10 } = options
  const host = options.host ?? (https === false ? '127.0.0.1' : '0.0.0.0')
  const runtime = createRuntime(options.runtime)
  const origins = originPolicy(host, options.allowedOrigins ?? [])
  const sessions = new Sessions({
    bot,
    runtime,
    maxSessions,
    transportOptions: options.transport ?? {},
    rtviOptions: options.rtvi ?? {},
  })
  const server = await makeServer(https)
  const { client } = options
  const door = new SessionDoor(server, {
    sessions,
    runtime,
    origins,
    demandTicket: options.wsAuth === 'token',
    publicUrl: options.publicUrl ?? undefined,
    secure: https !== false,
  })
  const page = typeof client === 'function' ? await client(server) : client
  server.on(
    'request',
    httpRoutes({
      page,
      origins,
      log: runtime.log,
      draining: () => sessions.draining,
      start: (body, request) => door.start(body, request),
    }),
  )
  const port = await listen(server, host, options.port ?? 7860)
  server.on('error', (error) => runtime.log.log('error', 'The server has trouble', { error }))
  const urls = addresses(host).map((name) => `${https === false ? 'http' : 'https'}://${name}:${port}`)
  const closed = Promise.withResolvers<void>()
  let release = (): void => {}
  const close = async (how: { drainSecs?: number } = {}): Promise<void> => {
    release()
    server.close()
    await sessions.drain(how.drainSecs ?? drainSecs)
    await door.close()
    server.closeAllConnections()
    closed.resolve()
  }
  if (options.signals) release = closeOnSignals(options.signals, close)
  return {
    url: urls[0] ?? `http://localhost:${port}`,
    urls,
    port,
    get sessions() {
      return sessions.list()
    },
    closed: closed.promise,
    close,
  }
}

async function makeServer(https: boolean | Certificate): Promise<Server | SecureServer> {
  if (https === false) return createServer()
  return createSecureServer(https === true ? await selfSignedCertificate() : { ...https })
}

function listen(server: Server | SecureServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      reject(
        new PcError(`Cannot listen on ${host}:${port} (${cause.message}): choose another port or host.`, {
          code: 'listen-failed',
          kind: 'config',
          cause,
        }),
      )
    }
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function addresses(host: string): string[] {
  if (host === '0.0.0.0' || host === '::') return ['localhost', ...lanAddresses()]
  if (host === '127.0.0.1' || host === 'localhost') return ['localhost']
  return [host.includes(':') ? `[${host}]` : host]
}

function closeOnSignals(signals: SignalSource, close: (how?: { drainSecs?: number }) => Promise<void>): () => void {
  const names = ['SIGINT', 'SIGTERM'] as const
  const again = (): void => void close({ drainSecs: 0 })
  const first = (): void => {
    for (const name of names) {
      signals.off(name, first)
      signals.once(name, again)
    }
    void close()
  }
  for (const name of names) signals.once(name, first)
  return () => {
    for (const name of names) signals.off(name, first)
  }
}
