import { type PipelineSetup, type STTEvent, STTService, type STTServiceOptions, type TranscribeOptions } from '@pc/core'
import {
  DeepgramAccess,
  type DeepgramConnectionOptions,
  given,
  toQuery,
  toWire,
  type WireForm,
} from './deepgram-access.ts'
import { messageError } from './deepgram-error.ts'
import type { DeepgramSocket, SdkSocket } from './deepgram-socket.ts'
import { openListenConnection } from './listen-connection.ts'
import { readListenMessage } from './listen-results.ts'

/** The options of {@link DeepgramSTTService}. What is left out is not sent, unless a default is named. */
export interface DeepgramSTTServiceOptions extends Omit<STTServiceOptions, 'settings'>, DeepgramConnectionOptions {
  /** Default `nova-3-general`. */
  model?: string | undefined
  /** BCP-47, or `multi`. Default `en`. */
  language?: string | undefined
  /** Default true. */
  interimResults?: boolean | undefined
  /** Default true. */
  punctuate?: boolean | undefined
  /** Numbers, dates and the like in their usual form. */
  smartFormat?: boolean | undefined
  /** How much silence ends an utterance at the provider, seconds; true is its default of 0.01, false never. */
  endpointing?: boolean | number | undefined
  /** An `utteranceEnd` event after this much time without words, seconds, at least 1. Needs `interimResults`. */
  utteranceEndSecs?: number | undefined
  /** `speechStarted` events. */
  vadEvents?: boolean | undefined
  profanityFilter?: boolean | undefined
  numerals?: boolean | undefined
  dictation?: boolean | undefined
  diarize?: boolean | undefined
  detectEntities?: boolean | undefined
  /** Words to expect; only nova-3. */
  keyterms?: readonly string[] | undefined
  /** Words to expect, as `word:boost`; only models before nova-3. */
  keywords?: readonly string[] | undefined
  /** Kinds of information to leave out, for example `pci`, `ssn`. */
  redact?: readonly string[] | undefined
  /** Replacements, as `find:replace`. */
  replace?: readonly string[] | undefined
  search?: readonly string[] | undefined
  tags?: readonly string[] | undefined
  /** Keeps the audio out of the provider's model improvement. */
  mipOptOut?: boolean | undefined
  version?: string | undefined
  /** Sent in the query as it is, in the provider's own spelling. */
  extra?: Readonly<Record<string, unknown>> | undefined
}

const SENT_IF_GIVEN = [
  'smartFormat',
  'endpointing',
  'utteranceEndSecs',
  'vadEvents',
  'profanityFilter',
  'numerals',
  'dictation',
  'diarize',
  'detectEntities',
  'keyterms',
  'keywords',
  'redact',
  'replace',
  'search',
  'tags',
  'mipOptOut',
  'version',
] as const

const WIRE: WireForm = {
  names: {
    interimResults: 'interim_results',
    smartFormat: 'smart_format',
    utteranceEndSecs: 'utterance_end_ms',
    vadEvents: 'vad_events',
    profanityFilter: 'profanity_filter',
    detectEntities: 'detect_entities',
    keyterms: 'keyterm',
    tags: 'tag',
    mipOptOut: 'mip_opt_out',
  },
  inMs: ['endpointing', 'utteranceEndSecs'],
}

const DEFAULT_MODEL = 'nova-3-general'
/** The provider closes a connection on which nothing came for 10 s. */
const KEEP_ALIVE_MS = 4000
/** From the end of speech to the final transcript, 99th percentile, seconds. */
const TTFS_P99_SECS = 0.35

/**
 * Streaming speech recognition of Deepgram (listen v1, Nova models). When voice activity ends, it asks for the result at
 * once.
 *
 * Errors: `missing-api-key` and `invalid-base-url` from the constructor; `http-<status>`, `connection-failed`,
 * `connect-timeout`, `connection-closed`, `connection-stalled`, and the provider's own codes such as `net-0001`.
 */
export class DeepgramSTTService extends STTService {
  readonly #access: DeepgramAccess
  #lastSentMs = 0

  constructor(options: DeepgramSTTServiceOptions = {}) {
    const { model = DEFAULT_MODEL, language = 'en', interimResults = true, punctuate = true } = options
    super({
      ttfsP99LatencySecs: TTFS_P99_SECS,
      ...options,
      settings: {
        model,
        language,
        extra: { interimResults, punctuate, ...given(options, SENT_IF_GIVEN), ...options.extra },
      },
    })
    this.#access = new DeepgramAccess(options, 'DeepgramSTTService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#access.setUp(setup.runtime)
    return super.onSetup(setup)
  }

  override async *transcribe(audio: AsyncIterable<Int16Array>, options: TranscribeOptions): AsyncIterable<STTEvent> {
    const { socket, messages, sendAudio } = await openListenConnection(this.#connect(options), {
      signal: options.signal,
      service: this.name,
    })
    yield { type: 'open' }
    options.onFinalize(() => socket.send({ type: 'Finalize' }))
    const stopKeepAlive = this.#keepAlive(socket)
    void sendAudio(audio, {
      onSent: () => (this.#lastSentMs = this.runtime.clock.nowMs()),
      onEnd: () => socket.send({ type: 'CloseStream' }),
    })
    try {
      for await (const message of messages) {
        if (message['type'] === 'Error') throw messageError(message, this.name)
        const event = readListenMessage(message, options.settings.language)
        if (event !== undefined) yield event
      }
    } finally {
      stopKeepAlive()
      socket.close()
    }
  }

  #connect({ sampleRate, settings, signal }: TranscribeOptions): Promise<SdkSocket> {
    const { model = DEFAULT_MODEL, language, extra = {} } = settings
    const { client, socketOptions } = this.#access
    return client.listen.v1.connect({
      ...socketOptions,
      model,
      queryParams: toQuery({
        language,
        encoding: 'linear16',
        sample_rate: sampleRate,
        channels: 1,
        ...toWire(extra, WIRE),
      }),
      abortSignal: signal,
    })
  }

  #keepAlive(socket: DeepgramSocket): () => void {
    const { clock } = this.runtime
    const tick = (): void => {
      if (clock.nowMs() - this.#lastSentMs >= KEEP_ALIVE_MS) socket.send({ type: 'KeepAlive' })
      timer = clock.setTimeout(tick, KEEP_ALIVE_MS, { background: true })
    }
    let timer = clock.setTimeout(tick, KEEP_ALIVE_MS, { background: true })
    return () => timer.cancel()
  }
}
