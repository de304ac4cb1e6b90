import { createHash } from 'node:crypto'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** One accepted WebSocket, binary messages only. */
export interface Socket {
  send(message: Uint8Array): void
  close(code: number): void
  /** Ends the connection without a word. */
  cut(): void
}

/** What to do with a new socket: returns the receivers of its messages and of its end. */
export type Accept = (socket: Socket) => { onMessage(message: Uint8Array): void; onClose(): void }

const websocketGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

function frame(opcode: number, body: Uint8Array): Buffer {
  const length =
    body.length < 126
      ? Buffer.from([body.length])
      : body.length < 65_536
        ? Buffer.from([126, body.length >> 8, body.length & 0xff])
        : Buffer.concat([Buffer.from([127]), lengthOf(body)])
  return Buffer.concat([Buffer.from([0x80 | opcode]), length, body])
}

function lengthOf(body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(body.length))
  return bytes
}

/** Reads the first whole frame of a client; undefined while bytes are missing. Clients mask every frame. */
function firstFrame(bytes: Buffer): { opcode: number; body: Buffer; size: number } | undefined {
  if (bytes.length < 6) return undefined
  const short = (bytes[1] ?? 0) & 0x7f
  const wide = short === 126 ? 2 : short === 127 ? 8 : 0
  const start = 2 + wide + 4
  if (bytes.length < start) return undefined
  const length = wide === 0 ? short : wide === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (bytes.length < start + length) return undefined
  const mask = bytes.subarray(start - 4, start)
  const body = Buffer.from(bytes.subarray(start, start + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)))
  return { opcode: (bytes[0] ?? 0) & 0x0f, body, size: start + length }
}

/** Adds a plain WebSocket endpoint to an HTTP server: no extensions, no fragments; enough for tests. */
export function acceptSockets(server: Server, path: string, accept: Accept): void {
  server.on('upgrade', (request, stream: Duplex) => {
    if (request.url?.split('?')[0] !== path) return
    const key = request.headers['sec-websocket-key'] ?? ''
    const accepted = createHash('sha1')
      .update(key + websocketGuid)
      .digest('base64')
    stream.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accepted}\r\n\r\n`,
    )
    let closing = false
    const receiver = accept({
      send: (message) => stream.write(frame(2, message)),
      close: (code) => {
        closing = true
        stream.write(frame(8, Buffer.from([code >> 8, code & 0xff])))
      },
      cut: () => stream.destroy(),
    })
    let held = Buffer.alloc(0)
    stream.on('data', (bytes: Buffer) => {
      held = Buffer.concat([held, bytes])
      for (let next = firstFrame(held); next !== undefined; next = firstFrame(held)) {
        held = held.subarray(next.size)
        if (next.opcode === 2) receiver.onMessage(next.body)
        else if (next.opcode === 8) stream.end(closing ? undefined : frame(8, next.body.subarray(0, 2)))
      }
    })
    stream.on('error', () => {})
    stream.on('close', () => receiver.onClose())
  })
}
