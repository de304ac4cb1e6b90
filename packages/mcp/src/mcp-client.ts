import type { Tool } from '@modelcontextprotocol/sdk/types.js'
import {
  createRuntime,
  Emitter,
  type FrameProcessor,
  type FunctionCallOptions,
  type FunctionSchema,
  type LLMContext,
  PcError,
  type Runtime,
  sleep,
  type ToolCallContext,
} from '@pc/core'
import { keepTools } from './context-tools.ts'
import { Connection } from './mcp-connection.ts'
import { describeFailure, isSessionLost, toPcError } from './mcp-error.ts'
import { MCPProcessor } from './mcp-processor.ts'
import { type MCPServer, serverName } from './mcp-server-options.ts'
import { toFunctionSchema, toolNames } from './tool-schema.ts'
import { toolResult } from './tool-result.ts'

/** The options of {@link MCPClient}. */
export interface MCPClientOptions {
  readonly server: MCPServer
  /** Shown in logs and errors. Default: the program, or the host of the URL. */
  readonly name?: string | undefined
  /** Which of the server's tools to offer: their names, or a test of one. Default: all. */
  readonly tools?: readonly string[] | ((tool: string) => boolean) | undefined
  /** Stands before each name, with `_` between, so that the tools of two servers do not clash. Default: none. */
  readonly prefix?: string | undefined
  /** How calls behave, of all tools or by the server's name of one. Default: a timeout of 30 s. */
  readonly callOptions?: FunctionCallOptions | ((tool: string) => FunctionCallOptions) | undefined
  /** For connecting and for listing tools, seconds. Default 10. */
  readonly connectTimeoutSecs?: number | undefined
  /** Clock, chance, log and network. Default: those of the task in whose list it stands, else the real ones. */
  readonly runtime?: Partial<Runtime> | undefined
}

/** How far a call is, as its server says. */
export interface MCPProgress {
  /** The name that the model sees. */
  readonly tool: string
  readonly toolCallId: string
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}

/** The events of {@link MCPClient}. */
export interface MCPClientEvents {
  /** The tools are there, or have changed. */
  toolsChanged: [tools: readonly FunctionSchema[]]
  progress: [progress: MCPProgress]
  /** A call failed for another reason than the tool's own; the model has been told. */
  callFailed: [error: PcError]
  /** The server went away; it is looked for again. */
  connectionLost: []
  reconnected: []
  /** The server did not come back; the next call tries once more. */
  connectionFailed: [error: PcError]
}

/** What a model gets in place of the result of a call that failed. */
export interface MCPCallFailure {
  readonly error: string
  /** For example `mcp-connection-lost`, `mcp-unreachable`, `mcp-request-refused`, `http-500`. */
  readonly code: string
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
}

const DEFAULT_CALL_TIMEOUT_SECS = 30
/** Waits before each attempt to find a lost server, seconds. */
const RECONNECT_DELAYS_SECS: readonly number[] = [0.25, 0.5, 1, 2, 4, 8]
const JITTER_RATIO = 0.25

/**
 * The tools of an MCP server, as functions that a model may call. It may stand in a pipeline's list: then it connects
 * when the task starts and closes when it ends. A call that fails gives the model an {@link MCPCallFailure}.
 *
 * ```ts
 * const mcp = new MCPClient({ server: { command: 'npx', args: ['-y', 'some-mcp-server'] }, prefix: 'files' })
 * mcp.addTo(context)
 * new Pipeline([input, stt, mcp, llm, tts, output])
 * ```
 */
