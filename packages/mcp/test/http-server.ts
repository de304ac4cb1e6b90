import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { createTestServer, type ServerLog } from './test-server.ts'

/** The test server over streamable HTTP, with sessions. */
export interface TestHttpServer {
  readonly url: string
  readonly port: number
  readonly log: ServerLog
  /** The headers of the newest request. */
  readonly headers: () => IncomingMessage['headers']
  readonly sessions: () => number
  /** Forgets all sessions, as a restart does. */
  forget(): void
  /** Cuts all connections and stops. */
  stop(): Promise<void>
}

export async function startHttpServer(port = 0): Promise<TestHttpServer> {
  const log: ServerLog = { started: [], cancelled: [] }
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  let headers: IncomingMessage['headers'] = {}
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    headers = request.headers
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (known !== undefined) return known.handleRequest(request, response)
    if (id !== undefined) {
      response.writeHead(404).end('no such session')
      return
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => randomUUID(),
      onsessioninitialized: (session) => void sessions.set(session, transport),
      onsessionclosed: (session) => void sessions.delete(session),
    })
    await createTestServer(log).connect(transport as Omit<typeof transport, 'sessionId' | 'onclose'> as Transport)
    await transport.handleRequest(request, response)
  }
  const server: Server = createServer((request, response) => void handle(request, response))
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${bound}/mcp`,
    port: bound,
    log,
    headers: () => headers,
    sessions: () => sessions.size,
    forget: () => sessions.clear(),
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
