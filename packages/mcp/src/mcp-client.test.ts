import { fileURLToPath } from 'node:url'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import {
  defineFunction,
  EndFrame,
  ErrorFrame,
  FunctionCallResultFrame,
  type FunctionSchema,
  LLMContext,
  LLMContextFrame,
  type LLMEvent,
  LLMService,
  type PcError,
  Pipeline,
  PipelineTask,
  InterruptionFrame,
  type ToolCallContext,
} from '@pc/core'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { startHttpServer, type TestHttpServer } from '../test/http-server.ts'
import { MCPClient, type MCPClientOptions, type MCPProgress } from './mcp-client.ts'
import type { StdioServer } from './mcp-server-options.ts'

const STDIO: StdioServer = {
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../test/stdio-server.ts', import.meta.url))],
}

const clients: MCPClient[] = []
const servers: TestHttpServer[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  await Promise.all(servers.splice(0).map((server) => server.stop()))
})

const client = (options: Partial<MCPClientOptions> = {}): MCPClient => {
  const made = new MCPClient({ server: STDIO, ...options })
  clients.push(made)
  return made
}

const http = async (port?: number): Promise<TestHttpServer> => {
  const server = await startHttpServer(port)
  servers.push(server)
  return server
}

const find = (mcp: MCPClient, name: string): FunctionSchema => {
  const tool = mcp.tools.find((one) => one.name === name)
  if (tool === undefined) throw new Error(`there is no tool ${name}`)
  return tool
}

let calls = 0
const call = (mcp: MCPClient, name: string, args = {}, parts: Partial<ToolCallContext> = {}): Promise<unknown> => {
  const context: ToolCallContext = {
    signal: new AbortController().signal,
    context: new LLMContext(),
    toolCallId: `call-${++calls}`,
    functionName: name,
    resultCallback: () => {},
    progress: () => {},
    appResources: undefined,
    idempotencyKey: 'key',
    llm: { pushFrame: () => {} },
    ...parts,
  }
  return Promise.resolve(find(mcp, name).handler?.(args, context))
}

const until = (condition: () => unknown): Promise<unknown> =>
  vi.waitFor(
    () => {
      if (!condition()) throw new Error('it did not come true')
    },
    { timeout: 15_000, interval: 10 },
  )

