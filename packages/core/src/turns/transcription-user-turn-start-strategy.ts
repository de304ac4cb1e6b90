import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStep, TurnStartStrategy, TurnStartStrategyOptions } from './turn-strategy.ts'

/** The options of {@link TranscriptionUserTurnStartStrategy}. */
export interface TranscriptionUserTurnStartStrategyOptions extends TurnStartStrategyOptions {
  /** Whether interim transcripts count. Default true. */
  readonly useInterim?: boolean
}

/** The user's turn begins when words are recognised: it catches speech that voice detection missed. */
export class TranscriptionUserTurnStartStrategy implements TurnStartStrategy<undefined> {
  readonly name = 'TranscriptionUserTurnStartStrategy'
  readonly enableInterruptions: boolean
  readonly #useInterim: boolean

  constructor(options: TranscriptionUserTurnStartStrategyOptions = {}) {
    this.enableInterruptions = options.enableInterruptions ?? true
    this.#useInterim = options.useInterim ?? true
  }

  initial(): undefined {}

  on(state: undefined, event: TurnEvent): TurnStartStep<undefined> {
    const heard = event.type === 'transcript' || (event.type === 'interimTranscript' && this.#useInterim)
    return heard && event.text.trim() !== '' ? { state, decision: 'start' } : { state }
  }
}
