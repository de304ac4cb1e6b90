/** A fault that strikes before the connection opens. */
export type OpeningFault =
  /** An HTTP answer instead of the response or of the WebSocket upgrade. `body` defaults to the vendor's error form. */
  | { readonly kind: 'refuse'; readonly status: number; readonly body?: unknown; readonly headers?: HeaderMap }
  /** Status 429 with `retry-after` (default 1 s) and the vendor's error body. */
  | { readonly kind: 'rateLimit'; readonly retryAfterSecs?: number }
  /** The TCP connection is cut before any answer. */
  | { readonly kind: 'reset' }
  /** The answer or the upgrade comes after `secs`. */
  | { readonly kind: 'delayOpen'; readonly secs: number }

/**
 * A fault in what the server sends. A message is one WebSocket message, one server-sent event or one piece of an HTTP
 * body; `afterMessages` (default 0) is how many of the kind concerned pass unharmed first.
 */
export type StreamFault =
  /** The TCP connection is cut, in place of the next message, or `secs` after the opening if that is earlier. */
  | { readonly kind: 'dropAfter'; readonly afterMessages?: number; readonly secs?: number }
  /** A WebSocket closes with `code` (default 1011) and `reason`; an HTTP body ends cleanly, but too early. */
  | { readonly kind: 'closeWith'; readonly afterMessages?: number; readonly code?: number; readonly reason?: string }
  /** Nothing is sent any more; with `secs`, what was held back follows after that time. The server still reads. */
  | { readonly kind: 'stall'; readonly afterMessages?: number; readonly secs?: number }
  /** The server neither reads nor writes any more, and the TCP connection stays open. */
  | { readonly kind: 'halfOpen'; readonly afterMessages?: number }
  /** The vendor's error message (or `message`, sent as JSON) in place of a message; then the connection closes. */
  | { readonly kind: 'errorMessage'; readonly afterMessages?: number; readonly message?: unknown }
  /** One text message is cut in half. */
  | { readonly kind: 'malformedJson'; readonly afterMessages?: number }
  /** One binary message is cut to an odd number of bytes, about half. */
  | { readonly kind: 'truncatedBinary'; readonly afterMessages?: number }
  /** One message is sent twice. */
  | { readonly kind: 'duplicateMessage'; readonly afterMessages?: number }
  /** One message changes places with the one after it. */
  | { readonly kind: 'reorder'; readonly afterMessages?: number }
  /** All bytes trickle at this rate, in small pieces. */
  | { readonly kind: 'slowDrip'; readonly bytesPerSec: number }

/** Something that goes wrong on one connection. */
export type Fault = OpeningFault | StreamFault

/** Header names and values. */
export type HeaderMap = Readonly<Record<string, string>>

/** True for the faults that strike before the connection opens. */
export const isOpeningFault = (fault: Fault): fault is OpeningFault =>
  fault.kind === 'refuse' || fault.kind === 'rateLimit' || fault.kind === 'reset' || fault.kind === 'delayOpen'

/** The faults that wait for the next connections to one endpoint, or to any endpoint of a provider. */
export class FaultQueue {
  #queue: Fault[] = []
  #standing: Fault | undefined

  /** Strikes the next connection, one fault each; calls add up. */
  next(...faults: readonly Fault[]): void {
    this.#queue.push(...faults)
  }

  /** Strikes every connection that {@link next} leaves alone, until {@link clear}. */
  always(fault: Fault): void {
    this.#standing = fault
  }

  /** Forgets all faults that have not struck yet. */
  clear(): void {
    this.#queue = []
    this.#standing = undefined
  }

  /** @internal The fault for a connection that opens now. */
  take(): Fault | undefined {
    return this.#queue.shift() ?? this.#standing
  }
}
