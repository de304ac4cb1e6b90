import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStep, TurnStartStrategy, TurnStartStrategyOptions } from './turn-strategy.ts'

/**
 * The user's turn begins when another part of the pipeline says so: a proposal is taken up, announced, and interrupts
 * the agent; a turn that is announced already is taken over without a word.
 */
export class ExternalUserTurnStartStrategy implements TurnStartStrategy<undefined> {
  readonly name = 'ExternalUserTurnStartStrategy'
  readonly enableInterruptions: boolean
  readonly resolvesProposals = true

  constructor(options: TurnStartStrategyOptions = {}) {
    this.enableInterruptions = options.enableInterruptions ?? true
  }

  initial(): undefined {}

  on(state: undefined, event: TurnEvent): TurnStartStep<undefined> {
    switch (event.type) {
      case 'proposedStarted':
        return { state, decision: 'start' }
      case 'externalStarted':
        return { state, decision: 'start', announce: false, interrupt: false }
      default:
        return { state }
    }
  }
}
