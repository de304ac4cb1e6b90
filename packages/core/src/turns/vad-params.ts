import { PcError } from '../runtime/errors.ts'

/** When voice counts as speech. */
export interface VADParams {
  /** Least probability of speech. Default 0.7. */
  readonly confidence: number
  /** How long speech must last to count, seconds. Default 0.2. */
  readonly startSecs: number
  /** How long silence must last to end it, seconds. Default 0.2. */
  readonly stopSecs: number
  /** Least loudness, 0 to 1. Default 0.6. */
  readonly minVolume: number
}

/** The defaults of {@link VADParams}. */
export const DEFAULT_VAD_PARAMS: VADParams = { confidence: 0.7, startSecs: 0.2, stopSecs: 0.2, minVolume: 0.6 }

const LIMITS: { readonly [K in keyof VADParams]: number } = { confidence: 1, startSecs: 60, stopSecs: 60, minVolume: 1 }

const isField = (name: string): name is keyof VADParams => name in LIMITS

/**
 * `base` with some fields changed; what is `undefined` stays.
 *
 * @throws PcError `invalid-vad-params` for an unknown field, or a value that is not a number from 0 to 1 (`confidence`,
 * `minVolume`) or 0 to 60 (`startSecs`, `stopSecs`).
 * @internal
 */
export function changeVADParams(base: VADParams, changes: object): VADParams {
  const params: Record<keyof VADParams, number> = { ...base }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue
    if (!isField(name)) throw invalid(`has no field ${name}`)
    const limit = LIMITS[name]
    if (typeof value !== 'number' || !(value >= 0 && value <= limit)) {
      throw invalid(`${name} is ${String(value)}; use a number from 0 to ${limit}`)
    }
    params[name] = value
  }
  return params
}

function invalid(what: string): PcError {
  return new PcError(`Voice activity parameters: ${what}.`, { code: 'invalid-vad-params', kind: 'config' })
}
