import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { LLMContextFrame, LLMSpeculationFrame } from '../frames/llm.ts'
import type { TranscriptionFrame } from '../frames/text.ts'
import { UserTurnExpectationFrame } from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { isoTime } from '../runtime/iso-time.ts'
import { UserTurnProcessor } from '../turns/turn-processor.ts'
import { isOpen } from '../turns/turn-state.ts'
import type { UserTurnExpectation } from '../turns/user-turn-expectation.ts'
import type { UserTurnParams } from '../turns/user-turn-params.ts'
import { applyContextFrame, type ContextFrameParams } from './context-frames.ts'
import { LLMContext, type MessagePlace } from './llm-context.ts'
import { SpokenText } from './spoken-text.ts'

/** How the user's half works. */
export interface LLMUserAggregatorParams extends ContextFrameParams, UserTurnParams {
  /**
   * Whether the model hears and speaks by itself, so that transcripts are for the record alone: they enter the context
   * when the model answers, ahead of its message, and the model is not run on them. Default: as the model announces.
   */
  readonly realtimeServiceMode?: boolean | undefined
}

/** An answer that noise cuts is asked for again this often, or the agent's own echo would have it talk for ever. */
const MOST_REPEATS = 3

/** What {@link LLMUserAggregator} takes. */
export interface LLMUserAggregatorOptions {
  readonly context: LLMContext
  readonly params?: LLMUserAggregatorParams | undefined
  /** Shown in logs, errors and `task.describe()`. */
  readonly name?: string | undefined
  /** @internal An assistant aggregator tells it when the model answers. */
  readonly paired?: boolean | undefined
}

/** A message of the user, as it stands in the context. */
export interface UserTurnMessage {
  /** Empty when nothing was understood; `null` at the end of a turn whose words the model hears by itself. */
  readonly content: string | null
  /** When the turn began, ISO 8601. */
  readonly timestamp: string
  /** The speaker, as speech recognition names them. */
  readonly userId: string | undefined
}

/** Events of {@link LLMUserAggregator}. */
export interface UserAggregatorEvents extends ProcessorEvents {
  /** `strategy` is the name of the one that decided; `undefined` where no turn processor does. */
  userTurnStarted: [strategy: string | undefined]
  /** A message is in the context; one turn may add several. */
  userTurnMessageAdded: [message: UserTurnMessage]
  /**
   * The turn is over: all it added, joined. `strategy` is the name of the one that decided; `undefined` for timeouts and
   * the end of the session.
   */
  userTurnStopped: [strategy: string | undefined, message: UserTurnMessage]
  /** No strategy ended the turn; it is ended now. */
  userTurnStopTimeout: []
  /** The user has said nothing for `userIdleTimeout` after the agent. */
  userTurnIdle: []
  /** The user is ignored from now on. */
  userMuteStarted: []
  /** The user counts again. */
  userMuteStopped: []
}

/** What the user said before an answer in realtime mode. */
interface AnsweredWords {
  readonly place: MessagePlace
  readonly text: SpokenText
}

/**
 * The user's half of a context: collects transcripts, and when the turn processor says so commits them as one message
 * and has the model run. It never decides turns itself, except by a timeout where nobody else does.
 */
export class LLMUserAggregator extends FrameProcessor<UserAggregatorEvents> {
  readonly context: LLMContext
  /** What the turn processor ahead of it is to be like. */
  readonly turnParams: UserTurnParams
  readonly #params: LLMUserAggregatorParams
  #expectation: UserTurnExpectation = 'free'
  #turns: UserTurnProcessor | undefined = undefined
  #unfollow: readonly (() => void)[] = []
  readonly #paired: boolean
  #pending = new SpokenText()
  #userId: string | undefined = undefined
  /** When the first words or the start of the turn came. */
  #timestamp: string | undefined = undefined
  /** What this turn has committed so far. */
  #committed: string[] = []
  #speaking = false
  /** Whose decision the end of the turn was, when it is known ahead of the words. */
  #endedBy: string | undefined = undefined
  #turnsAreDecided = false
  /** How often the model was asked again since the user last said something. */
  #repeats = 0
  /** The model may be answering what the user is expected to have said. */
  #askedAhead = false
  #timer: Timer | undefined = undefined
  #realtime: boolean
  /** Where the words that belong to the answer in the making stand, or will when they come. */
  #answered: AnsweredWords | undefined = undefined

