import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AnyFrame,
  createRuntime,
  type ErrorFrame,
  type Frame,
  type FrameContext,
  type FrameDirection,
  FrameProcessor,
  Pipeline,
  PipelineTask,
  type PipelineTaskOptions,
  TTSAudioRawFrame,
} from '@pc/core'
import { TestClock } from '@pc/core/testing'
import { WebSocket } from 'ws'
import { decodeFrame, type WireFrame } from '../src/codec.ts'
import { acceptWebSockets, type AcceptWebSocketsOptions, WebSocketServerTransport } from '../src/index.ts'
import type { WebSocketServerTransportOptions } from '../src/index.ts'

/** An HTTP server on a free loopback port. */
export async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return { server, port: address.port }
}

/** A client that keeps what it got and waits for what it wants. */
export class Client {
  readonly socket: WebSocket
  readonly frames: WireFrame[] = []
  readonly texts: string[] = []
  closeCode: number | undefined = undefined
  readonly #waiters = new Set<() => void>()

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('message', (data: Buffer, isBinary) => {
      const frame = isBinary ? decodeFrame(data) : undefined
      if (frame !== undefined) this.frames.push(frame)
      else this.texts.push(data.toString())
      this.#changed()
    })
    socket.on('close', (code) => {
      this.closeCode = code
      this.#changed()
    })
  }

  #changed(): void {
    for (const waiter of this.#waiters) waiter()
  }

  /** Settles when the condition holds; it is looked at whenever something comes. */
  until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!done()) return
        this.#waiters.delete(look)
        resolve()
      }
      this.#waiters.add(look)
      look()
    })
  }

  get audio(): Extract<WireFrame, { kind: 'audio' }>[] {
    return this.frames.filter((frame) => frame.kind === 'audio')
  }
}

/** A task with a transport, its client at the other end of a real socket, and time in the test's hands. */
export interface Call {
  readonly clock: TestClock
  readonly client: Client
  readonly transport: WebSocketServerTransport
  readonly task: PipelineTask
  /** What passed between input and output. */
  readonly heard: Frame[]
  readonly errors: ErrorFrame[]
  readonly events: string[]
  readonly run: Promise<void>
  /** Settles when the condition holds; it is looked at whenever a frame passes or an error is reported. */
  until(done: () => boolean): Promise<void>
}

export interface CallOptions {
  readonly transport?: Omit<WebSocketServerTransportOptions, 'websocket'>
  readonly accept?: Omit<AcceptWebSocketsOptions, 'server' | 'onConnection'>
  readonly task?: PipelineTaskOptions
  /** What the client does as soon as it is connected, before the pipeline exists. */
  readonly early?: (socket: WebSocket) => void
  /** Called with the server's socket before the pipeline runs. */
  readonly beforeRun?: (websocket: WebSocket) => Promise<void>
}

/** Shows what the input pushes. */
class Middle extends FrameProcessor {
  readonly #see: (frame: Frame) => void

  constructor(see: (frame: Frame) => void) {
    super()
    this.#see = see
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (direction === 'downstream') this.#see(frame)
    ctx.push(frame)
  }
}

const open: (() => Promise<void>)[] = []

/** Ends what the test opened. */
export async function hangUp(): Promise<void> {
  for (const close of open.splice(0)) await close()
}

export async function startCall(options: CallOptions = {}): Promise<Call> {
  const { server, port } = await listen()
  const accepted = Promise.withResolvers<{ websocket: WebSocket; transport: WebSocketServerTransport }>()
  const acceptor = acceptWebSockets({
    server,
    ...options.accept,
    onConnection: (websocket) =>
      accepted.resolve({ websocket, transport: new WebSocketServerTransport({ ...options.transport, websocket }) }),
  })
  const client = new Client(new WebSocket(`ws://127.0.0.1:${port}/ws`))
  client.socket.once('open', () => options.early?.(client.socket))
  const { websocket, transport } = await accepted.promise
  if (client.socket.readyState === WebSocket.CONNECTING) await once(client.socket, 'open')
  await options.beforeRun?.(websocket)

  const clock = new TestClock()
  const heard: Frame[] = []
  const errors: ErrorFrame[] = []
  const events: string[] = []
  const waiters = new Set<() => void>()
  const changed = (): void => {
    for (const waiter of waiters) waiter()
  }
  const middle = new Middle((frame) => {
    heard.push(frame)
    changed()
  })
  const task = new PipelineTask(
    new Pipeline([transport.input(), middle, transport.output()]),
    {},
    {
      defaultParts: false,
      idleTimeoutSecs: null,
      ...options.task,
      runtime: { ...createRuntime({ clock }) },
    },
  )
  task.on('pipelineError', (frame) => {
    errors.push(frame)
    changed()
  })
  transport.on('clientConnected', () => void events.push('connected'))
  transport.on('clientDisconnected', () => {
    events.push('disconnected')
    changed()
  })
  const run = task.run()
  await clock.settle()
  open.push(async () => {
    client.socket.terminate()
    const cancelled = task.cancel()
    await acceptor.close()
    await cancelled
    await run
    server.close()
  })
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!done()) return
        waiters.delete(look)
        resolve()
      }
      waiters.add(look)
      look()
    })
  return { clock, client, transport, task, heard, errors, events, run, until }
}

/** So many milliseconds of speech at 24 kHz. */
export function speech(ms: number, contextId = 'a'): TTSAudioRawFrame {
  return new TTSAudioRawFrame(new Int16Array(ms * 24).fill(1000), 24_000, 1, contextId)
}
