import { muteTimeoutMs } from './mute-timeout.ts'
import type { TurnEvent } from './turn-events.ts'
import type { MuteView, UserMuteStep, UserMuteStrategy } from './user-mute-strategy.ts'

/** The options of {@link FunctionCallUserMuteStrategy}. */
export interface FunctionCallUserMuteStrategyOptions {
  /** A call that has not settled for so long mutes the user no longer, seconds. Default 60. */
  readonly timeoutSecs?: number
}

interface OpenCall {
  readonly id: string
  readonly untilMs: number
}

/**
 * Mutes the user while functions run.
 *
 * @throws PcError `invalid-turn-options` for a timeout that is not a number of seconds above 0.
 */
export class FunctionCallUserMuteStrategy implements UserMuteStrategy<readonly OpenCall[]> {
  readonly name = 'FunctionCallUserMuteStrategy'
  readonly #timeoutMs: number

  constructor(options: FunctionCallUserMuteStrategyOptions = {}) {
    this.#timeoutMs = muteTimeoutMs(this.name, options.timeoutSecs ?? 60)
  }

  initial(): readonly OpenCall[] {
    return []
  }

  on(before: readonly OpenCall[], event: TurnEvent, { nowMs }: MuteView): UserMuteStep<readonly OpenCall[]> {
    const state = this.#after(before, event, nowMs).filter(({ untilMs }) => untilMs > nowMs)
    const muted = state.length > 0
    return { state, muted, ...(muted && { deadlineMs: Math.min(...state.map(({ untilMs }) => untilMs)) }) }
  }

  #after(calls: readonly OpenCall[], event: TurnEvent, nowMs: number): readonly OpenCall[] {
    if (event.type === 'toolCallSettled') return calls.filter(({ id }) => id !== event.toolCallId)
    if (event.type !== 'toolCallsStarted') return calls
    const fresh = event.toolCallIds.filter((id) => calls.every((call) => call.id !== id))
    return [...calls, ...fresh.map((id) => ({ id, untilMs: nowMs + this.#timeoutMs }))]
  }
}
