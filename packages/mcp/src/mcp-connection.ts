import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  type CallToolResult,
  CallToolResultSchema,
  ListToolsResultSchema,
  type Progress,
  type Tool,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import { PcError, type Runtime, sleep } from '@pc/core'
import { type MCPServer, openTransport } from './mcp-server-options.ts'

/** What a {@link Connection} tells its owner. */
export interface ConnectionEvents {
  /** It is over, and was not closed from here; once. */
  lost(): void
  /** The server's tools changed. */
  listChanged(): void
}

/** How a {@link Connection} is made. */
export interface ConnectionOptions {
  readonly server: MCPServer
  readonly runtime: Runtime
  /** For opening, and for each request of the connection's own, milliseconds. */
  readonly timeoutMs: number
  /** Ends the opening. */
  readonly signal: AbortSignal
}

/** What a call takes beside its arguments. */
export interface CallOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

/** The SDK's own timers are off as far as they can be: time comes from the runtime. */
const NEVER_MS = 2 ** 31 - 1
/** A server that lists more pages than this is taken to list without end. */
const MOST_PAGES = 100
/** How long a server may take to say goodbye, milliseconds. */
const GOODBYE_MS = 1000

/** One connection to a server, from its opening to its end. */
export class Connection {
  readonly #client: Client
  readonly #options: ConnectionOptions
  readonly #events: ConnectionEvents
  #transport: Transport | undefined
  #over = false
  #checking = false

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options
    this.#events = events
    this.#client = new Client({ name: 'pc', version: '1.0.0' }, { capabilities: {} })
    const onClose = (): void => this.#lose()
    const onError = (): void => void this.#check()
    this.#client.onclose = onClose
    this.#client.onerror = onError
    this.#client.setNotificationHandler(ToolListChangedNotificationSchema, () => events.listChanged())
  }

  /** Connects and introduces itself; it is closed when that fails. */
  async open(): Promise<void> {
    const { server, runtime } = this.#options
    try {
      await this.#timely(async (signal) => {
        const transport = await openTransport(server, runtime)
        if (signal.aborted) return transport.close()
        this.#transport = transport
        return this.#client.connect(transport, { signal, timeout: NEVER_MS })
      })
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** All tools of the server. */
  async listTools(): Promise<readonly Tool[]> {
    if (this.#client.getServerCapabilities()?.tools === undefined) return []
    const tools: Tool[] = []
    let cursor: string | undefined
    for (let page = 0; page < MOST_PAGES; page++) {
      const params = cursor === undefined ? {} : { cursor }
      const request = { method: 'tools/list' as const, params }
      const result = await this.#timely((signal) =>
        this.#client.request(request, ListToolsResultSchema, { signal, timeout: NEVER_MS }),
      )
      tools.push(...result.tools)
      cursor = result.nextCursor
      if (cursor === undefined || cursor === '') break
    }
    return tools
  }

  /** Calls a tool; the server is told when the signal aborts. */
  callTool(
    name: string,
    args: Readonly<Record<string, unknown>>,
    { signal, onProgress }: CallOptions,
  ): Promise<CallToolResult> {
    const request = { method: 'tools/call' as const, params: { name, arguments: { ...args } } }
    return this.#client.request(request, CallToolResultSchema, { signal, timeout: NEVER_MS, onprogress: onProgress })
  }

  /** Ends the session and the server's process, if it has one. Never rejects. */
  async close(): Promise<void> {
    this.#over = true
    const transport = this.#transport
    if (transport instanceof StreamableHTTPClientTransport) {
      const goodbye = new AbortController()
      const limit = sleep(this.#options.runtime.clock, GOODBYE_MS, goodbye.signal)
      await Promise.race([transport.terminateSession(), limit]).catch(() => {})
      goodbye.abort()
    }
    await this.#client.close().catch(() => {})
    // The client knows of no transport whose opening failed.
    await transport?.close().catch(() => {})
  }

  /** HTTP has no connection whose end could be seen: after an error the server is asked whether it still knows us. */
  async #check(): Promise<void> {
    if (!(this.#transport instanceof StreamableHTTPClientTransport) || this.#checking || this.#over) return
    if (this.#client.getServerCapabilities() === undefined) return
    this.#checking = true
    try {
      await this.#timely((signal) => this.#client.ping({ signal, timeout: NEVER_MS }))
    } catch (error) {
      // A server that is only slow may have calls of ours in hand.
      if (!(PcError.is(error) && error.code === 'mcp-timeout')) this.#lose()
    } finally {
      this.#checking = false
    }
  }

  #lose(): void {
    if (this.#over) return
    this.#over = true
    this.#events.lost()
  }

  /** Gives work a deadline by the runtime's clock. */
  async #timely<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { runtime, timeoutMs, signal } = this.#options
    const controller = new AbortController()
    const deadline = Promise.withResolvers<never>()
    const stop = (reason: unknown): void => {
      controller.abort(reason)
      deadline.reject(reason)
    }
    const onAbort = (): void => stop(signal.reason)
    const onTimeout = (): void => {
      const message = `An MCP server did not answer within ${timeoutMs / 1000} s.`
      stop(new PcError(message, { code: 'mcp-timeout', kind: 'timeout' }))
    }
    const timer = runtime.clock.setTimeout(onTimeout, timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await Promise.race([work(controller.signal), deadline.promise])
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }
}
