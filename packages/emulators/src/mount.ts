import type { IncomingHttpHeaders } from 'node:http'
import type { EmulatorClock } from './clock.ts'
import type { FaultQueue, HeaderMap } from './faults.ts'
import type { Ids } from './ids.ts'
import type { Framing, Outbound } from './outbound.ts'
import type { Timeline } from './pacing.ts'

/** What all endpoints of one set of emulators share. */
export interface Shared {
  readonly clock: EmulatorClock
  readonly ids: Ids
  /** Begins a timeline at the emulators' speed. */
  startTimeline(): Timeline
}

/** The head of an HTTP request or of a WebSocket upgrade. */
export interface RequestHead {
  readonly method: string
  /** Path below the mount, repeated slashes collapsed. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** The id that the vendor's response header carries. */
  readonly requestId: string
}

/** An HTTP request with its body. */
export interface HttpRequest extends RequestHead {
  /** The parsed JSON body; `undefined` when it is not JSON. */
  readonly body: unknown
  readonly form?: FormData
}

/** A complete HTTP answer; the body is sent as JSON unless it is a string or bytes. */
export interface Answer {
  readonly status: number
  readonly headers?: HeaderMap
  readonly body: unknown
}

/** How an endpoint answers an HTTP request: once, with either of the two. */
export interface HttpReply {
  /** Aborted when the exchange is over: answered, given up by the client or cut. */
  readonly signal: AbortSignal
  answer(answer: Answer): void
  /** Sends status 200 and the headers; the body follows through what is returned. */
  stream(headers: HeaderMap, framing: Framing): Outbound
}

/** What an endpoint does with the messages of one WebSocket. */
export interface SocketHandlers {
  text(message: string): void
  binary(message: Uint8Array): void
}

/** One address of a provider. */
export interface Endpoint {
  readonly faults: FaultQueue
  /** Answers an HTTP request. */
  http?(request: HttpRequest, reply: HttpReply): void | Promise<void>
  /** Answers a WebSocket upgrade: an answer refuses it, a function accepts it and is called with the open socket. */
  socket?(request: RequestHead): Answer | ((out: Outbound) => SocketHandlers)
}

/** All addresses of one provider. */
export interface Mount {
  /** First segment of the path. */
  readonly name: string
  readonly faults: FaultQueue
  /** Id for the next request, in the vendor's form. */
  nextRequestId(): string
  /** Headers on every response and upgrade. */
  responseHeaders(request: RequestHead): HeaderMap
  /** The endpoint of the path, or the answer to a request that has none. */
  find(request: RequestHead, upgrade: boolean): Endpoint | Answer
  /** The refusal of a request without valid credentials. */
  authorize(request: RequestHead): Answer | undefined
  /** The vendor's error answer for a status. */
  failure(status: number, message: string, request: RequestHead): Answer
  /** The vendor's error message inside an open stream. */
  errorMessage(request: RequestHead): unknown
}

/** True for answers, false for endpoints and functions. */
export const isAnswer = (value: object): value is Answer => 'status' in value
