import type { TurnStopStrategy } from './turn-strategy.ts'

/**
 * A stop strategy that no longer ends turns: where it would, the words are passed on for an answer and the turn stays
 * open, until another strategy ends it or the user goes on.
 */
export function deferred<S>(strategy: TurnStopStrategy<S>): TurnStopStrategy<S> {
  return {
    name: strategy.name,
    ...(strategy.resolvesProposals === true && { resolvesProposals: true }),
    initial: () => strategy.initial(),
    on(before, event, view) {
      const { state, decision, deadlineMs } = strategy.on(before, event, view)
      // What was passed on does not count a second time.
      if (decision === 'commit' || decision === 'commitAndStop')
        return { state: strategy.initial(), decision: 'commit' }
      return { state, deadlineMs }
    },
    ...(strategy.attach !== undefined && { attach: (host) => strategy.attach?.(host) ?? {} }),
  }
}
