import { PcError } from '../runtime/errors.ts'
import { TurnAnalysis } from './turn-analysis.ts'
import type { TurnAnalyzer } from './turn-analyzer.ts'
import type { TurnEvent } from './turn-events.ts'
import type {
  TurnStopStep,
  TurnStopStrategy,
  TurnStrategyAttachment,
  TurnStrategyHost,
  TurnView,
} from './turn-strategy.ts'
import { patientMs } from './user-turn-expectation.ts'

/** The options of {@link TurnAnalyzerUserTurnStopStrategy}. */
export interface TurnAnalyzerUserTurnStopStrategyOptions {
  readonly turnAnalyzer: TurnAnalyzer
  /** Whether the turn stays open until there are words. Default true. */
  readonly waitForTranscript?: boolean
  /** A verdict that takes longer is not waited for, seconds. Default 0.05. */
  readonly analysisTimeoutSecs?: number
  /** How long the user must be silent where there is no verdict, seconds. Default 0.6. */
  readonly userSpeechTimeoutSecs?: number
}

interface Judged {
  readonly hasText: boolean
  /** The recogniser has said its last word on what was spoken so far. */
  readonly finalized: boolean
  /** Voice detection has seen voice end in this turn. */
  readonly voiceStopped: boolean
  /** Since when the user is silent; `undefined` while they speak. */
  readonly silentSinceMs: number | undefined
  /** When words that are still being recognised are no longer waited for. */
  readonly recognisedAtMs: number
  /** `none`: there will be none, silence decides. */
  readonly verdict: 'pending' | 'complete' | 'incomplete' | 'none'
  /** When a verdict is no longer waited for. */
  readonly verdictByMs: number
}

/**
 * The user's turn ends when a {@link TurnAnalyzer} takes it for complete and the recogniser had its time: until it
 * finalized its transcript, or for the latency it stated, counted from the end of speech and not from the verdict. An
 * incomplete turn goes on until the user speaks, the analyzer changes its mind, or the stop timeout comes. Where there
 * is no verdict in time, or no voice was detected, silence decides.
 *
 * @throws PcError `invalid-turn-options` for a timeout that is not a number of seconds above 0.
 */
export class TurnAnalyzerUserTurnStopStrategy implements TurnStopStrategy<Judged> {
  readonly name = 'TurnAnalyzerUserTurnStopStrategy'
  readonly #analyzer: TurnAnalyzer
  readonly #waitForTranscript: boolean
  readonly #analysisMs: number
  readonly #speechTimeoutMs: number

  constructor(options: TurnAnalyzerUserTurnStopStrategyOptions) {
    const { turnAnalyzer, waitForTranscript = true, analysisTimeoutSecs = 0.05, userSpeechTimeoutSecs = 0.6 } = options
    for (const [name, value] of Object.entries({ analysisTimeoutSecs, userSpeechTimeoutSecs })) {
      if (Number.isFinite(value) && value > 0) continue
      const message = `${this.name}: ${name} is ${value}; use a number of seconds above 0.`
      throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
    }
    this.#analyzer = turnAnalyzer
    this.#waitForTranscript = waitForTranscript
    this.#analysisMs = analysisTimeoutSecs * 1000
    this.#speechTimeoutMs = userSpeechTimeoutSecs * 1000
  }

  async attach(host: TurnStrategyHost): Promise<TurnStrategyAttachment> {
    await this.#analyzer.load(host.runtime)
    return new TurnAnalysis(host, { analyzer: this.#analyzer, strategy: this.name, deadlineMs: this.#analysisMs })
  }

  initial(): Judged {
    return {
      hasText: false,
      finalized: false,
      voiceStopped: false,
      silentSinceMs: undefined,
      recognisedAtMs: 0,
      verdict: 'none',
      verdictByMs: 0,
    }
  }

  on(before: Judged, event: TurnEvent, view: TurnView): TurnStopStep<Judged> {
    const state = this.#after(before, event, view)
    if (state.silentSinceMs === undefined) return { state }
    if (state.verdict === 'pending') return { state, deadlineMs: state.verdictByMs }
    // After a yes or no there is nothing to wait for, whatever it sounds like.
    if (state.verdict === 'incomplete' && view.expectation !== 'yesNo') return { state }
    const silenceMs = patientMs(state.verdict === 'complete' ? 0 : this.#speechTimeoutMs, view)
    const silentAtMs = state.silentSinceMs + silenceMs
    const doneAtMs = state.finalized ? silentAtMs : Math.max(silentAtMs, state.recognisedAtMs)
    if (view.nowMs < doneAtMs) return { state, deadlineMs: doneAtMs }
    return state.hasText || !this.#waitForTranscript ? { state, decision: 'commitAndStop' } : { state }
  }

  #after(state: Judged, event: TurnEvent, view: TurnView): Judged {
    const { nowMs } = view
    switch (event.type) {
      case 'vadStarted':
      case 'externalStarted':
      case 'proposedStarted':
        return { ...state, finalized: false, silentSinceMs: undefined, verdict: 'none' }
      case 'vadStopped':
        return {
          ...state,
          voiceStopped: true,
          silentSinceMs: nowMs,
          recognisedAtMs: nowMs + Math.max(0, view.sttLatencyMs - event.stopSecs * 1000),
          verdict: 'pending',
          verdictByMs: nowMs + this.#analysisMs,
        }
      case 'externalStopped':
      case 'proposedStopped':
        return {
          ...state,
          voiceStopped: true,
          silentSinceMs: nowMs,
          recognisedAtMs: nowMs + view.sttLatencyMs,
          verdict: 'none',
        }
      case 'verdict':
        if (event.strategy !== this.name || view.userSpeaking) return state
        if (event.complete) return { ...state, verdict: 'complete', silentSinceMs: state.silentSinceMs ?? nowMs }
        return state.verdict === 'pending' ? { ...state, verdict: 'incomplete' } : state
      case 'noVerdict':
        return event.strategy === this.name && state.verdict === 'pending' ? { ...state, verdict: 'none' } : state
      case 'interimTranscript':
      case 'transcript':
        return this.#transcribed(state, event, view)
      case 'time':
        return state.verdict === 'pending' && nowMs >= state.verdictByMs ? { ...state, verdict: 'none' } : state
      default:
        return state
    }
  }

  #transcribed(state: Judged, event: TurnEvent & { readonly text: string }, view: TurnView): Judged {
    // Without a detector's word, every transcript starts the silence anew.
    const unheard = !state.voiceStopped && !view.userSpeaking
    const silence = { ...(unheard && { silentSinceMs: view.nowMs, verdict: 'none' as const }) }
    if (event.type !== 'transcript') return { ...state, finalized: false, ...silence }
    return {
      ...state,
      ...silence,
      hasText: state.hasText || event.text.trim() !== '',
      finalized: state.finalized || event.finalized,
    }
  }
}
