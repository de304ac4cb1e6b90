import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { TTSSpeakFrame } from '../frames/speech.ts'
import {
  UserMuteStartedFrame,
  UserMuteStoppedFrame,
  UserStartedSpeakingFrame,
  UserStoppedSpeakingFrame,
  UserTurnInferenceFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { createFloorMachine, type FloorMachine, type FloorState } from './floor-machine.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { TurnAnalyzerProcessor } from './turn-analyzer-processor.ts'
import { TurnAnalyzerUserTurnStopStrategy } from './turn-analyzer-user-turn-stop-strategy.ts'
import { isOfUser } from './mute-machine.ts'
import { TurnAttachments } from './turn-attachments.ts'
import { type TurnEvent, turnEventOf } from './turn-events.ts'
import { machineOptions, type UserTurnProcessorOptions } from './turn-processor-options.ts'
import { isOpen, type TurnEffect, type TurnState } from './turn-state.ts'
import type {
  TurnNotice,
  TurnStartStrategy,
  TurnStopStrategy,
  TurnStrategyHost,
  UserTurnStrategies,
} from './turn-strategy.ts'
import type { UserMuteStrategy } from './user-mute-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

/** What the events of a turn tell. */
export interface UserTurn {
  /** Counts up from 1. */
  readonly turn: number
  /** The name of the strategy that decided; `undefined` for the stop timeout and the end of the session. */
  readonly strategy: string | undefined
}

/** The events of {@link UserTurnProcessor}. */
export interface UserTurnEvents extends ProcessorEvents {
  /** The user took the floor. */
  userTurnStarted: [turn: UserTurn]
  /** The words so far were passed on for an answer. */
  userTurnInferenceTriggered: [turn: UserTurn]
  /** The user gave the floor up. */
  userTurnStopped: [turn: UserTurn]
  /** No strategy ended the turn; it is ended now. */
  userTurnStopTimeout: [turn: UserTurn]
  /** A turn is longer than `maxUserTurnSecs`. */
  userTurnLimit: [turn: UserTurn]
  /** The user has said nothing for `userIdleTimeoutSecs` after the agent; once per wait. */
  userTurnIdle: []
  /** The user is ignored from now on. */
  userMuteStarted: []
  /** The user counts again. */
  userMuteStopped: []
  /** The wake phrase was heard, in the spelling of its option. */
  wakePhraseDetected: [phrase: string]
  /** The wake phrase is wanted again. */
  wakePhraseTimeout: []
  /** The machine took a step: for tracing and for tests. */
  turnEvent: [event: TurnEvent, state: TurnState, effects: readonly TurnEffect[]]
}

/**
 * The one part of a pipeline that decides when the user's turn begins and ends, and whether the user is heard at all. It
 * stands behind speech recognition and ahead of the user aggregator. At the beginning of a turn it broadcasts
 * UserStartedSpeakingFrame and interrupts the agent, unless the pipeline's `allowInterruptions` or the strategy's
 * `enableInterruptions` is false; at the end it pushes UserTurnInferenceFrame behind the transcripts it covers and
 * broadcasts UserStoppedSpeakingFrame.
 *
 * Of several in one task the first decides, the others let everything pass.
 *
 * @throws PcError `invalid-turn-options` for a duration that is not a number of seconds.
 */
export class UserTurnProcessor extends FrameProcessor<UserTurnEvents> {
  /** Tells the user aggregator that turns are decided. */
  readonly isTurnProcessor = true
  readonly #options: UserTurnProcessorOptions
  readonly #defaultStop: TurnStopStrategy
  readonly #queued: TurnEffect[] = []
  readonly #failed = new Set<string>()
  readonly #attachments = new TurnAttachments((strategy, error) => this.#reportOnce(strategy, error))
  #analyzerStop: TurnStopStrategy | undefined
  #given: UserTurnStrategies
  #strategies: Required<UserTurnStrategies>
  #mute: readonly UserMuteStrategy[]
  #machine: FloorMachine
  #state: FloorState
  #phase: 'idle' | 'setUp' | 'started' | 'passive' = 'idle'
  #updating: Promise<void> = Promise.resolve()
  #applying = false
  #timer: { readonly timer: Timer; readonly atMs: number } | undefined = undefined

  constructor(options: UserTurnProcessorOptions = {}) {
    super(options.name ?? 'TurnProcessor')
    const { userTurnStrategies = {}, userMuteStrategies = [], userSpeechTimeoutSecs = 0.6 } = options
    this.#options = options
    this.#defaultStop = new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs })
    this.#given = userTurnStrategies
    this.#mute = userMuteStrategies
    this.#strategies = this.#complete(userTurnStrategies)
    this.#machine = this.#compose()
    this.#state = this.#machine.initial
  }

  /** Who has the floor. */
  get turnState(): TurnState {
    return this.#state.turn
  }

  /** Whether the user is ignored. */
  get userMuted(): boolean {
    return this.#state.mute.muted
  }

  /** The strategies that decide when the user is ignored. */
  get userMuteStrategies(): readonly UserMuteStrategy[] {
    return this.#mute
  }

  /**
   * Replaces how turns begin and end; a list that is missing becomes the default one. A turn that is open stays open: the
   * new stop strategies end it, or the stop timeout. Strategies that are in force before and after keep what they have
   * attached.
   */
  updateStrategies(strategies: UserTurnStrategies): Promise<void> {
    const update = this.#updating.then(() => this.#replace(strategies))
    this.#updating = update.catch(() => {})
    return update
  }

  /** Replaces when the user is ignored. It counts from now on. */
  updateMuteStrategies(strategies: readonly UserMuteStrategy[]): void {
    this.#mute = strategies
    this.#machine = this.#compose()
    this.#state = this.#machine.adopt(this.#state, 'mute')
    if (this.#phase === 'started') this.#dispatch({ type: 'time' })
  }

  override async onSetup(setup: PipelineSetup): Promise<void> {
    this.#failed.clear()
    const first = setup.processors.find((processor) => processor instanceof UserTurnProcessor)
    if (first !== undefined && first !== this) {
      this.#phase = 'passive'
      const message = `${this.name} lets everything pass: ${first.name} stands ahead of it and decides about turns.`
      setup.runtime.log.log('warn', message)
      return
    }
    this.#phase = 'setUp'
    this.#analyzerStop = undefined
    this.#strategies = this.#complete(this.#given)
    this.#machine = this.#compose()
    this.#state = this.#machine.initial
    await this.#attachments.attach(listOf(this.#strategies), this.#host())
  }

  override handles(type: string): boolean {
    return type === 'StartFrame'
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (this.#phase === 'passive') {
      ctx.push(frame, direction)
      return
    }
    if (frame.type === 'StartFrame') {
      ctx.push(frame, direction)
      this.#phase = 'started'
      this.#attachments.started()
      this.#dispatch({ type: 'started' })
      return
    }
    const { muted } = this.#state.mute
    if (muted && (frame.type === 'InputAudioRawFrame' || frame.type === 'UserAudioRawFrame')) return
    const event = turnEventOf(frame)
    if (!muted || event === undefined || !isOfUser(event)) this.#attachments.show(frame, direction)
    if (event === undefined) {
      ctx.push(frame, direction)
      return
    }
    const { effects, suppressed } = this.#reduce(event)
    const consumed = suppressed || this.#resolves(event) || effects.some(({ type }) => type === 'discardTranscript')
    if (!consumed) ctx.push(frame, direction)
    this.#apply(effects)
  }

  override onEnd(): void {
    this.#dispatch({ type: 'ended' })
  }

  override onStop(): Promise<void> {
    this.#dispatch({ type: 'ended' })
    this.#phase = 'idle'
    return this.#attachments.detach('ended')
  }

  override onCancel(): void {
    this.#dispatch({ type: 'ended' })
  }

  override onCleanup(): Promise<void> {
    this.#phase = 'idle'
    this.#timer?.timer.cancel()
    return this.#attachments.detach('ended')
  }

  /** A list that is missing is the default one; an analyzer that stands in the pipeline's list belongs to that. */
  #complete({ start, stop }: UserTurnStrategies): Required<UserTurnStrategies> {
    return {
      start: start ?? [new VADUserTurnStartStrategy(), new TranscriptionUserTurnStartStrategy()],
      stop: stop ?? [this.#analyzerInList() ?? this.#defaultStop],
    }
  }

  /** The same one in every call, so that it keeps what it has attached. */
  #analyzerInList(): TurnStopStrategy | undefined {
    if (this.#phase === 'idle') return undefined
    const holder = this.setup.processors.find((processor) => processor instanceof TurnAnalyzerProcessor)
    if (holder === undefined) return undefined
    const { userSpeechTimeoutSecs } = this.#options
    return (this.#analyzerStop ??= new TurnAnalyzerUserTurnStopStrategy({
      turnAnalyzer: holder.turnAnalyzer,
      ...(userSpeechTimeoutSecs !== undefined && { userSpeechTimeoutSecs }),
    }))
  }

  #compose(): FloorMachine {
    return createFloorMachine({ ...machineOptions(this.#options), ...this.#strategies, mute: this.#mute })
  }

  async #replace(strategies: UserTurnStrategies): Promise<void> {
    this.#given = strategies
    if (this.#phase === 'passive') return
    const next = this.#complete(strategies)
    const fresh = listOf(next).filter((strategy) => !this.#attachments.has(strategy))
    if (this.#phase !== 'idle') await this.#attachments.attach(fresh, this.#host())
    if (this.#phase === 'idle') return this.#attachments.detach('ended')
    this.#strategies = next
    this.#machine = this.#compose()
    this.#state = this.#machine.adopt(this.#state, 'turn')
    await this.#attachments.detach('replaced', listOf(next))
    if (this.#phase !== 'started') return
    this.#attachments.started(fresh)
    if (isOpen(this.turnState)) this.#attachments.turnStarted(fresh)
    this.#dispatch({ type: 'time' })
  }

  #host(): TurnStrategyHost {
    return {
      runtime: this.runtime,
      name: this.name,
      enableMetrics: this.setup.params.enableMetrics,
      dispatch: (event) => this.#dispatch(event),
      pushFrame: (frame, direction) => this.pushFrame(frame, direction),
      pushError: (error) => this.pushError(error),
    }
  }

  #resolves({ type }: TurnEvent): boolean {
    if (type === 'proposedStarted') return this.#strategies.start.some(resolvesProposals)
    return type === 'proposedStopped' && this.#strategies.stop.some(resolvesProposals)
  }

  #dispatch(event: TurnEvent): void {
    this.#apply(this.#reduce(event).effects)
  }

  #reduce(event: TurnEvent): ReturnType<FloorMachine['reduce']> {
    const step = this.#machine.reduce(this.#state, event, this.runtime.clock.nowMs())
    this.#state = step.state
    this.#keepTime()
    this.emit('turnEvent', event, step.state.turn, step.effects)
    return step
  }

  #keepTime(): void {
    const atMs = this.#state.deadlineMs
    if (this.#timer?.atMs === atMs) return
    this.#timer?.timer.cancel()
    this.#timer = undefined
    if (atMs === undefined) return
    const { clock } = this.runtime
    const onTime = (): void => {
      this.#timer = undefined
      this.#dispatch({ type: 'time' })
    }
    this.#timer = { timer: clock.setTimeout(onTime, atMs - clock.nowMs()), atMs }
  }

  /** What an effect sets off may come back as an event: its effects wait for those ahead of them. */
  #apply(effects: readonly TurnEffect[]): void {
    this.#queued.push(...effects)
    if (this.#applying) return
    this.#applying = true
    try {
      for (let effect = this.#queued.shift(); effect !== undefined; effect = this.#queued.shift()) this.#do(effect)
    } finally {
      this.#applying = false
    }
  }

  // Turn frames are never fenced: a decision stands, whatever has interrupted the frame that led to it.
  #do(effect: TurnEffect): void {
    switch (effect.type) {
      case 'startTurn':
        this.#attachments.turnStarted()
        if (effect.announce) this.broadcastFrame(new UserStartedSpeakingFrame())
        if (effect.interrupt && this.setup.params.allowInterruptions) this.broadcastInterruption()
        this.emit('userTurnStarted', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'commitTurn':
        this.pushFrame(new UserTurnInferenceFrame(effect.turn))
        this.emit('userTurnInferenceTriggered', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'withdrawAnswer':
        if (this.setup.params.allowInterruptions) this.broadcastInterruption()
        return
      case 'stopTurn':
        this.#attachments.turnStopped()
        if (effect.announce) this.broadcastFrame(new UserStoppedSpeakingFrame())
        this.emit('userTurnStopped', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'stopTimeout':
        this.emit('userTurnStopTimeout', { turn: effect.turn, strategy: undefined })
        return
      case 'turnLimit':
        if (effect.cutIn) this.pushFrame(new TTSSpeakFrame(this.#options.cutInText ?? ''))
        this.emit('userTurnLimit', { turn: effect.turn, strategy: undefined })
        return
      case 'muteStarted':
      case 'muteStopped':
        this.#announceMute(effect.type === 'muteStarted')
        return
      case 'userIdle':
        this.emit('userTurnIdle')
        return
      case 'notice':
        this.#tell(effect.notice)
        return
      case 'strategyFailed':
        this.#reportOnce(effect.strategy, effect.error)
        return
      case 'discardTranscript':
        return
    }
  }

  #announceMute(muted: boolean): void {
    // What has ears of its own hears no more of a voice that is muted, and again of one that outlasts the mute.
    if (this.#state.voice) {
      const frame = muted ? new VADUserStoppedSpeakingFrame() : new VADUserStartedSpeakingFrame()
      this.#attachments.show(frame, 'downstream')
    }
    this.broadcastFrame(muted ? new UserMuteStartedFrame() : new UserMuteStoppedFrame())
    this.emit(muted ? 'userMuteStarted' : 'userMuteStopped')
  }

  #tell(notice: TurnNotice): void {
    if (notice.type === 'wakePhraseDetected') this.emit('wakePhraseDetected', notice.phrase)
    else this.emit('wakePhraseTimeout')
  }

  #reportOnce(strategy: string, error: unknown): void {
    if (this.#failed.has(strategy)) return
    this.#failed.add(strategy)
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${this.name}: ${strategy} failed and is passed over where it does: ${reason}.`
    this.pushError(new PcError(message, { code: 'turn-strategy-failed', kind: 'internal', cause: error }))
  }
}

function listOf({ start, stop }: Required<UserTurnStrategies>): readonly (TurnStartStrategy | TurnStopStrategy)[] {
  return [...start, ...stop]
}

function resolvesProposals(strategy: TurnStartStrategy | TurnStopStrategy): boolean {
  return strategy.resolvesProposals === true
}
