import type { FunctionCallOptions, FunctionSchema } from '../context/function-schema.ts'
import { answerSummaryRequest } from '../context/context-summarizer.ts'
import { LLMContext } from '../context/llm-context.ts'
import { LLMServiceMetadataFrame } from '../frames/control.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndTaskFrame, InterruptionFrame, StartFrame, StopTaskFrame } from '../frames/lifecycle.ts'
import {
  type LLMContextFrame,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMarkerFrame,
  LLMMessagesAppendFrame,
} from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import type { LLMContextSummaryRequestFrame } from '../frames/summary.ts'
import { LLMTextFrame } from '../frames/text.ts'
import { UserTurnInferenceCompletedFrame } from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import { within } from '../runtime/scope.ts'
import { Completion } from './completion.ts'
import type { GenerateOptions, InferenceOptions, LLMEvent, LLMServiceEvents, LLMServiceOptions } from './llm-types.ts'
import { endedBy, type Overtaken } from './overtaken.ts'
import { ServiceHealth } from './service-health.ts'
import { ServiceMetrics } from './service-metrics.ts'
import { ServiceSettings, LLM_SETTINGS, type LLMSettings } from './settings.ts'
import type { FunctionHandler } from './function-call-params.ts'
import { type Question, Speculations } from './speculation.ts'
import { Thoughts } from './thoughts.ts'
import { TurnCompletionGate } from './turn-completion-gate.ts'
import { ToolRunner, type ToolRunnerHost } from './tool-runner.ts'

/** A call that does not settle holds an end that was asked for no longer than this, milliseconds. */
const END_WAIT_MS = 10_000
/** Longer than people and models take to try again, shorter than it takes to want the same twice, seconds. */
const IDEMPOTENCY_KEY_SECS = 600

/**
 * A language model. A provider implements {@link generate}; everything else is here: responses, retry, timeouts,
 * interruption, metrics, function calls.
 *
 * A context frame, from either side, makes it push LLMFullResponseStartFrame, LLMTextFrames and, whatever happens,
 * LLMFullResponseEndFrame; then it runs the calls that the model asked for.
 *
 * ```ts
 * class EchoLLMService extends LLMService {
 *   override async *generate(context: LLMContext) {
 *     const last = context.messages.at(-1)
 *     yield last && 'content' in last ? `You said: ${messageText(last)}` : 'Hello.'
 *   }
 * }
 * ```
 */
