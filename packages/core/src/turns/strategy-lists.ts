import type { TurnEvent } from './turn-events.ts'
import type { TurnStartStrategy, TurnStopStrategy, UserTurnStrategies } from './turn-strategy.ts'

/** All strategies, start before stop. */
export function listOf({
  start,
  stop,
}: Required<UserTurnStrategies>): readonly (TurnStartStrategy | TurnStopStrategy)[] {
  return [...start, ...stop]
}

/** Whether one of them decides about the proposal that an event is: it goes no further then. */
export function resolveProposal({ start, stop }: Required<UserTurnStrategies>, { type }: TurnEvent): boolean {
  if (type === 'proposedStarted') return start.some(({ resolvesProposals }) => resolvesProposals)
  return type === 'proposedStopped' && stop.some(({ resolvesProposals }) => resolvesProposals)
}
