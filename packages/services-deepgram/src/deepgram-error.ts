import { isAbortError, kindOfStatus, PcError } from '@pc/core'
import { DeepgramError, DeepgramTimeoutError } from '@deepgram/sdk'
import { isJson, type Json } from './json.ts'

/** What the SDK reports of a socket that could not be opened: the status stands only in the text. */
export function connectionError(message: string, service: string): PcError {
  const status = Number(/Unexpected server response: (\d{3})/.exec(message)?.[1] ?? NaN)
  if (!Number.isNaN(status)) return refusal(status, service)
  if (message === 'TIMEOUT') {
    return new PcError('Deepgram did not open the connection in time.', {
      code: 'connect-timeout',
      kind: 'timeout',
      service,
    })
  }
  const text = `Deepgram could not be reached: ${message || 'the connection failed'}`
  return new PcError(text, { code: 'connection-failed', kind: 'transient', service })
}

/** A socket that the server closed. The reason holds the provider's code, for example `NET-0001`. */
export function closeError(code: number, reason: string, service: string): PcError {
  const vendorCode = /[A-Z]+-\d{4}/.exec(reason)?.[0]
  // The audio or a message cannot be understood: the same again would not help.
  const kind = code === 1008 || vendorCode?.startsWith('DATA') ? 'invalid-request' : 'transient'
  const message = `Deepgram closed the connection: ${code}${reason === '' ? '' : ` ${reason}`}`
  return new PcError(message, { code: vendorCode?.toLowerCase() ?? 'connection-closed', kind, service })
}

/** An error message inside an open socket, in any of the provider's forms. */
export function messageError(message: Json, service: string): PcError {
  const pick = (...names: string[]): string =>
    names.map((name) => message[name]).find((value): value is string => typeof value === 'string' && value !== '') ?? ''
  const code = pick('err_code', 'code', 'variant')
  const text = pick('description', 'err_msg', 'message')
  const kind = code.startsWith('DATA') || code.startsWith('MESSAGE') ? 'invalid-request' : 'transient'
  return new PcError(`Deepgram: ${text || code}`, { code: code.toLowerCase() || 'provider-error', kind, service })
}

/** What a request of the SDK threw. */
export function requestError(thrown: unknown, service: string): PcError {
  if (PcError.is(thrown)) return thrown
  if (isAbortError(thrown))
    return new PcError('The request was aborted.', { code: 'aborted', kind: 'aborted', service, cause: thrown })
  if (thrown instanceof DeepgramTimeoutError) {
    return new PcError('Deepgram did not answer in time.', {
      code: 'request-timeout',
      kind: 'timeout',
      service,
      cause: thrown,
    })
  }
  if (thrown instanceof DeepgramError) {
    if (thrown.statusCode !== undefined) return refusal(thrown.statusCode, service, thrown)
    return new PcError('Deepgram could not be reached.', {
      code: 'connection-failed',
      kind: 'transient',
      service,
      cause: thrown,
    })
  }
  if (thrown instanceof TypeError) {
    const message = 'The connection to Deepgram broke before the audio was complete.'
    return new PcError(message, { code: 'stream-truncated', kind: 'transient', service, cause: thrown })
  }
  return PcError.from(thrown, { code: 'deepgram-failed', service })
}

function refusal(status: number, service: string, cause?: DeepgramError): PcError {
  const kind = kindOfStatus(status)
  const detail = kind === 'auth' ? ': check the API key and its permissions' : vendorText(cause?.body)
  const message = `Deepgram refused the request with HTTP ${status}${detail}`
  // The SDK's error holds the request's headers.
  return new PcError(message, { code: `http-${status}`, kind, service, status })
}

function vendorText(body: unknown): string {
  return isJson(body) && typeof body['err_msg'] === 'string' ? `: ${body['err_msg']}` : ''
}
