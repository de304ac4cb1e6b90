import { type AnyFrame, type FrameDirection, type FrameFamily } from '../frames/frame.ts'
import type { AssistantImageRawFrame, UserImageRawFrame } from '../frames/image.ts'
import {
  LLMContextAssistantTimestampFrame,
  LLMContextAssistantTurnFrame,
  LLMContextFrame,
  type LLMMarkerFrame,
} from '../frames/llm.ts'
import type { FunctionCallCancelFrame, FunctionCallResultFrame } from '../frames/tool.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { isoTime } from '../runtime/iso-time.ts'
import type { AssistantTurn } from './assistant-turn.ts'
import { applyContextFrame, type ContextFrameParams } from './context-frames.ts'
import { ContextSummarizer, type SummaryApplied } from './context-summarizer.ts'
import type { LLMContext } from './llm-context.ts'
import { createImageMessage } from './media-messages.ts'
import type { Message } from './messages.ts'
import { ModelRuns } from './model-runs.ts'
import { pruneMessages, type PruneLimits } from './prune-messages.ts'
import type { AutoContextSummaryConfig } from './summary-config.ts'
import { type AssistantThought, ThoughtRecorder } from './thought-recorder.ts'
import { ToolLedger } from './tool-ledger.ts'
import { TurnRecorder } from './turn-recorder.ts'

/** How the assistant's half works. */
export interface LLMAssistantAggregatorParams extends ContextFrameParams {
  /**
   * Whether text pieces come without spaces around them, so that one is put between. Default: each frame says so itself
   * by `includesInterFrameSpaces`.
   */
  readonly expectStrippedWords?: boolean | undefined
  /** Summarise the older part of the context by itself, when a response begins and a limit is reached. Default false. */
  readonly enableAutoContextSummarization?: boolean | undefined
  /** When and how contexts are summarised; on demand by LLMSummarizeContextFrame. */
  readonly contextSummarization?: AutoContextSummaryConfig | undefined
  /** Drop the oldest messages when a response begins and these limits are exceeded. Default: keep all. */
  readonly contextPruning?: PruneLimits | undefined
}

/** What {@link LLMAssistantAggregator} takes. */
export interface LLMAssistantAggregatorOptions {
  readonly context: LLMContext
  readonly params?: LLMAssistantAggregatorParams | undefined
  /** Shown in logs, errors and `task.describe()`. */
  readonly name?: string | undefined
  /** @internal Called before anything of a response enters the context, and after all of it has. */
  readonly onResponse?: ((phase: 'start' | 'end') => void) | undefined
}

/** A message of the assistant, as it stands in the context. */
export interface AssistantTurnMessage {
  /** Empty when nothing was said. */
  readonly content: string
  readonly interrupted: boolean
  /** When it began, ISO 8601. */
  readonly timestamp: string
}

/** Events of {@link LLMAssistantAggregator}. */
export interface AssistantAggregatorEvents extends ProcessorEvents {
  assistantTurnStarted: []
  /** The message is in the context; also when it is empty. */
  assistantTurnStopped: [message: AssistantTurnMessage]
  /** The client's player reported what was really heard, and the message was changed in its place. */
  assistantTurnCorrected: [message: AssistantTurnMessage]
  /** The model thought, before it spoke or called a function. */
  assistantThought: [thought: AssistantThought]
  /** A summary took the place of the older part of the context. */
  summaryApplied: [outcome: SummaryApplied]
}

/**
 * The assistant's half of a context: records what the agent says and does, and has the model run on the results of its
 * function calls. It always sends everything on. After the output transport it records what was heard; before the
 * speech service, what was generated.
 */
export class LLMAssistantAggregator extends FrameProcessor<AssistantAggregatorEvents> {
  readonly context: LLMContext
  readonly #params: LLMAssistantAggregatorParams
  readonly #onResponse: (phase: 'start' | 'end') => void
  readonly #ledger: ToolLedger
  readonly #recorder: TurnRecorder
  readonly #thoughts: ThoughtRecorder
  readonly #runs: ModelRuns
  readonly #summarizer: ContextSummarizer
  /** Pictures that came for calls, until their results come. */
  readonly #images = new Map<string, Message>()
  #beforeSpeech = false
  #ownModel: readonly FrameProcessor[] = []

