import { haveSameWords } from '../text/words.ts'
import type { SpeculationRules } from './preemptive-generation.ts'
import type { TurnEvent } from './turn-events.ts'
import { earliest } from './turn-machine.ts'
import type { TurnEffect } from './turn-state.ts'

/** Which words of the open turn are being answered ahead of its end. */
export interface SpeculationState {
  /** The words that the recogniser may still revise; empty when all it said is final. */
  readonly interim: string
  /** When the model is asked, if nothing changes until then. */
  readonly dueMs: number | undefined
  /** The interim that an answer under way takes for final; `undefined`: there is none. */
  readonly answering: string | undefined
  /** When that answer is given up. */
  readonly untilMs: number | undefined
  /** How often the model was asked in this turn. */
  readonly tries: number
  /** When a `time` event is due; `undefined`: the machine may rest. */
  readonly deadlineMs: number | undefined
}

/** What the speculation machine needs to know of the floor. */
export interface SpeculationView {
  /** Without them the model is never asked ahead. */
  readonly rules: SpeculationRules | undefined
  readonly nowMs: number
  readonly turnOpen: boolean
  /** What the turn machine made of the event. */
  readonly effects: readonly TurnEffect[]
}

export const NO_SPECULATION: SpeculationState = {
  interim: '',
  dueMs: undefined,
  answering: undefined,
  untilMs: undefined,
  tries: 0,
  deadlineMs: undefined,
}

type Draft = { -readonly [K in keyof SpeculationState]: SpeculationState[K] }

interface SpeculationStep {
  readonly state: SpeculationState
  readonly effects: readonly TurnEffect[]
}

/**
 * Decides when the words so far are worth an answer ahead of the end of the turn: a pure reducer. Whether that answer
 * wins is for the model's service to say, when it knows what was asked in the end.
 */
export function reduceSpeculation(
  before: SpeculationState,
  event: TurnEvent,
  { rules, nowMs, turnOpen, effects }: SpeculationView,
): SpeculationStep {
  if (rules === undefined && before === NO_SPECULATION) return { state: before, effects: [] }
  const told: TurnEffect[] = []
  const draft: Draft = { ...before }
  const withdraw = (): void => {
    if (draft.answering !== undefined) told.push({ type: 'withdrawSpeculation' })
    draft.answering = draft.untilMs = undefined
  }
  for (const { type } of effects) {
    if (type === 'startTurn') Object.assign(draft, NO_SPECULATION)
    // The words were put to the model: the answer that is under way wins or loses there.
    if (type === 'commitTurn') Object.assign(draft, NO_SPECULATION, { tries: draft.tries })
  }
  if (rules === undefined || !turnOpen) {
    withdraw()
    return { state: NO_SPECULATION, effects: told }
  }
  const committed = effects.some(({ type }) => type === 'commitTurn')
  if (!committed) follow(draft, event, { stableAtMs: nowMs + rules.stableMs, nowMs, withdraw })
  if (draft.untilMs !== undefined && nowMs >= draft.untilMs) withdraw()
  if (draft.dueMs !== undefined && nowMs >= draft.dueMs) {
    draft.dueMs = undefined
    if (draft.tries < rules.maxTries) {
      draft.tries++
      draft.answering = draft.interim
      draft.untilMs = nowMs + rules.limitMs
      told.push({ type: 'speculate', text: draft.interim })
    }
  }
  return { state: { ...draft, deadlineMs: earliest([draft.dueMs, draft.untilMs]) }, effects: told }
}

interface Times {
  readonly nowMs: number
  readonly stableAtMs: number
  withdraw(): void
}

/** What an event says about the words of the turn. */
function follow(draft: Draft, event: TurnEvent, { nowMs, stableAtMs, withdraw }: Times): void {
  switch (event.type) {
    case 'interimTranscript': {
      const text = event.text.trim()
      if (text === '' || haveSameWords(text, draft.interim)) return
      draft.interim = text
      if (draft.answering !== undefined && haveSameWords(text, draft.answering)) return
      withdraw()
      draft.dueMs = stableAtMs
      return
    }
    case 'transcript':
      if (event.text.trim() === '') return
      draft.interim = ''
      draft.dueMs = undefined
      if (draft.answering !== undefined && haveSameWords(event.text, draft.answering)) {
        draft.answering = ''
        return
      }
      withdraw()
      // A final transcript does not change any more.
      draft.dueMs = nowMs
      return
    case 'eagerStopped':
      if (draft.answering === undefined && (draft.dueMs !== undefined || draft.interim !== '')) draft.dueMs = nowMs
      return
    case 'turnResumed':
      withdraw()
      draft.dueMs = undefined
      return
    default:
  }
}
