import { LLMTurnCompletionUserTurnStopStrategy } from './completion-user-turn-stop-strategy.ts'
import { deferred } from './deferred.ts'
import { ExternalUserTurnStartStrategy } from './external-user-turn-start-strategy.ts'
import { ExternalUserTurnStopStrategy } from './external-user-turn-stop-strategy.ts'
import { SpeechTimeoutUserTurnStopStrategy } from './speech-timeout-user-turn-stop-strategy.ts'
import type { TurnCompletionConfig } from './turn-completion.ts'
import type { TurnStartStrategy, TurnStopStrategy, UserTurnStrategies } from './turn-strategy.ts'

/** Turns begin and end as another part of the pipeline says: a recogniser with a turn detection of its own. */
export class ExternalUserTurnStrategies implements UserTurnStrategies {
  readonly start: readonly TurnStartStrategy[] = [new ExternalUserTurnStartStrategy()]
  readonly stop: readonly TurnStopStrategy[] = [new ExternalUserTurnStopStrategy()]
}

/** What {@link FilterIncompleteUserTurnStrategies} takes. */
export interface FilterIncompleteUserTurnStrategiesOptions extends UserTurnStrategies {
  readonly config?: TurnCompletionConfig
}

/**
 * Turns end when the language model takes them for complete. The stop strategies, by default the speech timeout, only
 * tell when it is asked.
 */
export class FilterIncompleteUserTurnStrategies implements UserTurnStrategies {
  declare readonly start?: readonly TurnStartStrategy[]
  readonly stop: readonly TurnStopStrategy[]

  constructor(options: FilterIncompleteUserTurnStrategiesOptions = {}) {
    const { start, stop = [new SpeechTimeoutUserTurnStopStrategy()], config } = options
    if (start !== undefined) this.start = start
    this.stop = [...stop.map((strategy) => deferred(strategy)), new LLMTurnCompletionUserTurnStopStrategy(config)]
  }
}
