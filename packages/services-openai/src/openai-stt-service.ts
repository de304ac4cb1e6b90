import { encodeWav } from '@pc/audio'
import {
  type PipelineSetup,
  PcError,
  type SegmentedSTTServiceOptions,
  SegmentedSTTService,
  type SegmentOptions,
  type Transcript,
} from '@pc/core'
import { type OpenAI, toFile } from 'openai'
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

/** The options of {@link OpenAISTTService}. */
export interface OpenAISTTServiceOptions extends Omit<SegmentedSTTServiceOptions, 'settings'>, OpenAIConnectionOptions {
  /** Default `gpt-transcribe`. */
  model?: string | undefined
  /** ISO 639-1, for example `en`. Default: recognised. */
  language?: string | undefined
  /** Words or style to expect. */
  prompt?: string | undefined
  /** 0 to 1. */
  temperature?: number | undefined
  /** Sent in the request as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

/** The provider refuses shorter audio, seconds; nothing is said in it anyway. */
const SHORTEST_SECS = 0.1
/** From the end of speech to the transcript, 99th percentile, seconds. */
const TTFS_P99_SECS = 2.01

/**
 * Speech recognition of OpenAI: each utterance, cut by voice activity, is sent as a WAV file. It needs a VADProcessor.
 *
 * Errors: `missing-api-key` from the constructor; `transcription-timeout`, `connection-failed`, and the provider's own
 * codes.
 */
export class OpenAISTTService extends SegmentedSTTService {
  readonly #access: OpenAIAccess
  #client: OpenAI | undefined

  constructor(options: OpenAISTTServiceOptions = {}) {
    const { model = DEFAULT_MODELS.transcription, language, prompt, temperature, extra } = options
    super({
      ttfsP99LatencySecs: TTFS_P99_SECS,
      ...options,
      settings: { model, language, extra: { ...given({ prompt, temperature }), ...extra } },
    })
    this.#access = readAccess(options, 'OpenAISTTService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    warnOfShutdown(this.settings.model, setup.runtime)
    return super.onSetup(setup)
  }

  override async transcribeSegment(
    audio: Int16Array,
    { signal, sampleRate, settings }: SegmentOptions,
  ): Promise<readonly Transcript[]> {
    if (this.#client === undefined) {
      throw new PcError('OpenAISTTService is not part of a running task yet.', { code: 'not-set-up', kind: 'config' })
    }
    if (audio.length < SHORTEST_SECS * sampleRate) return []
    const { model = DEFAULT_MODELS.transcription, language, extra } = settings
    try {
      const file = await toFile(encodeWav(audio, sampleRate), 'speech.wav', { type: 'audio/wav' })
      const result = await this.#client.audio.transcriptions.create(
        { file, model, response_format: 'json', ...given({ language, ...extra }) },
        { signal },
      )
      return [{ text: result.text, language: recognisedLanguage(result) ?? language, result }]
    } catch (error) {
      throw toPcError(error, this.name)
    }
  }
}

/** `gpt-transcribe` says which languages it heard. */
function recognisedLanguage(result: object): string | undefined {
  const languages: unknown = 'languages' in result ? result.languages : undefined
  const first: unknown = Array.isArray(languages) ? languages[0] : undefined
  if (typeof first !== 'object' || first === null || !('code' in first)) return undefined
  return typeof first.code === 'string' ? first.code : undefined
}
