import { type PipelineSetup, type SynthesisOptions, type TTSEvent, TTSService } from '@pc/core'
import { DeepgramAccess } from './deepgram-access.ts'
import { requestError } from './deepgram-error.ts'
import { type DeepgramTTSServiceOptions, providerRate, speakQuery, speakSettings } from './speak-options.ts'

/**
 * Speech of Deepgram (speak v1, Aura voices), one HTTP request a sentence: for networks that allow no sockets. It gives
 * no word times.
 *
 * Errors: `missing-api-key` and `invalid-base-url` from the constructor; `http-<status>`, `connection-failed`,
 * `stream-truncated`.
 */
export class DeepgramHttpTTSService extends TTSService {
  readonly #access: DeepgramAccess

  constructor(options: DeepgramTTSServiceOptions = {}) {
    super({ ...options, settings: speakSettings(options) })
    this.#access = new DeepgramAccess(options, 'DeepgramHttpTTSService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#access.setUp(setup.runtime)
    return super.onSetup(setup)
  }

  override async *synthesize(
    text: string,
    { signal, sampleRate: wanted, settings }: SynthesisOptions,
  ): AsyncIterable<TTSEvent> {
    const { client, headers } = this.#access
    const sampleRate = providerRate(wanted)
    try {
      const queryParams = speakQuery(sampleRate, { ...settings, extra: { container: 'none', ...settings.extra } })
      const response = await client.speak.v1.audio.generate({ text }, { abortSignal: signal, headers, queryParams })
      const body = response.stream()
      if (!body) return
      for await (const bytes of body) yield { type: 'audio', audio: bytes, sampleRate }
    } catch (error) {
      throw requestError(error, this.name)
    }
  }
}
