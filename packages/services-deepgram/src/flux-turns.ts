import type { STTEvent } from '@pc/core'
import type { Json } from './json.ts'
import { heardLanguage } from './listen-results.ts'

/** What {@link FluxTurns} cannot know from a message. */
export interface FluxStream {
  /** BCP-47, where the model does not say what it heard. */
  readonly language: string | undefined
  /** How much of the stream was silence that is not part of the recording, seconds. */
  readonly filledSecs: number
}

/** Reads the turns of one listen v2 connection. */
export class FluxTurns {
  #open = false
  #lastSequence = -1

  /** A turn has begun and not ended. */
  get open(): boolean {
    return this.#open
  }

  /** What a TurnInfo message says; its words are all words of the turn so far. */
  *read(message: Json, { language, filledSecs }: FluxStream): Iterable<STTEvent> {
    const { event, transcript, audio_window_end: endSecs, languages, sequence_id: sequence } = message
    if (typeof sequence === 'number') {
      // It was delivered twice.
      if (sequence <= this.#lastSequence) return
      this.#lastSequence = sequence
    }
    const words = {
      text: typeof transcript === 'string' ? transcript : '',
      language: heardLanguage(languages) ?? language,
      result: message,
    }
    switch (event) {
      case 'StartOfTurn':
        this.#open = true
        yield { type: 'turnStarted' }
        break
      case 'TurnResumed':
        yield { type: 'turnResumed' }
        break
      case 'EndOfTurn':
        this.#open = false
        yield {
          type: 'final',
          ...words,
          finalized: true,
          ...(typeof endSecs === 'number' && { endSecs: Math.max(0, endSecs - filledSecs) }),
        }
        yield { type: 'turnEnded' }
        return
      case 'Update':
      case 'EagerEndOfTurn':
        break
      default:
        return
    }
    yield { type: 'interim', ...words }
    if (event === 'EagerEndOfTurn') yield { type: 'eagerTurnEnd' }
  }
}
