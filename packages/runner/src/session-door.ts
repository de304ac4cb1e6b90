import type { IncomingMessage, Server } from 'node:http'
import type { Server as SecureServer } from 'node:https'
import type { Runtime } from '@pc/core'
import { acceptWebSockets, type WebSocketAcceptor } from '@pc/transports-websocket'
import type { WebSocket } from 'ws'
import { pathOf } from './http-routes.ts'
import { HttpProblem } from './json-response.ts'
import type { OriginPolicy } from './origins.ts'
import type { Sessions } from './sessions.ts'
import { StartTickets } from './start-tickets.ts'

/** Largest message of a client, bytes: the official ones stop at 1 MiB, plus what is around it. */
const MESSAGE_BYTES = (1 << 20) + (1 << 16)

const PATH = '/ws-client'

/** What decides who comes in. */
export interface SessionDoorOptions {
  readonly sessions: Sessions
  readonly runtime: Runtime
  readonly origins: OriginPolicy
  /** Nobody comes in without a ticket. */
  readonly demandTicket: boolean
  readonly publicUrl: string | undefined
  readonly secure: boolean
}

/** Why a connection is not served: its close code and reason. */
type Refusal = readonly [code: number, reason: string]

/** Lets clients in: `/start` gives out where to connect, `/ws-client` takes the connections. */
export class SessionDoor {
  readonly #options: SessionDoorOptions
  readonly #tickets: StartTickets
  readonly #acceptor: WebSocketAcceptor

  constructor(server: Server | SecureServer, options: SessionDoorOptions) {
    this.#options = options
    this.#tickets = new StartTickets(options.runtime.clock)
    this.#acceptor = acceptWebSockets({
      server,
      path: new RegExp(`${PATH}(/.*)?`),
      // Judged below: browsers tell a page the code of a close, and nothing of a refused upgrade.
      verify: { origins: '*' },
      maxPayload: MESSAGE_BYTES,
      onConnection: (websocket, request) => this.#enter(websocket, request),
    })
  }

  /**
   * Where a client may connect. Official clients refuse every other key.
   *
   * @throws HttpProblem 503 when no session can be started now.
   */
  start(body: unknown, request: IncomingMessage): { wsUrl: string; token?: string } {
    const { sessions, runtime, demandTicket } = this.#options
    if (sessions.draining) throw new HttpProblem(503, 'The server is stopping.')
    if (sessions.full) throw new HttpProblem(503, 'All places are taken; try again later.')
    const ticket = this.#tickets.issue(runtime.newId(), body)
    if (ticket === undefined) throw new HttpProblem(503, 'Too many clients are about to connect; try again later.')
    const wsUrl = `${this.#socketOrigin(request)}${PATH}`
    return demandTicket ? { wsUrl, token: ticket } : { wsUrl: `${wsUrl}/${ticket}` }
  }

  /** Takes nobody any more and closes what is still open. */
  close(): Promise<void> {
    return this.#acceptor.close()
  }

  #enter(websocket: WebSocket, request: IncomingMessage): void {
    const { sessions, runtime, origins, demandTicket } = this.#options
    const refuse = ([code, reason]: Refusal): void => websocket.close(code, reason)
    if (!origins.allows(request)) return refuse([4003, 'This origin is not allowed.'])
    if (sessions.draining) return refuse([1001, 'The server is stopping.'])
    if (sessions.full) return refuse([1013, 'All places are taken; try again later.'])
    const ticket = ticketOf(request)
    if (ticket === undefined && demandTicket) return refuse([4003, 'A token of /start is needed.'])
    const admission = ticket === undefined ? { id: runtime.newId(), body: undefined } : this.#tickets.redeem(ticket)
    if (admission === undefined) return refuse([4003, 'The token is expired, used or forged.'])
    sessions.open(websocket, admission)
  }

  #socketOrigin({ headers: { host = 'localhost' } }: IncomingMessage): string {
    const { publicUrl, secure } = this.#options
    if (publicUrl !== undefined) return publicUrl.replace(/^http/, 'ws').replace(/\/+$/, '')
    return `${secure ? 'wss' : 'ws'}://${host}`
  }
}

/** From the path, the query, or the header that clients outside of browsers can set. */
function ticketOf(request: IncomingMessage): string | undefined {
  const fromPath = pathOf(request).slice(PATH.length + 1)
  if (fromPath !== '') return fromPath
  const query = new URLSearchParams(request.url?.split('?')[1])
  return query.get('token') ?? /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
}
