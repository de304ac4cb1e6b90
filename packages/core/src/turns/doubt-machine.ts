import type { DoubtRules } from './false-interruptions.ts'
import { isOfUser } from './mute-machine.ts'
import type { TurnEvent } from './turn-events.ts'
import { earliest, type TurnMachine } from './turn-machine.ts'
import { isOpen, type TurnEffect, type TurnState } from './turn-state.ts'

/** A voice while the agent speaks, that may be none that wants the floor: the agent is held. */
interface Doubt {
  /** What would have begun the turn. */
  readonly opening: TurnEvent
  readonly voice: boolean
  /** When it is decided, if no words decide it. */
  readonly untilMs: number
  /** When it is decided at the latest. */
  readonly limitMs: number
}

/** What the machine knows about interruptions that may be false. */
export interface DoubtState {
  readonly doubt: Doubt | undefined
  /** A backchannel that becomes an answer if the agent ends by then. */
  readonly aside: { readonly event: TurnEvent; readonly untilMs: number } | undefined
  /** When a `time` event is due; `undefined`: the machine may rest. */
  readonly deadlineMs: number | undefined
}

interface DoubtView {
  readonly nowMs: number
  readonly botSpeaking: boolean
}

interface DoubtStep {
  readonly state: DoubtState
  readonly turn: TurnState
  readonly effects: readonly TurnEffect[]
}

/** Stands between events and the turn machine: keeps from it what may be a false interruption. A pure reducer. */
export interface DoubtMachine {
  readonly initial: DoubtState
  reduce(before: { readonly state: DoubtState; readonly turn: TurnState }, event: TurnEvent, view: DoubtView): DoubtStep
}

/** @param rules - without them nothing is kept from the turn machine. */
export function createDoubtMachine(turns: TurnMachine, rules: DoubtRules | undefined): DoubtMachine {
  const initial: DoubtState = { doubt: undefined, aside: undefined, deadlineMs: undefined }
  return {
    initial,
    reduce({ state, turn }, event, view) {
      if (rules !== undefined || state.doubt !== undefined || state.aside !== undefined)
        return new DoubtReduction(turns, rules, { state, turn, view }).run(event)
      const next = turns.reduce(turn, event, view.nowMs)
      return { state, turn: next.state, effects: next.effects }
    },
  }
}

interface Before {
  readonly state: DoubtState
  readonly turn: TurnState
  readonly view: DoubtView
}

/** One call of the reducer. */
class DoubtReduction {
  readonly #turns: TurnMachine
  readonly #rules: DoubtRules | undefined
  readonly #view: DoubtView
  readonly #effects: TurnEffect[] = []
  #turn: TurnState
  #doubt: Doubt | undefined
  #aside: DoubtState['aside']

  constructor(turns: TurnMachine, rules: DoubtRules | undefined, { state, turn, view }: Before) {
    this.#turns = turns
    this.#rules = rules
    this.#view = view
    this.#turn = turn
    this.#doubt = state.doubt
    this.#aside = state.aside
  }

