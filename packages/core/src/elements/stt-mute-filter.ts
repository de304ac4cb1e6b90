import {
  UserMuteStartedFrame,
  UserMuteStoppedFrame,
  VADUserStartedSpeakingFrame,
  VADUserStoppedSpeakingFrame,
} from '../frames/turn.ts'
import type { AnyFrame, FrameDirection } from '../frames/frame.ts'
import type { StartFrame } from '../frames/lifecycle.ts'
import type { FrameContext } from '../processor/frame-context.ts'
import { FrameProcessor } from '../processor/frame-processor.ts'
import type { Timer } from '../runtime/clock.ts'
import { createMuteMachine, type MuteMachine, type MuteState } from '../turns/mute-machine.ts'
import { type TurnEvent, turnEventOf } from '../turns/turn-events.ts'
import { earliest } from '../turns/turn-machine.ts'
import type { UserMuteStrategy } from '../turns/user-mute-strategy.ts'
import { isOfKind } from './frame-kinds.ts'

/** The options of {@link STTMuteFilter}. */
export interface STTMuteFilterOptions {
  /** One that mutes is enough. */
  readonly strategies: readonly UserMuteStrategy[]
  readonly name?: string
}

/** An agent whose end is never told is believed for so long, milliseconds. */
const BOT_LOST_MS = 30_000

const isUserAudio = isOfKind(['InputAudioRawFrame'])

/**
 * Lets nothing of the user pass while a strategy mutes: no audio, no voice activity, no transcripts. A voice that is
 * muted is over for those behind, and one that outlasts the mute begins where that ends. It stands ahead of what must not
 * hear; a turn processor takes the same strategies where only turns are to be muted.
 *
 * ```ts
 * new STTMuteFilter({ strategies: [new MuteUntilFirstBotCompleteUserMuteStrategy()] })
 * ```
 */
export class STTMuteFilter extends FrameProcessor {
  readonly #machine: MuteMachine
  #state: MuteState
  /** Until when the agent is believed to speak without a further sign; `undefined`: it is silent. */
  #botUntilMs: number | undefined
  /** The user is audible, muted or not. */
  #voice = false
  /** Those behind know of a voice. */
  #voiceTold = false
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
    const passes = event === undefined ? !(this.#state.muted && isUserAudio(frame)) : !this.#reduce(event)
    if (passes) ctx.push(frame, direction)
    if (direction === 'downstream' && (event?.type === 'vadStarted' || event?.type === 'vadStopped')) {
      this.#voice = event.type === 'vadStarted'
      if (passes) this.#voiceTold = this.#voice
    }
    this.#tellVoice()
  }

  override onEnd(): void {
    this.#timer?.cancel()
  }

  override onCleanup(): void {
    this.#timer?.cancel()
  }

  #tellVoice(): void {
    const audible = this.#voice && !this.#state.muted
    if (audible === this.#voiceTold) return
    this.#voiceTold = audible
    this.pushFrame(audible ? new VADUserStartedSpeakingFrame() : new VADUserStoppedSpeakingFrame())
  }

  /** True when the event is one that nobody else may hear of. */
  #reduce(event: TurnEvent): boolean {
    const nowMs = this.runtime.clock.nowMs()
    const speaks = event.type === 'botStarted' || (event.type === 'botSpeaking' && this.#botUntilMs !== undefined)
    if (speaks) this.#botUntilMs = nowMs + BOT_LOST_MS
    if (event.type === 'botStopped') this.#botUntilMs = undefined
    const { state, effects, suppressed } = this.#machine.reduce(this.#state, event, {
      nowMs,
      botSpeaking: this.#botUntilMs !== undefined,
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
    const deadlineMs = earliest([this.#state.deadlineMs, this.#botUntilMs])
    if (deadlineMs === undefined) return
    const wake = (): void => {
      this.#reduce({ type: deadlineMs === this.#botUntilMs ? 'botStopped' : 'time' })
      this.#tellVoice()
    }
    this.#timer = this.runtime.clock.setTimeout(wake, deadlineMs - nowMs)
  }
}
