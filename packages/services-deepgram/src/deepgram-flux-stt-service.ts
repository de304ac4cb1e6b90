import {
  ExternalUserTurnStrategies,
  type PipelineSetup,
  type STTEvent,
  STTService,
  type STTServiceOptions,
  type TranscribeOptions,
} from '@pc/core'
import {
  DeepgramAccess,
  type DeepgramConnectionOptions,
  given,
  toQuery,
  toWire,
  type WireForm,
} from './deepgram-access.ts'
import { messageError } from './deepgram-error.ts'
import type { SdkSocket } from './deepgram-socket.ts'
import { FluxSilence } from './flux-silence.ts'
import { FluxTurns } from './flux-turns.ts'
import { openListenConnection } from './listen-connection.ts'

/** The options of {@link DeepgramFluxSTTService}. What is left out is not sent, unless a default is named. */
export interface DeepgramFluxSTTServiceOptions extends Omit<STTServiceOptions, 'settings'>, DeepgramConnectionOptions {
  /** `flux-general-en` or `flux-general-multi`. Default `flux-general-en`. */
  model?: string | undefined
  /**
   * How sure the model is that the turn will end with the words so far when it says so, 0.3 to 0.9: what
   * `preemptiveGeneration` of the turn processor answers ahead. Default: it never says so.
   */
  eagerEotThreshold?: number | undefined
  /** How sure it is that the turn is over when it ends it, 0.5 to 1. Its own default is 0.7. */
  eotThreshold?: number | undefined
  /** So much silence ends a turn in any case, seconds, 0.5 to 60. Its own default is 5. */
  eotTimeoutSecs?: number | undefined
  /** Words to expect. */
  keyterms?: readonly string[] | undefined
  /** Languages to expect, BCP-47; only `flux-general-multi`. */
  languageHints?: readonly string[] | undefined
  numerals?: boolean | undefined
  profanityFilter?: boolean | undefined
  /** Kinds of information to leave out, for example `pci`, `ssn`. */
  redact?: readonly string[] | undefined
  tags?: readonly string[] | undefined
  /** Keeps the audio out of the provider's model improvement. */
  mipOptOut?: boolean | undefined
  /** Sent in the query as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

const SENT_IF_GIVEN = [
  'eagerEotThreshold',
  'eotThreshold',
  'eotTimeoutSecs',
  'keyterms',
  'languageHints',
  'numerals',
  'profanityFilter',
  'redact',
  'tags',
  'mipOptOut',
] as const

const WIRE: WireForm = {
  names: {
    eagerEotThreshold: 'eager_eot_threshold',
    eotThreshold: 'eot_threshold',
    eotTimeoutSecs: 'eot_timeout_ms',
    keyterms: 'keyterm',
    languageHints: 'language_hint',
    profanityFilter: 'profanity_filter',
    tags: 'tag',
    mipOptOut: 'mip_opt_out',
  },
  inMs: ['eotTimeoutSecs'],
}

const DEFAULT_MODEL = 'flux-general-en'

/**
 * Streaming speech recognition of Deepgram that decides turns itself (listen v2, Flux models). By default turns begin and
 * end as it says. Where the audio stops, it is sent silence.
 *
 * Errors: as of `DeepgramSTTService`.
 */
export class DeepgramFluxSTTService extends STTService {
  readonly #access: DeepgramAccess

  constructor(options: DeepgramFluxSTTServiceOptions = {}) {
    const { model = DEFAULT_MODEL } = options
    super({
      userTurnStrategies: new ExternalUserTurnStrategies(),
      ...options,
      settings: {
        model,
        language: model === DEFAULT_MODEL ? 'en' : undefined,
        extra: { ...given(options, SENT_IF_GIVEN), ...options.extra },
      },
    })
    this.#access = new DeepgramAccess(options, 'DeepgramFluxSTTService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#access.setUp(setup.runtime)
    return super.onSetup(setup)
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const { signal, sampleRate, settings } = options
    const { language } = settings
    const { socket, messages, sendAudio } = await openListenConnection(this.#connect(options), {
      signal,
      service: this.name,
    })
    const turns = new FluxTurns()
    const turnIsOpen = (): boolean => turns.open
    const silence = new FluxSilence({ socket, clock: this.runtime.clock, sampleRate, turnIsOpen })
    const onEnd = (): void => {
      silence.stop()
      if (turns.open) socket.send({ type: 'ForceEndTurn' })
      socket.send({ type: 'CloseStream' })
    }
    try {
      for await (const message of messages) {
        switch (message['type']) {
          case 'Connected':
            void sendAudio(audio, { onSent: () => silence.sent(), onEnd })
            yield { type: 'open' }
            break
          case 'TurnInfo':
            yield* turns.read(message, { language, filledSecs: silence.filledSecs })
            break
          case 'Error':
            throw messageError(message, this.name)
          default:
        }
      }
    } finally {
      silence.stop()
      socket.close()
    }
  }

  #connect({ sampleRate, settings, signal }: TranscribeOptions): Promise<SdkSocket> {
    const { model = DEFAULT_MODEL, extra = {} } = settings
    const { client, socketOptions } = this.#access
    return client.listen.v2.connect({
      ...socketOptions,
      model,
      queryParams: toQuery({ encoding: 'linear16', sample_rate: sampleRate, ...toWire(extra, WIRE) }),
      abortSignal: signal,
    })
  }
}
