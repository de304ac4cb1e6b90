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
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import { PcError } from '../runtime/errors.ts'
import { type Deadline, pacingWheel } from '../runtime/pacing-wheel.ts'
import { DefaultTurnStrategies } from './default-turn-strategies.ts'
import { EchoGate, playedText } from './echo-gate.ts'
import { createFloorMachine, type FloorMachine, type FloorState } from './floor-machine.ts'
import { isOfUser } from './mute-machine.ts'
import { listOf, resolveProposal } from './strategy-lists.ts'
import { SpeechSigns } from './speech-signs.ts'
import { TurnAttachments } from './turn-attachments.ts'
import { type TurnEvent, turnEventOf, withStrategy } from './turn-events.ts'
import { policyFrame, policyRules, type UserTurnPolicies } from './turn-policies.ts'
import { machineOptions, type UserTurnProcessorOptions } from './turn-processor-options.ts'
import { isOpen, type TurnEffect, type TurnState } from './turn-state.ts'
import type { TurnNotice, TurnStrategyHost, UserTurnStrategies } from './turn-strategy.ts'
import type { UserMuteStrategy } from './user-mute-strategy.ts'
import type { UserTurnEvents } from './user-turn-events.ts'

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
  #options: UserTurnProcessorOptions
  readonly #defaults: DefaultTurnStrategies
  readonly #queued: TurnEffect[] = []
  readonly #failed = new Set<string>()
  readonly #attachments = new TurnAttachments((strategy, error) => this.#reportOnce(strategy, error))
  #given: UserTurnStrategies
  #strategies: Required<UserTurnStrategies>
  #mute: readonly UserMuteStrategy[]
  #echo: EchoGate | undefined
  /** A backchannel that may become an answer. */
  #kept: AnyFrame | undefined
  #machine: FloorMachine
  #state: FloorState
  #phase: 'idle' | 'setUp' | 'started' | 'passive' = 'idle'
  #updating: Promise<void> = Promise.resolve()
  #applying = false
  readonly #signs = new SpeechSigns()
  #deadline: Deadline | undefined = undefined

  constructor(options: UserTurnProcessorOptions = {}) {
    super(options.name ?? 'TurnProcessor')
    const { userTurnStrategies = {}, userMuteStrategies = [], userSpeechTimeoutSecs } = options
    this.#options = options
    this.#defaults = new DefaultTurnStrategies(userSpeechTimeoutSecs)
    this.#given = userTurnStrategies
    this.#mute = userMuteStrategies
    this.#echo = EchoGate.from(options.echoGate)
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
    return this.#update(() => strategies)
  }

  /** Replaces when the user is ignored. It counts from now on. */
  updateMuteStrategies(strategies: readonly UserMuteStrategy[]): void {
    this.#mute = strategies
    this.#machine = this.#compose()
    if (this.#phase === 'idle') return
    this.#state = this.#machine.adopt(this.#state, 'mute', this.runtime.clock.nowMs())
    if (this.#phase === 'started') this.#dispatch({ type: 'time' })
  }

  /**
   * Changes what it does beside deciding turns: a policy that is not named stays as it is, `false` turns one off. A new
   * limit of turns counts from the next turn on.
   *
   * @throws PcError `invalid-turn-options` for a number out of its range; then all stays as it was.
   */
  updatePolicies(policies: UserTurnPolicies): void {
    const next = { ...this.#options, ...policies }
    policyRules(next)
    machineOptions(next)
    if (policies.echoGate !== undefined) this.#echo = EchoGate.from(policies.echoGate, this.#echo)
    this.#options = next
    this.#machine = this.#compose()
    if (this.#phase === 'started') this.#dispatch({ type: 'time' })
  }

  /** @internal Whether the model hears by itself, whatever it announces; `undefined` leaves that to the model. */
  forceRealtime(realtime: boolean | undefined): void {
    if (this.#defaults.force(realtime)) this.#refresh()
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
    this.#deadline = pacingWheel(this.runtime.clock).deadline(() => this.#dispatch({ type: 'time' }))
    this.#defaults.forget()
    this.#strategies = this.#complete(this.#given)
    this.#machine = this.#compose()
    this.#state = this.#machine.initial
    await this.#attachments.attach(listOf(this.#strategies), this.#host())
  }

  override handles(type: string): boolean {
    return type === 'StartFrame'
  }

  override processFrame(given: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (this.#phase === 'passive') {
      ctx.push(given, direction)
      return
    }
    const frame = this.#withoutEcho(given)
    if (frame === undefined) return
    if ((frame.type === 'LLMServiceMetadataFrame' || frame.type === 'STTMetadataFrame') && this.#defaults.heed(frame)) {
      this.#refresh()
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
    // What a muted user says goes no further, repeated or not.
    const event = !muted && this.#signs.isRepeated(frame.type, this.runtime.clock) ? undefined : turnEventOf(frame)
    if (!muted || event === undefined || !isOfUser(event)) this.#attachments.show(frame, direction)
    if (event === undefined) {
      ctx.push(frame, direction)
      return
    }
    const { effects, suppressed } = this.#reduce(event)
    if (effects.some(({ type }) => type === 'keepTranscript')) this.#kept = frame
    else if (
      !suppressed &&
      !resolveProposal(this.#strategies, event) &&
      effects.every(({ type }) => type !== 'discardTranscript')
    ) {
      ctx.push(withStrategy(frame, effects), direction)
    }
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
    this.#deadline?.clear()
    return this.#attachments.detach('ended')
  }

  #complete(given: UserTurnStrategies): Required<UserTurnStrategies> {
    const processors = this.#phase === 'idle' ? [] : this.setup.processors
    return this.#defaults.complete(given, processors)
  }

  #compose(): FloorMachine {
    const rules = policyRules(this.#options)
    const interruptible = this.#phase === 'idle' || this.setup.params.allowInterruptions
    return createFloorMachine({
      ...machineOptions(this.#options),
      ...rules,
      ...this.#strategies,
      doubt: interruptible ? rules.doubt : undefined,
      mute: this.#mute,
    })
  }

  #withoutEcho(frame: AnyFrame): AnyFrame | undefined {
    if (this.#echo === undefined) return frame
    const kept = this.#echo.take(frame, this.runtime.clock.nowMs(), () => playedText(this.setup.processors))
    if (kept !== frame && 'text' in frame) this.emit('echoDropped', String(frame.text))
    return kept
  }

  /** The default strategies are others. */
  #refresh(): void {
    this.#update(() => this.#given).catch((error: unknown) => this.pushError(error))
  }

  #update(strategies: () => UserTurnStrategies): Promise<void> {
    const update = this.#updating.then(() => this.#replace(strategies()))
    this.#updating = update.catch(() => {})
    return update
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
    this.#state = this.#machine.adopt(this.#state, 'turn', this.runtime.clock.nowMs())
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
    this.#deadline?.set(this.#state.deadlineMs ?? Infinity)
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
        if (effect.announce) this.broadcastFrame(new UserStartedSpeakingFrame(effect.strategy))
        if (effect.interrupt && this.setup.params.allowInterruptions) this.broadcastInterruption()
        this.emit('userTurnStarted', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'commitTurn':
        this.pushFrame(new UserTurnInferenceFrame(effect.turn, effect.strategy))
        this.emit('userTurnInferenceTriggered', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'withdrawAnswer':
        if (this.setup.params.allowInterruptions) this.broadcastInterruption()
        return
      case 'stopTurn':
        this.#attachments.turnStopped()
        if (effect.announce) this.broadcastFrame(new UserStoppedSpeakingFrame(effect.strategy))
        this.emit('userTurnStopped', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'stopTimeout':
        this.emit('userTurnStopTimeout', { turn: effect.turn, strategy: undefined })
        return
      case 'turnLimit':
        if (effect.cutIn) this.pushFrame(new TTSSpeakFrame(this.#options.cutInText || ''))
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
      case 'pauseOutput':
      case 'speculate':
      case 'withdrawSpeculation':
        this.pushFrame(policyFrame(effect))
        return
      case 'resumeOutput':
        this.pushFrame(policyFrame(effect))
        this.emit('falseInterruption')
        return
      case 'fill':
        this.pushFrame(policyFrame(effect))
        this.emit('latencyBudgetExceeded', effect.text)
        return
      case 'releaseTranscript':
        if (this.#kept !== undefined) this.pushFrame(this.#kept)
        return
      case 'keepTranscript':
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
