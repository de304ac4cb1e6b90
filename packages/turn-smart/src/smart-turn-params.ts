import { MODEL_RATE, MODEL_SAMPLES } from './log-mel.ts'
import { smartTurnError } from './smart-turn-error.ts'

/** How speech is cut for the model, and how long silence may last. */
export interface SmartTurnParams {
  /** Silence after speech that ends the turn without the model, seconds. Default 3. */
  readonly stopSecs: number
  /** Audio from before speech was noticed that the model hears as well, milliseconds. Default 500. */
  readonly preSpeechMs: number
  /** The most that the model hears, counted from the end, seconds; up to 8. Default 8. */
  readonly maxDurationSecs: number
}

/** What {@link SmartTurnParams} are when they are not given. */
export const DEFAULT_SMART_TURN_PARAMS: SmartTurnParams = { stopSecs: 3, preSpeechMs: 500, maxDurationSecs: 8 }

const TOP: SmartTurnParams = { stopSecs: 60, preSpeechMs: 8000, maxDurationSecs: MODEL_SAMPLES / MODEL_RATE }

/** The defaults with changes. Throws PcError `invalid-turn-options`. @internal */
export function smartTurnParams(changes: Partial<SmartTurnParams>): SmartTurnParams {
  const { stopSecs, preSpeechMs, maxDurationSecs } = DEFAULT_SMART_TURN_PARAMS
  return {
    stopSecs: checked('stopSecs', changes.stopSecs ?? stopSecs),
    preSpeechMs: checked('preSpeechMs', changes.preSpeechMs ?? preSpeechMs),
    maxDurationSecs: checked('maxDurationSecs', changes.maxDurationSecs ?? maxDurationSecs),
  }
}

function checked(name: keyof SmartTurnParams, value: number): number {
  const above = name === 'preSpeechMs' ? value >= 0 : value > 0
  if (above && value <= TOP[name]) return value
  const range = `${name === 'preSpeechMs' ? 'from' : 'above'} 0 and at most ${TOP[name]}`
  throw smartTurnError('invalid-turn-options', `LocalSmartTurnAnalyzerV3: ${name} is ${value}; use a number ${range}.`)
}