/** A model that calls tools once and then says nothing. */
class CallingLLM extends LLMService {
  readonly #requests: LLMEvent[]
  constructor(requests: LLMEvent[]) {
    super()
    this.#requests = requests
  }
  override async *generate(): AsyncIterable<LLMEvent> {
    yield* this.#requests.splice(0)
    yield { type: 'done', finishReason: 'stop' }
  }
}

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe.each(['stdio', 'streamable HTTP'])('MCPClient over %s', (kind) => {
  const connected = async (options: Partial<MCPClientOptions> = {}): Promise<MCPClient> => {
    const mcp = client(kind === 'stdio' ? options : { server: { url: (await http()).url }, ...options })
    await mcp.connect()
    return mcp
  }

  test('offers the tools of the server as functions with their schemas', async () => {
    const mcp = await connected()
    expect(find(mcp, 'add')).toMatchObject({
      description: 'Adds two numbers',
      properties: { a: { type: 'number' }, b: { type: 'number', description: 'The second number' } },
      required: ['a', 'b'],
      timeoutSecs: 30,
    })
    expect(mcp.isConnected).toBe(true)
  })

  test('runs a call and gives its text', async () => {
    expect(await call(await connected(), 'add', { a: 2, b: 40 })).toBe('42')
  })

  test('runs calls at the same time', async () => {
    const mcp = await connected()
    const sums = Array.from({ length: 20 }, (_, a) => call(mcp, 'add', { a, b: 1 }))
    expect(await Promise.all(sums)).toEqual(Array.from({ length: 20 }, (_, a) => String(a + 1)))
  })

  test('gives structured content where there is some, and describes what is no text', async () => {
    const mcp = await connected()
    expect(await call(mcp, 'weather')).toEqual({ celsius: 21 })
    expect(await call(mcp, 'picture')).toBe('Here:\n[image image/png]\na note\n[link file:///big.bin]')
  })

  test("gives the model the tool's own error", async () => {
    expect(await call(await connected(), 'fail')).toEqual({ error: 'The disk is full.' })
  })

  test('reports progress, to the call too when it runs in the background', async () => {
    const mcp = await connected({ callOptions: (tool) => ({ background: tool === 'count' }) })
    const heard: MCPProgress[] = []
    mcp.on('progress', (progress) => heard.push(progress))
    const reported: unknown[] = []
    expect(await call(mcp, 'count', { to: 2 }, { toolCallId: 'c1', progress: (it) => reported.push(it) })).toBe('done')
    expect(heard).toEqual([
      { tool: 'count', toolCallId: 'c1', progress: 1, total: 2, message: 'at 1' },
      { tool: 'count', toolCallId: 'c1', progress: 2, total: 2, message: 'at 2' },
    ])
    expect(reported).toEqual([
      { progress: 1, total: 2, message: 'at 1' },
      { progress: 2, total: 2, message: 'at 2' },
    ])
  })

  test('hears of new tools and keeps a context up to date', async () => {
    const mcp = await connected({ tools: (name) => name.startsWith('gr') })
    const own = defineFunction({ name: 'own', description: 'of the application', handler: () => 1 })
    const context = new LLMContext({ tools: [own] })
    const remove = mcp.addTo(context)
    const names = (): readonly string[] | undefined => context.tools?.standardTools.map(({ name }) => name)
    expect(names()).toEqual(['own', 'grow'])
    expect(await call(mcp, 'grow')).toBe('grew')
    await until(() => names()?.includes('grown'))
    expect(await call(mcp, 'grown')).toBe('here')
    remove()
    expect(names()).toEqual(['own'])
  })

  test('is tied to the task in whose list it stands', async () => {
    const mcp = client(kind === 'stdio' ? {} : { server: { url: (await http()).url } })
    const context = new LLMContext([{ role: 'user', content: 'Add.' }])
    mcp.addTo(context)
    const llm = new CallingLLM([{ type: 'toolCall', id: 't1', name: 'add', arguments: '{"a":1,"b":2}' }])
    const task = new PipelineTask(new Pipeline([mcp, llm]), {}, { defaultParts: false, idleTimeoutSecs: null })
    const result = new Promise<unknown>((resolve) => {
      task.on('frameReachedDownstream', (frame) => {
        if (frame instanceof FunctionCallResultFrame) resolve(frame.result)
      })
    })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context))
    expect(await result).toBe('3')
    await task.queueFrame(new EndFrame())
    await run
    expect(mcp.isConnected).toBe(false)
  })
})