export class MCPClient {
  readonly name: string
  readonly #options: MCPClientOptions
  readonly #events = new Emitter<MCPClientEvents>((error, event) =>
    this.#log(`A listener for ${event} failed.`, { error }),
  )
  #runtime: Runtime
  /** From the first connect to the close. */
  #lifetime: AbortController | undefined
  #connection: Connection | undefined
  #opening: Promise<Connection> | undefined
  #reconnecting: Promise<void> | undefined
  #listing: { again: boolean } | undefined
  #tools: readonly FunctionSchema[] = []

  constructor(options: MCPClientOptions) {
    this.#options = options
    this.name = options.name ?? serverName(options.server)
    this.#runtime = createRuntime(options.runtime)
  }

  /** The functions; empty before the first connection. They keep while the server is away. */
  get tools(): readonly FunctionSchema[] {
    return this.#tools
  }

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof MCPClientEvents>(event: K, listener: (...args: MCPClientEvents[K]) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /**
   * Connects, unless it is connected, and returns the functions. A connection that is lost later is made again.
   *
   * @throws PcError `mcp-command-failed`, `mcp-unreachable`, `mcp-timeout`, `mcp-unauthorized`, `http-...`.
   */
  async connect(): Promise<readonly FunctionSchema[]> {
    this.#lifetime ??= new AbortController()
    await this.#connected()
    return this.#tools
  }

  /** Ends the connection, with the server's process if it has one. It may be connected again. Never rejects. */
  async close(): Promise<void> {
    const [connection, reconnecting] = [this.#connection, this.#reconnecting]
    this.#connection = undefined
    this.#lifetime?.abort(new PcError('The MCP client was closed.', { code: 'mcp-closed', kind: 'aborted' }))
    this.#lifetime = undefined
    await Promise.allSettled([connection?.close(), reconnecting, this.#opening])
  }

  /**
   * Gives a context these functions, and keeps them up to date when the server's tools change. The application's own
   * stay. When the application replaces all tools, they are gone from the context for good.
   *
   * @returns what takes them out again.
   * @throws PcError `duplicate-tool` when the context has one of that name: use a prefix.
   */
  addTo(context: LLMContext): () => void {
    return keepTools(context, this)
  }

  /** Its part in a pipeline's list: it lets everything pass. */
  toProcessor(): FrameProcessor {
    return new MCPProcessor({
      name: `MCP ${this.name}`,
      connect: (runtime) => this.#connectFor(runtime),
      close: () => this.close(),
    })
  }

  /** A server that is not there at the start of a task may come later. */
  async #connectFor(runtime: Runtime): Promise<void> {
    if (this.#lifetime === undefined) this.#runtime = createRuntime({ ...runtime, ...this.#options.runtime })
    try {
      await this.connect()
    } catch (error) {
      this.#startReconnecting()
      throw error
    }
  }

  #connected(): Promise<Connection> {
    if (this.#connection !== undefined) return Promise.resolve(this.#connection)
    if (this.#lifetime === undefined) {
      return Promise.reject(
        new PcError(`MCP server ${this.name}: call connect first.`, { code: 'mcp-not-connected', kind: 'config' }),
      )
    }
    this.#opening ??= this.#open(this.#lifetime.signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    const { server, connectTimeoutSecs = 10 } = this.#options
    const options = { server, runtime: this.#runtime, timeoutMs: connectTimeoutSecs * 1000, signal }
    let changed = false
    const connection: Connection = new Connection(options, {
      lost: () => this.#lost(connection),
      listChanged: () => {
        changed = true
        void this.#refresh(connection)
      },
    })
    try {
      await connection.open()
      let tools: readonly Tool[]
      do {
        changed = false
        tools = await connection.listTools()
        signal.throwIfAborted()
      } while (changed)
      this.#connection = connection
      this.#offer(tools)
      return connection
    } catch (error) {
      await connection.close()
      throw toPcError(error, this.name)
    }
  }

  #lost(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    this.#log('The connection was lost.')
    this.#events.emit('connectionLost')
    this.#startReconnecting(connection.close())
  }

  #startReconnecting(first?: Promise<void>): void {
    const signal = this.#lifetime?.signal
    if (signal === undefined || this.#reconnecting !== undefined) return
    this.#reconnecting = this.#reconnect(signal, first).finally(() => {
      this.#reconnecting = undefined
    })
  }

  /** Never rejects. */
  async #reconnect(signal: AbortSignal, first?: Promise<void>): Promise<void> {
    await first
    const { clock, random } = this.#runtime
    let failure: PcError | undefined
    for (const delaySecs of RECONNECT_DELAYS_SECS) {
      try {
        await sleep(clock, delaySecs * 1000 * (1 - JITTER_RATIO * random()), signal)
        await this.#connected()
        this.#events.emit('reconnected')
        return
      } catch (error) {
        if (signal.aborted) return
        failure = toPcError(error, this.name)
        if (failure.permanent) break
      }
    }
    if (failure === undefined) return
    this.#log('The server did not come back.', { code: failure.code })
    this.#events.emit('connectionFailed', failure)
  }

  /** Lists the tools anew; changes that come meanwhile make it list once more. */
  async #refresh(connection: Connection): Promise<void> {
    if (this.#listing !== undefined) {
      this.#listing.again = true
      return
    }
    const listing: { again: boolean } = { again: true }
    this.#listing = listing
    try {
      while (listing.again && this.#connection === connection) {
        listing.again = false
        const tools = await connection.listTools()
        if (this.#connection === connection) this.#offer(tools)
      }
    } catch (error) {
      this.#log('Its tools changed and could not be listed.', { code: toPcError(error, this.name).code })
    } finally {
      this.#listing = undefined
    }
  }

  #offer(all: readonly Tool[]): void {
    const { tools: wanted, prefix } = this.#options
    const isWanted = typeof wanted === 'function' ? wanted : (name: string) => wanted?.includes(name) ?? true
    const tools = all.filter(({ name }) => isWanted(name))
    const names = toolNames(tools, prefix)
    this.#tools = tools.flatMap((tool) => {
      try {
        return [this.#toFunction(tool, names.get(tool.name) ?? tool.name)]
      } catch (error) {
        this.#log(`The tool ${tool.name} cannot be offered to a model.`, { error })
        return []
      }
    })
    this.#events.emit('toolsChanged', this.#tools)
  }

  #toFunction(tool: Tool, name: string): FunctionSchema {
    const { callOptions = {} } = this.#options
    const given = typeof callOptions === 'function' ? callOptions(tool.name) : callOptions
    const options: FunctionCallOptions = { timeoutSecs: DEFAULT_CALL_TIMEOUT_SECS, ...given }
    const handler = (args: Readonly<Record<string, unknown>>, call: ToolCallContext): Promise<unknown> =>
      this.#call({ tool: tool.name, name, background: options.background ?? false }, args, call)
    return toFunctionSchema({ tool, name, options, handler })
  }

  async #call(
    called: { readonly tool: string; readonly name: string; readonly background: boolean },
    args: Readonly<Record<string, unknown>>,
    { signal, toolCallId, progress: report }: ToolCallContext,
  ): Promise<unknown> {
    const onProgress = ({ progress, total, message }: Omit<MCPProgress, 'tool' | 'toolCallId'>): void => {
      this.#events.emit('progress', { tool: called.name, toolCallId, progress, total, message })
      if (called.background) report({ progress, total, message })
    }
    const ask = (connection: Connection): Promise<unknown> =>
      connection.callTool(called.tool, args, { signal, onProgress }).then(toolResult)
    try {
      const connection = await this.#connected()
      signal.throwIfAborted()
      return await ask(connection).catch(async (error: unknown) => {
        if (!isSessionLost(error)) throw error
        this.#lost(connection)
        return ask(await this.#connected())
      })
    } catch (thrown) {
      // The call is over: nobody reads what it gives.
      signal.throwIfAborted()
      return this.#failure(called.name, thrown)
    }
  }

  #failure(tool: string, thrown: unknown): MCPCallFailure {
    const error = toPcError(thrown, this.name)
    this.#log(`A call of ${tool} failed: ${error.message}`, { code: error.code })
    this.#events.emit('callFailed', error)
    return { error: describeFailure(thrown, error), code: error.code, retryable: error.retryable }
  }

  #log(message: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#runtime.log.log('warn', `MCP server ${this.name}: ${message}`, fields)
  }
}
