import { PcError } from '@pc/core'
import type { ErrorKind } from '@pc/core'

/** The engines of this package, as they name themselves in errors. */
export type LocalEngine = 'flite' | 'pocketsphinx' | 'transformers'

/** The `code` of an error of a local engine. */
export type LocalErrorCode =
  | 'closed'
  | 'download-failed'
  | 'engine-failed'
  | 'engine-timeout'
  | 'invalid-option'
  | 'model-missing'
  | 'package-missing'
  | 'recognizer-missing'

const kinds: Record<LocalErrorCode, ErrorKind> = {
  closed: 'config',
  'download-failed': 'transient',
  'engine-failed': 'internal',
  'engine-timeout': 'timeout',
  'invalid-option': 'config',
  'model-missing': 'config',
  'package-missing': 'config',
  'recognizer-missing': 'config',
}

/** An error of an engine on this machine. Its message says how to mend it and holds nothing that was said. @internal */
export function localError(service: LocalEngine, code: LocalErrorCode, message: string, cause?: unknown): PcError {
  return new PcError(message, { code, kind: kinds[code], service, cause })
}
