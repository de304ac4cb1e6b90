import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import { UserStartedSpeakingFrame, UserStoppedSpeakingFrame, UserTurnInferenceFrame } from '../frames/turn.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor, type ProcessorEvents } from '../processor/frame-processor.ts'
import type { PipelineSetup } from '../processor/setup.ts'
import type { Timer } from '../runtime/clock.ts'
import { PcError } from '../runtime/errors.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import { TranscriptionUserTurnStartStrategy } from './transcription-user-turn-start-strategy.ts'
import { type TurnEvent, turnEventOf } from './turn-events.ts'
import { createTurnMachine, type TurnMachine } from './turn-machine.ts'
import type { TurnEffect, TurnState } from './turn-state.ts'
import type { TurnStrategyAttachment, UserTurnStrategies } from './turn-strategy.ts'
import { VADUserTurnStartStrategy } from './vad-user-turn-start-strategy.ts'

/** A detector that forgets to report the end of speech is believed for so long, milliseconds. */
const SPEECH_LOST_MS = 30_000
/** The latency of a recogniser that does not state its own, milliseconds. */
const STT_LATENCY_MS = 1000

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
  /** The machine took a step: for tracing and for tests. */
  turnEvent: [event: TurnEvent, state: TurnState, effects: readonly TurnEffect[]]
}

/** What {@link UserTurnProcessor} takes. */
export interface UserTurnProcessorOptions {
  /** How turns begin and end. Default: start on voice or on a transcript, stop after silence. */
  readonly userTurnStrategies?: UserTurnStrategies
  /** How long the user must be silent, seconds, for the default stop strategy. Default 0.6. */
  readonly userSpeechTimeoutSecs?: number
  /** A turn that no strategy ends is ended so long after the last sign of the user, seconds. Default 5. */
  readonly userTurnStopTimeoutSecs?: number
  /** Default `TurnProcessor`. */
  readonly name?: string
}

/**
 * The one part of a pipeline that decides when the user's turn begins and ends. It stands behind speech recognition and
 * ahead of the user aggregator. At the beginning of a turn it broadcasts UserStartedSpeakingFrame and interrupts the
 * agent, unless the pipeline's `allowInterruptions` or the strategy's `enableInterruptions` is false; at the end it
 * pushes UserTurnInferenceFrame behind the transcripts it covers and broadcasts UserStoppedSpeakingFrame.
 *
 * Of several in one task the first decides, the others let everything pass.
 *
 * @throws PcError `invalid-turn-options` for a duration that is not a number of seconds.
 */
export class UserTurnProcessor extends FrameProcessor<UserTurnEvents> {
  /** Tells the user aggregator that turns are decided. */
  readonly isTurnProcessor = true
  readonly #strategies: Required<UserTurnStrategies>
  readonly #machine: TurnMachine
  readonly #queued: TurnEffect[] = []
  readonly #failed = new Set<string>()
  #state: TurnState
  #attachments: (readonly [strategy: string, TurnStrategyAttachment])[] = []
  #deciding = true
  #applying = false
  #timer: { readonly timer: Timer; readonly atMs: number } | undefined = undefined

