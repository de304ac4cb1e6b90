import { isObject, numberField } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { Answer, RequestHead } from '../mount.ts'
import type { InputFormat } from './audio-windows.ts'
import type { TurnThresholds } from './flux-turns.ts'
import { readInputFormat } from './listen-query.ts'
import { checked, flag, integerIn, numberIn, oneOf, reject } from './query.ts'

const MODELS = ['flux-general-en', 'flux-general-multi'] as const
const ENCODINGS = ['linear16', 'linear32', 'mulaw', 'alaw', 'opus', 'ogg-opus'] as const
const EAGER_RANGE = [0.3, 0.9] as const
const EOT_RANGE = [0.5, 1] as const
const TIMEOUT_RANGE_MS = [500, 60_000] as const
const DEFAULT_EOT_THRESHOLD = 0.7
const DEFAULT_TIMEOUT_SECS = 5

/** What a client may change in mid-stream. */
export interface FluxConfig {
  readonly thresholds: TurnThresholds
  readonly keyterms: readonly string[]
  readonly languageHints: readonly string[]
}

/** The parameters of a listen v2 connection. */
export interface FluxOptions extends FluxConfig {
  readonly multilingual: boolean
  readonly format: InputFormat
}

/** Checks the query as the vendor does; the answer refuses it. */
export const parseFluxQuery = (request: RequestHead): FluxOptions | Answer =>
  checked(request, (query) => {
    const model = oneOf(query, 'model', MODELS) ?? reject('model', 'it is required')
    const multilingual = model === 'flux-general-multi'
    if (query.has('language_hint') && !multilingual) reject('language_hint', 'only flux-general-multi takes it')
    const eager = numberIn(query, 'eager_eot_threshold', EAGER_RANGE)
    const timeoutMs = integerIn(query, 'eot_timeout_ms', TIMEOUT_RANGE_MS)
    for (const name of ['numerals', 'profanity_filter', 'mip_opt_out']) flag(query, name)
    return {
      multilingual,
      format: readInputFormat(query, ENCODINGS),
      thresholds: {
        eotThreshold: numberIn(query, 'eot_threshold', EOT_RANGE) ?? DEFAULT_EOT_THRESHOLD,
        eotTimeoutSecs: timeoutMs === undefined ? DEFAULT_TIMEOUT_SECS : timeoutMs / 1000,
        ...(eager !== undefined && { eagerEotThreshold: eager }),
      },
      keyterms: query.getAll('keyterm'),
      languageHints: query.getAll('language_hint'),
    }
  })

const strings = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : undefined

/** The value, `undefined` when absent, or `false` when it is not a number in the range. */
const ranged = (
  object: JsonObject,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined | false => {
  if (object[name] === undefined) return undefined
  const value = numberField(object, name)
  return value !== undefined && value >= least && value <= most && value
}

/** What a `Configure` message makes of the configuration: what it leaves out stays. The text says why it is refused. */
export const configure = (current: FluxConfig, message: JsonObject, multilingual: boolean): FluxConfig | string => {
  const changes = isObject(message['thresholds']) ? message['thresholds'] : {}
  const eager = ranged(changes, 'eager_eot_threshold', EAGER_RANGE)
  const eot = ranged(changes, 'eot_threshold', EOT_RANGE)
  const timeoutMs = ranged(changes, 'eot_timeout_ms', TIMEOUT_RANGE_MS)
  if (eager === false || eot === false || timeoutMs === false) return 'A threshold is out of range.'
  const hints = strings(message['language_hints'])
  if (hints && !multilingual) return 'Only flux-general-multi takes language hints.'
  return {
    thresholds: {
      ...current.thresholds,
      ...(eager !== undefined && { eagerEotThreshold: eager }),
      ...(eot !== undefined && { eotThreshold: eot }),
      ...(timeoutMs !== undefined && { eotTimeoutSecs: timeoutMs / 1000 }),
    },
    keyterms: strings(message['keyterms']) ?? current.keyterms,
    languageHints: hints ?? current.languageHints,
  }
}

/** Thresholds in the form of the wire. */
export const wireThresholds = ({ eagerEotThreshold, eotThreshold, eotTimeoutSecs }: TurnThresholds): object => ({
  ...(eagerEotThreshold !== undefined && { eager_eot_threshold: eagerEotThreshold }),
  eot_threshold: eotThreshold,
  eot_timeout_ms: eotTimeoutSecs * 1000,
})
