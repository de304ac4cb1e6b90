import { LLMAssistantAggregator } from '../context/assistant-aggregator.ts'
import { LLMContext } from '../context/llm-context.ts'
import { LLMUserAggregator } from '../context/user-aggregator.ts'
import type { Frame } from '../frames/frame.ts'
import { InterruptionFrame } from '../frames/lifecycle.ts'
import { LLMContextFrame, LLMRunFrame } from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import type { PipelineTask } from '../pipeline/pipeline-task.ts'
import type { TerminalFrame } from '../pipeline/task-options.ts'
import { Emitter, type EventOfPythonName, type PythonEventName } from '../runtime/emitter.ts'
import { PcError } from '../runtime/errors.ts'
import { isoTime } from '../runtime/iso-time.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { buildTask } from './build-task.ts'
import { EndReason } from './end-reason.ts'
import { FloorMuteStrategy } from './floor-mute-strategy.ts'
import { FrameWatch } from './frame-watch.ts'
import { SessionStates } from './session-states.ts'
import type {
  AgentState,
  GenerateReplyOptions,
  SayOptions,
  SessionEndReason,
  SessionEvents,
  SessionOptions,
  SessionParts,
  UserState,
} from './session-types.ts'
import type { SpeechHandle } from './speech-handle.ts'
import { SpeechQueue } from './speech-queue.ts'
import { Speech, type SpeechOptions } from './speech.ts'

/**
 * A conversation, above frames: what the agent is to say, what of it was heard, who has the floor, and why it ended. It
 * adds nothing to the pipeline: it sends frames into a task and watches it.
 *
 * ```ts
 * const session = new Session({ transport, stt, llm, tts, vad, instructions: 'You are a friendly host.' })
 * void session.run()
 * const { status, heard } = await session.say('Good morning!').played
 * ```
 *
 * Takes the parts and builds the pipeline, or a task of your own; make it before the task runs.
 *
 * @throws PcError `invalid-session` for options that contradict each other or are out of range.
 */
export class Session {
  /** The task that it works on. */
  readonly task: PipelineTask
  /** Settles when the session is over; never rejects. */
  readonly ended: Promise<SessionEndReason>
  readonly #events: Emitter<SessionEvents>
  readonly #states: SessionStates
  readonly #queue: SpeechQueue
  readonly #reason: EndReason
  readonly #stopTransport: (() => Promise<void>) | undefined
  readonly #resolveEnded: (reason: SessionEndReason) => void
  #endReason: SessionEndReason | undefined = undefined
  #closing = false
  #ran = false
  /** The interruption that the queue has asked for. */
  #ownInterruption: Frame | undefined = undefined

