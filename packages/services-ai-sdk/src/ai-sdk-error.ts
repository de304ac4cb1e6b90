import {
  AISDKError,
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  TypeValidationError,
} from '@ai-sdk/provider'
import { isAbortError, kindOfStatus, PcError, type PcErrorOptions } from '@pc/core'

/** A server that asks for a longer wait than this is not asked again, milliseconds: nobody waits so long in a talk. */
const LONGEST_WAIT_MS = 2000

const QUOTA_CODES: ReadonlySet<string> = new Set(['insufficient_quota', 'credit_balance_exhausted', 'billing_error'])

/** What a provider of the SDK threw, or put into its stream, as an error of ours. Messages never hold the key. */
export function toPcError(thrown: unknown, service: string): PcError {
  if (PcError.is(thrown)) return thrown
  const make = (message: string, options: PcErrorOptions): PcError =>
    new PcError(message, { service, cause: thrown, ...options })
  if (isAbortError(thrown)) return make('The request was aborted.', { code: 'aborted', kind: 'aborted' })
  if (APICallError.isInstance(thrown)) return fromCall(thrown, service)
  if (LoadAPIKeyError.isInstance(thrown)) return make(thrown.message, { code: 'missing-api-key', kind: 'config' })
  if (LoadSettingError.isInstance(thrown)) return make(thrown.message, { code: 'missing-setting', kind: 'config' })
  if (NoSuchModelError.isInstance(thrown)) return make(thrown.message, { code: 'unknown-model', kind: 'config' })
  if (EmptyResponseBodyError.isInstance(thrown)) {
    return make('The provider sent an empty answer.', { code: 'stream-truncated', kind: 'transient' })
  }
  if (isMalformed(thrown)) {
    return make('The provider sent what its protocol does not know.', { code: 'malformed-message', kind: 'protocol' })
  }
  // What is left of the SDK's own errors is about the request: a prompt or a setting that the model does not take.
  if (AISDKError.isInstance(thrown)) return make(thrown.message, { code: 'invalid-request', kind: 'invalid-request' })
  if (thrown instanceof TypeError) {
    const message = 'The connection to the provider broke before the answer was complete.'
    return make(message, { code: 'stream-truncated', kind: 'transient' })
  }
  // Providers put the vendor's error object, or its text, into a stream that had begun well.
  const { message, code } = vendorError(thrown)
  const kind = QUOTA_CODES.has(code ?? '') ? 'quota' : 'transient'
  return make(`The provider: ${message ?? 'it gave no reason.'}`, { code: code ?? 'provider-error', kind })
}

function fromCall(error: APICallError, service: string): PcError {
  const { statusCode: status, responseHeaders = {}, data } = error
  if (status === undefined) {
    const message = 'The provider could not be reached; check the network and its address.'
    return new PcError(message, { code: 'connection-failed', kind: 'transient', service, cause: error })
  }
  const { code } = vendorError(data)
  // Some providers report trouble in the middle of a stream by the status with which it began.
  const kind = QUOTA_CODES.has(code ?? '') ? 'quota' : status < 400 ? 'transient' : kindOfStatus(status)
  const retryable = (kind === 'transient' || kind === 'timeout') && waitMs(responseHeaders) <= LONGEST_WAIT_MS
  // The vendor's own message on a refused key may quote a part of it, as may the error's request.
  const message = kind === 'auth' ? 'The provider refused the API key or its permissions.' : error.message
  const cause = kind === 'auth' ? {} : { cause: error }
  const ownCode = status < 400 ? 'stream-truncated' : `http-${status}`
  return new PcError(message, { code: code ?? ownCode, kind, retryable, service, status, ...cause })
}

function isMalformed(thrown: unknown): boolean {
  return (
    JSONParseError.isInstance(thrown) ||
    TypeValidationError.isInstance(thrown) ||
    InvalidResponseDataError.isInstance(thrown)
  )
}

/** The message and code of an error as vendors write them: `{ error: { message, code, type } }`, or only the inside. */
function vendorError(value: unknown): { readonly message?: string; readonly code?: string } {
  if (typeof value === 'string') return { message: value }
  if (!isRecord(value)) return {}
  if (isRecord(value['error'])) return vendorError(value['error'])
  const { message } = value
  const code = [value['code'], value['type'], value['status']].find((part) => typeof part === 'string')
  return { ...(typeof message === 'string' && { message }), ...(typeof code === 'string' && { code }) }
}

function waitMs(headers: Readonly<Record<string, string>>): number {
  const ms = Number(headers['retry-after-ms'] ?? NaN)
  if (!Number.isNaN(ms)) return ms
  const secs = Number(headers['retry-after'] ?? NaN)
  return Number.isNaN(secs) ? 0 : secs * 1000
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