  /** @throws PcError `unpaired-aggregator` when realtime mode is forced without an {@link LLMContextAggregatorPair}. */
  constructor(options: LLMUserAggregatorOptions) {
    const { context, params = {}, name, paired = false } = options
    super({ name })
    if (params.realtimeServiceMode && !paired) {
      const message = 'realtimeServiceMode needs an LLMContextAggregatorPair: its halves tell each other of answers.'
      throw new PcError(message, { code: 'unpaired-aggregator', kind: 'config' })
    }
    this.context = context
    this.#params = params
    this.turnParams = params
    this.#realtime = params.realtimeServiceMode ?? false
    this.#paired = paired
  }

  /**
   * The turn processor of its pipeline, from setup to cleanup: there strategies and policies are changed while the session
   * runs. `undefined` where nobody decides turns.
   */
  get turns(): UserTurnProcessor | undefined {
    return this.#turns
  }

  /** @internal The model answers: what the user said stands ahead of it, also what is recognised later. */
  modelAnswers(phase: 'start' | 'end'): void {
    if (!this.#realtime) return
    this.#answered = undefined
    if (phase === 'end') return
    this.#answered = { place: this.context.addPlace(), text: new SpokenText() }
    const pending = this.#pending.text
    this.#pending = new SpokenText()
    if (pending !== '') this.#recordAnswered(this.#answered, pending)
  }

  override onSetup({ processors }: PipelineSetup): void {
    const turns = processors.find((processor) => processor instanceof UserTurnProcessor)
    this.#turnsAreDecided = turns !== undefined
    this.#expectation = 'free'
    this.#follow(turns)
    turns?.forceRealtime(this.#params.realtimeServiceMode)
  }

  override processFrame(frame: AnyFrame, _direction: FrameDirection, ctx: FrameContext): void {
    const applied = applyContextFrame(this.context, frame, this.#params)
    if (applied === 'forward') this.#tellExpectation()
    if (applied === 'run') this.#runModel(frame.type === 'LLMRunFrame' ? undefined : ++this.context.asked)
    if (applied === 'run' || applied === 'done') return
    switch (frame.type) {
      case 'TranscriptionFrame':
        this.#collect(frame)
        return
      case 'InterimTranscriptionFrame':
      case 'TranslationFrame':
        return
      case 'LLMServiceMetadataFrame':
        this.#realtime = this.#params.realtimeServiceMode ?? (this.#paired && frame.isRealtimeService)
        break
      case 'UserTurnInferenceFrame':
        this.#leaveTurnsToOthers()
        if (!this.#realtime) this.#answerTurn()
        if (!this.#speaking) this.#endTurn(this.#endedBy ?? frame.strategy)
        return
      case 'UserTurnSpeculationFrame':
        this.#speculate(frame.text)
        return
      case 'UserStartedSpeakingFrame':
        this.#leaveTurnsToOthers()
        this.#startTurn(frame.strategy)
        break
      case 'UserStoppedSpeakingFrame':
        this.#speaking = false
        this.#endedBy = frame.strategy
        // Words that still wait are on their way to be committed.
        if (this.#realtime || this.#pending.text === '') this.#endTurn(frame.strategy)
        this.#deliverResults()
        break
      default:
    }
    ctx.push(frame)
  }

  /** The engine forwards lifecycle frames; the hooks below are enough. */
  override handles(): boolean {
    return false
  }

  /** Who else interrupts does not want the answer. */
  override onInterruption(): void {
    this.context.answersAhead = 0
    if (this.context.answer !== 'due' && this.context.answer !== 'cut') return
    // The news that the turn has begun may still be on its way.
    const byUser = this.#speaking || (this.#turns !== undefined && isOpen(this.#turns.turnState))
    this.context.answer = byUser ? 'cut' : 'none'
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
    this.#follow(undefined)
  }

  /** What the turn processor tells is told here too: this is the half that applications know. */
  #follow(turns: UserTurnProcessor | undefined): void {
    for (const stop of this.#unfollow) stop()
    this.#turns = turns
    const names = ['userTurnStopTimeout', 'userTurnIdle', 'userMuteStarted', 'userMuteStopped'] as const
    this.#unfollow = turns === undefined ? [] : names.map((name) => turns.on(name, () => this.emit(name)))
  }

  /** The functions that the model may call tell what the user will say. */
  #tellExpectation(): void {
    const expectation = this.context.tools?.expectation ?? 'free'
    if (expectation === this.#expectation) return
    this.#expectation = expectation
    this.pushFrame(new UserTurnExpectationFrame(expectation), 'upstream')
  }

  #leaveTurnsToOthers(): void {
    this.#turnsAreDecided = true
    this.#timer?.cancel()
  }

  #startTurn(strategy: string | undefined): void {
    // The earlier turn was never said to be over.
    if (this.#committed.length > 0) this.#endTurn()
    this.#speaking = true
    this.#endedBy = undefined
    this.#tellExpectation()
    this.#answered = undefined
    this.#timestamp ??= this.#now()
    this.emit('userTurnStarted', strategy)
  }

  #collect(frame: TranscriptionFrame): void {
    const text = frame.text.trim()
    if (text === '') return
    this.#timestamp ??= this.#now()
    this.#userId = frame.userId === '' ? this.#userId : frame.userId
    if (this.#realtime) {
      if (this.#answered === undefined) this.#pending.append(text)
      else this.#recordAnswered(this.#answered, text)
      return
    }
    this.#pending.append(text)
    if (!this.#turnsAreDecided) this.#awaitSilence()
  }

  #awaitSilence(): void {
    this.#timer?.cancel()
    this.#timer = this.runtime.clock.setTimeout(
      () => {
        if (this.#commit()) this.#runModel(++this.context.asked)
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

  #answerTurn(): void {
    if (this.#commit()) {
      this.#repeats = 0
      this.#runModel(++this.context.asked)
    } else if (this.context.answer === 'cut' && this.#repeats < MOST_REPEATS) {
      this.#repeats++
      this.#runModel(++this.context.asked)
    }
    // Nobody asks what the model was asked ahead.
    else if (this.#askedAhead) this.#speculate(undefined)
    this.#askedAhead = false
  }

  /** Shows the model the context as it would be; the true one learns nothing of it. */
  #speculate(text: string | undefined): void {
    if (this.#realtime || (this.context.isHeld && text !== undefined)) return
    const words = new SpokenText()
    for (const part of [this.#pending.text, text?.trim() ?? '']) words.append(part)
    const { messages, tools, toolChoice } = this.context
    const content = words.text
    const expected = [...messages, { role: 'user', content }] as const
    this.#askedAhead = text !== undefined && content !== ''
    const context = this.#askedAhead ? new LLMContext({ messages: expected, tools, toolChoice }) : undefined
    this.pushFrame(new LLMSpeculationFrame(context))
  }

  #recordAnswered({ place, text }: AnsweredWords, words: string): void {
    text.append(words)
    if (place.set({ role: 'user', content: text.text })) this.emit('userTurnMessageAdded', this.#message(text.text))
  }

  /** Results came while the user spoke, who said nothing that the model is run on. */
  #deliverResults(): void {
    if (this.context.hasUnreadResults && this.#pending.text === '') this.#runModel()
  }

  #endTurn(strategy?: string): void {
    const content = this.#realtime ? null : this.#committed.join(' ')
    if (this.#timestamp === undefined) return
    this.emit('userTurnStopped', strategy, this.#message(content))
    this.#committed = []
    this.#timestamp = undefined
  }

  /** Nothing is lost at the end, and the model does not run any more. */
  #flush(): void {
    this.#timer?.cancel()
    this.#commit()
    if (this.#committed.length > 0) this.#endTurn()
  }

  #message(content: string | null): UserTurnMessage {
    return { content, timestamp: this.#timestamp ?? this.#now(), userId: this.#userId }
  }

  #runModel(asked?: number): void {
    this.#tellExpectation()
    this.context.hasUnreadResults = false
    if (this.context.mayAsk()) this.pushFrame(new LLMContextFrame(this.context, asked))
  }

  #now(): string {
    return isoTime(this.runtime.clock.epochMs())
  }
}
