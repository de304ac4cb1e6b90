import type { Frame, FrameDirection } from '../frames/frame.ts'
import type { PcError } from '../runtime/errors.ts'

/** An ordered frame on its way through the active service. */
export interface Request {
  readonly frame: Frame
  readonly direction: FrameDirection
}

/** What a switcher remembers of the work of its active service, so that another can take it over. */
export interface RequestLog {
  /** A service of this kind holds text between frames. */
  readonly keepsText: boolean
  /** Whether a frame begins a request, so that another service may be chosen for it. */
  begins(frame: Frame): boolean
  /** A frame goes to the active service. */
  entered(frame: Frame): void
  /** A frame came out of it, other than an empty one. */
  left(frame: Frame): void
  /** It is done with an ordered frame. */
  settled(frame: Frame): void
  /** Whatever was in the making is dropped. */
  interrupted(): void
  /** Whether this error of a service that goes on working means that work was lost. */
  isLost(error: PcError, request: Request | undefined): boolean
  /** What the next service gets, in order. `request` is the one that was lost, if one was. */
  handOver(request: Request | undefined): readonly Request[]
}

/** Errors of an application's own parts that a service reports: another service would not do better. */
const APPLICATION_ERRORS: ReadonlySet<string> = new Set([
  'function-failed',
  'text-transform-failed',
  'invalid-settings',
  'handler-detached',
])

export function isApplicationError(error: PcError): boolean {
  return APPLICATION_ERRORS.has(error.code) || error.kind === 'aborted'
}

/** Of a service that answers frame by frame: a request that failed before it gave anything is asked again. */
export class AnswerLog implements RequestLog {
  readonly keepsText = false
  readonly begins: (frame: Frame) => boolean
  #gaveOutput = false

  constructor(begins: (frame: Frame) => boolean) {
    this.begins = begins
  }

  entered(_frame: Frame): void {}

  left(_frame: Frame): void {
    this.#gaveOutput = true
  }

  settled(_frame: Frame): void {
    this.#gaveOutput = false
  }

  interrupted(): void {
    this.#gaveOutput = false
  }

  isLost(error: PcError, request: Request | undefined): boolean {
    return request !== undefined && !this.#gaveOutput && !isApplicationError(error)
  }

  handOver(request: Request | undefined): readonly Request[] {
    return request === undefined || this.#gaveOutput ? [] : [request]
  }
}
