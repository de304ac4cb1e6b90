import {
  type AnyFrame,
  firstSight,
  type FrameContext,
  type FrameDirection,
  FrameProcessor,
  type FrameProcessorOptions,
  OutputTransportMessageUrgentFrame,
  PcError,
  type PipelineSetup,
  type PipelineTask,
  type ProcessorEvents,
  type Result,
  type TaskHandle,
} from '@pc/core'
import { ClientFunctions, type ClientFunctionHandler } from './client-functions.ts'
import {
  type ClientEnvelope,
  hasRtviLabel,
  InvalidClientMessage,
  readEnvelope,
  type UIMessage,
} from './client-message.ts'
import { handleClientMessage } from './client-message-handler.ts'
import { RTVIClientMessageFrame } from './frames.ts'
import {
  type About,
  errorData,
  RTVI_VERSION,
  serverMessage,
  type ServerMessages,
  type UIJobGroupData,
} from './messages.ts'
import { agreeOnVersion } from './protocol-version.ts'
import type { RTVILink } from './rtvi-link.ts'
import { RTVIObserver, type RTVIObserverOptions } from './rtvi-observer.ts'

/** What a client said of itself. */
export interface ClientInfo {
  /** As it was sent, also when it makes no sense. */
  readonly version: unknown
  readonly about: About
}

/** A custom message of the client, and how to answer it. */
export interface ClientMessage {
  readonly msgId: string
  readonly type: string
  readonly data: unknown
  /** Answers; a client that waits for an answer gives up after 10 s. */
  reply(data?: unknown): void
  /** Answers that it failed. */
  fail(error: string): void
}

/** The events of {@link RTVIProcessor}. */
export interface RTVIProcessorEvents extends ProcessorEvents {
  /** A client said that it is ready, and got its answer; again after a reload of its page. */
  clientReady: [client: ClientInfo]
  /** A custom message for which {@link RTVIProcessor.handle} knows nobody. */
  clientMessage: [message: ClientMessage]
  /** The user interface of the client's page says something. */
  uiMessage: [message: UIMessage]
}

/** The options of {@link RTVIProcessor}. */
export interface RTVIProcessorOptions extends FrameProcessorOptions {
  /** What the client is told; `false` brings no observer along. */
  observer?: RTVIObserverOptions | false
  /** Answer clients only when the application calls {@link RTVIProcessor.sendBotReady}. Default false. */
  manualBotReady?: boolean
}

/** Answers a custom message: what it returns is the reply, what it throws the error that the client gets. */
export type RequestHandler = (data: unknown) => unknown

/**
 * Speaks RTVI 2.1 with the client behind a transport: answers its handshake, does what it asks, and tells it what
 * happens. It stands behind the input transport, or beside a pipeline by {@link RTVIProcessor.attachTo}.
 *
 * ```ts
 * const rtvi = new RTVIProcessor()
 * rtvi.on('clientReady', () => task.queueFrame(new LLMRunFrame()))
 * new Pipeline([transport.input(), rtvi, user, llm, tts, transport.output(), assistant])
 * ```
 */
export class RTVIProcessor extends FrameProcessor<RTVIProcessorEvents> implements RTVILink {
  /** Watches the task for the client; `undefined` if switched off. */
  readonly observer: RTVIObserver | undefined
  readonly #manualBotReady: boolean
  readonly #functions = new ClientFunctions()
  readonly #handlers = new Map<string, RequestHandler>()
  /** The processor from whose place frames are sent: this one, or the input transport when it stands beside. */
  #anchor: FrameProcessor = this
  #task: TaskHandle | undefined
  #handshake = agreeOnVersion(RTVI_VERSION)
  #unanswered: string | undefined
  #skipTts = false
  #reportsPlayout = false
  readonly #commands: (() => Promise<void>)[] = []
  #commanding = false

  constructor(options: RTVIProcessorOptions = {}) {
    super(options)
    this.#manualBotReady = options.manualBotReady ?? false
    this.observer = options.observer === false ? undefined : new RTVIObserver(this, options.observer)
  }

