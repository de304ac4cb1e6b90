/** What kind of trouble it is, and so who can mend it. */
export type ErrorKind =
  | 'config'
  | 'auth'
  | 'quota'
  | 'invalid-request'
  | 'transient'
  | 'timeout'
  | 'protocol'
  | 'aborted'
  | 'internal'

/** The fields of a {@link PcError} beside its message. */
export interface PcErrorOptions {
  /** Stable and machine-readable, for example `stream-truncated`. */
  code: string
  kind: ErrorKind
  /** Whether trying the same again may succeed. Default: true for `transient` and `timeout`. */
  retryable?: boolean
  /** The service that failed, for example `openai`. */
  service?: string | undefined
  /** HTTP status, where there was one. */
  status?: number | undefined
  cause?: unknown
}

const MARK: unique symbol = Symbol.for('@pc/core/error') as never

/** The one error class. Messages are for people and hold no secrets and no words of a conversation. */
export class PcError extends Error {
  readonly code: string
  readonly kind: ErrorKind
  readonly retryable: boolean
  readonly service: string | undefined
  readonly status: number | undefined

  constructor(message: string, options: PcErrorOptions) {
    super(message, { cause: options.cause })
    this.name = 'PcError'
    this.code = options.code
    this.kind = options.kind
    this.retryable = options.retryable ?? (options.kind === 'transient' || options.kind === 'timeout')
    this.service = options.service
    this.status = options.status
    Object.defineProperty(this, MARK, { value: true })
  }

  /** Whether the provider cannot work until somebody mends its configuration. */
  get permanent(): boolean {
    return this.kind === 'auth' || this.kind === 'config' || this.kind === 'invalid-request'
  }

  /** Holds across copies of the package, where `instanceof` does not. */
  static is(value: unknown): value is PcError {
    return typeof value === 'object' && value !== null && MARK in value
  }

  /** Any thrown value as a `PcError`; one that is one already is returned as it is. */
  static from(value: unknown, defaults: Partial<PcErrorOptions> = {}): PcError {
    if (PcError.is(value)) return value
    if (isAbortError(value))
      return new PcError(value.message, { code: 'aborted', kind: 'aborted', ...defaults, cause: value })
    const message = value instanceof Error ? value.message : String(value)
    return new PcError(message, { code: 'internal', kind: 'internal', ...defaults, cause: value })
  }
}

/** Whether a value is the reason of an abort. */
export function isAbortError(value: unknown): value is Error {
  return value instanceof Error && value.name === 'AbortError'
}

/** The reason that an interruption, a cancel or a shutdown gives to signals. */
export function abortReason(message: string): Error {
  const reason = new Error(message)
  reason.name = 'AbortError'
  return reason
}

const STATUS_KINDS: readonly (readonly [number, ErrorKind])[] = [
  [401, 'auth'],
  [402, 'quota'],
  [403, 'auth'],
  [408, 'timeout'],
  [409, 'transient'],
  [425, 'transient'],
  [429, 'transient'],
]

/** The kind of trouble that an HTTP status means. */
export function kindOfStatus(status: number): ErrorKind {
  const known = STATUS_KINDS.find(([code]) => code === status)
  if (known) return known[1]
  if (status >= 500) return 'transient'
  return status >= 400 ? 'invalid-request' : 'protocol'
}
