import {
  type PipelineSetup,
  PcError,
  type SynthesisOptions,
  type TTSEvent,
  TTSService,
  type TTSServiceOptions,
} from '@pc/core'
import type OpenAI from 'openai'
import { DEFAULT_MODELS } from './models.ts'
import {
  createClient,
  given,
  type OpenAIAccess,
  type OpenAIConnectionOptions,
  readAccess,
  warnOfShutdown,
} from './openai-client.ts'
import { toPcError } from './openai-error.ts'

/** The options of {@link OpenAITTSService}. */
export interface OpenAITTSServiceOptions
  extends Omit<TTSServiceOptions, 'settings' | 'sampleRate'>, OpenAIConnectionOptions {
  /** Default `gpt-4o-mini-tts`, which OpenAI shuts down on 2027-01-06. */
  model?: string | undefined
  /** For example `alloy`, `marin`, `cedar`. Default `marin`. */
  voice?: string | undefined
  /** 0.25 to 4. Default: the provider's, 1. */
  speed?: number | undefined
  /** How to speak, in words; not for `tts-1`. */
  instructions?: string | undefined
  /** Sent in the request as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** What the provider's `pcm` format is, Hz. */
const PCM_RATE = 24_000

/**
 * Speech of OpenAI, one request a sentence, streamed as 24 kHz PCM. It gives no word times.
 *
 * Errors: `missing-api-key` from the constructor; `stream-truncated`, `connection-failed`, and the provider's own codes.
 */
export class OpenAITTSService extends TTSService {
  readonly #access: OpenAIAccess
  #client: OpenAI | undefined

  constructor(options: OpenAITTSServiceOptions = {}) {
    const { model = DEFAULT_MODELS.speech, voice = 'marin', speed, instructions, extra } = options
    super({
      ...options,
      sampleRate: PCM_RATE,
      settings: { model, voice, speed, extra: { ...given({ instructions }), ...extra } },
    })
    this.#access = readAccess(options, 'OpenAITTSService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    warnOfShutdown(this.settings.model, setup.runtime)
    return super.onSetup(setup)
  }

  override async *synthesize(text: string, { signal, settings }: SynthesisOptions): AsyncIterable<TTSEvent> {
    if (this.#client === undefined) {
      throw new PcError('OpenAITTSService is not part of a running task yet.', { code: 'not-set-up', kind: 'config' })
    }
    const { model = DEFAULT_MODELS.speech, voice = 'marin', speed, extra } = settings
    try {
      const response = await this.#client.audio.speech.create(
        { input: text, model, voice, response_format: 'pcm', ...given({ speed, ...extra }) },
        { signal },
      )
      if (response.body === null) return
      for await (const bytes of response.body) yield { type: 'audio', audio: bytes, sampleRate: PCM_RATE }
    } catch (error) {
      throw toPcError(error, this.name)
    }
  }
}
