import type { AnyFrame, FrameDirection, FrameFamily } from '../frames/frame.ts'
import type { EndTaskFrame, StopTaskFrame } from '../frames/lifecycle.ts'
import { LLMContextAssistantTimestampFrame, LLMContextFrame } from '../frames/llm.ts'
import type { AggregatedTextFrame, TTSTextFrame } from '../frames/text.ts'
import type { FunctionCallResultFrame } from '../frames/tool.ts'
import type { BotSpeechHeardFrame } from '../frames/transport.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { isoTime } from '../runtime/iso-time.ts'
import { AssistantTurn } from './assistant-turn.ts'
import { applyContextFrame, type ContextFrameParams } from './context-frames.ts'
import type { LLMContext } from './llm-context.ts'
import { ToolLedger } from './tool-ledger.ts'
import { Utterance } from './utterance.ts'

/** How the assistant's half works. */
export interface LLMAssistantAggregatorParams extends ContextFrameParams {
  /**
   * Whether text pieces come without spaces around them, so that one is put between. Default: each frame says so itself
   * by `includesInterFrameSpaces`.
   */
  readonly expectStrippedWords?: boolean | undefined
}

/** What {@link LLMAssistantAggregator} takes. */
export interface LLMAssistantAggregatorOptions {
  readonly context: LLMContext
  readonly params?: LLMAssistantAggregatorParams | undefined
  /** Shown in logs, errors and `task.describe()`. */
  readonly name?: string | undefined
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
}

interface UtteranceEntry {
  readonly utterance: Utterance
  /** The message it belongs to, once it has begun. */
  turn: AssistantTurn | undefined
}

/** How many utterances may still be corrected. */
const CORRECTABLE = 16
/** A call that does not settle holds an end that was asked for no longer than this, milliseconds. */
const END_WAIT_MS = 10_000

/**
 * The assistant's half of a context: records what the agent says and does, and has the model run on the results of its
 * function calls. It always sends everything on. After the output transport it records what was heard; before the
 * speech service, what was generated.
 */
export class LLMAssistantAggregator extends FrameProcessor<AssistantAggregatorEvents> {
  readonly context: LLMContext
  readonly #params: LLMAssistantAggregatorParams
  readonly #ledger: ToolLedger
  readonly #utterances = new Map<string, UtteranceEntry>()
  /** Utterances that are not to be recorded. */
  readonly #unrecorded = new Set<string>()
  #turn: AssistantTurn | undefined = undefined
  #beforeSpeech = false
  #userSpeaks = false
  #botSpeaks = false
  /** The model is to run when the burst of results is over, or when the agent has stopped speaking. */
  #run: 'no' | 'soon' | 'afterSpeech' = 'no'
  /** An end that was asked for while the model had not read the results of all calls. */
  #end: { readonly frame: EndTaskFrame | StopTaskFrame; readonly timer: Timer } | undefined = undefined

  constructor({ context, params = {}, name }: LLMAssistantAggregatorOptions) {
    super({ name })
    this.context = context
    this.#params = params
    this.#ledger = new ToolLedger(context, (message) => this.runtime.log.log('warn', message, { processor: this.name }))
  }

  /** The ids of the function calls that have not settled. */
  get runningToolCalls(): readonly string[] {
    return this.#ledger.running
  }

