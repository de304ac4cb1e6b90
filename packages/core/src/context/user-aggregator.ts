import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { LLMContextFrame } from '../frames/llm.ts'
import type { TranscriptionFrame } from '../frames/text.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { isoTime } from '../runtime/iso-time.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { applyContextFrame, type ContextFrameParams } from './context-frames.ts'
import type { LLMContext } from './llm-context.ts'
import { SpokenText } from './spoken-text.ts'

/** How the user's half works. */
export interface LLMUserAggregatorParams extends ContextFrameParams {
  /**
   * Where no turn processor decides turns: the user's words are committed this long after the last transcript, seconds.
   * Default 0.5.
   */
  readonly aggregationTimeout?: number | undefined
}

/** What {@link LLMUserAggregator} takes. */
export interface LLMUserAggregatorOptions {
  readonly context: LLMContext
  readonly params?: LLMUserAggregatorParams | undefined
  /** Shown in logs, errors and `task.describe()`. */
  readonly name?: string | undefined
}

/** A message of the user, as it stands in the context. */
export interface UserTurnMessage {
  /** Empty when nothing was understood. */
  readonly content: string
  /** When the turn began, ISO 8601. */
  readonly timestamp: string
  /** The speaker, as speech recognition names them. */
  readonly userId: string | undefined
}

/** Events of {@link LLMUserAggregator}. */
export interface UserAggregatorEvents extends ProcessorEvents {
  userTurnStarted: []
  /** A message is in the context; one turn may add several. */
  userTurnMessageAdded: [message: UserTurnMessage]
  /** The turn is over: all it added, joined. */
  userTurnStopped: [message: UserTurnMessage]
}

/**
 * The user's half of a context: collects transcripts, and when the turn processor says so commits them as one message
 * and has the model run. It never decides turns itself, except by a timeout where nobody else does.
 */
export class LLMUserAggregator extends FrameProcessor<UserAggregatorEvents> {
  readonly context: LLMContext
  readonly #params: LLMUserAggregatorParams
  #pending = new SpokenText()
  #userId: string | undefined = undefined
  /** When the first words or the start of the turn came. */
  #timestamp: string | undefined = undefined
  /** What this turn has committed so far. */
  #committed: string[] = []
  #speaking = false
  #turnsAreDecided = false
  #timer: Timer | undefined = undefined

  constructor({ context, params = {}, name }: LLMUserAggregatorOptions) {
    super({ name })
    this.context = context
    this.#params = params
  }

  override onSetup({ processors }: PipelineSetup): void {
    this.#turnsAreDecided = processors.some((processor) => processor instanceof UserTurnProcessor)
  }

  override processFrame(frame: AnyFrame, _direction: FrameDirection, ctx: FrameContext): void {
    const applied = applyContextFrame(this.context, frame, this.#params)
    if (applied === 'run') this.#runModel()
    if (applied === 'run' || applied === 'done') return
    switch (frame.type) {
      case 'TranscriptionFrame':
        this.#collect(frame)
        return
      case 'InterimTranscriptionFrame':
      case 'TranslationFrame':
        return
      case 'UserTurnInferenceFrame':
        this.#leaveTurnsToOthers()
        if (this.#commit()) this.#runModel()
        if (!this.#speaking) this.#endTurn()
        return
      case 'UserStartedSpeakingFrame':
        this.#leaveTurnsToOthers()
        this.#startTurn()
        break
      case 'UserStoppedSpeakingFrame':
        this.#speaking = false
        // Words that still wait are on their way to be committed.
        if (this.#pending.text === '') this.#endTurn()
        break
      default:
    }
    ctx.push(frame)
  }

  /** The engine forwards lifecycle frames; the hooks below are enough. */
  override handles(): boolean {
    return false
  }

  override onEnd(): void {
    this.#flush()
  }

  override onStop(): void {
    this.#flush()
  }

  override onCancel(): void {
    this.#flush()
  }

  override onCleanup(): void {
    this.#timer?.cancel()
  }

  #leaveTurnsToOthers(): void {
    this.#turnsAreDecided = true
    this.#timer?.cancel()
  }

  #startTurn(): void {
    // The earlier turn was never said to be over.
    if (this.#committed.length > 0) this.#endTurn()
    this.#speaking = true
    this.#timestamp ??= this.#now()
    this.emit('userTurnStarted')
  }

  #collect(frame: TranscriptionFrame): void {
    const text = frame.text.trim()
    if (text === '') return
    this.#timestamp ??= this.#now()
    this.#userId = frame.userId === '' ? this.#userId : frame.userId
    this.#pending.append(text)
    if (!this.#turnsAreDecided) this.#awaitSilence()
  }

  #awaitSilence(): void {
    this.#timer?.cancel()
    this.#timer = this.runtime.clock.setTimeout(
      () => {
        if (this.#commit()) this.#runModel()
        this.#endTurn()
      },
      (this.#params.aggregationTimeout ?? 0.5) * 1000,
    )
  }

  /** False when there was nothing to commit. */
  #commit(): boolean {
    const content = this.#pending.text
    if (content === '') return false
    this.#pending = new SpokenText()
    this.#committed.push(content)
    this.context.addMessage({ role: 'user', content })
    this.emit('userTurnMessageAdded', this.#message(content))
    return true
  }

  #endTurn(): void {
    const content = this.#committed.join(' ')
    if (this.#timestamp === undefined) return
    this.emit('userTurnStopped', this.#message(content))
    this.#committed = []
    this.#timestamp = undefined
  }

  /** Nothing is lost at the end, and the model does not run any more. */
  #flush(): void {
    this.#timer?.cancel()
    this.#commit()
    if (this.#committed.length > 0) this.#endTurn()
  }

  #message(content: string): UserTurnMessage {
    return { content, timestamp: this.#timestamp ?? this.#now(), userId: this.#userId }
  }

  #runModel(): void {
    this.pushFrame(new LLMContextFrame(this.context))
  }

  #now(): string {
    return isoTime(this.runtime.clock.epochMs())
  }
}
