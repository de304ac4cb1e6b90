import {
  ExternalUserTurnStrategies,
  type PipelineSetup,
  PcError,
  type STTEvent,
  STTService,
  type STTServiceOptions,
  type TranscribeOptions,
} from '@pc/core'
import type { DeepgramClient } from '@deepgram/sdk'
import { Channel } from './channel.ts'
import {
  createClient,
  type DeepgramAccess,
  type DeepgramConnectionOptions,
  given,
  readAccess,
  toQuery,
  toWire,
  type WireForm,
} from './deepgram-access.ts'
import { messageError } from './deepgram-error.ts'
import { DeepgramSocket } from './deepgram-socket.ts'
import { FluxSilence } from './flux-silence.ts'
import { FluxTurns } from './flux-turns.ts'
import { sendAudio } from './send-audio.ts'

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
const CONNECT_TIMEOUT_SECS = 10

/**
 * Streaming speech recognition of Deepgram that decides turns itself (listen v2, Flux models). By default turns begin and
 * end as it says. Where the audio stops, it is sent silence.
 *
 * Errors: as of `DeepgramSTTService`.
 */
export class DeepgramFluxSTTService extends STTService {
  readonly #access: DeepgramAccess
  #client: DeepgramClient | undefined

  constructor(options: DeepgramFluxSTTServiceOptions = {}) {
    const { model = DEFAULT_MODEL, eagerEotThreshold, eotThreshold, eotTimeoutSecs, keyterms, languageHints } = options
    const { numerals, profanityFilter, redact, tags, mipOptOut } = options
    const own = { eagerEotThreshold, eotThreshold, eotTimeoutSecs, keyterms, languageHints }
    super({
      userTurnStrategies: new ExternalUserTurnStrategies(),
      ...options,
      settings: {
        model,
        language: model === DEFAULT_MODEL ? 'en' : undefined,
        extra: { ...given({ ...own, numerals, profanityFilter, redact, tags, mipOptOut }), ...options.extra },
      },
    })
    this.#access = readAccess(options, 'DeepgramFluxSTTService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    return super.onSetup(setup)
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const { signal, sampleRate, settings } = options
    const { language } = settings
    const messages = new Channel<Readonly<Record<string, unknown>>>()
    let leaving = false
    const socket = await DeepgramSocket.open(
      this.#connect(options),
      {
        message: (data) => {
          if (!(data instanceof Uint8Array)) messages.push(data)
        },
        closed: (error) => messages.end(leaving || signal.aborted ? undefined : error),
      },
      { signal, service: this.name },
    )
    signal.addEventListener('abort', () => messages.end(), { once: true })
    const turns = new FluxTurns()
    const turnIsOpen = (): boolean => turns.open
    const silence = new FluxSilence({ socket, clock: this.runtime.clock, sampleRate, turnIsOpen })
    const send = (): Promise<void> =>
      sendAudio(audio, { socket, service: this.name, onSent: () => silence.sent() }).then(
        () => {
          leaving = true
          silence.stop()
          if (turns.open) socket.send({ type: 'ForceEndTurn' })
          socket.send({ type: 'CloseStream' })
        },
        (error: unknown) => {
          messages.end(error)
          socket.close()
        },
      )
    try {
      for await (const message of messages) {
        switch (message['type']) {
          case 'Connected':
            void send()
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

  async #connect({
    sampleRate,
    settings,
    signal,
  }: TranscribeOptions): ReturnType<DeepgramClient['listen']['v2']['connect']> {
    if (this.#client === undefined) {
      const message = 'DeepgramFluxSTTService is not part of a running task yet.'
      throw new PcError(message, { code: 'not-set-up', kind: 'config' })
    }
    const { model = DEFAULT_MODEL, extra = {} } = settings
    return this.#client.listen.v2.connect({
      model,
      queryParams: toQuery({ encoding: 'linear16', sample_rate: sampleRate, ...toWire(extra, WIRE) }),
      headers: { ...this.#access.headers },
      abortSignal: signal,
      connectionTimeoutInSeconds: CONNECT_TIMEOUT_SECS,
      // The base reconnects, with the audio that the SDK would lose.
      reconnectAttempts: 0,
      shouldReconnect: () => false,
    })
  }
}