  override onSetup({ task }: PipelineSetup): void {
    this.#task = task
    if (this.observer !== undefined) task.addObserver(this.observer)
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): Result {
    if (!this.#takes(frame)) ctx.push(frame, direction)
  }

  override onCleanup(): void {
    this.#functions.close()
  }

  /**
   * Serves a pipeline that has no place for this processor: it listens to what the input transport brings, and sends
   * from there. Call it before the task runs.
   *
   * @throws PcError `rtvi-attached` when it stands in a pipeline already, or beside one.
   */
  attachTo(task: PipelineTask, input: FrameProcessor): void {
    if (this.#task !== undefined || task.processors.includes(this)) {
      throw new PcError(`${this.name} serves a task already.`, { code: 'rtvi-attached', kind: 'config' })
    }
    this.#task = task
    this.#anchor = input
    const isNew = firstSight()
    task.addObserver({
      frames: ['InputTransportMessageFrame', 'LLMConfigureOutputFrame'],
      onPushFrame: (frame) => void (isNew(frame) && this.#takes(frame as AnyFrame)),
      onPipelineFinished: () => this.#functions.close(),
    })
    if (this.observer !== undefined) task.addObserver(this.observer)
  }

  /** The version that the client speaks, after its handshake. */
  get clientMajor(): 1 | 2 {
    return this.#handshake.major
  }

  /** Whether the client announced that its player reports what was played. */
  get clientReportsPlayout(): boolean {
    return this.#reportsPlayout
  }

  send<K extends keyof ServerMessages>(type: K, data: ServerMessages[K], id?: string): void {
    this.#anchor.pushFrame(new OutputTransportMessageUrgentFrame(serverMessage(type, data, id)))
  }

  /** Sends a message of the application's own. */
  sendServerMessage(data: unknown): void {
    this.send('server-message', data)
  }

  /** Shows the client an error; of a `PcError` also its kind and service. A fatal one makes it disconnect at once. */
  sendError(error: string | PcError, options: { fatal?: boolean } = {}): void {
    const { fatal = false } = options
    this.send('error', typeof error === 'string' ? { error, message: error, fatal } : errorData(error, fatal))
  }

  /** Asks the client's page to do something, for example `toast`, `navigate`, `scroll_to`, `click`. */
  sendUICommand(command: string, payload: unknown): void {
    this.send('ui-command', { command, payload })
  }

  /** Tells the client's page about a group of jobs. */
  sendUIJobGroup(data: UIJobGroupData): void {
    this.send('ui-job-group', data)
  }

  /** Answers the client's handshake; needed only with `manualBotReady`, and without effect when all are answered. */
  sendBotReady(): void {
    const id = this.#unanswered
    if (id === undefined) return
    this.#unanswered = undefined
    this.send('bot-ready', { version: this.#handshake.version, about: { library: '@pc/rtvi' } }, id)
  }

  /** Answers the client's custom messages of a type. Returns the remover. */
  handle(type: string, handler: RequestHandler): () => void {
    this.#handlers.set(type, handler)
    return () => void this.#handlers.delete(type)
  }

  /**
   * A handler for a tool that runs in the client: the client gets its name and arguments, and what it returns is the
   * result. A client that answers nothing fails the call after `timeoutSecs`.
   *
   * @param timeoutSecs - default 30.
   */
  clientFunction(functionName: string, options: { timeoutSecs?: number } = {}): ClientFunctionHandler {
    return this.#functions.handler(functionName, options.timeoutSecs ?? 30, () => this.#anchor.runtime.clock)
  }

  runsInClient(functionName: string): boolean {
    return this.#functions.has(functionName)
  }

  /**
   * Handles a message of the client, as a transport decoded it. Whatever is in it: nothing is thrown, and the
   * connection stays.
   */
  receive(message: Readonly<Record<string, unknown>>): void {
    let envelope: ClientEnvelope | undefined
    try {
      envelope = readEnvelope(message)
      const handled = handleClientMessage(envelope, {
        clientReady: (id, client) => this.#clientReady(id, client),
        custom: (id, type, data) => this.#custom(id, type, data),
        ui: (ui) => this.emit('uiMessage', ui),
        announcePlayout: () => (this.#reportsPlayout = true),
        command: (work) => this.#command(work),
        interrupt: () => this.#interrupt(),
        push: (frame, direction) => this.#anchor.pushFrame(frame, direction),
        hear: (frame) => void this.#task?.queueFrame(frame),
        functionResult: (toolCallId, result) => this.#functions.settle(toolCallId, result),
        skipTts: () => this.#skipTts,
      })
      if (!handled) this.#fail(envelope.id, `Unsupported type ${envelope.type}`)
    } catch (error) {
      this.#refuse(envelope, error)
    }
  }

  /** True when the frame was a message of the client. */
  #takes(frame: AnyFrame): boolean {
    if (frame.type === 'LLMConfigureOutputFrame') this.#skipTts = frame.skipTts
    if (frame.type !== 'InputTransportMessageFrame' || !hasRtviLabel(frame.message)) return false
    this.receive(frame.message)
    return true
  }

  #clientReady(id: string, client: ClientInfo): void {
    this.#handshake = agreeOnVersion(client.version)
    const { complaint } = this.#handshake
    if (complaint !== undefined) this.#fail(id, complaint)
    this.#unanswered = id
    if (!this.#manualBotReady) this.sendBotReady()
    this.emit('clientReady', client)
  }

  #custom(msgId: string, type: string, data: unknown): void {
    const reply = (value?: unknown): void =>
      this.send('server-response', { t: type, ...(value !== undefined && { d: value }) }, msgId)
    const handler = this.#handlers.get(type)
    if (handler === undefined) {
      this.#anchor.pushFrame(new RTVIClientMessageFrame(msgId, type, data))
      this.emit('clientMessage', { msgId, type, data, reply, fail: (error) => this.#fail(msgId, error) })
      return
    }
    this.#anchor.spawn(`answer to ${type}`, async () => {
      try {
        reply(await handler(data))
      } catch (error) {
        this.#fail(msgId, error instanceof Error ? error.message : String(error))
      }
    })
  }

  /** Runs what the client asks of the conversation one after another, without holding up audio. */
  #command(work: () => Promise<void>): void {
    this.#commands.push(work)
    if (this.#commanding) return
    this.#commanding = true
    this.#anchor.spawn('client commands', async () => {
      for (let next = this.#commands.shift(); next !== undefined; next = this.#commands.shift()) {
        await next().catch((error: unknown) => this.#anchor.pushError(error, { code: 'client-command-failed' }))
      }
      this.#commanding = false
    })
  }

  /** Silences the agent, and waits until what was heard of it stands in the context. */
  async #interrupt(): Promise<void> {
    this.#anchor.broadcastInterruption()
    await this.#task?.flushPipeline()
  }

  #refuse(envelope: ClientEnvelope | undefined, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (!(error instanceof InvalidClientMessage))
      this.#anchor.runtime.log.log('error', 'A client message failed', { error })
    if (envelope === undefined) this.sendError(reason)
    else this.#fail(envelope.id, `Invalid ${envelope.type}: ${reason}`)
  }

  #fail(id: string, error: string): void {
    this.send('error-response', { error }, id)
  }
}
