import { PcError } from '../runtime/errors.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStopStep, TurnStopStrategy, TurnView } from './turn-strategy.ts'

/** The options of {@link ExternalUserTurnStopStrategy}. */
export interface ExternalUserTurnStopStrategyOptions {
  /** After the end that was reported, how long to wait for more of a transcript that is not final, seconds. Default 0.5. */
  readonly timeoutSecs?: number
  /** Whether the turn stays open until there are words. Default true. */
  readonly waitForTranscript?: boolean
}

interface Report {
  /** How the end was reported; `undefined` while it was not. */
  readonly stopped: 'proposed' | 'announced' | undefined
  /** When nothing more is waited for. */
  readonly quietAtMs: number
  readonly hasText: boolean
  /** The recogniser works on words that it has not handed over. */
  readonly outstanding: boolean
  readonly finalized: boolean
}

/**
 * The user's turn ends when another part of the pipeline says so and the words are there. A turn whose end is announced
 * already ends without a word.
 *
 * @throws PcError `invalid-turn-options` for a timeout that is not a number of seconds.
 */
export class ExternalUserTurnStopStrategy implements TurnStopStrategy<Report> {
  readonly name = 'ExternalUserTurnStopStrategy'
  readonly resolvesProposals = true
  readonly #timeoutMs: number
  readonly #waitForTranscript: boolean

  constructor(options: ExternalUserTurnStopStrategyOptions = {}) {
    const { timeoutSecs = 0.5, waitForTranscript = true } = options
    if (!Number.isFinite(timeoutSecs) || timeoutSecs < 0) {
      const message = `ExternalUserTurnStopStrategy: timeoutSecs is ${timeoutSecs}; use a number of seconds, 0 or more.`
      throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
    }
    this.#timeoutMs = timeoutSecs * 1000
    this.#waitForTranscript = waitForTranscript
  }

  initial(): Report {
    return { stopped: undefined, quietAtMs: 0, hasText: false, outstanding: false, finalized: false }
  }

  on(before: Report, event: TurnEvent, { nowMs }: TurnView): TurnStopStep<Report> {
    const state = after(before, event, nowMs + this.#timeoutMs)
    if (state.stopped === undefined) return { state }
    const announce = state.stopped === 'proposed'
    if (!this.#waitForTranscript) return { state, decision: 'commitAndStop', announce }
    if (!state.hasText || state.outstanding) return { state }
    if (!state.finalized && nowMs < state.quietAtMs) return { state, deadlineMs: state.quietAtMs }
    return { state, decision: 'commitAndStop', announce }
  }
}

function after(state: Report, event: TurnEvent, quietAtMs: number): Report {
  switch (event.type) {
    case 'proposedStarted':
    case 'externalStarted':
      return { ...state, stopped: undefined, finalized: false }
    case 'proposedStopped':
      return { ...state, stopped: 'proposed', quietAtMs }
    case 'externalStopped':
      return { ...state, stopped: 'announced', quietAtMs }
    case 'interimTranscript':
      return { ...state, outstanding: true, finalized: false, quietAtMs }
    case 'transcript':
      return {
        ...state,
        hasText: state.hasText || event.text.trim() !== '',
        outstanding: false,
        finalized: event.finalized,
        quietAtMs,
      }
    default:
      return state
  }
}
