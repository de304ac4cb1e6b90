import type { TurnEvent } from './turn-events.ts'

/** Whether the conversation waits for the user. */
export interface IdleState {
  /** How long the user may be silent; `undefined`: for ever. */
  readonly timeoutMs: number | undefined
  /** The calls that have not settled. */
  readonly calls: readonly string[]
  /** It is the user's turn to speak, and nobody does. */
  readonly waiting: boolean
  /** When that has lasted too long; `undefined` when it never will, or was told. */
  readonly deadlineMs: number | undefined
}

/** What the idle machine needs to know of the floor. */
export interface IdleView {
  readonly nowMs: number
  readonly turnOpen: boolean
  /** A turn was closed just now in which no word was understood: nobody will answer it. */
  readonly unheard: boolean
  readonly botSpeaking: boolean
}

/** @param timeoutSecs - 0 or less: never */
export function initialIdle(timeoutSecs: number): IdleState {
  return { timeoutMs: timeoutOf(timeoutSecs), calls: [], waiting: false, deadlineMs: undefined }
}

/** Tells when the user has said nothing for long, once per wait: a pure reducer. */
export function reduceIdle(
  before: IdleState,
  event: TurnEvent,
  { nowMs, turnOpen, unheard, botSpeaking }: IdleView,
): { readonly state: IdleState; readonly idle: boolean } {
  const calls = callsAfter(before.calls, event)
  const timeoutMs = event.type === 'idleTimeout' ? timeoutOf(event.timeoutSecs) : before.timeoutMs
  const begins = event.type === 'botStopped' || unheard
  const waiting = (begins || before.waiting) && !turnOpen && !botSpeaking && calls.length === 0
  if (!waiting || timeoutMs === undefined) {
    return { state: { timeoutMs, calls, waiting, deadlineMs: undefined }, idle: false }
  }
  const deadlineMs = begins || event.type === 'idleTimeout' ? nowMs + timeoutMs : before.deadlineMs
  const idle = deadlineMs !== undefined && nowMs >= deadlineMs
  return { state: { timeoutMs, calls, waiting, deadlineMs: idle ? undefined : deadlineMs }, idle }
}

function callsAfter(calls: readonly string[], event: TurnEvent): readonly string[] {
  if (event.type === 'toolCallSettled') return calls.filter((id) => id !== event.toolCallId)
  return event.type === 'toolCallsStarted' ? [...new Set([...calls, ...event.toolCallIds])] : calls
}

function timeoutOf(timeoutSecs: number): number | undefined {
  return timeoutSecs > 0 && Number.isFinite(timeoutSecs) ? timeoutSecs * 1000 : undefined
}