  run(event: TurnEvent): DoubtStep {
    // The rules were taken away in the meantime.
    if (this.#rules === undefined && this.#doubt !== undefined) this.#dismiss()
    this.#take(event)
    if (event.type === 'botStopped') this.#answerAside()
    if (this.#aside !== undefined && (this.#view.nowMs >= this.#aside.untilMs || isOpen(this.#turn))) {
      this.#aside = undefined
    }
    const doubt = this.#doubt
    const aside = this.#aside
    return {
      state: { doubt, aside, deadlineMs: earliest([doubt?.untilMs, aside?.untilMs]) },
      turn: this.#turn,
      effects: this.#effects,
    }
  }

  #take(event: TurnEvent): void {
    if (this.#doubt === undefined) {
      if (!this.#withhold(event)) this.#tell(event)
      return
    }
    if (isOfUser(event)) {
      this.#weigh(this.#doubt, event)
      return
    }
    this.#tell(event)
    if (isOpen(this.#turn)) this.#dismiss()
    else if (event.type === 'botStopped') this.#decide(this.#doubt)
    else if (event.type === 'time' && this.#view.nowMs >= this.#doubt.untilMs) this.#decide(this.#doubt)
  }

  /** Whether an event would interrupt the agent without a word that wants to. */
  #withhold(event: TurnEvent): boolean {
    if (this.#rules === undefined || !this.#view.botSpeaking || isOpen(this.#turn) || this.#hasWords(event))
      return false
    const { effects } = this.#turns.reduce(this.#turn, event, this.#view.nowMs)
    const interrupts = effects.some(
      (effect) => effect.type === 'startTurn' && effect.interrupt && effect.announce && isOfUser(event),
    )
    if (!interrupts) return false
    if (event.type === 'transcript') {
      this.#keep(event)
      return true
    }
    const limitMs = this.#view.nowMs + this.#rules.longestMs
    const voice = event.type !== 'interimTranscript'
    this.#doubt = { opening: event, voice, limitMs, untilMs: voice ? limitMs : this.#waitMs(limitMs) }
    // The player's own limit is only for the case that this machine is gone.
    this.#effects.push({ type: 'pauseOutput', limitSecs: this.#rules.longestMs / 1000 + 1 })
    return true
  }

  #weigh(doubt: Doubt, event: TurnEvent): void {
    switch (event.type) {
      case 'vadStarted':
      case 'proposedStarted':
        this.#doubt = { ...doubt, voice: true, untilMs: doubt.limitMs }
        return
      case 'vadStopped':
      case 'externalStopped':
      case 'proposedStopped':
        this.#doubt = { ...doubt, voice: false, untilMs: this.#waitMs(doubt.limitMs) }
        return
      case 'externalStarted':
        // Strategies that adopt what another part has announced do so at once.
        this.#tell(event)
        if (isOpen(this.#turn)) this.#settle()
        else this.#doubt = { ...doubt, voice: true, untilMs: doubt.limitMs }
        return
      case 'interimTranscript':
        if (this.#hasWords(event)) this.#confirm(doubt, event)
        return
      case 'transcript':
        if (this.#hasWords(event)) {
          this.#confirm(doubt, event)
          return
        }
        if (event.text.trim() !== '') this.#keep(event)
        if (!doubt.voice) this.#dismiss()
        return
      default:
    }
  }

  /** A voice that lasts wants the floor; silence does not. */
  #decide(doubt: Doubt): void {
    if (doubt.voice) this.#confirm(doubt)
    else this.#dismiss()
  }

  /** The turn begins as it would have, and hears what was kept from it. */
  #confirm(doubt: Doubt, words?: TurnEvent): void {
    this.#tell(doubt.opening)
    if (!doubt.voice && doubt.opening.type !== 'interimTranscript') this.#tell({ type: 'vadStopped', stopSecs: 0 })
    if (words !== undefined) this.#tell(words)
    this.#settle()
  }

  #settle(): void {
    this.#doubt = undefined
    // An interruption ends the pause by itself.
    const interrupts = this.#effects.some((effect) => effect.type === 'startTurn' && effect.interrupt)
    if (!interrupts) this.#effects.push({ type: 'resumeOutput' })
  }

  #dismiss(): void {
    this.#doubt = undefined
    this.#effects.push({ type: 'resumeOutput' })
  }

  #keep(event: TurnEvent): void {
    this.#aside = { event, untilMs: this.#view.nowMs + (this.#rules?.answerMs ?? 0) }
    this.#effects.push({ type: 'keepTranscript' })
  }

  #answerAside(): void {
    const aside = this.#aside
    this.#aside = undefined
    if (aside === undefined || this.#view.nowMs >= aside.untilMs) return
    this.#effects.push({ type: 'releaseTranscript' })
    this.#tell(aside.event)
  }

  #hasWords(event: TurnEvent): boolean {
    if (event.type !== 'transcript' && event.type !== 'interimTranscript') return false
    if (event.text.trim() === '') return false
    // What is expected is no backchannel.
    const yesNo = this.#turn.status !== 'ended' && this.#turn.expectation === 'yesNo'
    return yesNo || this.#rules?.isBackchannel(event.text) !== true
  }

  #waitMs(limitMs: number): number {
    const latencyMs = this.#turn.status === 'ended' ? 0 : this.#turn.sttLatencyMs
    return Math.min(limitMs, this.#view.nowMs + (this.#rules?.timeoutMs ?? latencyMs))
  }

  #tell(event: TurnEvent): void {
    const { state, effects } = this.#turns.reduce(this.#turn, event, this.#view.nowMs)
    this.#turn = state
    this.#effects.push(...effects)
  }
}
