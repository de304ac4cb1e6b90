import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStep, TurnStartStrategy, TurnStartStrategyOptions } from './turn-strategy.ts'

/** The user's turn begins when voice is detected. */
export class VADUserTurnStartStrategy implements TurnStartStrategy<undefined> {
  readonly name = 'VADUserTurnStartStrategy'
  readonly enableInterruptions: boolean

  constructor(options: TurnStartStrategyOptions = {}) {
    this.enableInterruptions = options.enableInterruptions ?? true
  }

  initial(): undefined {}

  on(state: undefined, event: TurnEvent): TurnStartStep<undefined> {
    return event.type === 'vadStarted' ? { state, decision: 'start' } : { state }
  }
}
