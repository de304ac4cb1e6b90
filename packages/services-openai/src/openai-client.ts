import { PcError, type Runtime } from '@pc/core'
import OpenAI from 'openai'
import { shutdownWarning } from './models.ts'

/** How any OpenAI service reaches the provider. */
export interface OpenAIConnectionOptions {
  /** Default: the environment variable `OPENAI_API_KEY`. */
  apiKey?: string | undefined
  /** Default: the environment variable `OPENAI_BASE_URL`, else `https://api.openai.com/v1`. */
  baseUrl?: string | undefined
  organization?: string | undefined
  project?: string | undefined
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Default: that of the task's runtime. */
  fetch?: typeof globalThis.fetch | undefined
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1'

/** The key and address in force, read once when a service is made. */
export interface OpenAIAccess {
  readonly apiKey: string
  readonly baseUrl: string
  readonly options: OpenAIConnectionOptions
}

/** @throws PcError `missing-api-key`. */
export function readAccess(options: OpenAIConnectionOptions, service: string): OpenAIAccess {
  const environment: Readonly<Record<string, string | undefined>> = globalThis.process?.env ?? {}
  const apiKey = options.apiKey ?? environment['OPENAI_API_KEY']
  if (apiKey === undefined || apiKey === '') {
    const message = `${service} has no API key: pass apiKey or set OPENAI_API_KEY.`
    throw new PcError(message, { code: 'missing-api-key', kind: 'config', service })
  }
  return { apiKey, baseUrl: options.baseUrl ?? environment['OPENAI_BASE_URL'] ?? DEFAULT_BASE_URL, options }
}

/** A client of the vendor's SDK. It neither retries nor logs: the services' bases do the one, the task's logger the other. */
export function createClient({ apiKey, baseUrl, options }: OpenAIAccess, runtime: Runtime): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: baseUrl,
    ...(options.organization !== undefined && { organization: options.organization }),
    ...(options.project !== undefined && { project: options.project }),
    ...(options.headers !== undefined && { defaultHeaders: { ...options.headers } }),
    fetch: options.fetch ?? runtime.fetch,
    maxRetries: 0,
    logLevel: 'off',
  })
}

/** Warns in the log of a model that is going away. */
export function warnOfShutdown(model: string | undefined, runtime: Runtime): void {
  const warning = model === undefined ? undefined : shutdownWarning(model, runtime.clock.epochMs())
  if (warning !== undefined) runtime.log.log('warn', warning, { model })
}

/** Options without those that were not given, so that they do not hide defaults. */
export function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
