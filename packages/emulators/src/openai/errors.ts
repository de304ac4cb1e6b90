import type { Answer } from '../mount.ts'

/** The error object of the OpenAI API: fields `message`, `type`, `param` and `code`. */
export const errorObject = (
  message: string,
  { type = 'invalid_request_error', param = null, code = null }: ErrorFields = {},
): { error: { message: string; type: string; param: string | null; code: string | null } } => ({
  error: { message, type, param, code },
})

/** Fields of an error object beside its message. */
export interface ErrorFields {
  readonly type?: string
  readonly param?: string | null
  readonly code?: string | null
}

/** An error answer in the form of the OpenAI API. */
export const errorAnswer = (status: number, message: string, fields?: ErrorFields): Answer => ({
  status,
  body: errorObject(message, fields),
})

/** 400: a field is missing. */
export const missing = (param: string): Answer =>
  errorAnswer(400, `Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' })

/** 400: a field has a value that is not allowed. */
export const invalid = (param: string, reason: string): Answer =>
  errorAnswer(400, `Invalid value for '${param}': ${reason}`, { param, code: 'invalid_value' })

/** 404: the model is not known at this endpoint. */
export const modelNotFound = (model: string): Answer =>
  errorAnswer(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
  })

const TYPES: Readonly<Record<number, ErrorFields>> = {
  401: { code: 'invalid_api_key' },
  403: { type: 'permission_error', code: 'unsupported_country_region_territory' },
  429: { type: 'requests', code: 'rate_limit_exceeded' },
}

/** The error answer that goes with a status. */
export const statusAnswer = (status: number, message: string): Answer =>
  errorAnswer(status, message, status >= 500 ? { type: 'server_error', code: 'server_error' } : TYPES[status])