export abstract class LLMService extends FrameProcessor<LLMServiceEvents> {
  readonly metrics: ServiceMetrics = new ServiceMetrics(this, () => this.settings.model)
  readonly #options: LLMServiceOptions
  readonly #health = new ServiceHealth((usable) => this.emit('usableChanged', usable))
  readonly #tools = new ToolRunner()
  readonly #ahead = new Speculations(this)
  readonly #settings: ServiceSettings<LLMSettings>
  #context: LLMContext | undefined
  readonly #turnGate = new TurnCompletionGate(
    () => this.runtime,
    (content) =>
      this.pushFrame(new LLMMessagesAppendFrame([{ role: 'developer', content }], { runLlm: true }), 'upstream'),
  )
  /** The context that the latest answer was given to, and how much of what it was asked that answer has read. */
  #read: { readonly context: LLMContext | undefined; readonly asked: number } = { context: undefined, asked: 0 }
  #skipTts: boolean | undefined
  #host: ToolRunnerHost | undefined

  constructor(options: LLMServiceOptions = {}) {
    super({ name: options.name })
    this.#options = options
    this.#settings = new ServiceSettings<LLMSettings>(
      this,
      'LLMUpdateSettingsFrame',
      LLM_SETTINGS,
      options.settings ?? {},
    )
    this.#context = options.context
  }

  /**
   * Answers a context. Yield text as it comes, calls when their arguments are complete, then `done`. Stop at the signal.
   * Throw a `PcError` when it fails: one that is `retryable` is tried again while no text was yielded.
   */
  abstract generate(context: LLMContext, options: GenerateOptions): AsyncIterable<LLMEvent>

  /** The settings in force. */
  get settings(): Readonly<LLMSettings> {
    return this.#settings.current
  }

  /** False after a permanent error, until an answer succeeds or the settings change. */
  get isUsable(): boolean {
    return this.#health.usable
  }

  setUsable(usable: boolean): void {
    this.#health.set(usable)
  }

  /** Whether it hears and speaks by itself, which it then announces at start. Default false. */
  get isRealtimeService(): boolean {
    return false
  }

  /** The adapter that wants the model's thoughts back in the context. Default: none, they are not kept. */
  get thoughtsFor(): string | undefined {
    return undefined
  }

  override get canGenerateMetrics(): boolean {
    return true
  }

  override handles(_type: string): boolean {
    return false
  }

  /** The context for an LLMRunFrame or LLMMessagesFrame that reaches the model itself, where no aggregator stands. */
  setContext(context: LLMContext): void {
    this.#context = context
  }

  /** What {@link setContext} set. */
  get context(): LLMContext | undefined {
    return this.#context
  }

  /**
   * Says what runs when the model calls `name`; `null` takes every call that nothing else takes. It goes before a handler
   * that the context's tool has. These options go before the tool's own.
   */
  registerFunction(name: string | null, handler: FunctionHandler, options?: FunctionCallOptions): void {
    this.#tools.register(name, handler, options)
  }

  /**
   * Registers the handler of a function made by `defineFunction`.
   *
   * @throws PcError `invalid-tool` when it has none.
   */
  registerDirectFunction(definition: FunctionSchema, options?: FunctionCallOptions): void {
    const { name, handler, cancelOnInterruption, timeoutSecs, background, cancellableByLlm } = definition
    if (handler === undefined) {
      throw new PcError(`The function "${name}" has no handler.`, { code: 'invalid-tool', kind: 'config' })
    }
    const own = { cancelOnInterruption, timeoutSecs, background, cancellableByLlm }
    this.#tools.register(name, handler, { ...own, ...options })
  }

  /** Takes a function out, also one that the context offers, until the context stops offering it. */
  unregisterFunction(name: string | null): void {
    this.#tools.unregister(name)
  }

  /** Whether {@link registerFunction} was called for `name`. */
  hasFunction(name: string | null): boolean {
    return this.#tools.has(name)
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#host = {
      runtime: setup.runtime,
      appResources: setup.appResources,
      llm: this,
      grouped: this.#options.groupParallelTools ?? true,
      parallel: this.#options.runInParallel ?? true,
      timeoutSecs: this.#options.functionCallTimeoutSecs,
      idempotencyKeySecs: this.#options.idempotencyKeySecs ?? IDEMPOTENCY_KEY_SECS,
      broadcast: (frame) => this.broadcastFrame(frame),
      spawn: (name, work) => this.spawn(name, work),
      report: (error) => this.pushError(error),
      started: (calls) => this.emit('functionCallsStarted', calls),
      cancelled: (calls) => this.emit('functionCallsCancelled', calls),
    }
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void | Promise<void> {
    if (this.isRealtimeService) this.broadcastFrame(new LLMServiceMetadataFrame(this.name, true))
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    switch (frame.type) {
      case 'LLMContextFrame':
      case 'OpenAILLMContextFrame':
        return this.#hasRead(frame as LLMContextFrame)
          ? undefined
          : this.#respond((frame as LLMContextFrame).context, ctx)
      case 'LLMMessagesFrame':
        return this.#respond(new LLMContext({ messages: frame.messages, tools: this.#context?.tools }), ctx)
      case 'LLMSpeculationFrame':
        this.#ahead.begin(frame.context && this.isUsable ? this.#question(frame.context) : undefined)
        return undefined
      case 'LLMContextSummaryRequestFrame':
        this.#summarize(frame)
        return undefined
      case 'LLMRunFrame':
        if (this.#context !== undefined) return this.#respond(this.#context, ctx)
        break
      case 'LLMConfigureOutputFrame':
        this.#skipTts = frame.skipTts || undefined
        break
      case 'ServiceUpdateSettingsFrame':
      case 'LLMUpdateSettingsFrame':
        // It goes on in any case: a model further down may be meant.
        if (direction === 'downstream' && this.#settings.concerns(frame) && this.#settings.apply(frame))
          this.#health.set(true)
        break
      case 'LLMTurnCompletionFrame':
        this.#turnGate.configure(frame.config)
        break
      case 'VADUserStartedSpeakingFrame':
      case 'UserStartedSpeakingFrame':
        this.#turnGate.cancel()
        break
      case 'EndTaskFrame':
      case 'StopTaskFrame':
        if (direction === 'upstream' && this.#holdBack(frame)) return undefined
        break
      default:
    }
    ctx.push(frame)
    return undefined
  }

  override onInterruption(_frame: InterruptionFrame, _ctx: FrameContext): void {
    this.#turnGate.cancel()
    this.#ahead.drop()
    if (this.#host !== undefined) this.#tools.interrupt(this.#host)
  }

  override onCleanup(): void | Promise<void> {
    this.#turnGate.cancel()
    this.#ahead.drop()
  }

  /**
   * A function may ask for the end before it gives its result: the end waits for the result, and then, being behind it
   * in the lane, for the answer to it.
   */
  #holdBack(frame: EndTaskFrame | StopTaskFrame): boolean {
    const settled = this.#tools.settled()
    if (settled === undefined) return false
    const { clock } = this.runtime
    const goOn = (): void => clock.yield(() => this.queueFrame(frame, 'upstream'))
    this.spawn('end', () =>
      within(clock, END_WAIT_MS, settled).then((inTime) => (inTime ? goOn() : this.pushFrame(frame, 'upstream'))),
    )
    return true
  }

  /**
   * Asks the model out of band: nothing is pushed, no function runs.
   *
   * @returns its text, or `null` when it gave none or was aborted.
   * @throws PcError when it fails.
   */
  async runInference(context: LLMContext, options: InferenceOptions = {}): Promise<string | null> {
    const { maxTokens, systemInstruction, signal = new AbortController().signal } = options
    let text = ''
    const completion = this.#completion(endedBy(signal), {
      text: (piece) => {
        text += piece
      },
    })
    const settings: LLMSettings = {
      ...this.settings,
      ...(maxTokens !== undefined && { maxTokens }),
      ...(systemInstruction !== undefined && { systemInstruction }),
    }
    try {
      const outcome = await completion.run((inner) =>
        this.generate(context, { signal: inner, tools: undefined, toolChoice: undefined, settings }),
      )
      return outcome === 'aborted' || text === '' ? null : text
    } finally {
      if (completion.usage !== undefined) this.metrics.llmUsage(completion.usage)
    }
  }

  /** Beside the replies: neither waits for the other, and an interruption does not stop it. */
  #summarize(request: LLMContextSummaryRequestFrame): void {
    const { runtime } = this
    this.spawn('summary', async (signal) =>
      this.broadcastFrame(await answerSummaryRequest(request, this, { runtime, signal })),
    )
  }

  /** What came while an answer was on its way asks for others, of which the next makes the rest superfluous. */
  #hasRead({ context, asked }: LLMContextFrame): boolean {
    return asked !== undefined && this.#read.context === context && asked <= this.#read.asked
  }

  async #respond(context: LLMContext, ctx: FrameContext): Promise<void> {
    const skipTts = this.#skipTts
    const { clock } = this.runtime
    const beganMs = clock.nowMs()
    this.#tools.prune(context)
    if (context.answer !== 'untold') {
      context.answer = 'due'
      context.answersAhead++
    }
    ctx.push(new LLMFullResponseStartFrame(skipTts), 'downstream')
    const thoughts = new Thoughts(this.thoughtsFor, (frame) => ctx.push(frame, 'downstream'))
    const answer = this.#turnGate.open({
      say: (text) => {
        ctx.push(new LLMTextFrame(text, { skipTts }), 'downstream')
        return ctx.ready('downstream')
      },
      mark: (mark, own) => ctx.push(new LLMMarkerFrame(mark, { appendToContextImmediately: own }), 'downstream'),
      completed: () => ctx.broadcast(new UserTurnInferenceCompletedFrame()),
    })
    const completion = this.#completion(ctx, {
      text: (text) => {
        thoughts.end()
        return answer.text(text)
      },
      thought: (text, signature) => {
        thoughts.append(text, signature)
        if (text !== '') this.emit('thought', text)
      },
      began: (elapsedMs) => this.metrics.ttfb(elapsedMs / 1000),
      timedOut: () => this.emit('completionTimeout'),
    })
    const failure = await this.#complete(completion, context)
    thoughts.end()
    if (completion.usage !== undefined) this.metrics.llmUsage(completion.usage)
    if (ctx.stale) return
    this.metrics.processing((clock.nowMs() - beganMs) / 1000)
    if (completion.toolCalls.length > 0) answer.called()
    await answer.end(failure !== undefined)
    if (ctx.stale) return
    if (failure !== undefined) {
      this.#endFailed(failure, skipTts, ctx)
      return
    }
    ctx.push(new LLMFullResponseEndFrame(skipTts), 'downstream')
    if (completion.toolCalls.length > 0 && this.#host !== undefined) {
      this.#tools.start(completion.toolCalls, context, this.#host)
    }
  }

  /** The response ends all the same; the apology is an utterance of its own, or text where nothing is spoken. */
  #endFailed(error: PcError, skipTts: boolean | undefined, ctx: FrameContext): void {
    const apology = this.#options.onLLMError?.say
    if (apology !== undefined && skipTts) ctx.push(new LLMTextFrame(apology, { skipTts }), 'downstream')
    ctx.push(new LLMFullResponseEndFrame(skipTts), 'downstream')
    this.#health.judge(error)
    this.emit('completionError', error)
    this.emit('connectionError', error)
    this.pushError(error)
    if (apology !== undefined && !skipTts) ctx.push(new TTSSpeakFrame(apology), 'downstream')
  }

  /** Runs an answer and returns what went wrong, if anything did. */
  async #complete(completion: Completion, context: LLMContext): Promise<PcError | undefined> {
    const { read } = context
    const question = this.#question(context)
    try {
      const outcome = await completion.run((signal) => {
        this.#read = { context, asked: context.asked }
        context.read = context.asked
        return this.#ahead.answer(question, signal)
      })
      if (outcome === 'done') this.#health.set(true)
      return undefined
    } catch (error) {
      this.#read = { context: undefined, asked: 0 }
      context.read = read
      return PcError.from(error)
    }
  }

  #question(context: LLMContext): Question {
    const { settings } = this
    const systemInstruction = this.#turnGate.instruct(settings.systemInstruction)
    const instructed = systemInstruction === settings.systemInstruction ? settings : { ...settings, systemInstruction }
    const { messages, toolChoice } = context
    const options = { tools: this.#tools.offer(context.tools, this.#host), toolChoice, settings: instructed }
    return { context, messages: [...messages], tools: context.tools, base: settings, options }
  }

  #completion(work: Overtaken, sink: ConstructorParameters<typeof Completion>[1]): Completion {
    const { firstOutputTimeoutSecs = 5, idleTimeoutSecs = 10 } = this.#options
    const options = {
      runtime: this.runtime,
      work,
      firstTimeoutMs: firstOutputTimeoutSecs * 1000,
      idleTimeoutMs: idleTimeoutSecs * 1000,
    }
    return new Completion(options, sink)
  }
}
