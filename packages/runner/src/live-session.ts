import { LatencyObserver, PcError, type PipelineTask, type Runtime } from '@pc/core'
import { errorData, RTVIProcessor, type RTVIProcessorOptions, serverMessage } from '@pc/rtvi'
import { WebSocketServerTransport, type WebSocketServerTransportOptions } from '@pc/transports-websocket'
import { encodeFrame } from '@pc/transports-websocket/codec'
import { WebSocket } from 'ws'
import type { Bot, BotSession } from './bot.ts'

/** How long a socket may take to say goodbye, milliseconds. */
const CLOSE_MS = 2000

/** What a session is made of. */
export interface LiveSessionParts {
  readonly id: string
  readonly body: unknown
  readonly websocket: WebSocket
  readonly bot: Bot
  readonly runtime: Runtime
  readonly transportOptions: Omit<WebSocketServerTransportOptions, 'websocket'>
  readonly rtviOptions: RTVIProcessorOptions
}

/** A connection with its bot. Whatever the bot does, only this session ends. */
export class LiveSession implements BotSession {
  readonly id: string
  readonly body: unknown
  readonly transport: WebSocketServerTransport
  readonly rtvi: RTVIProcessor
  readonly startedAtMs: number
  readonly #websocket: WebSocket
  readonly #bot: Bot
  readonly #runtime: Runtime
  readonly #controller = new AbortController()
  readonly #gone: Promise<void>
  readonly #tasks = new Set<PipelineTask>()

  constructor({ id, body, websocket, bot, runtime, transportOptions, rtviOptions }: LiveSessionParts) {
    this.id = id
    this.body = body
    this.transport = new WebSocketServerTransport({ ...transportOptions, websocket })
    this.rtvi = new RTVIProcessor(rtviOptions)
    this.startedAtMs = runtime.clock.epochMs()
    this.#websocket = websocket
    this.#bot = bot
    this.#runtime = runtime
    this.#gone = new Promise((resolve) => websocket.once('close', () => resolve()))
    websocket.on('close', () => this.#controller.abort(abortReason('the client is gone')))
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Settles when the bot is through and the connection closed. Never rejects. */
  async serve(): Promise<void> {
    try {
      await this.#bot(this)
      this.#websocket.close(1000)
    } catch (error) {
      this.#failed(error)
    }
    await this.#cancelTasks('the bot has returned')
    await this.#closed()
  }

  async run(task: PipelineTask): Promise<void> {
    if (!task.processors.includes(this.rtvi)) this.rtvi.attachTo(task, this.transport.input())
    task.addObserver(this.#latencyObserver())
    this.#tasks.add(task)
    try {
      await task.run({ signal: this.signal })
    } finally {
      this.#tasks.delete(task)
    }
  }

  /** Lets the bot finish what it says. A session without a running task ends at once. */
  end(): void {
    if (this.#tasks.size === 0) this.cancel('the server stops')
    for (const task of this.#tasks) void task.stopWhenDone()
  }

  /** Ends now. */
  cancel(reason: string): void {
    this.#controller.abort(abortReason(reason))
    this.#websocket.close(1001, reason)
  }

  /** Cuts the connection of a bot that does not return. */
  terminate(): void {
    this.#websocket.terminate()
  }

  /** Tells a client that speaks our dialect how long it waited for each reply. */
  #latencyObserver(): LatencyObserver {
    const observer = new LatencyObserver()
    observer.on('latency', ({ turn, stages, totalMs }) => {
      if (!this.rtvi.clientReportsPlayout) return
      this.rtvi.sendServerMessage({ type: 'pc/latency', turn, stages, totalMs })
    })
    return observer
  }

  #failed(error: unknown): void {
    if (this.signal.aborted) return
    this.#runtime.log.log('error', `The bot of session ${this.id} failed`, { error })
    // Messages of our own errors are made for people; those of others may hold anything.
    const unknown = 'The bot failed; the log of the server says why.'
    const told = PcError.is(error) ? error : new PcError(unknown, { code: 'bot-failed', kind: 'internal' })
    const message = serverMessage('error', errorData(told, true))
    if (this.#websocket.readyState === WebSocket.OPEN) {
      this.#websocket.send(encodeFrame({ kind: 'message', data: JSON.stringify(message) }))
    }
    this.#websocket.close(1011)
  }

  async #cancelTasks(reason: string): Promise<void> {
    await Promise.all([...this.#tasks].map((task) => task.cancel(reason)))
  }

  async #closed(): Promise<void> {
    const timer = this.#runtime.clock.setTimeout(() => this.#websocket.terminate(), CLOSE_MS)
    await this.#gone
    timer.cancel()
  }
}

function abortReason(message: string): Error {
  const reason = new Error(message)
  reason.name = 'AbortError'
  return reason
}
