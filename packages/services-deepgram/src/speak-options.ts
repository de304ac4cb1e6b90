import type { TTSServiceOptions } from '@pc/core'
import type { DeepgramConnectionOptions } from './deepgram-access.ts'

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

export const DEFAULT_VOICE = 'aura-2-thalia-en'

const RATES: readonly number[] = [8000, 16_000, 24_000, 32_000, 48_000]

/** The rate that is wanted if the provider has it, else 24000, Hz. */
export function providerRate(wanted: number): number {
  return RATES.includes(wanted) ? wanted : 24_000
}
