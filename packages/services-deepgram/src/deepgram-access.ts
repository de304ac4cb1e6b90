import { PcError, type Runtime } from '@pc/core'
import { DeepgramClient } from '@deepgram/sdk'

/** How any Deepgram service reaches the provider. */
export interface DeepgramConnectionOptions {
  /** Default: the environment variable `DEEPGRAM_API_KEY`. */
  apiKey?: string | undefined
  /** HTTP address of the API; the sockets' address is made from it. Default `https://api.deepgram.com`. */
  baseUrl?: string | undefined
  /** Sent with every request and connection. */
  headers?: Readonly<Record<string, string>> | undefined
}

const DEFAULT_BASE_URL = 'https://api.deepgram.com'
const CONNECT_TIMEOUT_SECS = 10

interface SocketOptions {
  readonly headers: Record<string, string>
  readonly connectionTimeoutInSeconds: number
  readonly reconnectAttempts: number
  readonly shouldReconnect: () => boolean
}

/** How one service reaches the provider: key and address, read once, and the vendor's client while a task runs it. */
export class DeepgramAccess {
  readonly #service: string
  readonly #apiKey: string
  readonly #baseUrl: string
  readonly #headers: Readonly<Record<string, string>>
  #client: DeepgramClient | undefined

  /** @throws PcError `missing-api-key`, `invalid-base-url`. */
  constructor(options: DeepgramConnectionOptions, service: string) {
    const environment: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {}
    const apiKey = options.apiKey ?? environment['DEEPGRAM_API_KEY']
    if (apiKey === undefined || apiKey === '') {
      const message = `${service} has no API key: pass apiKey or set DEEPGRAM_API_KEY.`
      throw new PcError(message, { code: 'missing-api-key', kind: 'config', service })
    }
    const baseUrl = (options.baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '')
    // The SDK would end the process over an address that is none.
    if (!/^https?:$/.test(URL.parse(baseUrl)?.protocol ?? '')) {
      const message = `${service}: baseUrl must be an http or https address.`
      throw new PcError(message, { code: 'invalid-base-url', kind: 'config', service })
    }
    this.#service = service
    this.#apiKey = apiKey
    this.#baseUrl = baseUrl
    this.#headers = options.headers ?? {}
  }

  setUp({ fetch }: Runtime): void {
    const base = this.#baseUrl
    const socketUrl = base.replace(/^http/, 'ws')
    this.#client = new DeepgramClient({
      apiKey: this.#apiKey,
      environment: { base, production: socketUrl, agent: socketUrl, agentRest: base },
      fetch,
      // The base classes try again.
      maxRetries: 0,
    })
  }

  /** @throws PcError `not-set-up`. */
  get client(): DeepgramClient {
    if (this.#client !== undefined) return this.#client
    const message = `${this.#service} is not part of a running task yet.`
    throw new PcError(message, { code: 'not-set-up', kind: 'config' })
  }

  /** For each request and connection: the SDK puts its own over those that its client was made with. */
  get headers(): Record<string, string> {
    return { ...this.#headers }
  }

  /** For each socket. It never connects again by itself: the base classes do, with what the SDK would lose. */
  get socketOptions(): SocketOptions {
    return {
      headers: this.headers,
      connectionTimeoutInSeconds: CONNECT_TIMEOUT_SECS,
      reconnectAttempts: 0,
      shouldReconnect: () => false,
    }
  }
}

/** Query values as the provider spells them: booleans as words, lists as repeated keys; what was not given is left out. */
export function toQuery(values: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null) continue
    query[name] = Array.isArray(value) ? value.map(toText) : toText(value)
  }
  return query
}

/** How settings stand in a query. */
export interface WireForm {
  /** Names that differ. */
  readonly names: Readonly<Record<string, string>>
  /** Seconds that are sent as milliseconds. */
  readonly inMs: readonly string[]
}

/** Settings by their names in the query. What has no other name there is sent as it is. */
export function toWire(
  settings: Readonly<Record<string, unknown>>,
  { names, inMs }: WireForm,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      names[name] ?? name,
      inMs.includes(name) && typeof value === 'number' ? Math.round(value * 1000) : value,
    ]),
  )
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The options of these names that were given. */
export function given<T extends object>(options: T, names: readonly (keyof T & string)[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined))
}
