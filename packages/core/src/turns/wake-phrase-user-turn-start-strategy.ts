import { PcError } from '../runtime/errors.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStep, TurnStartStrategy, TurnStartStrategyOptions, TurnView } from './turn-strategy.ts'

/** How much of what was heard is searched for the phrase, characters. */
const HEARD_CHARACTERS = 250

/** The options of {@link WakePhraseUserTurnStartStrategy}. */
export interface WakePhraseUserTurnStartStrategyOptions extends TurnStartStrategyOptions {
  /** Any of them wakes. Case, punctuation and spaces do not matter. */
  readonly phrases: readonly string[]
  /** The phrase is wanted again after so long without a sign of the user or the agent, seconds. Default 10. */
  readonly timeoutSecs?: number
  /** The timeout counts from the phrase, whatever is said after it. Default false. */
  readonly singleActivation?: boolean
}

interface Sleep {
  /** `undefined` while asleep. */
  readonly awakeUntilMs: number | undefined
  /** What was heard while asleep. */
  readonly heard: string
}

/**
 * Nothing begins a turn until a phrase is heard: that transcript begins one, and for a while the strategies behind this
 * one decide. It must be the first of its list. Transcripts without the phrase are discarded while it sleeps. The turn
 * processor tells of it by `wakePhraseDetected` and `wakePhraseTimeout`.
 *
 * @throws PcError `invalid-turn-options` for no phrase, a phrase without words, or a timeout of no length.
 */
export class WakePhraseUserTurnStartStrategy implements TurnStartStrategy<Sleep> {
  readonly name = 'WakePhraseUserTurnStartStrategy'
  readonly enableInterruptions: boolean
  readonly #phrases: ReadonlyMap<string, string>
  readonly #timeoutMs: number
  readonly #singleActivation: boolean

  constructor(options: WakePhraseUserTurnStartStrategyOptions) {
    const { phrases, timeoutSecs = 10, singleActivation = false, enableInterruptions = true } = options
    this.#phrases = new Map(phrases.map((phrase) => [spoken(phrase), phrase]))
    if (this.#phrases.size === 0 || this.#phrases.has(' ')) {
      throw invalid(`its phrases are ${JSON.stringify(phrases)}; use at least one, each with a word`)
    }
    if (!Number.isFinite(timeoutSecs) || timeoutSecs <= 0) {
      throw invalid(`timeoutSecs is ${timeoutSecs}; use a number of seconds above 0`)
    }
    this.enableInterruptions = enableInterruptions
    this.#timeoutMs = timeoutSecs * 1000
    this.#singleActivation = singleActivation
  }

  initial(): Sleep {
    return { awakeUntilMs: undefined, heard: '' }
  }

  on(state: Sleep, event: TurnEvent, view: TurnView): TurnStartStep<Sleep> {
    const { awakeUntilMs } = state
    if (awakeUntilMs === undefined) return this.#asleep(state, event, view)
    // Whoever is in the middle of a turn, or spoken to, is not sent to sleep.
    const busy = view.turnOpen || view.userSpeaking || view.botSpeaking
    const active = !this.#singleActivation && (busy || isActivity(event))
    const untilMs = active ? view.nowMs + this.#timeoutMs : awakeUntilMs
    if (view.nowMs < untilMs) return { state: { awakeUntilMs: untilMs, heard: '' }, deadlineMs: untilMs }
    const asleep = this.#asleep(this.initial(), event, view)
    return asleep.decision === 'start' ? asleep : { ...asleep, notice: { type: 'wakePhraseTimeout' } }
  }

  #asleep(state: Sleep, event: TurnEvent, view: TurnView): TurnStartStep<Sleep> {
    // A turn that others opened while it was awake is not robbed of its words.
    if (event.type !== 'transcript') {
      return { state, decision: 'hold', discardTranscript: event.type === 'interimTranscript' && !view.turnOpen }
    }
    const heard = `${state.heard}${spoken(event.text)}`.replace(/ +/g, ' ').slice(-HEARD_CHARACTERS)
    const phrase = [...this.#phrases].find(([words]) => heard.includes(words))?.[1]
    if (phrase === undefined) return { state: { ...state, heard }, decision: 'hold', discardTranscript: !view.turnOpen }
    const awakeUntilMs = view.nowMs + this.#timeoutMs
    return {
      state: { awakeUntilMs, heard: '' },
      decision: 'start',
      deadlineMs: awakeUntilMs,
      notice: { type: 'wakePhraseDetected', phrase },
    }
  }
}

/** The words alone, each between spaces, so that a phrase matches whole words only. */
function spoken(text: string): string {
  const words = text.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\s]+/gu, '')
  return ` ${words} `.replace(/\s+/g, ' ')
}

function isActivity(event: TurnEvent): boolean {
  switch (event.type) {
    case 'vadStarted':
    case 'vadSpeaking':
    case 'vadStopped':
    case 'externalStarted':
    case 'externalStopped':
    case 'interimTranscript':
    case 'transcript':
    case 'botStarted':
    case 'botSpeaking':
    case 'botStopped':
      return true
    default:
      return false
  }
}

function invalid(fault: string): PcError {
  return new PcError(`WakePhraseUserTurnStartStrategy: ${fault}.`, { code: 'invalid-turn-options', kind: 'config' })
}
