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

/** The key and address in force, read once when a service is made. */
export interface DeepgramAccess {
  readonly apiKey: string
  readonly baseUrl: string
  readonly headers: Readonly<Record<string, string>>
}

const DEFAULT_BASE_URL = 'https://api.deepgram.com'

/** @throws PcError `missing-api-key`, `invalid-base-url`. */
export function readAccess(options: DeepgramConnectionOptions, service: string): DeepgramAccess {
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
  return { apiKey, baseUrl, headers: options.headers ?? {} }
}

/** A client of the vendor's SDK, without retries of its own. */
export function createClient({ apiKey, baseUrl, headers }: DeepgramAccess, runtime: Runtime): DeepgramClient {
  const socketUrl = baseUrl.replace(/^http/, 'ws')
  return new DeepgramClient({
    apiKey,
    environment: { base: baseUrl, production: socketUrl, agent: socketUrl, agentRest: baseUrl },
    headers: { ...headers },
    fetch: runtime.fetch,
    maxRetries: 0,
  })
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

/** Options without those that were not given. */
export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
