import { PcError } from '../runtime/errors.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStopStep, TurnStopStrategy, TurnView } from './turn-strategy.ts'
import { patientMs } from './user-turn-expectation.ts'

/** The options of {@link SpeechTimeoutUserTurnStopStrategy}. */
export interface SpeechTimeoutUserTurnStopStrategyOptions {
  /** How long the user must be silent, seconds. Default 0.6. */
  readonly userSpeechTimeoutSecs?: number
  /** Whether the turn stays open until there are words. Default true. */
  readonly waitForTranscript?: boolean
}

interface Pause {
  readonly hasText: boolean
  /** The recogniser has said its last word on what was spoken so far. */
  readonly finalized: boolean
  /** The detector has seen voice end in this turn. */
  readonly voiceStopped: boolean
  /** When the silence is long enough; `undefined` while it does not run. */
  readonly silentAtMs: number | undefined
  /** When words that are still being recognised are no longer waited for. */
  readonly recognisedAtMs: number
}

/**
 * The user's turn ends when the user has been silent long enough and the recogniser had its time: until it finalized
 * its transcript, or for the latency it stated. Where a transcript came and no voice was detected, silence is counted
 * from the last transcript. Where something is expected from the user, the silence is as long as that takes.
 *
 * @throws PcError `invalid-turn-options` when `userSpeechTimeoutSecs` is not a number of seconds.
 */
export class SpeechTimeoutUserTurnStopStrategy implements TurnStopStrategy<Pause> {
  readonly name = 'SpeechTimeoutUserTurnStopStrategy'
  readonly #speechTimeoutMs: number
  readonly #waitForTranscript: boolean

  constructor(options: SpeechTimeoutUserTurnStopStrategyOptions = {}) {
    const timeoutSecs = options.userSpeechTimeoutSecs ?? 0.6
    if (!Number.isFinite(timeoutSecs) || timeoutSecs < 0) {
      throw new PcError(`userSpeechTimeoutSecs is ${timeoutSecs}; use a number of seconds, 0 or more.`, {
        code: 'invalid-turn-options',
        kind: 'config',
      })
    }
    this.#speechTimeoutMs = timeoutSecs * 1000
    this.#waitForTranscript = options.waitForTranscript ?? true
  }

  initial(): Pause {
    return { hasText: false, finalized: false, voiceStopped: false, silentAtMs: undefined, recognisedAtMs: 0 }
  }

  on(before: Pause, event: TurnEvent, view: TurnView): TurnStopStep<Pause> {
    const state = this.#after(before, event, view)
    if (state.silentAtMs === undefined) return { state }
    const doneAtMs = state.finalized ? state.silentAtMs : Math.max(state.silentAtMs, state.recognisedAtMs)
    if (view.nowMs < doneAtMs) return { state, deadlineMs: doneAtMs }
    return state.hasText || !this.#waitForTranscript ? { state, decision: 'commitAndStop' } : { state }
  }

  #after(state: Pause, event: TurnEvent, view: TurnView): Pause {
    const { nowMs } = view
    const silentAtMs = nowMs + patientMs(this.#speechTimeoutMs, view)
    /** Without a detector's word, every transcript starts the silence anew. */
    const unheard = !state.voiceStopped && !view.userSpeaking
    switch (event.type) {
      case 'vadStarted':
      case 'externalStarted':
      case 'proposedStarted':
        return { ...state, finalized: false, silentAtMs: undefined }
      case 'vadStopped':
        return this.#stopped(state, view, event.stopSecs)
      case 'externalStopped':
      case 'proposedStopped':
        return this.#stopped(state, view, 0)
      case 'interimTranscript':
        return { ...state, finalized: false, ...(unheard && { silentAtMs }) }
      case 'transcript':
        return {
          ...state,
          hasText: state.hasText || event.text.trim() !== '',
          finalized: state.finalized || event.finalized,
          ...(unheard && { silentAtMs, recognisedAtMs: nowMs }),
        }
      default:
        return state
    }
  }

  #stopped(state: Pause, view: TurnView, stopSecs: number): Pause {
    return {
      ...state,
      voiceStopped: true,
      silentAtMs: view.nowMs + patientMs(this.#speechTimeoutMs, view),
      recognisedAtMs: view.nowMs + Math.max(0, view.sttLatencyMs - stopSecs * 1000),
    }
  }
}