describe('MCPClient', () => {
  test('offers only the tools that were asked for, under names that models take and that do not clash', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url }, tools: ['add', 'files.read.all'], prefix: 'one' })
    await mcp.connect()
    expect(mcp.tools.map(({ name }) => name)).toEqual(['one_add', 'one_files_read_all'])
    expect(await call(mcp, 'one_files_read_all')).toBe('read')
    const other = client({ server: { url: server.url }, tools: ['add'], prefix: 'two' })
    await other.connect()
    const context = new LLMContext()
    mcp.addTo(context)
    other.addTo(context)
    expect(context.tools?.standardTools.map(({ name }) => name)).toEqual(['one_add', 'one_files_read_all', 'two_add'])
    const clash = client({ server: { url: server.url }, tools: ['add'], prefix: 'two' })
    await clash.connect()
    expect(() => clash.addTo(context)).toThrowError(expect.objectContaining({ code: 'duplicate-tool' }))
  })

  test('leaves a context alone in which the application replaced the tools', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url } })
    await mcp.connect()
    const context = new LLMContext()
    mcp.addTo(context)
    context.tools = [{ name: 'own', description: '', handler: () => 1 }]
    await call(mcp, 'grow')
    await until(() => mcp.tools.some(({ name }) => name === 'grown'))
    expect(context.tools?.standardTools.map(({ name }) => name)).toEqual(['own'])
  })

  test.each(['stdio', 'http'])('tells the server of a cancelled call (%s)', async (kind) => {
    const server = await http()
    const mcp = client(kind === 'stdio' ? {} : { server: { url: server.url } })
    await mcp.connect()
    const controller = new AbortController()
    const hanging = call(mcp, 'hang', { id: 'a' }, { signal: controller.signal })
    if (kind === 'http') await until(() => server.log.started.includes('a'))
    controller.abort(new Error('cut in'))
    await expect(hanging).rejects.toThrow('cut in')
    if (kind === 'http') await until(() => server.log.cancelled.includes('a'))
    expect(await call(mcp, 'add', { a: 1, b: 1 })).toBe('2')
  })

  test('ends a call when the user cuts in', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url } })
    const context = new LLMContext([{ role: 'user', content: 'Wait.' }])
    mcp.addTo(context)
    const llm = new CallingLLM([{ type: 'toolCall', id: 't1', name: 'hang', arguments: '{"id":"b"}' }])
    const task = new PipelineTask(new Pipeline([mcp, llm]), {}, { defaultParts: false, idleTimeoutSecs: null })
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context))
    await until(() => server.log.started.includes('b'))
    await task.queueFrame(new InterruptionFrame())
    await until(() => server.log.cancelled.includes('b'))
    await task.queueFrame(new EndFrame())
    await run
    expect(server.log.cancelled).toEqual(['b'])
  })

  test('cancels a call that takes too long', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url }, callOptions: { timeoutSecs: 0.05 } })
    const context = new LLMContext([{ role: 'user', content: 'Wait.' }])
    mcp.addTo(context)
    const llm = new CallingLLM([{ type: 'toolCall', id: 't1', name: 'hang', arguments: '{"id":"c"}' }])
    const task = new PipelineTask(new Pipeline([mcp, llm]), {}, { defaultParts: false, idleTimeoutSecs: null })
    const cancelled = new Promise((resolve) => llm.on('functionCallsCancelled', resolve))
    const run = task.run()
    await task.queueFrame(new LLMContextFrame(context))
    await cancelled
    await task.queueFrame(new EndFrame())
    await run
    await until(() => server.log.started.length === server.log.cancelled.length)
  })

  test('tells the model when the program dies under a call, and starts it again', async () => {
    const mcp = client()
    const events: string[] = []
    mcp.on('connectionLost', () => events.push('lost'))
    mcp.on('callFailed', ({ code }) => events.push(code))
    const back = new Promise<void>((resolve) => mcp.on('reconnected', () => resolve()))
    await mcp.connect()
    expect(await call(mcp, 'crash')).toEqual({
      error: expect.stringContaining('connection was lost'),
      code: 'mcp-connection-lost',
      retryable: true,
    })
    await back
    expect(events.sort()).toEqual(['lost', 'mcp-connection-lost'])
    expect(await call(mcp, 'add', { a: 1, b: 2 })).toBe('3')
  })

  test('starts a dead program again for the next call without waiting for its turn', async () => {
    const mcp = client({ runtime: { random: () => 0 } })
    await mcp.connect()
    await call(mcp, 'crash')
    expect(await call(mcp, 'add', { a: 1, b: 2 })).toBe('3')
  })

  test('tells the model when an HTTP server goes away under a call, and finds it again', async () => {
    const first = await http()
    const mcp = client({ server: { url: first.url } })
    await mcp.connect()
    const lost = new Promise<void>((resolve) => mcp.on('connectionLost', () => resolve()))
    const back = new Promise<void>((resolve) => mcp.on('reconnected', () => resolve()))
    const hanging = call(mcp, 'hang', { id: 'd' })
    await until(() => first.log.started.includes('d'))
    await first.stop()
    expect(await hanging).toMatchObject({ code: 'mcp-connection-lost', retryable: true })
    await lost
    await http(first.port)
    await back
    expect(await call(mcp, 'add', { a: 1, b: 2 })).toBe('3')
  })

  test('begins a new session and repeats the call when an HTTP server forgot the old one', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url } })
    await mcp.connect()
    server.forget()
    expect(await Promise.all([call(mcp, 'add', { a: 1, b: 2 }), call(mcp, 'add', { a: 2, b: 2 })])).toEqual(['3', '4'])
  })

  test('says that a server is unreachable', async () => {
    const server = await http()
    await server.stop()
    const mcp = client({ server: { url: server.url } })
    await expect(mcp.connect()).rejects.toMatchObject({ code: 'mcp-unreachable', kind: 'transient' })
    expect(mcp.isConnected).toBe(false)
  })

  test('says that a program does not exist', async () => {
    const mcp = client({ server: { command: 'no-such-program-anywhere' } })
    await expect(mcp.connect()).rejects.toMatchObject({ code: 'mcp-command-failed', kind: 'config' })
  })

  test('gives up a server that accepts the connection and says nothing', async () => {
    const mcp = client({
      server: { command: process.execPath, args: ['-e', 'process.stdin.resume()'] },
      connectTimeoutSecs: 0.2,
    })
    await expect(mcp.connect()).rejects.toMatchObject({ code: 'mcp-timeout', kind: 'timeout', retryable: true })
  })

  test('lets a task run whose server is not there, reports it, and offers the tools when it comes', async () => {
    const first = await http()
    await first.stop()
    const mcp = client({ server: { url: first.url } })
    const context = new LLMContext()
    mcp.addTo(context)
    const task = new PipelineTask(new Pipeline([mcp]), {}, { defaultParts: false, idleTimeoutSecs: null })
    const errors: PcError[] = []
    task.on('pipelineError', (frame) => {
      if (frame instanceof ErrorFrame) errors.push(frame.error)
    })
    const back = new Promise<void>((resolve) => mcp.on('reconnected', () => resolve()))
    const run = task.run()
    await until(() => errors.length > 0)
    await http(first.port)
    await back
    expect(context.tools?.find('add')).toBeDefined()
    await task.queueFrame(new EndFrame())
    await run
    expect(errors.map(({ code }) => code)).toEqual(['mcp-unreachable'])
    expect(mcp.isConnected).toBe(false)
  })

  test('passes a program only the environment that was given to it', async () => {
    process.env['PC_TEST_SECRET'] = 'secret'
    const mcp = client({ server: { ...STDIO, env: { GIVEN: 'yes' } } })
    await mcp.connect()
    expect(await call(mcp, 'environment', { name: 'GIVEN' })).toBe('yes')
    expect(await call(mcp, 'environment', { name: 'PC_TEST_SECRET' })).toBe('not set')
    delete process.env['PC_TEST_SECRET']
  })

  test('ends the process of a program when it is closed', async () => {
    const pid = ['-e', 'console.error(process.pid); process.stdin.resume()']
    const logged: unknown[] = []
    const mcp = client({
      server: { command: process.execPath, args: pid },
      connectTimeoutSecs: 5,
      runtime: { log: { enabled: () => true, log: (_level, _message, fields) => logged.push(fields?.['pii.text']) } },
    })
    const connecting = mcp.connect().catch(() => {})
    await until(() => logged.length > 0)
    const started = Number(logged[0])
    expect(isRunning(started)).toBe(true)
    await mcp.close()
    await connecting
    await until(() => !isRunning(started))
    expect(isRunning(started)).toBe(false)
  })

  test('ends the session of an HTTP server when it is closed, and can be connected again', async () => {
    const server = await http()
    const mcp = client({ server: { url: server.url, headers: { authorization: 'Bearer t' } } })
    await mcp.connect()
    expect(server.headers()['authorization']).toBe('Bearer t')
    expect(server.sessions()).toBe(1)
    await mcp.close()
    expect(server.sessions()).toBe(0)
    expect(await call(mcp, 'add', { a: 1, b: 1 })).toMatchObject({ code: 'mcp-not-connected', retryable: false })
    await mcp.connect()
    expect(await call(mcp, 'add', { a: 1, b: 1 })).toBe('2')
  })

  test('lists all pages of tools, over any transport of the SDK, with the options of each call', async () => {
    const server = new Server({ name: 'pages', version: '1.0.0' }, { capabilities: { tools: {} } })
    const schema = { type: 'object' as const }
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) =>
      params?.cursor === 'two'
        ? { tools: [{ name: 'second', inputSchema: schema }] }
        : { tools: [{ name: 'first', inputSchema: schema }], nextCursor: 'two' },
    )
    const logged: string[] = []
    const mcp = client({
      server: async () => {
        const [ours, theirs] = InMemoryTransport.createLinkedPair()
        await server.connect(theirs)
        return ours
      },
      callOptions: (tool) => (tool === 'first' ? { timeoutSecs: 1, cancelOnInterruption: false } : {}),
      runtime: { log: { enabled: () => true, log: (_level, message) => logged.push(message) } },
    })
    const tools = await mcp.connect()
    expect(
      tools.map(({ name, timeoutSecs, cancelOnInterruption }) => [name, timeoutSecs, cancelOnInterruption]),
    ).toEqual([
      ['first', 1, false],
      ['second', 30, undefined],
    ])
    expect(logged).toEqual([])
  })

  test("gives the model the server's words when it refuses a request", async () => {
    const mcp = client()
    await mcp.connect()
    expect(await call(mcp, 'add', { a: 'one' })).toMatchObject({ error: expect.stringMatching(/a/) })
  })
})
