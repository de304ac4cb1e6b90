import {
  FrameProcessor,
  type FramePusher,
  FunctionSchema,
  LLMAssistantAggregator,
  LLMContext,
  LLMFullResponseEndFrame,
  LLMFullResponseStartFrame,
  LLMMessagesAppendFrame,
  LLMMessagesUpdateFrame,
  LLMRunFrame,
  LLMSetToolsFrame,
  LLMTextFrame,
  LLMUpdateSettingsFrame,
  LLMUserAggregator,
  type Message,
  type PipelineTask,
  type Runtime,
  type ToolCallContext,
  ToolsSchema,
  TTSSpeakFrame,
  type UserTurnExpectation,
} from '@pc/core'
import { FlowError } from '../definition/errors.ts'
import { argumentsSchemaOf } from '../definition/function-schema.ts'
import type { FlowHost, FlowHostListener, FlowTool, NodeUpdate } from './flow-host.ts'
import { ReplyWatch } from './reply-watch.ts'

/** A language model service, or a switcher of several. */
export interface FlowModel {
  runInference(
    context: LLMContext,
    options?: { readonly systemInstruction?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<string | null>
  /** What a node that wants another model or temperature gives back when it is left. */
  readonly settings?: { readonly model?: string | undefined; readonly temperature?: number | undefined }
}

/** The halves of a context, as `LLMContextAggregatorPair` has them. */
export interface FlowContextAggregator {
  user(): {
    readonly context: LLMContext
    on(event: 'userTurnMessageAdded', listener: () => void): () => void
  }
  assistant(): { on(event: 'assistantTurnStopped', listener: () => void): () => void }
}

/** The parts of a pipeline that a flow works on. */
export interface PipelineHostParts {
  readonly task: PipelineTask
  readonly llm: FlowModel
  readonly contextAggregator: FlowContextAggregator
}

/** What was given of them. */
type GivenParts = { readonly [Part in keyof PipelineHostParts]?: PipelineHostParts[Part] | undefined }

/** Lets a flow act on a pipeline. */
export class PipelineHost implements FlowHost {
  readonly #parts: PipelineHostParts
  readonly #watch: ReplyWatch
  /** What the user will say in this node. */
  #expects: UserTurnExpectation | undefined = undefined
  #overridden: { readonly model: string | undefined; readonly temperature: number | undefined } | undefined = undefined
  /** Settles when the model and its context have all that was sent to them. */
  #told: Promise<void> = Promise.resolve()

  constructor(parts: PipelineHostParts) {
    this.#parts = parts
    this.#watch = new ReplyWatch(parts.task.runtime, parts.llm)
  }

  get runtime(): Runtime {
    return this.#parts.task.runtime
  }

  attach(listener: FlowHostListener): void {
    const { task, contextAggregator } = this.#parts
    this.#watch.listener = listener
    task.addObserver(this.#watch)
    contextAggregator.user().on('userTurnMessageAdded', () => listener.messagesChanged())
    contextAggregator.assistant().on('assistantTurnStopped', () => listener.messagesChanged())
  }

  async configure({ role, model, temperature, messages, replace, tools, expects }: NodeUpdate): Promise<void> {
    this.#watch.forget()
    this.#expects = expects
    const settings = this.#modelSettings(model, temperature)
    // The role is that of the conversation, whichever model answers; a model is one provider's.
    await this.#parts.task.queueFrames([
      ...(role === undefined
        ? []
        : [new LLMUpdateSettingsFrame({ systemInstruction: role }, { reachInactiveServices: true })]),
      ...(Object.keys(settings).length > 0 ? [new LLMUpdateSettingsFrame(settings)] : []),
      replace ? new LLMMessagesUpdateFrame(messages) : new LLMMessagesAppendFrame(messages),
      new LLMSetToolsFrame(toolsSchema(tools, expects, this)),
    ])
    await this.#tell()
  }

  async setTools(tools: readonly FlowTool[]): Promise<void> {
    await this.#parts.task.queueFrame(new LLMSetToolsFrame(toolsSchema(tools, this.#expects, this)))
    await this.#tell()
  }

  async append(messages: readonly Message[]): Promise<void> {
    await this.#parts.task.queueFrame(new LLMMessagesAppendFrame(messages))
    await this.#tell()
  }

  run(): void {
    // From the end of the pipeline: the assistant's half knows who speaks.
    const ask = (): void => void this.#parts.task.queueFrame(new LLMRunFrame({ whenFree: true }), 'upstream')
    void this.#told.then(ask)
  }

  hold(): (asks?: boolean) => boolean {
    return this.#parts.contextAggregator.user().context.hold()
  }

  reply(text: string): void {
    const { llm, task } = this.#parts
    for (const frame of [new LLMFullResponseStartFrame(), new LLMTextFrame(text), new LLMFullResponseEndFrame()]) {
      if (llm instanceof FrameProcessor) llm.pushFrame(frame)
      else void task.queueFrame(frame)
    }
  }

  async speak(text: string, { appendToContext }: { readonly appendToContext: boolean }): Promise<void> {
    if (this.#watch.userSpeaks) await this.#watch.quiet()
    await this.#parts.task.queueFrame(new TTSSpeakFrame(text, { appendToContext }))
    await this.settled()
  }

  async settled(): Promise<void> {
    await this.#watch.passed('end', (mark) => this.#parts.task.queueFrame(mark))
  }

  infer(prompt: string, history: string, signal: AbortSignal): Promise<string | null> {
    const context = new LLMContext([{ role: 'user', content: history }])
    return this.#parts.llm.runInference(context, { systemInstruction: prompt, signal })
  }

  messages(): readonly Message[] {
    return this.#parts.contextAggregator.user().context.messages
  }

  isReplying(): boolean {
    return this.#watch.isReplying
  }

  end(): void {
    void this.#parts.task.stopWhenDone()
  }

  /** Settles when what `llm` has pushed so far was played, or cut. */
  said(llm: FramePusher): Promise<void> {
    return this.#watch.passed('end', (mark) => llm.pushFrame(mark))
  }

  /** The way to the model may be slow, and it is asked from its other side. */
  async #tell(): Promise<void> {
    let queued: Promise<void> | undefined
    this.#told = this.#watch.passed('model', (mark) => (queued = this.#parts.task.queueFrame(mark)))
    await queued
  }

  /** What is to be set so that a node has its own, and one without has again what was before. */
  #modelSettings(model: string | undefined, temperature: number | undefined): Record<string, unknown> {
    const { settings } = this.#parts.llm
    const hasOwn = model !== undefined || temperature !== undefined
    if (!hasOwn && this.#overridden === undefined) return {}
    const usual = this.#overridden ?? { model: settings?.model, temperature: settings?.temperature }
    this.#overridden = hasOwn ? usual : undefined
    return { model: model ?? usual.model ?? null, temperature: temperature ?? usual.temperature ?? null }
  }
}

/** `undefined` where there are none, so that providers are sent none. */
function toolsSchema(
  tools: readonly FlowTool[],
  expects: UserTurnExpectation | undefined,
  host: PipelineHost,
): ToolsSchema | undefined {
  return ToolsSchema.from(
    tools.map((tool, index) => new FlowFunctionSchema(tool, index === 0 ? expects : undefined, host)),
  )
}

/** A function of a flow as the model service sees it. The flow itself checks its arguments and keeps its time. */
class FlowFunctionSchema extends FunctionSchema {
  constructor({ function: fn, call }: FlowTool, expects: UserTurnExpectation | undefined, host: PipelineHost) {
    super({
      name: fn.name,
      description: fn.description,
      ...argumentsSchemaOf(fn),
      cancelOnInterruption: fn.cancelOnInterruption ?? false,
      background: fn.background,
      expects: fn.expects ?? expects,
      timeoutSecs: Infinity,
      handler: (args, { toolCallId: id, idempotencyKey, signal, resultCallback, llm }: ToolCallContext) =>
        call({
          id,
          name: fn.name,
          args,
          idempotencyKey,
          signal,
          settle: (result, { run }) => resultCallback(result, { runLlm: run }),
          said: () => host.said(llm),
        }),
    })
  }