  constructor(parts: SessionParts)
  constructor(task: PipelineTask, options?: SessionOptions)
  constructor(first: PipelineTask | SessionParts, second: SessionOptions = {}) {
    const parts = 'queueFrame' in first ? undefined : first
    const { userAwaySecs = 15, speechTimeoutSecs = 60 } = parts ?? second
    check('userAwaySecs', userAwaySecs)
    check('speechTimeoutSecs', speechTimeoutSecs)
    const task = 'queueFrame' in first ? first : buildTask(first)
    if (task.hasFinished()) {
      throw new PcError('This task is over: a session needs a new one.', { code: 'invalid-session', kind: 'config' })
    }
    const { clock, log } = task.runtime
    const { promise, resolve } = Promise.withResolvers<SessionEndReason>()
    this.task = task
    this.ended = promise
    this.#resolveEnded = resolve
    this.#events = new Emitter((error, event) =>
      log.log('error', `A listener of the session for ${event} failed`, { error }),
    )
    this.#reason = new EndReason(task)
    this.#states = new SessionStates({
      clock,
      awayMs: userAwaySecs === null ? undefined : userAwaySecs * 1000,
      userChanged: (change) => this.#events.emit('userStateChanged', change),
      agentChanged: (change) => this.#events.emit('agentStateChanged', change),
    })
    this.#queue = new SpeechQueue({
      clock,
      floor: this.#states,
      timeoutMs: speechTimeoutSecs * 1000,
      send: (frame) => task.queueFrame(frame),
      interrupt: () => this.#interrupt(),
    })
    this.#stopTransport = parts?.transport && (() => parts.transport!.stop())
    this.#follow(parts)
  }

  /** Adds a listener and returns its remover. */
  on<K extends keyof SessionEvents>(event: K, listener: (...args: SessionEvents[K]) => unknown): () => void {
    return this.#events.on(event, listener)
  }

  /** The Pipecat spelling: `eventHandler('on_user_state_changed', fn)`. */
  eventHandler<Name extends PythonEventName<keyof SessionEvents>, K extends EventOfPythonName<SessionEvents, Name>>(
    event: Name,
    listener: (...args: SessionEvents[K]) => unknown,
  ): () => void {
    return this.#events.eventHandler(event, listener)
  }

  get userState(): UserState {
    return this.#states.user
  }

  get agentState(): AgentState {
    return this.#states.agent
  }

  /** Why it ended; `undefined` while it goes on. */
  get endReason(): SessionEndReason | undefined {
    return this.#endReason
  }

  /** The conversation; `undefined` where the pipeline keeps none. */
  get context(): LLMContext | undefined {
    const { processors } = this.task
    const user = processors.find((processor) => processor instanceof LLMUserAggregator)
    return user?.context ?? processors.find((processor) => processor instanceof LLMAssistantAggregator)?.context
  }

  /** Speeches that have not settled, in their order. */
  get speeches(): readonly SpeechHandle[] {
    return this.#queue.pending
  }

  /** Settles when the pipeline has started; rejects with `not-started` when it ends before. */
  get started(): Promise<void> {
    return this.task.started
  }

  /**
   * Runs the task to its end; where the application runs the task itself there is no need. It never rejects for what a
   * part does. A transport that the session was given is stopped then.
   *
   * @throws PcError `task-already-run`.
   */
  async run(options: { signal?: AbortSignal } = {}): Promise<SessionEndReason> {
    this.#ran = true
    await this.task.run(options)
    await this.#stopTransport?.().catch((error: unknown) =>
      this.task.runtime.log.log('warn', 'The transport of the session did not stop', { error }),
    )
    return this.ended
  }

  /**
   * Has the agent say a text: behind what was asked for before, and when nobody else has the floor. While the user
   * speaks it waits; where the agent answers, until it was heard. While functions run it may be said, ahead of replies.
   *
   * @throws PcError `session-ended` once the session is over or about to be.
   */
  say(text: string, options: SayOptions = {}): SpeechHandle {
    const { appendToContext = true, allowInterruptions = true } = options
    const request = (): Frame => new TTSSpeakFrame(text, { appendToContext })
    return this.#speak({ source: 'say', wanted: text, allowInterruptions, request })
  }

  /**
   * Has the model speak, in its turn as {@link say}; the conversation it answers is that of the moment when its turn has
   * come.
   *
   * @throws PcError `session-ended`, or `no-context` when the pipeline has no aggregator and so no conversation.
   */
  generateReply(options: GenerateReplyOptions = {}): SpeechHandle {
    const { userInput, allowInterruptions = true } = options
    const { context } = this
    if (context === undefined) {
      const message = 'The pipeline of the session has no context aggregator, and so no conversation to reply to.'
      throw new PcError(message, { code: 'no-context', kind: 'config' })
    }
    this.#checkOpen()
    if (userInput !== undefined) this.#type(userInput, context)
    const request = (): Frame => requestOf(context, options)
    return this.#speak({ source: 'reply', wanted: '', allowInterruptions, request })
  }

  /**
   * Cuts whatever the agent says or is about to say, and takes back what waits. Settles when it is known what was heard.
   */
  async interrupt(): Promise<void> {
    const { pending } = this.#queue
    const interrupted = this.#queue.cut(pending)
    // The model may be answering the user.
    if (!interrupted && this.#states.open) this.#interrupt()
    await Promise.all(pending.map(({ played }) => played))
  }

  /**
   * Ends the session: at once with `drain: false`, else when all that was asked for was heard. Nothing more is taken.
   */
  async close(options: { drain?: boolean } = {}): Promise<SessionEndReason> {
    this.#closing = true
    if (this.#endReason !== undefined) return this.#endReason
    if (options.drain === false || !this.#ran) {
      this.#reason.because({ type: 'completed', fault: 'nobody', note: undefined })
      await this.task.cancel('closed')
    } else {
      await Promise.all(this.#queue.pending.map(({ played }) => played))
      await this.task.stopWhenDone()
    }
    return this.ended
  }

  #speak(options: Pick<SpeechOptions, 'source' | 'wanted' | 'allowInterruptions' | 'request'>): SpeechHandle {
    this.#checkOpen()
    const speech = new Speech({
      ...options,
      id: this.task.runtime.newId(),
      patient: this.#states.userSpeaks,
      interrupt: (cut) => void this.#queue.cut([cut]),
    })
    this.#queue.add(speech)
    return speech
  }

  #checkOpen(): void {
    if (!this.#closing && this.#endReason === undefined) return
    const message = 'The session is over, or about to be: nothing more can be said in it.'
    throw new PcError(message, { code: 'session-ended', kind: 'invalid-request' })
  }

  /** What was typed is in the conversation, whatever becomes of the reply. */
  #type(text: string, context: LLMContext): void {
    context.addMessage({ role: 'user', content: text })
    this.#states.userActed()
    const timestamp = isoTime(this.task.runtime.clock.epochMs())
    this.#events.emit('conversationItemAdded', { role: 'user', text, interrupted: false, timestamp })
  }

  #interrupt(): void {
    this.#ownInterruption = new InterruptionFrame()
    void this.task.queueFrame(this.#ownInterruption)
  }

  #follow(parts: SessionParts | undefined): void {
    const { task } = this
    task.addObserver(
      new FrameWatch({
        processors: task.processors,
        queue: this.#queue,
        states: this.#states,
        afterBurst: (fn) => task.runtime.clock.yield(fn),
        isOwn: (frame) => frame === this.#ownInterruption,
        transcribed: (input) => this.#events.emit('userInputTranscribed', input),
        executed: (tools) => this.#events.emit('functionToolsExecuted', tools),
      }),
    )
    task.on('metrics', (metrics) => this.#events.emit('metrics', metrics))
    task.on('pipelineError', ({ error, processor, fatal }) => this.#events.emit('error', { error, processor, fatal }))
    task.on('pipelineFinished', (terminal) => this.#over(terminal))
    task.started.then(
      () => this.#begin(),
      () => {},
    )
    this.#followConversation()
    for (const processor of task.processors) {
      if (!(processor instanceof UserTurnProcessor)) continue
      const mute = new FloorMuteStrategy(() => this.#queue.holdsFloor)
      processor.updateMuteStrategies([...processor.userMuteStrategies, mute])
    }
    if (parts?.transport === undefined || parts.closeOnDisconnect === false) return
    parts.transport.on('clientDisconnected', () => {
      this.#reason.because({ type: 'userLeft', fault: 'user' })
      return task.cancel('the client disconnected')
    })
  }

  #followConversation(): void {
    for (const processor of this.task.processors) {
      if (processor instanceof LLMUserAggregator) {
        processor.on('userTurnMessageAdded', ({ content, timestamp }) => {
          const item = { role: 'user', text: content ?? '', interrupted: false, timestamp } as const
          this.#events.emit('conversationItemAdded', item)
        })
      } else if (processor instanceof LLMAssistantAggregator) {
        processor.on('assistantTurnStopped', ({ content: text, interrupted, timestamp }) => {
          if (text === '') return
          this.#events.emit('conversationItemAdded', { role: 'assistant', text, interrupted, timestamp })
        })
        processor.on('assistantTurnCorrected', ({ content: text, interrupted, timestamp }) =>
          this.#events.emit('conversationItemCorrected', { role: 'assistant', text, interrupted, timestamp }),
        )
      }
    }
  }

  #begin(): void {
    this.#ran = true
    this.#states.started()
    this.#queue.moved()
    this.#queue.advance()
  }

  #over(terminal: TerminalFrame): void {
    const reason = this.#reason.of(terminal)
    this.#endReason = reason
    this.#states.ended()
    this.#queue.end()
    this.#events.emit('close', reason)
    this.#resolveEnded(reason)
  }
}

/** The model sees instructions and tool choice of one reply in a copy: the conversation stays as it is. */
function requestOf(context: LLMContext, { instructions, toolChoice }: GenerateReplyOptions): Frame {
  if (instructions === undefined && toolChoice === undefined) return new LLMRunFrame()
  context.hasUnreadResults = false
  const copy = new LLMContext({
    messages: context.messages,
    tools: context.tools,
    toolChoice: toolChoice ?? context.toolChoice,
  })
  if (instructions !== undefined) copy.addMessage({ role: 'developer', content: instructions })
  return new LLMContextFrame(copy)
}

function check(name: string, secs: number | null): void {
  if (secs === null || (Number.isFinite(secs) && secs > 0)) return
  throw new PcError(`${name} is ${secs}; use a number of seconds above 0.`, { code: 'invalid-session', kind: 'config' })
}
