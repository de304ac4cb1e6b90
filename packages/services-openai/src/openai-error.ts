import { isAbortError, kindOfStatus, PcError } from '@pc/core'
import OpenAI from 'openai'

/** A server that asks for a longer wait than this is not asked again, milliseconds: nobody waits so long in a talk. */
const LONGEST_WAIT_MS = 2000

const QUOTA_CODES: ReadonlySet<string> = new Set(['insufficient_quota', 'credit_balance_exhausted'])

/** What the SDK, or the connection under it, threw as an error of ours. Messages never hold the key. */
export function toPcError(thrown: unknown, service: string): PcError {
  if (PcError.is(thrown)) return thrown
  if (isAbortError(thrown) || thrown instanceof OpenAI.APIUserAbortError) {
    return new PcError('The request was aborted.', { code: 'aborted', kind: 'aborted', service, cause: thrown })
  }
  if (thrown instanceof OpenAI.APIConnectionTimeoutError) {
    return new PcError('OpenAI did not answer in time.', {
      code: 'request-timeout',
      kind: 'timeout',
      service,
      cause: thrown,
    })
  }
  if (thrown instanceof OpenAI.APIConnectionError) {
    const message = 'OpenAI could not be reached; check the network and baseUrl.'
    return new PcError(message, { code: 'connection-failed', kind: 'transient', service, cause: thrown })
  }
  if (thrown instanceof OpenAI.APIError) return fromApi(thrown, service)
  if (thrown instanceof SyntaxError) {
    const message = 'OpenAI sent a message that is not JSON.'
    return new PcError(message, { code: 'malformed-message', kind: 'protocol', service, cause: thrown })
  }
  if (thrown instanceof TypeError) {
    const message = 'The connection to OpenAI broke before the answer was complete.'
    return new PcError(message, { code: 'stream-truncated', kind: 'transient', service, cause: thrown })
  }
  return PcError.from(thrown, { code: 'openai-failed', service })
}

function fromApi(error: InstanceType<typeof OpenAI.APIError>, service: string): PcError {
  const status: number | undefined = error.status
  const vendorCode = error.code ?? error.type ?? undefined
  const quota = QUOTA_CODES.has(error.code ?? '') || QUOTA_CODES.has(error.type ?? '')
  // An error object inside a stream has no status: the server had begun to answer.
  const kind = quota ? 'quota' : status === undefined ? 'transient' : kindOfStatus(status)
  const code = vendorCode ?? (status === undefined ? 'provider-error' : `http-${status}`)
  const retryable = (kind === 'transient' || kind === 'timeout') && waitMs(error.headers) <= LONGEST_WAIT_MS
  // The vendor's own message on a refused key quotes a part of it.
  const message = kind === 'auth' ? 'OpenAI refused the API key or its permissions.' : `OpenAI: ${error.message}`
  return new PcError(message, { code, kind, retryable, service, status, ...(kind !== 'auth' && { cause: error }) })
}

function waitMs(headers: Headers | undefined): number {
  const ms = Number(headers?.get('retry-after-ms') ?? NaN)
  if (!Number.isNaN(ms)) return ms
  const secs = Number(headers?.get('retry-after') ?? NaN)
  return Number.isNaN(secs) ? 0 : secs * 1000
}
