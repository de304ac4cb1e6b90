import { PcError } from '../runtime/errors.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStep, TurnStartStrategy, TurnView } from './turn-strategy.ts'
import type { TranscriptionUserTurnStartStrategyOptions } from './transcription-user-turn-start-strategy.ts'

/** The options of {@link MinWordsUserTurnStartStrategy}. */
export interface MinWordsUserTurnStartStrategyOptions extends TranscriptionUserTurnStartStrategyOptions {
  /** Words that one transcript must hold while the agent speaks. */
  readonly minWords: number
}

/**
 * While the agent speaks, the user's turn begins only when one transcript holds enough words, so that an "mhm" does not
 * cut it; shorter ones are discarded. While the agent is silent one word is enough. Use it in place of the default
 * start strategies: they would start on anything.
 *
 * @throws PcError `invalid-turn-options` when `minWords` is not a whole number from 1.
 */
export class MinWordsUserTurnStartStrategy implements TurnStartStrategy<undefined> {
  readonly name = 'MinWordsUserTurnStartStrategy'
  readonly enableInterruptions: boolean
  readonly #minWords: number
  readonly #useInterim: boolean
  readonly #segmenter: Intl.Segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

  constructor(options: MinWordsUserTurnStartStrategyOptions) {
    const { minWords } = options
    if (!Number.isInteger(minWords) || minWords < 1) {
      const message = `MinWordsUserTurnStartStrategy: minWords is ${minWords}; use a whole number from 1.`
      throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
    }
    this.#minWords = minWords
    this.enableInterruptions = options.enableInterruptions ?? true
    this.#useInterim = options.useInterim ?? true
  }

  initial(): undefined {}

  on(state: undefined, event: TurnEvent, view: TurnView): TurnStartStep<undefined> {
    if (view.turnOpen || (event.type !== 'transcript' && event.type !== 'interimTranscript')) return { state }
    const enough = this.#countWords(event.text) >= (view.botSpeaking ? this.#minWords : 1)
    if (!enough) return { state, discardTranscript: true }
    return event.type === 'transcript' || this.#useInterim ? { state, decision: 'start' } : { state }
  }

  #countWords(text: string): number {
    let words = 0
    for (const { isWordLike } of this.#segmenter.segment(text)) if (isWordLike === true) words++
    return words
  }
}