  override checkArguments(args: Readonly<Record<string, unknown>>): Promise<{ ok: true; args: typeof args }> {
    return Promise.resolve({ ok: true, args })
  }
}

/**
 * The parts of a pipeline that a flow works on: those given, or those found in it.
 *
 * @throws FlowError `flow-parts-missing` when there is none.
 */
export function partsOf({ task, llm, contextAggregator }: GivenParts): PipelineHostParts {
  if (task === undefined) throw missing('a task')
  const { processors } = task
  // A switcher stands ahead of its models.
  const model = llm ?? processors.find(isModel)
  if (model === undefined) throw missing('a language model')
  return { task, llm: model, contextAggregator: contextAggregator ?? pairIn(processors) }
}

function pairIn(processors: readonly FrameProcessor[]): FlowContextAggregator {
  const user = processors.find((each) => each instanceof LLMUserAggregator)
  const assistant = processors.find((each) => each instanceof LLMAssistantAggregator)
  if (user === undefined || assistant === undefined) throw missing('context aggregators')
  return { user: () => user, assistant: () => assistant }
}

function isModel(processor: FrameProcessor): processor is FrameProcessor & FlowModel {
  return 'runInference' in processor && typeof processor.runInference === 'function'
}

function missing(what: string): FlowError {
  const message = `A flow needs ${what}: the pipeline has none, and none was given.`
  return new FlowError(message, { code: 'flow-parts-missing', kind: 'config' })
}
