import type { TTSServiceOptions, TTSSettings } from '@pc/core'
import { type DeepgramConnectionOptions, toQuery } from './deepgram-access.ts'

/** The options of {@link DeepgramTTSService} and {@link DeepgramHttpTTSService}. */
export interface DeepgramTTSServiceOptions extends Omit<TTSServiceOptions, 'settings'>, DeepgramConnectionOptions {
  /** A voice model. Default `aura-2-thalia-en`. */
  voice?: string | undefined
  /** 0.7 to 1.5. Default: the provider's, 1. */
  speed?: number | undefined
  /** Keeps the text out of the provider's model improvement. */
  mipOptOut?: boolean | undefined
  /** Sent in the query as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

const DEFAULT_VOICE = 'aura-2-thalia-en'

/** The options that can change while the service runs. */
export function speakSettings({
  voice = DEFAULT_VOICE,
  speed,
  mipOptOut,
  extra,
}: DeepgramTTSServiceOptions): TTSSettings {
  return { voice, speed, extra: { ...(mipOptOut !== undefined && { mip_opt_out: mipOptOut }), ...extra } }
}

export function speakQuery(
  sampleRate: number,
  { voice = DEFAULT_VOICE, speed, extra }: Readonly<TTSSettings>,
): Record<string, string | string[]> {
  return toQuery({ model: voice, encoding: 'linear16', sample_rate: sampleRate, speed, ...extra })
}

const RATES: readonly number[] = [8000, 16_000, 24_000, 32_000, 48_000]

/** The rate that is wanted if the provider has it, else 24000, Hz. */
export function providerRate(wanted: number): number {
  return RATES.includes(wanted) ? wanted : 24_000
}
