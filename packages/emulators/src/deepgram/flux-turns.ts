import { reached, SpeechOnset } from './speech-onset.ts'
import { splitWords, spreadWords } from './words.ts'
import type { TimedWord } from './words.ts'

/** The events of a Flux turn. */
export type TurnEvent = 'StartOfTurn' | 'Update' | 'EagerEndOfTurn' | 'TurnResumed' | 'EndOfTurn'

/** What ended a turn. */
export type TurnTrigger = 'model' | 'manual' | 'timeout'

/** One `TurnInfo` to be sent. */
export interface TurnReport {
  readonly event: TurnEvent
  readonly turnIndex: number
  readonly startSecs: number
  readonly endSecs: number
  /** All words of the turn so far. */
  readonly words: readonly TimedWord[]
  readonly confidence: number
  readonly trigger?: TurnTrigger
}

/** When turns end; a client may change it in mid-stream. */
export interface TurnThresholds {
  /** Confidence for `EagerEndOfTurn`; absent for none. */
  readonly eagerEotThreshold?: number
  /** Confidence for `EndOfTurn`. */
  readonly eotThreshold: number
  /** Silence that ends a turn whatever the confidence. */
  readonly eotTimeoutSecs: number
}

/** Where the words come from and where the reports go. */
export interface TurnPorts {
  readonly thresholds: () => TurnThresholds
  /** What the turn says. */
  readonly sentence: (turnIndex: number, startSecs: number) => string
  /** What a resumed turn says beyond that, if anything. */
  readonly continuation: () => string | undefined
  readonly emit: (report: TurnReport) => void
}

const WORD_SECS = 0.3
const UPDATE_SECS = 0.24
// Confidence that the turn is over grows with the silence: a threshold of 0.7 is reached after 0.7 s.
const CONFIDENCE_PER_SEC = 1
const HIGHEST_CONFIDENCE = 0.99

interface Turn {
  readonly startSecs: number
  words: readonly string[]
  said: number
  lastLoudSecs: number
  nextUpdateSecs: number
  eager: boolean
}

/** Turns loud and quiet windows into the turns of the Flux protocol, in its legal order of events. */
export class TurnRecognizer {
  readonly #ports: TurnPorts
  readonly #onset = new SpeechOnset()
  #turn: Turn | undefined
  #turnIndex = 0

  constructor(ports: TurnPorts) {
    this.#ports = ports
  }

  /** Takes the next 20 ms. */
  hear(loud: boolean): void {
    const beganSecs = this.#onset.next(loud)
    if (this.#turn) this.#continueTurn(this.#turn, loud)
    else if (beganSecs !== undefined) this.#startTurn(beganSecs)
  }

  /** Ends an open turn. */
  end(trigger: TurnTrigger): void {
    const turn = this.#turn
    if (!turn) return
    turn.said = turn.words.length
    this.#turn = undefined
    this.#report(turn, 'EndOfTurn', trigger)
    this.#turnIndex += 1
  }

  #startTurn(startSecs: number): void {
    const nowSecs = this.#onset.positionSecs
    const turn: Turn = {
      startSecs,
      words: splitWords(this.#ports.sentence(this.#turnIndex, startSecs)),
      said: 1,
      lastLoudSecs: nowSecs,
      nextUpdateSecs: nowSecs + UPDATE_SECS,
      eager: false,
    }
    this.#turn = turn
    this.#report(turn, 'StartOfTurn')
  }

  #continueTurn(turn: Turn, loud: boolean): void {
    const { eagerEotThreshold = Infinity, eotThreshold, eotTimeoutSecs } = this.#ports.thresholds()
    const nowSecs = this.#onset.positionSecs
    if (loud) this.#hearSpeech(turn)
    const confidence = this.#confidence(turn)
    if (confidence >= eotThreshold) return this.end('model')
    if (reached(nowSecs - turn.lastLoudSecs, eotTimeoutSecs)) return this.end('timeout')
    if (turn.eager) return
    if (confidence >= eagerEotThreshold) {
      turn.eager = true
      turn.said = turn.words.length
      this.#report(turn, 'EagerEndOfTurn')
    } else if (reached(nowSecs, turn.nextUpdateSecs)) {
      turn.nextUpdateSecs += UPDATE_SECS
      this.#report(turn, 'Update')
    }
  }

  #hearSpeech(turn: Turn): void {
    const nowSecs = this.#onset.positionSecs
    turn.lastLoudSecs = nowSecs
    const said = 1 + Math.floor((nowSecs - turn.startSecs) / WORD_SECS)
    turn.said = Math.max(turn.said, Math.min(said, turn.words.length))
    if (!turn.eager) return
    turn.eager = false
    turn.words = [...turn.words, ...splitWords(this.#ports.continuation() ?? '')]
    turn.nextUpdateSecs = nowSecs + UPDATE_SECS
    this.#report(turn, 'TurnResumed')
  }

  #confidence({ lastLoudSecs }: Turn): number {
    const silenceSecs = this.#onset.positionSecs - lastLoudSecs
    const confidence = Math.round(silenceSecs * CONFIDENCE_PER_SEC * 100) / 100
    return Math.min(HIGHEST_CONFIDENCE, confidence)
  }

  #report(turn: Turn, event: TurnEvent, trigger?: TurnTrigger): void {
    this.#ports.emit({
      event,
      turnIndex: this.#turnIndex,
      startSecs: turn.startSecs,
      endSecs: this.#onset.positionSecs,
      words: spreadWords(turn.words.slice(0, turn.said), turn.startSecs, turn.lastLoudSecs),
      confidence: this.#confidence(turn),
      ...(trigger && { trigger }),
    })
  }
}
