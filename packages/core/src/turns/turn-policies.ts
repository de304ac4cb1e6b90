import type { Frame } from '../frames/frame.ts'
import { FillerSpeechFrame } from '../frames/speech.ts'
import { OutputPauseFrame, OutputResumeFrame } from '../frames/transport.ts'
import { UserTurnSpeculationFrame } from '../frames/turn.ts'
import type { EchoGateOptions } from './echo-gate.ts'
import { doubtRules, type FalseInterruptionOptions } from './false-interruptions.ts'
import type { FloorMachineOptions } from './floor-machine.ts'
import { fillerRules, type LatencyBudget } from './latency-budget.ts'
import { type PreemptiveGenerationOptions, speculationRules } from './preemptive-generation.ts'
import type { TurnEffect } from './turn-state.ts'
import type { UserTurnPatienceSecs } from './user-turn-expectation.ts'

/** What a turn processor may do beside deciding turns. All but patience is off by default. */
export interface UserTurnPolicies {
  /**
   * Whether a voice while the agent speaks only holds the agent until it is clear that it wants the floor: words
   * interrupt, a backchannel or noise lets the agent go on mid-word. Needs a recogniser.
   */
  readonly falseInterruptions?: FalseInterruptionOptions | boolean | undefined
  /**
   * Whether the model is asked before the user's turn is over, for any recogniser. What it answers is used if the turn
   * ends with the same words; nothing of it is spoken, stored or run before.
   */
  readonly preemptiveGeneration?: PreemptiveGenerationOptions | boolean | undefined
  /** Whether transcripts that repeat what the agent is saying are dropped, for listeners without echo cancellation. */
  readonly echoGate?: EchoGateOptions | boolean | undefined
  /** What is said when an answer is late. */
  readonly latencyBudget?: LatencyBudget | false | undefined
  /** `userTurnLimit` tells of a turn that lasts longer, seconds. Default: no limit. */
  readonly maxUserTurnSecs?: number | false | undefined
  /**
   * What the agent says at that limit: it takes the floor, says this, and answers what it heard. Default: it does not
   * take the floor, the application is only told.
   */
  readonly cutInText?: string | false | undefined
  /** How long a pause may be where something is expected from the user, seconds. See {@link UserTurnExpectationFrame}. */
  readonly userTurnPatienceSecs?: UserTurnPatienceSecs | undefined
}

/**
 * What the machine makes of policies.
 *
 * @throws PcError `invalid-turn-options` for a number out of its range.
 */
export function policyRules(policies: UserTurnPolicies): Pick<FloorMachineOptions, 'doubt' | 'speculation' | 'filler'> {
  return {
    doubt: doubtRules(policies.falseInterruptions),
    speculation: speculationRules(policies.preemptiveGeneration),
    filler: fillerRules(policies.latencyBudget),
  }
}

type PolicyEffect = TurnEffect & {
  readonly type: 'pauseOutput' | 'resumeOutput' | 'speculate' | 'withdrawSpeculation' | 'fill'
}

/** @internal The frame that carries a policy's effect to who is to do it. */
export function policyFrame(effect: PolicyEffect): Frame {
  switch (effect.type) {
    case 'pauseOutput':
      return new OutputPauseFrame(effect.limitSecs)
    case 'resumeOutput':
      return new OutputResumeFrame()
    case 'speculate':
      return new UserTurnSpeculationFrame(effect.text)
    case 'withdrawSpeculation':
      return new UserTurnSpeculationFrame(undefined)
    case 'fill':
      return new FillerSpeechFrame(effect.text)
  }
}
