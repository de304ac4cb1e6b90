import { PcError } from '../runtime/errors.ts'
import type { FloorMachineOptions } from './floor-machine.ts'
import type { UserTurnPolicies } from './turn-policies.ts'
import type { UserTurnStrategies } from './turn-strategy.ts'
import type { UserMuteStrategy } from './user-mute-strategy.ts'
import { DEFAULT_PATIENCE_SECS } from './user-turn-expectation.ts'

/** A detector that forgets to report the end of speech is believed for so long, milliseconds. */
const SPEECH_LOST_MS = 30_000
/** The latency of a recogniser that does not state its own, milliseconds. */
const STT_LATENCY_MS = 1000
/** How long a cut-in keeps the user from beginning a turn, unless the agent has finished before, milliseconds. */
const CUT_IN_MS = 5000

/** What {@link UserTurnProcessor} takes. */
export interface UserTurnProcessorOptions extends UserTurnPolicies {
  /**
   * How turns begin and end. Default: as the recogniser recommends; where it does not, start on voice or on a
   * transcript, and stop after silence. A turn analyzer in the pipeline's list decides about the stop in place of both.
   */
  readonly userTurnStrategies?: UserTurnStrategies | undefined
  /** When the user is ignored; one of them is enough. Default: never. */
  readonly userMuteStrategies?: readonly UserMuteStrategy[] | undefined
  /** How long the user must be silent, seconds, for the default stop strategy. Default 0.6. */
  readonly userSpeechTimeoutSecs?: number | undefined
  /** A turn that no strategy ends is ended so long after the last sign of the user, seconds. Default 5. */
  readonly userTurnStopTimeoutSecs?: number | undefined
  /** `userTurnIdle` tells that the user has said nothing for so long after the agent, seconds. Default 0: never. */
  readonly userIdleTimeoutSecs?: number | undefined
  /** Default `TurnProcessor`. */
  readonly name?: string | undefined
}

/**
 * The part of a machine's options that is not strategies.
 *
 * @throws PcError `invalid-turn-options` for a duration that is not a number of seconds.
 */
export function machineOptions(options: UserTurnProcessorOptions): Omit<FloorMachineOptions, 'start' | 'stop'> {
  const { userTurnStopTimeoutSecs = 5, userIdleTimeoutSecs = 0, maxUserTurnSecs } = options
  const cutInText = options.cutInText === false ? undefined : options.cutInText
  const patienceSecs = { ...DEFAULT_PATIENCE_SECS, ...options.userTurnPatienceSecs }
  check('userTurnStopTimeoutSecs', userTurnStopTimeoutSecs, userTurnStopTimeoutSecs > 0)
  check('userIdleTimeoutSecs', userIdleTimeoutSecs, userIdleTimeoutSecs >= 0)
  if (typeof maxUserTurnSecs === 'number') check('maxUserTurnSecs', maxUserTurnSecs, maxUserTurnSecs > 0)
  for (const [due, secs] of Object.entries(patienceSecs)) check(`userTurnPatienceSecs.${due}`, secs, secs >= 0)
  if (cutInText !== undefined && maxUserTurnSecs === undefined) {
    throw invalid('cutInText is said at the limit of a turn, and there is none: set maxUserTurnSecs too')
  }
  return {
    mute: options.userMuteStrategies ?? [],
    stopTimeoutMs: userTurnStopTimeoutSecs * 1000,
    speechLostMs: SPEECH_LOST_MS,
    sttLatencyMs: STT_LATENCY_MS,
    userIdleTimeoutSecs,
    patienceSecs,
    maxTurnMs: typeof maxUserTurnSecs === 'number' ? maxUserTurnSecs * 1000 : undefined,
    cutInMs: cutInText === undefined ? undefined : CUT_IN_MS,
  }
}

function check(name: string, secs: number, holds: boolean): void {
  if (!holds || !Number.isFinite(secs)) throw invalid(`${name} is ${secs}; use a number of seconds in its range`)
}

function invalid(fault: string): PcError {
  return new PcError(`${fault}.`, { code: 'invalid-turn-options', kind: 'config' })
}
