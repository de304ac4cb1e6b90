import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { Runtime } from '@pc/core'

/** A server that is a program of its own, reached over its standard input and output. */
export interface StdioServer {
  readonly command: string
  readonly args?: readonly string[] | undefined
  /** Added to a few harmless variables such as `PATH` and `HOME`; no others reach the program. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Working directory. Default: that of this process. */
  readonly cwd?: string | undefined
}

/** A server reached over streamable HTTP. */
export interface HttpServer {
  readonly url: string | URL
  /** Sent with every request, `authorization` for example. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Makes a transport of the MCP SDK, anew for each connection: for other ways to a server, OAuth included. */
export type TransportFactory = () => Transport | Promise<Transport>

/** How to reach an MCP server. */
export type MCPServer = StdioServer | HttpServer | TransportFactory

/** @internal Makes the way to a server; what a program writes to its error output goes to the log. */
export function openTransport(server: MCPServer, runtime: Runtime): Transport | Promise<Transport> {
  if (typeof server === 'function') return server()
  if ('url' in server) {
    const { url, headers = {} } = server
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch: runtime.fetch,
      requestInit: { headers: { ...headers } },
    })
    return asTransport(transport)
  }
  const { command, args = [], env = {}, cwd } = server
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    stderr: 'pipe',
    ...(cwd !== undefined && { cwd }),
  })
  transport.stderr?.on('data', (data: Uint8Array) => {
    if (runtime.log.enabled('debug')) {
      runtime.log.log('debug', `${command} wrote to its error output.`, { 'pii.text': String(data) })
    }
  })
  return transport
}

/** @internal What to call a server in logs and errors; without what an address may hold of secrets. */
export function serverName(server: MCPServer): string {
  if (typeof server === 'function') return 'custom'
  return 'url' in server ? new URL(server.url).host : server.command
}

/** The SDK's own class declares `sessionId` in a way that its interface does not take under exact optional types. */
function asTransport(transport: StreamableHTTPClientTransport): Transport {
  return transport as Omit<StreamableHTTPClientTransport, 'sessionId'> as Transport
}
