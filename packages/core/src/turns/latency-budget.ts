import { PcError } from '../runtime/errors.ts'
import type { TurnEvent } from './turn-events.ts'
import type { TurnEffect } from './turn-state.ts'

/** What is said when an answer is late. */
export interface LatencyBudget {
  /** From the end of the user's turn to the beginning of the agent's speech, seconds. */
  readonly budgetSecs: number
  /** Said in turn, at most one per answer; it does not enter the context. */
  readonly fillers: readonly string[]
}

/** What the machine makes of it. */
export interface FillerRules {
  readonly budgetMs: number
  readonly fillers: readonly string[]
}

/** @throws PcError `invalid-turn-options` for a budget that is not a number of seconds above 0, or without fillers. */
export function fillerRules(budget: LatencyBudget | false | undefined): FillerRules | undefined {
  if (budget === undefined || budget === false) return undefined
  const { budgetSecs, fillers } = budget
  const fault = !(Number.isFinite(budgetSecs) && budgetSecs > 0)
    ? `budgetSecs is ${budgetSecs}; use a number of seconds above 0`
    : fillers.length === 0
      ? 'fillers is empty; give at least one text'
      : undefined
  if (fault !== undefined) {
    throw new PcError(`latencyBudget.${fault}.`, { code: 'invalid-turn-options', kind: 'config' })
  }
  return { budgetMs: budgetSecs * 1000, fillers }
}

/** Whether an answer is awaited that may be late. */
export interface FillerState {
  /** When the budget is blown; `undefined`: nothing is awaited, or a filler was said. */
  readonly dueMs: number | undefined
  /** Which filler comes next. */
  readonly next: number
  /** When a `time` event is due; `undefined`: the machine may rest. */
  readonly deadlineMs: number | undefined
}

export const NO_FILLER: FillerState = { dueMs: undefined, next: 0, deadlineMs: undefined }

interface FillerView {
  readonly rules: FillerRules | undefined
  readonly nowMs: number
  readonly botSpeaking: boolean
  readonly turnOpen: boolean
  /** What the turn machine made of the event. */
  readonly effects: readonly TurnEffect[]
}

/** Tells when an answer is late, once per answer: a pure reducer. */
export function reduceFiller(
  before: FillerState,
  event: TurnEvent,
  { rules, nowMs, botSpeaking, turnOpen, effects }: FillerView,
): { readonly state: FillerState; readonly effects: readonly TurnEffect[] } {
  if (rules === undefined) return { state: NO_FILLER, effects: [] }
  let { dueMs, next } = before
  for (const effect of effects) {
    const { type } = effect
    if (type === 'startTurn' || type === 'withdrawAnswer') dueMs = undefined
    if (type === 'commitTurn') dueMs = nowMs + rules.budgetMs
    // Where nothing was said nothing is answered.
    if (type === 'stopTurn' && !effect.heard) dueMs = undefined
  }
  if (event.type === 'botStarted' || botSpeaking) dueMs = undefined
  // As long as the turn is open, it is the user who is waited for.
  if (dueMs === undefined || turnOpen || nowMs < dueMs) {
    return { state: { dueMs, next, deadlineMs: turnOpen ? undefined : dueMs }, effects: [] }
  }
  const text = rules.fillers[next % rules.fillers.length] ?? ''
  next = (next + 1) % rules.fillers.length
  return { state: { dueMs: undefined, next, deadlineMs: undefined }, effects: [{ type: 'fill', text }] }
}
