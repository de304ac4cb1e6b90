import { PcError, type PipelineSetup, type SynthesisOptions, type TTSEvent, TTSService } from '@pc/core'
import type { DeepgramClient } from '@deepgram/sdk'
import { createClient, type DeepgramAccess, given, readAccess, toQuery } from './deepgram-access.ts'
import { SpeakConnection } from './speak-connection.ts'
import { type DeepgramTTSServiceOptions, DEFAULT_VOICE, providerRate } from './speak-options.ts'

const CONNECT_TIMEOUT_SECS = 10
/** The provider allows about twenty texts a minute on one connection. */
const MAX_TEXTS = 18
const TEXTS_WINDOW_MS = 60_000
/** How long the provider may take to confirm that a text was cut, milliseconds. */
const CLEAR_MS = 500

/**
 * Speech of Deepgram (speak v1, Aura voices) over a socket that is kept between texts. It gives no word times.
 *
 * Errors: `missing-api-key` and `invalid-base-url` from the constructor; `http-<status>`, `connection-failed`,
 * `connect-timeout`, `connection-closed`, `excessive-flush`, and the provider's own codes.
 */
export class DeepgramTTSService extends TTSService {
  readonly #access: DeepgramAccess
  readonly #sampleRate: number | undefined
  #client: DeepgramClient | undefined
  #connection: { readonly key: string; readonly opening: Promise<SpeakConnection> } | undefined
  #textsMs: number[] = []

  constructor(options: DeepgramTTSServiceOptions = {}) {
    const { voice = DEFAULT_VOICE, speed, mipOptOut, extra } = options
    super({ ...options, settings: { voice, speed, extra: { ...given({ mip_opt_out: mipOptOut }), ...extra } } })
    this.#sampleRate = options.sampleRate
    this.#access = readAccess(options, 'DeepgramTTSService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#client = createClient(this.#access, setup.runtime)
    const wanted = this.#sampleRate ?? setup.params.audioOutSampleRate
    // The first sentence finds the connection open; what goes wrong here is told when it is needed.
    this.spawn('connect', async () => {
      await this.#ready(providerRate(wanted), this.settings).catch(() => {})
    })
    return super.onSetup(setup)
  }

  override onCleanup(): void | Promise<void> {
    this.#leave()
    return super.onCleanup()
  }

  override async *synthesize(text: string, options: SynthesisOptions): AsyncIterable<TTSEvent> {
    const sampleRate = providerRate(options.sampleRate)
    const connection = await this.#ready(sampleRate, options.settings)
    if (options.signal.aborted) return
    this.#textsMs.push(this.runtime.clock.nowMs())
    for await (const audio of connection.speak(text, options.signal)) yield { type: 'audio', audio, sampleRate }
  }

  /** A connection for these settings on which nothing old is on its way. */
  async #ready(sampleRate: number, settings: SynthesisOptions['settings']): Promise<SpeakConnection> {
    const query = toQuery({
      model: settings.voice ?? DEFAULT_VOICE,
      encoding: 'linear16',
      sample_rate: sampleRate,
      speed: settings.speed,
      ...settings.extra,
    })
    const key = JSON.stringify(query)
    if (this.#connection?.key === key && this.#mayFlush()) {
      const connection = await this.#connection.opening.catch(() => undefined)
      if (connection?.isOpen && (await this.#confirmed(connection))) return connection
    }
    this.#leave()
    const connection = new SpeakConnection(this.name)
    const opening = connection.open(this.#connect(query)).then(() => connection)
    this.#connection = { key, opening }
    return opening
  }

  #mayFlush(): boolean {
    const sinceMs = this.runtime.clock.nowMs() - TEXTS_WINDOW_MS
    this.#textsMs = this.#textsMs.filter((atMs) => atMs > sinceMs)
    return this.#textsMs.length < MAX_TEXTS
  }

  #confirmed(connection: SpeakConnection): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.runtime.clock.setTimeout(() => resolve(false), CLEAR_MS)
      connection.ready.then(
        () => {
          timer.cancel()
          resolve(connection.isOpen)
        },
        () => resolve(false),
      )
    })
  }

  #connect(query: Record<string, string | string[]>): ReturnType<DeepgramClient['speak']['v1']['connect']> {
    if (this.#client === undefined) {
      throw new PcError('DeepgramTTSService is not part of a running task yet.', { code: 'not-set-up', kind: 'config' })
    }
    return this.#client.speak.v1.connect({
      queryParams: query,
      headers: { ...this.#access.headers },
      connectionTimeoutInSeconds: CONNECT_TIMEOUT_SECS,
      reconnectAttempts: 0,
      shouldReconnect: () => false,
    })
  }

  #leave(): void {
    this.#connection?.opening.then(
      (connection) => connection.close(),
      () => {},
    )
    this.#connection = undefined
    this.#textsMs = []
  }
}
