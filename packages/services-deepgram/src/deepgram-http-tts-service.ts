import { PcError, type PipelineSetup, type SynthesisOptions, type TTSEvent, TTSService } from '@pc/core'
import type { DeepgramClient } from '@deepgram/sdk'
import { createClient, type DeepgramAccess, given, readAccess, toQuery } from './deepgram-access.ts'
import { requestError } from './deepgram-error.ts'
import { type DeepgramTTSServiceOptions, DEFAULT_VOICE, providerRate } from './speak-options.ts'

/**
 * Speech of Deepgram (speak v1, Aura voices), one HTTP request a sentence: for networks that allow no sockets. It gives
 * no word times.
 *
 * Errors: `missing-api-key` and `invalid-base-url` from the constructor; `http-<status>`, `connection-failed`,
 * `stream-truncated`.
 */
export class DeepgramHttpTTSService extends TTSService {
  readonly #access: DeepgramAccess
  #client: DeepgramClient | undefined

  constructor(options: DeepgramTTSServiceOptions = {}) {
    const { voice = DEFAULT_VOICE, speed, mipOptOut, extra } = options
    super({ ...options, settings: { voice, speed, extra: { ...given({ mip_opt_out: mipOptOut }), ...extra } } })
    this.#access = readAccess(options, 'DeepgramHttpTTSService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    return super.onSetup(setup)
  }

  override async *synthesize(
    text: string,
    { signal, sampleRate: wanted, settings }: SynthesisOptions,
  ): AsyncIterable<TTSEvent> {
    if (this.#client === undefined) {
      throw new PcError('DeepgramHttpTTSService is not part of a running task yet.', {
        code: 'not-set-up',
        kind: 'config',
      })
    }
    const sampleRate = providerRate(wanted)
    const { voice = DEFAULT_VOICE, speed, extra } = settings
    try {
      const response = await this.#client.speak.v1.audio.generate(
        { text },
        {
          abortSignal: signal,
          maxRetries: 0,
          headers: { ...this.#access.headers },
          queryParams: toQuery({
            model: voice,
            encoding: 'linear16',
            container: 'none',
            sample_rate: sampleRate,
            speed,
            ...extra,
          }),
        },
      )
      const body = response.stream()
      if (!body) return
      for await (const bytes of body) yield { type: 'audio', audio: bytes, sampleRate }
    } catch (error) {
      throw requestError(error, this.name)
    }
  }
}
