import type { UserTurnPolicies } from './turn-policies.ts'
import type { UserTurnProcessorOptions } from './turn-processor-options.ts'
import type { UserTurnStrategies } from './turn-strategy.ts'
import type { UserMuteStrategy } from './user-mute-strategy.ts'
import type { VADAnalyzer } from './vad-analyzer.ts'

/**
 * What the parameters of a user aggregator may say about turns. They are for the turn processor and the voice detection
 * that the task puts ahead of the aggregator; in a pipeline with a turn processor of its own they have no place.
 */
export interface UserTurnParams extends UserTurnPolicies {
  /** See {@link UserTurnProcessorOptions}. */
  readonly userTurnStrategies?: UserTurnStrategies | undefined
  /** See {@link UserTurnProcessorOptions}. */
  readonly userMuteStrategies?: readonly UserMuteStrategy[] | undefined
  /** A turn that no strategy ends is ended so long after the last sign of the user, seconds. Default 5. */
  readonly userTurnStopTimeout?: number | undefined
  /** The user has said nothing for so long after the agent, seconds. Default 0: never. */
  readonly userIdleTimeout?: number | undefined
  /**
   * How long the user must be silent, seconds, unless `userTurnStrategies` say how turns end. Default 0.6. Where no turn
   * processor decides turns at all, words are committed so long after the last transcript; default 0.5.
   */
  readonly aggregationTimeout?: number | undefined
  /** Tells speech from other sound. */
  readonly vadAnalyzer?: VADAnalyzer | undefined
  /** Speech ends when no audio has come for so long, seconds. Default 1. */
  readonly audioIdleTimeout?: number | undefined
}

/** The options of the turn processor that some parameters ask for; `undefined` when they ask for none. */
export function turnOptionsOf(params: UserTurnParams): UserTurnProcessorOptions | undefined {
  const options: UserTurnProcessorOptions = {
    userTurnStrategies: params.userTurnStrategies,
    userMuteStrategies: params.userMuteStrategies,
    userTurnStopTimeoutSecs: params.userTurnStopTimeout,
    userIdleTimeoutSecs: params.userIdleTimeout,
    falseInterruptions: params.falseInterruptions,
    preemptiveGeneration: params.preemptiveGeneration,
    echoGate: params.echoGate,
    latencyBudget: params.latencyBudget,
    maxUserTurnSecs: params.maxUserTurnSecs,
    cutInText: params.cutInText,
    userTurnPatienceSecs: params.userTurnPatienceSecs,
  }
  return Object.values(options).some((value) => value !== undefined) ? options : undefined
}
