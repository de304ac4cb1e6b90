import type { ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'

/** The server's half of one connection, as an endpoint sees it. */
export interface Outbound {
  /** Aborted when the client has gone, a fault has cut the connection or the emulators close. */
  readonly signal: AbortSignal
  text(message: string): void
  binary(message: Uint8Array): void
  /** Ends an HTTP body, or closes a socket with the code (default 1000) and reason. */
  close(code?: number, reason?: string): void
}

/** What lies under an {@link Outbound}: bytes on one kind of connection. */
export interface Sink {
  readonly signal: AbortSignal
  /** Wraps a text message as this connection carries it. */
  frame(message: string): string
  /** Sends bytes of one message; `last` is false while more of the same message follows. */
  write(bytes: Uint8Array, binary: boolean, last: boolean): void
  close(code: number, reason: string): void
  /** Cuts the TCP connection. */
  destroy(): void
  /** Stops reading and writing for good while the TCP connection stays open. */
  freeze(): void
}

/** `sse`: every text message becomes one `data:` event. `raw`: messages are written as they are. */
export type Framing = 'sse' | 'raw'

/** A sink that writes the body of an HTTP response whose head was sent. */
export const httpSink = (response: ServerResponse, framing: Framing, signal: AbortSignal): Sink => ({
  signal,
  frame: (message) => (framing === 'sse' ? `data: ${message}\n\n` : message),
  write: (bytes) => void response.write(bytes),
  close: () => void response.end(),
  destroy: () => void response.destroy(),
  freeze: () => void response.socket?.pause(),
})

/** A sink that sends WebSocket messages. */
export const socketSink = (socket: WebSocket, signal: AbortSignal): Sink => ({
  signal,
  frame: (message) => message,
  write: (bytes, binary, last) => {
    if (socket.readyState === socket.OPEN) socket.send(bytes, { binary, fin: last })
  },
  close: (code, reason) => socket.close(code, reason),
  destroy: () => socket.terminate(),
  freeze: () => socket.pause(),
})
