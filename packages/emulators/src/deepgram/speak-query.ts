import type { Answer, RequestHead } from '../mount.ts'
import { checked, flag, integerIn, numberIn, oneOf, reject } from './query.ts'

/** The parameters of a speak connection or request. */
export interface SpeakOptions {
  readonly model: string
  readonly encoding: 'linear16' | 'mulaw' | 'alaw' | 'mp3'
  readonly container: 'none' | 'wav'
  readonly sampleRate: number
  readonly speed: number
}

const MODEL = /^aura(-2)?-[a-z]+-[a-z]{2}$/
const DEFAULT_MODEL = 'aura-asteria-en'
const RATES = { linear16: [8000, 16_000, 24_000, 32_000, 48_000], mulaw: [8000, 16_000], alaw: [8000, 16_000] }
const DEFAULT_RATES = { linear16: 24_000, mulaw: 8000, alaw: 8000 }
const MP3_RATE = 22_050
const SPEED_RANGE = [0.7, 1.5] as const

/** Checks the query as the vendor does; the answer refuses it. A socket knows no containers and no MP3. */
export const parseSpeakQuery = (request: RequestHead, { socket }: { socket: boolean }): SpeakOptions | Answer =>
  checked(request, (query) => {
    const model = query.get('model') ?? DEFAULT_MODEL
    if (!MODEL.test(model)) reject('model', `no such model: '${model}'`)
    const requested = query.get('encoding') ?? ''
    if (!socket && ['opus', 'flac', 'aac'].includes(requested)) {
      reject('encoding', `'${requested}' is not emulated; use linear16, mulaw, alaw or mp3`)
    }
    const encoding = socket
      ? (oneOf(query, 'encoding', ['linear16', 'mulaw', 'alaw'] as const) ?? 'linear16')
      : (oneOf(query, 'encoding', ['linear16', 'mulaw', 'alaw', 'mp3'] as const) ?? 'mp3')
    const container = oneOf(query, 'container', ['none', 'wav'] as const)
    if (container === 'wav' && (socket || encoding === 'mp3')) reject('container', 'it does not go with this encoding')
    const sampleRate = integerIn(query, 'sample_rate', [8000, 48_000])
    const speed = numberIn(query, 'speed', SPEED_RANGE) ?? 1
    flag(query, 'mip_opt_out')
    if (encoding === 'mp3') {
      if (sampleRate !== undefined) reject('sample_rate', 'it cannot be set for mp3')
      return { model, encoding, container: 'none', sampleRate: MP3_RATE, speed }
    }
    if (sampleRate !== undefined && !RATES[encoding].includes(sampleRate)) {
      reject('sample_rate', `${sampleRate} is not one of ${RATES[encoding].join(', ')}`)
    }
    return {
      model,
      encoding,
      container: socket ? 'none' : (container ?? 'wav'),
      sampleRate: sampleRate ?? DEFAULT_RATES[encoding],
      speed,
    }
  })
