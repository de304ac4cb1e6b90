import { UserMuteStartedFrame, UserMuteStoppedFrame } from '../frames/turn.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Timer } from '../runtime/clock.ts'
import { createMuteMachine, type MuteMachine, type MuteState } from '../turns/mute-machine.ts'
import { type TurnEvent, turnEventOf } from '../turns/turn-events.ts'
import type { UserMuteStrategy } from '../turns/user-mute-strategy.ts'
import { isOfKind } from './frame-kinds.ts'

/** The options of {@link STTMuteFilter}. */
export interface STTMuteFilterOptions {
  /** One that mutes is enough. */
  readonly strategies: readonly UserMuteStrategy[]
  readonly name?: string
}

const OF_USER = isOfKind([
  'InputAudioRawFrame',
  'VADUserStartedSpeakingFrame',
  'VADUserStoppedSpeakingFrame',
  'UserSpeakingFrame',
  'UserStartedSpeakingFrame',
  'UserStoppedSpeakingFrame',
  'ProposedUserStartedSpeakingFrame',
  'ProposedUserStoppedSpeakingFrame',
  'InterimTranscriptionFrame',
  'TranscriptionFrame',
])

/**
 * Lets nothing of the user pass while a strategy mutes: no audio, no voice activity, no transcripts. It stands ahead of
 * what must not hear; a turn processor takes the same strategies where only turns are to be muted.
 *
 * ```ts
 * new STTMuteFilter({ strategies: [new MuteUntilFirstBotCompleteUserMuteStrategy()] })
 * ```
 */
export class STTMuteFilter extends FrameProcessor {
  readonly #machine: MuteMachine
  #state: MuteState
  #botSpeaking = false
  #timer: Timer | undefined

  constructor(options: STTMuteFilterOptions) {
    super(options.name)
    this.#machine = createMuteMachine(options.strategies)
    this.#state = this.#machine.initial
  }

  /** Whether the user is ignored now. */
  get muted(): boolean {
    return this.#state.muted
  }

  override handles(_type: string): boolean {
    return false
  }

  override onStart(_frame: StartFrame, _ctx: FrameContext): void {
    // What goes to a neighbour waits there until StartFrame has passed.
    this.#reduce({ type: 'started' })
  }

  override processFrame(frame: AnyFrame, direction: FrameDirection, ctx: FrameContext): void {
    const event = turnEventOf(frame)
    const wasMuted = this.#state.muted
    const suppressed = event === undefined ? wasMuted : this.#reduce(event)
    if (!((suppressed || wasMuted) && OF_USER(frame))) ctx.push(frame, direction)
  }

  override onEnd(): void {
    this.#timer?.cancel()
  }

  override onCleanup(): void {
    this.#timer?.cancel()
  }

  /** True when the event is one that nobody else may hear of. */
  #reduce(event: TurnEvent): boolean {
    if (event.type === 'botStarted') this.#botSpeaking = true
    if (event.type === 'botStopped') this.#botSpeaking = false
    const nowMs = this.runtime.clock.nowMs()
    const { state, effects, suppressed } = this.#machine.reduce(this.#state, event, {
      nowMs,
      botSpeaking: this.#botSpeaking,
    })
    this.#state = state
    for (const effect of effects) {
      if (effect.type === 'muteStarted') this.broadcastFrame(new UserMuteStartedFrame())
      else if (effect.type === 'muteStopped') this.broadcastFrame(new UserMuteStoppedFrame())
      else if (effect.type === 'strategyFailed') this.pushError(effect.error, { code: 'mute-strategy-failed' })
    }
    this.#watch(nowMs)
    return suppressed
  }

  #watch(nowMs: number): void {
    this.#timer?.cancel()
    const { deadlineMs } = this.#state
    if (deadlineMs === undefined) return
    const wake = (): void => void this.#reduce({ type: 'time' })
    this.#timer = this.runtime.clock.setTimeout(wake, deadlineMs - nowMs)
  }
}
