import type { Answer, RequestHead } from '../mount.ts'
import { PACKET_ENCODINGS, SAMPLE_ENCODINGS } from './audio-windows.ts'
import type { InputFormat } from './audio-windows.ts'
import { checked, flag, integerIn, oneOf, reject } from './query.ts'

/** The parameters of a listen v1 connection that matter here. */
export interface ListenOptions {
  readonly model: string
  readonly format: InputFormat
  readonly multichannel: boolean
  readonly interimResults: boolean
  readonly vadEvents: boolean
  readonly punctuated: boolean
  readonly diarized: boolean
  readonly language: string
  readonly endpointingSecs?: number
  readonly utteranceEndSecs?: number
}

const MODEL =
  /^((nova(-[23])?|enhanced|base)(-[a-z]+)?|general|meeting|phonecall|finance|conversationalai|voicemail|video)$/
const CUSTOM_MODEL = /^(custom|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
const LANGUAGE = /^(multi|[a-z]{2,3}(-[A-Za-z0-9]+)*)$/
const FLAGS = ['profanity_filter', 'numerals', 'diarize', 'detect_entities', 'mip_opt_out'] as const
const DEFAULT_ENDPOINTING_MS = 10

const readEndpointing = (query: URLSearchParams): number | undefined => {
  const text = query.get('endpointing')
  if (text === 'false') return undefined
  if (text === null || text === 'true') return DEFAULT_ENDPOINTING_MS / 1000
  return (integerIn(query, 'endpointing', [0, 60_000]) ?? 0) / 1000
}

/** Reads `encoding`, `sample_rate` and `channels`; raw audio needs the first two. */
export const readInputFormat = (
  query: URLSearchParams,
  encodings: readonly NonNullable<InputFormat['encoding']>[],
): InputFormat => {
  const encoding = oneOf(query, 'encoding', encodings)
  const sampleRate = integerIn(query, 'sample_rate', [8000, 192_000])
  const channels = integerIn(query, 'channels', [1, 16]) ?? 1
  if (encoding && sampleRate === undefined) return reject('sample_rate', 'it is required when encoding is given')
  return { sampleRate: sampleRate ?? 16_000, channels, ...(encoding && { encoding }) }
}

/** Checks the query as the vendor does; the answer refuses it. */
export const parseListenQuery = (request: RequestHead): ListenOptions | Answer =>
  checked(request, (query) => {
    const model = query.get('model') ?? 'base'
    if (!MODEL.test(model) && !CUSTOM_MODEL.test(model)) reject('model', `no such model: '${model}'`)
    const language = query.get('language') ?? 'en'
    if (!LANGUAGE.test(language)) reject('language', `no such language: '${language}'`)
    if (query.has('keyterm') && !model.startsWith('nova-3'))
      reject('keyterm', 'only nova-3 models take it; use keywords')
    if (query.has('keywords') && model.startsWith('nova-3'))
      reject('keywords', 'nova-3 models do not take it; use keyterm')
    for (const name of FLAGS) flag(query, name)
    const interimResults = flag(query, 'interim_results')
    const utteranceEndMs = integerIn(query, 'utterance_end_ms', [1000, 60_000])
    if (utteranceEndMs !== undefined && !interimResults) {
      reject('utterance_end_ms', 'it needs interim_results=true')
    }
    const punctuated = [flag(query, 'punctuate'), flag(query, 'smart_format'), flag(query, 'dictation')].includes(true)
    const endpointingSecs = readEndpointing(query)
    return {
      model,
      format: readInputFormat(query, [...SAMPLE_ENCODINGS, ...PACKET_ENCODINGS]),
      multichannel: flag(query, 'multichannel'),
      interimResults,
      vadEvents: flag(query, 'vad_events'),
      punctuated,
      diarized: flag(query, 'diarize') || query.has('diarize_model'),
      language,
      ...(endpointingSecs !== undefined && { endpointingSecs }),
      ...(utteranceEndMs !== undefined && { utteranceEndSecs: utteranceEndMs / 1000 }),
    }
  })
