import { type PipelineSetup, type SynthesisOptions, type TTSEvent, TTSService } from '@pc/core'
import { DeepgramAccess } from './deepgram-access.ts'
import { SpeakConnection } from './speak-connection.ts'
import { type DeepgramTTSServiceOptions, providerRate, speakQuery, speakSettings } from './speak-options.ts'

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
  #connection: { readonly key: string; readonly opening: Promise<SpeakConnection> } | undefined
  #textsMs: number[] = []

  constructor(options: DeepgramTTSServiceOptions = {}) {
    super({ ...options, settings: speakSettings(options) })
    this.#sampleRate = options.sampleRate
    this.#access = new DeepgramAccess(options, 'DeepgramTTSService')
  }

  override onSetup(setup: PipelineSetup): void | Promise<void> {
    this.#access.setUp(setup.runtime)
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
    const queryParams = speakQuery(sampleRate, settings)
    const key = JSON.stringify(queryParams)
    if (this.#connection?.key === key && this.#mayFlush()) {
      const connection = await this.#connection.opening.catch(() => undefined)
      if (connection?.isOpen && (await this.#confirmed(connection))) return connection
    }
    this.#leave()
    const { client, socketOptions } = this.#access
    const connection = new SpeakConnection(this.name)
    const opening = connection.open(client.speak.v1.connect({ ...socketOptions, queryParams })).then(() => connection)
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
      void connection.ready.then(() => {
        timer.cancel()
        resolve(connection.isOpen)
      })
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