  override onSetup({ processors, runtime }: PipelineSetup): void {
    const output = processors.findIndex(isOutputTransport)
    this.#beforeSpeech = output > processors.indexOf(this as FrameProcessor<never>)
    if (!this.#beforeSpeech) return
    const note = `${this.name} stands before the output transport: it records what was generated, not what was heard.`
    runtime.log.log('info', note, { processor: this.name })
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    const applied = applyContextFrame(this.context, frame, this.#params)
    if (applied === 'run') this.#runModel()
    if (applied === 'run' || applied === 'done') return
    if (direction === 'downstream') {
      if ((frame.type === 'EndTaskFrame' || frame.type === 'StopTaskFrame') && this.#holdEnd(frame)) return
      this.#record(frame)
    }
    this.#follow(frame)
    ctx.push(frame)
    this.#letEndGo()
  }

  /** The engine forwards lifecycle frames; the hooks below are enough. */
  override handles(): boolean {
    return false
  }

  override onInterruption(): void {
    this.#run = 'no'
    this.#ledger.interrupted()
    this.#letEndGo()
    this.#unrecorded.clear()
    const turn = this.#turn
    if (turn === undefined) return
    turn.interrupted = true
    this.#close(turn)
    // The verdict on what was heard comes right behind the interruption.
    void Promise.resolve().then(() => this.#report(turn))
  }

  override onEnd(): void {
    this.#finish()
  }

  override onStop(): void {
    this.#finish()
  }

  override onCancel(): void {
    if (this.#turn !== undefined) this.#turn.interrupted = true
    this.#finish()
  }

  override onCleanup(): void {
    this.#end?.timer.cancel()
  }

  #record(frame: AnyFrame): void {
    switch (frame.type) {
      case 'LLMFullResponseStartFrame':
        this.#finish()
        this.#open('response')
        break
      case 'LLMFullResponseEndFrame':
      case 'LLMAssistantPushAggregationFrame':
        this.#finish()
        break
      case 'TTSSpeakFrame':
        if (this.#beforeSpeech && frame.appendToContext) this.#recordSpeak(frame.text)
        break
      case 'TTSStartedFrame':
        if (frame.appendToContext) this.#startUtterance(frame.contextId ?? '')
        else this.#unrecorded.add(frame.contextId ?? '')
        break
      case 'TTSStoppedFrame':
        this.#stopUtterance(frame.contextId ?? '')
        break
      case 'BotSpeechHeardFrame':
        this.#correct(frame)
        break
      case 'FunctionCallsStartedFrame':
        this.#ledger.started(frame)
        break
      case 'FunctionCallInProgressFrame':
        if (this.#ledger.inProgress(frame)) this.#askForRun()
        break
      case 'FunctionCallResultFrame':
        this.#recordResult(frame)
        break
      case 'FunctionCallCancelFrame':
        if (this.#ledger.cancel(frame)) this.#askForRun()
        break
      default:
        if (isText(frame)) this.#recordText(frame)
    }
  }

  /** Who speaks decides when the model may run. */
  #follow(frame: AnyFrame): void {
    switch (frame.type) {
      case 'UserStartedSpeakingFrame':
        this.#userSpeaks = true
        break
      case 'UserStoppedSpeakingFrame':
        this.#userSpeaks = false
        break
      case 'BotStartedSpeakingFrame':
        this.#botSpeaks = true
        break
      case 'BotStoppedSpeakingFrame':
        this.#botSpeaks = false
        if (this.#run === 'afterSpeech') this.#run = 'soon'
        this.#runIfAsked()
        break
      default:
    }
  }

  #recordText(frame: FrameFamily<'TextFrame'>): void {
    if (frame.type === 'TTSTextFrame') this.#recordPlayed(frame)
    else if (frame.type === 'AggregatedTextFrame') this.#recordSegment(frame)
    else if (frame.appendToContext && frame.text !== '') this.#say(frame.text, frame.includesInterFrameSpaces)
  }

  #recordSegment(frame: AggregatedTextFrame): void {
    const { contextId, willBeSpoken, appendToContext, text, rawText = text } = frame
    if (contextId === undefined) {
      if (appendToContext && !willBeSpoken) this.#say(rawText, frame.includesInterFrameSpaces)
    } else if (!this.#unrecorded.has(contextId) && (willBeSpoken || appendToContext)) {
      if (!willBeSpoken) this.#startUtterance(contextId)
      const { utterance, turn } = this.#utterance(contextId)
      utterance.announce(frame)
      turn?.write()
    }
  }

  #recordPlayed(frame: TTSTextFrame): void {
    const contextId = frame.contextId ?? ''
    // A word with an offset is still on its way to the output transport.
    if (frame.offsetUs !== undefined || !frame.appendToContext || this.#unrecorded.has(contextId)) return
    const entry = this.#utterances.get(contextId)
    if (entry?.turn === undefined) {
      this.#say(frame.rawText ?? frame.text, frame.includesInterFrameSpaces)
    } else if (!entry.turn.interrupted) {
      entry.utterance.play(frame)
      entry.turn.write()
    }
  }

  #recordSpeak(text: string): void {
    const within = this.#turn !== undefined
    this.#turn ??= this.#open('speech')
    this.#turn.append(text, false)
    if (!within) this.#finish()
  }

  #recordResult(frame: FunctionCallResultFrame): void {
    const asks = this.#ledger.result(frame)
    if (asks === undefined) return
    const updated = frame.properties.onContextUpdated
    if (updated !== undefined) this.spawn(`onContextUpdated of ${frame.functionName}`, async () => updated())
    if (asks) this.#askForRun()
  }

  #say(text: string, ownSpaces: boolean): void {
    const { expectStrippedWords } = this.#params
    const turn = this.#turn ?? this.#open('response')
    turn.append(text, expectStrippedWords === undefined ? ownSpaces : !expectStrippedWords)
  }

  #open(kind: AssistantTurn['kind']): AssistantTurn {
    this.#turn = new AssistantTurn(this.context, kind, this.#now())
    this.emit('assistantTurnStarted')
    return this.#turn
  }

  #utterance(contextId: string): UtteranceEntry {
    const known = this.#utterances.get(contextId)
    if (known !== undefined && known.turn?.closed !== true) return known
    const entry: UtteranceEntry = { utterance: new Utterance(), turn: undefined }
    this.#utterances.delete(contextId)
    this.#utterances.set(contextId, entry)
    const [oldest] = this.#utterances.keys()
    if (this.#utterances.size > CORRECTABLE && oldest !== undefined) this.#utterances.delete(oldest)
    return entry
  }

  #startUtterance(contextId: string): void {
    const entry = this.#utterance(contextId)
    entry.turn ??= this.#turn ?? this.#open('speech')
    entry.turn.speak(entry.utterance)
  }

