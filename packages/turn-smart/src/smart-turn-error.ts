import { PcError } from '@pc/core'
import type { ErrorKind } from '@pc/core'

/** The `code` of an error of this package. */
export type SmartTurnErrorCode =
  | 'analysis-failed'
  | 'cache-unwritable'
  | 'download-failed'
  | 'invalid-turn-options'
  | 'model-checksum'
  | 'model-invalid'
  | 'model-missing'
  | 'not-loaded'
  | 'onnxruntime-missing'

const KINDS: Record<SmartTurnErrorCode, ErrorKind> = {
  'analysis-failed': 'internal',
  'cache-unwritable': 'config',
  'download-failed': 'transient',
  'invalid-turn-options': 'config',
  'model-checksum': 'protocol',
  'model-invalid': 'config',
  'model-missing': 'config',
  'not-loaded': 'config',
  'onnxruntime-missing': 'config',
}

/** @internal */
export interface SmartTurnErrorDetails {
  readonly cause?: unknown
  /** Where it is not the code's own. */
  readonly kind?: ErrorKind
  readonly status?: number
}

/** An error whose message says how to mend it. @internal */
export function smartTurnError(
  code: SmartTurnErrorCode,
  message: string,
  { cause, kind = KINDS[code], status }: SmartTurnErrorDetails = {},
): PcError {
  return new PcError(message, { code, kind, service: 'smart-turn', status, cause })
}

/** @internal */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
