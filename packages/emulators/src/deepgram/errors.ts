import type { Answer, RequestHead } from '../mount.ts'

const CODES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'INVALID_AUTH',
  402: 'ASR_PAYMENT_REQUIRED',
  403: 'INSUFFICIENT_PERMISSIONS',
  404: 'NOT_FOUND',
  413: 'PAYLOAD_TOO_LARGE',
  429: 'TOO_MANY_REQUESTS',
}

/**
 * An error answer in the form of the Deepgram API: `err_code`, `err_msg` and `request_id`, below `/v2` `category`,
 * `message`, `details` and `request_id`. The message is also in the header `dg-error`.
 */
export const errorAnswer = (status: number, message: string, { path, requestId }: RequestHead): Answer => {
  const code = CODES[status] ?? 'INTERNAL_SERVER_ERROR'
  const body = path.startsWith('/v2/')
    ? { category: code, message, details: message, request_id: requestId }
    : { err_code: code, err_msg: message, request_id: requestId }
  return { status, headers: { 'dg-error': message }, body }
}

/** Refuses a query parameter. */
export const invalidParameter = (name: string, reason: string, request: RequestHead): Answer =>
  errorAnswer(400, `Invalid query string: ${name}: ${reason}`, request)

/** The error message inside an open socket, whose form differs by address. */
export const socketError = (path: string, code: string, description: string, sequenceId = 0): object => {
  if (path === '/v2/listen') return { type: 'Error', sequence_id: sequenceId, code, description }
  if (path === '/v1/speak') return { type: 'Error', err_code: code, err_msg: description, description }
  return { type: 'Error', description, message: description, variant: code }
}