  #stopUtterance(contextId: string): void {
    if (this.#unrecorded.delete(contextId)) return
    const turn = this.#utterances.get(contextId)?.turn
    if (turn !== undefined && turn === this.#turn && turn.kind === 'speech') this.#finish()
  }

  /** The record of a cut utterance becomes what was heard, wherever it stands. */
  #correct(frame: BotSpeechHeardFrame): void {
    const entry = this.#utterances.get(frame.contextId)
    if (entry === undefined) return
    entry.utterance.cut(frame)
    if (entry.turn?.write() && entry.turn.reported) this.emit('assistantTurnCorrected', message(entry.turn))
  }

  #finish(): void {
    const turn = this.#turn
    if (turn === undefined) return
    this.#close(turn)
    this.#report(turn)
  }

  #close(turn: AssistantTurn): void {
    this.#turn = undefined
    turn.write()
    turn.closed = true
  }

  #report(turn: AssistantTurn): void {
    turn.reported = true
    if (turn.text !== '') {
      this.pushFrame(new LLMContextFrame(this.context))
      this.pushFrame(new LLMContextAssistantTimestampFrame(this.#now()))
    }
    this.emit('assistantTurnStopped', message(turn))
  }

  /** Results that come in one burst share a run: it waits until the burst is over. */
  #askForRun(): void {
    if (this.#run !== 'no') return
    this.#run = 'soon'
    void Promise.resolve().then(() => this.#runIfAsked())
  }

  #runIfAsked(): void {
    if (this.#run !== 'soon') return
    // A user who speaks gets an answer at the end of the turn, which knows the result.
    if (this.#userSpeaks) this.#run = 'no'
    else if (this.#botSpeaks) this.#run = 'afterSpeech'
    else this.#runModel()
    this.#letEndGo()
  }

  #runModel(): void {
    this.#run = 'no'
    this.pushFrame(new LLMContextFrame(this.context), 'upstream')
  }

  /** A function may ask for the end before it gives its result: that goes ahead, and the answer to it. */
  #holdEnd(frame: EndTaskFrame | StopTaskFrame): boolean {
    if (!this.#ledger.awaited && this.#run === 'no') return false
    const giveUp = (): void => void (this.#ledger.awaited && this.#sendEnd())
    this.#end ??= { frame, timer: this.runtime.clock.setTimeout(giveUp, END_WAIT_MS) }
    return true
  }

  #letEndGo(): void {
    if (this.#end !== undefined && !this.#ledger.awaited && this.#run === 'no') this.#sendEnd()
  }

  #sendEnd(): void {
    const end = this.#end
    this.#end = undefined
    end?.timer.cancel()
    if (end !== undefined) this.pushFrame(end.frame)
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

function isOutputTransport(processor: object): boolean {
  return 'isOutputTransport' in processor && processor.isOutputTransport === true
}
