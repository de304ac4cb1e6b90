import { LLMTurnCompletionFrame } from '../frames/turn.ts'
import { type TurnCompletionConfig, turnCompletionDefaults } from './turn-completion.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStopStep, TurnStopStrategy, TurnStrategyAttachment, TurnStrategyHost } from './turn-strategy.ts'

const on = (state: undefined, event: TurnEvent): TurnStopStep<undefined> =>
  event.type === 'inferenceCompleted' ? { state, decision: 'stop' } : { state }

/**
 * The user's turn ends when whoever answers it says so, by a UserTurnInferenceCompletedFrame. Ahead of it belongs a
 * strategy that passes the words on, such as `deferred(new SpeechTimeoutUserTurnStopStrategy())`.
 */
export class ExternalUserTurnCompletionStopStrategy implements TurnStopStrategy<undefined> {
  readonly name = 'ExternalUserTurnCompletionStopStrategy'
  readonly on: TurnStopStrategy<undefined>['on'] = on

  initial(): undefined {}
}

/**
 * The user's turn ends when the language model takes it for complete: the model is told to begin each answer with a
 * mark, answers of the kind "not finished" are kept from the user, and a user who does not go on is asked to.
 *
 * @throws PcError `invalid-turn-options` for a timeout that is not a number of seconds above 0.
 */
export class LLMTurnCompletionUserTurnStopStrategy implements TurnStopStrategy<undefined> {
  readonly name = 'LLMTurnCompletionUserTurnStopStrategy'
  readonly on: TurnStopStrategy<undefined>['on'] = on
  readonly #config: TurnCompletionConfig

  constructor(config: TurnCompletionConfig = {}) {
    this.#config = turnCompletionDefaults(config)
  }

  initial(): undefined {}

  attach(host: TurnStrategyHost): TurnStrategyAttachment {
    return {
      onStart: () => host.pushFrame(new LLMTurnCompletionFrame(this.#config)),
      close: (reason) => {
        if (reason === 'replaced') host.pushFrame(new LLMTurnCompletionFrame(undefined))
      },
    }
  }
}
