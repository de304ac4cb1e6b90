import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import type { Logger } from '@pc/core'
import { HttpProblem, readJsonObject, sendJson, sendProblem } from './json-response.ts'
import type { OriginPolicy } from './origins.ts'
import { serveFile } from './static-files.ts'

/** Largest body of a request, bytes. */
const BODY_BYTES = 1 << 20

/** A handler in the style of Connect, such as Vite's `server.middlewares`. It sees whole paths, `/client/` included. */
export type ClientMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/** Makes the middleware for a server; it may listen to the server's `upgrade` events for paths of its own. */
export type ClientMiddlewareFactory = (server: Server | SecureServer) => ClientMiddleware | Promise<ClientMiddleware>

/** Where `/client/` comes from: a folder with built files, or a middleware. */
type ClientPage = string | URL | ClientMiddleware

/** What the routes act on. */
export interface RouteTarget {
  readonly page: ClientPage | undefined
  readonly origins: OriginPolicy
  readonly log: Logger
  readonly draining: () => boolean
  /**
   * Answers a start request.
   *
   * @throws HttpProblem when no session can be started.
   */
  start(body: unknown, request: IncomingMessage): { wsUrl: string; token?: string }
}

/** Answers every request; all errors are JSON with `detail` and `info`. */
export function httpRoutes(target: RouteTarget): RequestListener {
  return (request, response) => {
    route(request, response, target).catch((error: unknown) => {
      if (error instanceof HttpProblem) {
        sendProblem(response, error)
        return
      }
      target.log.log('error', `${request.method} ${request.url} failed`, { error })
      sendProblem(response, new HttpProblem(500, 'The server failed; its log says why.'))
    })
  }
}

async function route(request: IncomingMessage, response: ServerResponse, target: RouteTarget): Promise<void> {
  const path = pathOf(request)
  allowOrigin(request, response, target.origins)
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  if (path === '/' || path === '/client') {
    response.writeHead(302, { location: '/client/' }).end()
  } else if (path.startsWith('/client/')) {
    await servePage(path, request, response, target.page)
  } else if (path === '/status') {
    demandMethod(request, 'GET')
    sendJson(response, 200, { status: target.draining() ? 'draining' : 'ready', transports: ['websocket'] })
  } else if (path === '/start') {
    demandMethod(request, 'POST')
    if (!target.origins.allows(request)) throw new HttpProblem(403, 'Pages of this origin may not start sessions here.')
    sendJson(response, 200, await start(request, target))
  } else if (path.startsWith('/sessions/')) {
    throw new HttpProblem(404, 'There is no such session.')
  } else throw new HttpProblem(404, `There is nothing at ${path}.`)
}

async function start(request: IncomingMessage, target: RouteTarget): Promise<{ wsUrl: string; token?: string }> {
  const { transport, createDailyRoom, body } = await readJsonObject(request, BODY_BYTES)
  const wanted = transport ?? (createDailyRoom === true ? 'daily' : 'websocket')
  if (wanted !== 'websocket') {
    throw new HttpProblem(400, `Transport ${JSON.stringify(wanted)} is not installed here; use websocket.`)
  }
  return target.start(body, request)
}

async function servePage(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  page: ClientPage | undefined,
): Promise<void> {
  if (page === undefined) throw new HttpProblem(404, 'This server has no page; pass the option client to serveBot.')
  if (typeof page === 'function') {
    await new Promise<never>((_resolve, reject) => {
      page(request, response, (error) => reject(error ?? new HttpProblem(404, `There is nothing at ${path}.`)))
    })
  } else {
    const folder = typeof page === 'string' ? page : fileURLToPath(page)
    await serveFile(folder, path.slice('/client/'.length), request, response)
  }
}

/** Answers of the server may be read by the pages that may talk to it, and by no others. */
function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: OriginPolicy): void {
  const { origin } = request.headers
  response.setHeader('vary', 'origin')
  if (origin === undefined || !origins.allows(request)) return
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('access-control-allow-methods', 'GET, POST, PATCH, OPTIONS')
  response.setHeader('access-control-allow-headers', 'content-type, authorization')
}

function demandMethod(request: IncomingMessage, method: string): void {
  const isHead = method === 'GET' && request.method === 'HEAD'
  if (request.method !== method && !isHead) throw new HttpProblem(405, `Use ${method} here.`)
}

/** The path of a request without its query, still percent-encoded. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const end = url.search(/[?#]/)
  return end < 0 ? url : url.slice(0, end)
}
