import { PcError } from '../runtime/errors.ts'

/** When the model is asked before the user's turn is over. */
export interface PreemptiveGenerationOptions {
  /** An interim transcript that does not change for so long is answered, seconds. Default 0.25. */
  readonly stableSecs?: number | undefined
  /** How often in one turn, so that a long turn does not cost many answers. Default 3. */
  readonly maxTries?: number | undefined
  /** An answer that is not confirmed in this time is given up, seconds. Default 10. */
  readonly limitSecs?: number | undefined
}

/** What the machine makes of them. */
export interface SpeculationRules {
  readonly stableMs: number
  readonly maxTries: number
  readonly limitMs: number
}

/** @throws PcError `invalid-turn-options` for a number out of its range. */
export function speculationRules(
  options: PreemptiveGenerationOptions | boolean | undefined,
): SpeculationRules | undefined {
  if (options === undefined || options === false) return undefined
  const { stableSecs = 0.25, maxTries = 3, limitSecs = 10 } = options === true ? {} : options
  const faults = [
    Number.isFinite(stableSecs) && stableSecs >= 0 ? '' : `stableSecs is ${stableSecs}; use a number of seconds`,
    Number.isInteger(maxTries) && maxTries > 0 ? '' : `maxTries is ${maxTries}; use a whole number from 1`,
    Number.isFinite(limitSecs) && limitSecs > 0 ? '' : `limitSecs is ${limitSecs}; use a number of seconds above 0`,
  ]
  const fault = faults.find((text) => text !== '')
  if (fault !== undefined) {
    throw new PcError(`preemptiveGeneration.${fault}.`, { code: 'invalid-turn-options', kind: 'config' })
  }
  return { stableMs: stableSecs * 1000, maxTries, limitMs: limitSecs * 1000 }
}
