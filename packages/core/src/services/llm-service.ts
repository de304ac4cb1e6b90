import type { FunctionCallOptions, FunctionSchema } from '../context/function-schema.ts'
import { LLMContext } from '../context/llm-context.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { EndTaskFrame, InterruptionFrame, StopTaskFrame } from '../frames/lifecycle.ts'
import { type LLMContextFrame, LLMFullResponseEndFrame, LLMFullResponseStartFrame } from '../frames/llm.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import { LLMTextFrame } from '../frames/text.ts'
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
import { type FunctionHandler, ToolRunner, type ToolRunnerHost } from './tool-runner.ts'

/** A call that does not settle holds an end that was asked for no longer than this, milliseconds. */
const END_WAIT_MS = 10_000

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
  readonly #settings: ServiceSettings<LLMSettings>
  #context: LLMContext | undefined
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
    const { name, handler, cancelOnInterruption, timeoutSecs, background } = definition
    if (handler === undefined) {
      throw new PcError(`The function "${name}" has no handler.`, { code: 'invalid-tool', kind: 'config' })
    }
    this.#tools.register(name, handler, { cancelOnInterruption, timeoutSecs, background, ...options })
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
      parallel: this.#options.runInParallel ?? true,
      timeoutSecs: this.#options.functionCallTimeoutSecs,
      broadcast: (frame) => this.broadcastFrame(frame),
      spawn: (name, work) => this.spawn(name, work),
      report: (error) => this.pushError(error),
      started: (calls) => this.emit('functionCallsStarted', calls),
      cancelled: (calls) => this.emit('functionCallsCancelled', calls),
    }
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void | Promise<void> {
    switch (frame.type) {
      case 'LLMContextFrame':
      case 'OpenAILLMContextFrame':
        return this.#respond((frame as LLMContextFrame).context, ctx)
      case 'LLMMessagesFrame':
        return this.#respond(new LLMContext({ messages: frame.messages, tools: this.#context?.tools }), ctx)
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
    if (this.#host !== undefined) this.#tools.interrupt(this.#host)
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

  async #respond(context: LLMContext, ctx: FrameContext): Promise<void> {
    const skipTts = this.#skipTts
    const { clock } = this.runtime
    const beganMs = clock.nowMs()
    this.#tools.prune(context)
    ctx.push(new LLMFullResponseStartFrame(skipTts), 'downstream')
    const completion = this.#completion(ctx, {
      text: (text) => {
        ctx.push(new LLMTextFrame(text, { skipTts }), 'downstream')
        return ctx.ready('downstream')
      },
      thought: (text) => this.emit('thought', text),
      began: (elapsedMs) => this.metrics.ttfb(elapsedMs / 1000),
      timedOut: () => this.emit('completionTimeout'),
    })
    const failure = await this.#complete(completion, context)
    if (completion.usage !== undefined) this.metrics.llmUsage(completion.usage)
    if (ctx.stale) return
    this.metrics.processing((clock.nowMs() - beganMs) / 1000)
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
    this.pushError(error)
    if (apology !== undefined && !skipTts) ctx.push(new TTSSpeakFrame(apology), 'downstream')
  }

  /** Runs an answer and returns what went wrong, if anything did. */
  async #complete(completion: Completion, context: LLMContext): Promise<PcError | undefined> {
    const { tools, toolChoice } = context
    try {
      const outcome = await completion.run((signal) =>
        this.generate(context, { signal, tools, toolChoice, settings: this.settings }),
      )
      if (outcome === 'done') this.#health.set(true)
      return undefined
    } catch (error) {
      return PcError.from(error)
    }
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