  /** @throws PcError `invalid-summary-config`, `invalid-prune-limits`. */
  constructor(options: LLMAssistantAggregatorOptions) {
    const { context, params = {}, name, onResponse = () => {} } = options
    super({ name })
    this.context = context
    this.#params = params
    this.#onResponse = onResponse
    if (params.contextPruning !== undefined) pruneMessages([], params.contextPruning)
    this.#ledger = new ToolLedger(context, (message) => this.runtime.log.log('warn', message, { processor: this.name }))
    this.#thoughts = new ThoughtRecorder(context)
    this.#recorder = new TurnRecorder({
      context,
      expectStrippedWords: params.expectStrippedWords,
      now: () => this.#now(),
      started: () => this.emit('assistantTurnStarted'),
      stopped: (turn) => this.#report(turn),
      corrected: (turn) => this.emit('assistantTurnCorrected', message(turn)),
    })
    this.#runs = new ModelRuns({
      context,
      clock: () => this.runtime.clock,
      awaitsCalls: () => this.#ledger.awaited,
      run: (asked) => {
        if (context.mayAsk()) this.pushFrame(new LLMContextFrame(context, asked), 'upstream')
      },
      end: (frame) => this.pushFrame(frame),
    })
    this.#summarizer = new ContextSummarizer(context, params.contextSummarization ?? {}, {
      runtime: () => this.runtime,
      push: (request) => this.pushFrame(request, 'upstream'),
      spawn: (work, run) => this.spawn(work, run),
      applied: (outcome) => this.emit('summaryApplied', outcome),
      failed: (error) => this.pushError(error),
    })
  }

  /** The ids of the function calls that have not settled. */
  get runningToolCalls(): readonly string[] {
    return this.#ledger.running
  }

  override async onSetup(setup: PipelineSetup): Promise<void> {
    const { processors, runtime } = setup
    this.context.answer = 'none'
    this.context.answersAhead = 0
    const output = processors.findIndex(isOutputTransport)
    this.#beforeSpeech = output > processors.indexOf(this as FrameProcessor<never>)
    if (this.#beforeSpeech) {
      const note = `${this.name} stands before the output transport: it records what was generated, not what was heard.`
      runtime.log.log('info', note, { processor: this.name })
    }
    const model = this.#params.contextSummarization?.llm
    if (!(model instanceof FrameProcessor) || processors.includes(model)) return
    // A model of its own stands in no pipeline: nobody else sets it up.
    this.#ownModel = withMembers(model)
    for (const processor of this.#ownModel) processor.attach(setup)
    await Promise.all(this.#ownModel.map(async (processor) => processor.onSetup(setup)))
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    const applied = applyContextFrame(this.context, frame, this.#params)
    if (applied === 'run') {
      if (frame.type === 'LLMRunFrame' && frame.whenFree) this.#runs.ask()
      else this.#runs.now()
    }
    if (applied === 'run' || applied === 'done') return
    if (direction === 'downstream') {
      if ((frame.type === 'EndTaskFrame' || frame.type === 'StopTaskFrame') && this.#runs.holdEnd(frame)) return
      if (frame.type === 'LLMSummarizeContextFrame') {
        this.#summarizer.now(frame.config)
        return
      }
      this.#record(frame)
    }
    this.#runs.follow(frame)
    ctx.push(frame)
    this.#runs.letEndGo()
  }

  /** The engine forwards lifecycle frames; the hooks below are enough. */
  override handles(): boolean {
    return false
  }

  override onInterruption(): void {
    this.#runs.interrupted(this.#ledger.interrupted())
    this.#thoughts.interrupted()
    this.#recorder.interrupted()
  }

  override onEnd(): void {
    this.#recorder.finish()
  }

  override onStop(): void {
    this.#recorder.finish()
  }

  override onCancel(): void {
    this.#recorder.cancelled()
  }

  override async onCleanup(): Promise<void> {
    this.#runs.dispose()
    this.#summarizer.dispose()
    await Promise.all(this.#ownModel.map(async (processor) => processor.onCleanup()))
  }

  #record(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        this.#recorder.finish()
        this.#keepSmall()
        this.#onResponse('start')
        this.#recorder.begin()
        break
      case 'LLMFullResponseEndFrame':
        this.#runs.responded(!this.#beforeSpeech || frame.skipTts === true || (this.#recorder.turn?.text ?? '') === '')
        this.#recorder.finish()
        this.#onResponse('end')
        break
      case 'LLMAssistantPushAggregationFrame':
        this.#recorder.finish()
        break
      case 'TTSSpeakFrame':
        if (this.#beforeSpeech && frame.appendToContext) this.#recorder.sayAside(frame.text)
        break
      case 'TTSStartedFrame':
        this.#recorder.speak(frame.contextId ?? '', frame.appendToContext)
        break
      case 'TTSStoppedFrame':
        this.#recorder.stopSpeaking(frame.contextId ?? '')
        break
      case 'BotSpeechHeardFrame':
        this.#recorder.correct(frame)
        break
      case 'LLMMarkerFrame':
        this.#recordMarker(frame)
        break
      case 'LLMThoughtStartFrame':
        this.#thoughts.begin(frame, this.#now())
        break
      case 'LLMThoughtTextFrame':
        this.#thoughts.append(frame.text)
        break
      case 'LLMThoughtEndFrame':
        this.#recordThought(frame.signature)
        break
      case 'LLMContextSummaryResultFrame':
        this.#summarizer.take(frame)
        break
      case 'AssistantImageRawFrame':
        this.#recordOwnImage(frame)
        break
      case 'UserImageRawFrame':
        this.#recordImage(frame)
        break
      case 'FunctionCallsStartedFrame':
        this.#ledger.started(frame)
        break
      case 'FunctionCallInProgressFrame':
        if (this.#ledger.inProgress(frame)) this.#runs.ask()
        break
      case 'FunctionCallResultFrame':
        this.#recordResult(frame)
        break
      case 'FunctionCallCancelFrame':
        this.#cancelCall(frame)
        break
      default:
        if (isText(frame)) this.#recordText(frame)
    }
  }

  #recordText(frame: FrameFamily<'TextFrame'>): void {
    if (frame.type === 'TTSTextFrame') this.#recorder.play(frame)
    else if (frame.type === 'AggregatedTextFrame') this.#recorder.announce(frame)
    else if (frame.appendToContext && frame.text !== '') this.#recorder.say(frame.text, frame.includesInterFrameSpaces)
  }

  #recordMarker({ marker, appendToContextImmediately }: LLMMarkerFrame): void {
    if (!appendToContextImmediately) {
      this.#recorder.mark(marker)
      return
    }
    this.context.addMessage({ role: 'assistant', content: marker })
    this.#announce()
  }

  #recordThought(signature: string | undefined): void {
    const thought = this.#thoughts.end(signature)
    if (thought === undefined) return
    // Providers want a thought ahead of what came of it.
    this.#recorder.turn?.giveWay()
    this.emit('assistantThought', thought)
  }

  #recordResult(frame: FunctionCallResultFrame): void {
    const image = frame.properties.isFinal === false ? undefined : this.#images.get(frame.toolCallId)
    const asks = this.#ledger.result(frame, image !== undefined)
    if (asks === undefined) return
    if (image !== undefined) {
      this.#images.delete(frame.toolCallId)
      this.context.addMessage(image)
    }
    const updated = frame.properties.onContextUpdated
    if (updated !== undefined) this.spawn(`onContextUpdated of ${frame.functionName}`, async () => updated())
    if (asks) this.#runs.ask()
  }

  #cancelCall(frame: FunctionCallCancelFrame): void {
    const { awaited } = this.#ledger
    this.#images.delete(frame.toolCallId)
    if (this.#ledger.cancel(frame)) this.#runs.ask()
    else if (awaited && !this.#ledger.awaited) this.#runs.callsCancelled()
  }

  #recordOwnImage({ image, size, format, originalData, originalMimeType }: AssistantImageRawFrame): void {
    const place = this.context.addPlace()
    const given = { image: originalData ?? image, size, format: originalMimeType ?? format }
    this.#encode(async () => void place.set(await createImageMessage(given, { role: 'assistant' })))
  }

  /** A picture that a call asked for comes with its result; any other goes into the context if it is to. */
  #recordImage(frame: UserImageRawFrame): void {
    const { request } = frame
    const text = frame.text ?? request?.text
    const callId = request?.toolCallId
    if (callId !== undefined && this.#ledger.isRunning(callId)) {
      this.#encode(async () => {
        if (request?.appendToContext) {
          const encoded = await createImageMessage(frame, { text })
          if (!this.#ledger.isRunning(callId)) return
          this.#images.set(callId, encoded)
        }
        request?.resultCallback?.(null)
      })
    } else if (frame.appendToContext || (callId === undefined && request?.appendToContext)) {
      const place = this.context.addPlace()
      this.#encode(async () => {
        if (place.set(await createImageMessage(frame, { text }))) this.#runs.ask()
      })
    }
  }

  #encode(work: () => Promise<void>): void {
    this.spawn('picture', () => this.runtime.clock.hold(work()))
  }

  #report(turn: AssistantTurn): void {
    if (turn.text !== '') {
      this.#announce()
      this.broadcastFrame(new LLMContextAssistantTurnFrame(turn.text, turn.timestamp))
    }
    this.emit('assistantTurnStopped', message(turn))
  }

  /** The context has a new message of the assistant. */
  #announce(): void {
    this.pushFrame(new LLMContextFrame(this.context))
    this.pushFrame(new LLMContextAssistantTimestampFrame(this.#now()))
  }

  #keepSmall(): void {
    const { enableAutoContextSummarization, contextPruning } = this.#params
    if (enableAutoContextSummarization) this.#summarizer.check()
    if (contextPruning !== undefined) this.context.prune(contextPruning)
  }

  #now(): string {
    return isoTime(this.runtime.clock.epochMs())
  }
}

function message({ text, interrupted, timestamp }: AssistantTurn): AssistantTurnMessage {
  return { content: text, interrupted, timestamp }
}

function isText(frame: AnyFrame): frame is FrameFamily<'TextFrame'> {
  return frame.family.includes('TextFrame')
}

/** A processor and those it is made of, as a switcher is of models. */
function withMembers(processor: FrameProcessor): readonly FrameProcessor[] {
  return [processor, ...(isComposition(processor) ? processor.getProcessors().flatMap(withMembers) : [])]
}

function isComposition(processor: object): processor is { getProcessors(): readonly FrameProcessor[] } {
  return 'getProcessors' in processor && typeof processor.getProcessors === 'function'
}

function isOutputTransport(processor: object): boolean {
  return 'isOutputTransport' in processor && processor.isOutputTransport === true
}