  constructor(options: UserTurnProcessorOptions = {}) {
    super(options.name ?? 'TurnProcessor')
    const { userTurnStrategies = {}, userSpeechTimeoutSecs = 0.6, userTurnStopTimeoutSecs = 5 } = options
    if (!Number.isFinite(userTurnStopTimeoutSecs) || userTurnStopTimeoutSecs <= 0) {
      throw new PcError(`userTurnStopTimeoutSecs is ${userTurnStopTimeoutSecs}; use a number of seconds above 0.`, {
        code: 'invalid-turn-options',
        kind: 'config',
      })
    }
    this.#strategies = {
      start: userTurnStrategies.start ?? [new VADUserTurnStartStrategy(), new TranscriptionUserTurnStartStrategy()],
      stop: userTurnStrategies.stop ?? [new SpeechTimeoutUserTurnStopStrategy({ userSpeechTimeoutSecs })],
    }
    this.#machine = createTurnMachine({
      ...this.#strategies,
      stopTimeoutMs: userTurnStopTimeoutSecs * 1000,
      speechLostMs: SPEECH_LOST_MS,
      sttLatencyMs: STT_LATENCY_MS,
    })
    this.#state = this.#machine.initial
  }

  /** Who has the floor. */
  get turnState(): TurnState {
    return this.#state
  }

  override async onSetup(setup: PipelineSetup): Promise<void> {
    this.#state = this.#machine.initial
    this.#failed.clear()
    const first = setup.processors.find((processor) => processor instanceof UserTurnProcessor)
    this.#deciding = first === undefined || first === this
    if (!this.#deciding) {
      const message = `${this.name} lets everything pass: ${first?.name} stands ahead of it and decides about turns.`
      setup.runtime.log.log('warn', message)
      return
    }
    await Promise.all([...this.#strategies.start, ...this.#strategies.stop].map((strategy) => this.#attach(strategy)))
  }

  override handles(): boolean {
    return false
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    if (!this.#deciding) {
      ctx.push(frame, direction)
      return
    }
    for (const [name, attachment] of this.#attachments) this.#show(frame, name, attachment)
    const event = turnEventOf(frame)
    if (event === undefined) {
      ctx.push(frame, direction)
      return
    }
    const effects = this.#reduce(event)
    if (!effects.some((effect) => effect.type === 'discardTranscript')) ctx.push(frame, direction)
    this.#apply(effects)
  }

  override onEnd(): void {
    this.#dispatch({ type: 'ended' })
  }

  override onStop(): Promise<void> {
    this.#dispatch({ type: 'ended' })
    return this.#detach()
  }

  override onCancel(): void {
    this.#dispatch({ type: 'ended' })
  }

  override onCleanup(): Promise<void> {
    this.#timer?.timer.cancel()
    return this.#detach()
  }

  #dispatch(event: TurnEvent): void {
    this.#apply(this.#reduce(event))
  }

  #reduce(event: TurnEvent): readonly TurnEffect[] {
    const { state, effects } = this.#machine.reduce(this.#state, event, this.runtime.clock.nowMs())
    this.#state = state
    this.#keepTime()
    this.emit('turnEvent', event, state, effects)
    return effects
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
        this.broadcastFrame(new UserStartedSpeakingFrame())
        if (effect.interrupt && this.setup.params.allowInterruptions) this.broadcastInterruption()
        this.emit('userTurnStarted', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'commitTurn':
        this.pushFrame(new UserTurnInferenceFrame(effect.turn))
        this.emit('userTurnInferenceTriggered', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'stopTurn':
        this.broadcastFrame(new UserStoppedSpeakingFrame())
        this.emit('userTurnStopped', { turn: effect.turn, strategy: effect.strategy })
        return
      case 'stopTimeout':
        this.emit('userTurnStopTimeout', { turn: effect.turn, strategy: undefined })
        return
      case 'strategyFailed':
        this.#reportOnce(effect.strategy, effect.error)
        return
      case 'discardTranscript':
        return
    }
  }

  async #attach(strategy: Required<UserTurnStrategies>['start' | 'stop'][number]): Promise<void> {
    try {
      const attachment = await strategy.attach?.({
        runtime: this.runtime,
        dispatch: (event) => this.#dispatch(event),
        pushError: (error) => this.pushError(error),
      })
      if (attachment !== undefined) this.#attachments.push([strategy.name, attachment])
    } catch (error) {
      this.#reportOnce(strategy.name, error)
    }
  }

  #show(frame: AnyFrame, strategy: string, attachment: TurnStrategyAttachment): void {
    try {
      attachment.onFrame?.(frame)
    } catch (error) {
      this.#reportOnce(strategy, error)
    }
  }

  async #detach(): Promise<void> {
    const attachments = this.#attachments
    this.#attachments = []
    await Promise.all(attachments.map(async ([, attachment]) => attachment.close?.()))
  }

  #reportOnce(strategy: string, error: unknown): void {
    if (this.#failed.has(strategy)) return
    this.#failed.add(strategy)
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${this.name}: ${strategy} failed and is passed over where it does: ${reason}.`
    this.pushError(new PcError(message, { code: 'turn-strategy-failed', kind: 'internal', cause: error }))
  }
}
