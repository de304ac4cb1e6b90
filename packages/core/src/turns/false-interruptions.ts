import { PcError } from '../runtime/errors.ts'
import { BACKCHANNELS, backchannelTest } from './backchannels.ts'

/** A backchannel that comes so shortly before the agent's end was an answer after all, milliseconds. */
const ANSWER_MS = 1000

/** How an agent takes a voice that may not mean to interrupt it. */
export interface FalseInterruptionOptions {
  /** How long words are waited for after the voice has ended, seconds. Default: the latency that the recogniser stated. */
  readonly timeoutSecs?: number | undefined
  /** A voice that lasts longer interrupts though no words are known yet, seconds. Default 4. */
  readonly longestSecs?: number | undefined
  /** Utterances of these phrases alone do not interrupt. Default: {@link BACKCHANNELS} of all languages. */
  readonly backchannels?: readonly string[] | undefined
}

/** What the machine makes of them. */
export interface DoubtRules {
  readonly timeoutMs: number | undefined
  readonly longestMs: number
  readonly answerMs: number
  readonly isBackchannel: (text: string) => boolean
}

/** @throws PcError `invalid-turn-options` for a duration that is not a number of seconds above 0. */
export function doubtRules(options: FalseInterruptionOptions | boolean | undefined): DoubtRules | undefined {
  if (options === undefined || options === false) return undefined
  const { timeoutSecs, longestSecs = 4, backchannels } = options === true ? {} : options
  for (const [name, secs] of Object.entries({ timeoutSecs, longestSecs })) {
    if (secs === undefined || (Number.isFinite(secs) && secs > 0)) continue
    const message = `falseInterruptions.${name} is ${secs}; use a number of seconds above 0.`
    throw new PcError(message, { code: 'invalid-turn-options', kind: 'config' })
  }
  return {
    timeoutMs: timeoutSecs === undefined ? undefined : timeoutSecs * 1000,
    longestMs: longestSecs * 1000,
    answerMs: ANSWER_MS,
    isBackchannel: backchannelTest(backchannels ?? Object.values(BACKCHANNELS).flat()),
  }
}
