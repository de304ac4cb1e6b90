import type { TurnEvent } from './turn-events.ts'
import { soonest } from './turn-machine.ts'
import type { StrategyMemory, TurnEffect } from './turn-state.ts'
import type { MuteView, UserMuteStrategy } from './user-mute-strategy.ts'

/** Whether the user is ignored, and what mute strategies remember. */
export interface MuteState {
  readonly muted: boolean
  readonly memories: readonly StrategyMemory[]
  /** When a `time` event is due. */
  readonly deadlineMs: number | undefined
}

interface MuteStep {
  readonly state: MuteState
  readonly effects: readonly TurnEffect[]
  /** The event is none that others may hear of. */
  readonly suppressed: boolean
}

/** Decides whether the user is ignored: a pure reducer. */
export interface MuteMachine {
  readonly initial: MuteState
  reduce(state: MuteState, event: TurnEvent, view: MuteView): MuteStep
}

/** Composes mute strategies: one is enough to mute. */
export function createMuteMachine(strategies: readonly UserMuteStrategy[]): MuteMachine {
  const memories = strategies.map((strategy) => ({ state: strategy.initial(), deadlineMs: undefined }))
  return {
    initial: { muted: false, memories, deadlineMs: undefined },
    reduce: (state, event, view) => reduce(strategies, state, event, view),
  }
}

// oxlint-disable-next-line max-params -- a reducer and what it reduces over
function reduce(
  strategies: readonly UserMuteStrategy[],
  before: MuteState,
  event: TurnEvent,
  view: MuteView,
): MuteStep {
  if (strategies.length === 0 && !before.muted) return { state: before, effects: [], suppressed: false }
  const effects: TurnEffect[] = []
  let muted = false
  let current = false
  const memories = strategies.map((strategy, index): StrategyMemory => {
    const memory = before.memories[index]
    try {
      const { state, muted: mutes, deadlineMs } = strategy.on(memory?.state, event, view)
      muted ||= mutes
      current ||= mutes && strategy.muteCurrent === true
      return { state, deadlineMs: deadlineMs !== undefined && deadlineMs > view.nowMs ? deadlineMs : undefined }
    } catch (error) {
      // A strategy that fails does not mute: better a user too many than one who is never heard.
      effects.push({ type: 'strategyFailed', strategy: strategy.name, error })
      return { state: memory?.state, deadlineMs: undefined }
    }
  })
  if (muted !== before.muted) effects.push({ type: muted ? 'muteStarted' : 'muteStopped' })
  const deadlineMs = soonest(memories)
  // What changed counts from the next frame on, unless the strategy wants it otherwise.
  return { state: { muted, memories, deadlineMs }, effects, suppressed: isOfUser(event) && (before.muted || current) }
}

/** Whether an event is a sign of the user. */
export function isOfUser(event: TurnEvent): boolean {
  switch (event.type) {
    case 'vadStarted':
    case 'vadStopped':
    case 'vadSpeaking':
    case 'externalStarted':
    case 'externalStopped':
    case 'proposedStarted':
    case 'proposedStopped':
    case 'interimTranscript':
    case 'transcript':
    case 'eagerStopped':
    case 'turnResumed':
      return true
    default:
      return false
  }
}
