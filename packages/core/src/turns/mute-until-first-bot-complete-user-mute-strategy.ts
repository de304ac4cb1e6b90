import { muteTimeoutMs } from './mute-timeout.ts'
import type { TurnEvent } from './turn-events.ts'
import type { MuteView, UserMuteStep, UserMuteStrategy } from './user-mute-strategy.ts'

/** The options of {@link MuteUntilFirstBotCompleteUserMuteStrategy}. */
export interface MuteUntilFirstBotCompleteUserMuteStrategyOptions {
  /** The user is heard all the same when the agent has not begun to speak for so long, seconds. Default 30. */
  readonly timeoutSecs?: number
}

interface Waiting {
  readonly over: boolean
  /** `undefined` before the session runs. */
  readonly untilMs: number | undefined
}

/**
 * Mutes the user from the start until the agent has finished speaking for the first time.
 *
 * @throws PcError `invalid-turn-options` for a timeout that is not a number of seconds above 0.
 */
export class MuteUntilFirstBotCompleteUserMuteStrategy implements UserMuteStrategy<Waiting> {
  readonly name = 'MuteUntilFirstBotCompleteUserMuteStrategy'
  readonly #timeoutMs: number

  constructor(options: MuteUntilFirstBotCompleteUserMuteStrategyOptions = {}) {
    this.#timeoutMs = muteTimeoutMs(this.name, options.timeoutSecs ?? 30)
  }

  initial(): Waiting {
    return { over: false, untilMs: undefined }
  }

  on(before: Waiting, event: TurnEvent, { nowMs, botSpeaking }: MuteView): UserMuteStep<Waiting> {
    const untilMs = before.untilMs ?? nowMs + this.#timeoutMs
    const over = before.over || event.type === 'botStopped' || (!botSpeaking && nowMs >= untilMs)
    return { state: { over, untilMs }, muted: !over, ...(!over && !botSpeaking && { deadlineMs: untilMs }) }
  }
}
