import { STATUS_CODES } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HeaderMap } from './faults.ts'
import { parseJson } from './json.ts'
import type { Answer, HttpReply } from './mount.ts'
import { httpSink } from './outbound.ts'
import type { Outbound, Sink } from './outbound.ts'

/** The body of a request as an endpoint and the recording see it. */
export interface RequestBody {
  readonly body: unknown
  readonly form?: FormData
}

/** Reads a request's body; `undefined` when it is longer than `maxBytes`. A body that cannot be parsed is `undefined` inside. */
export const readBody = async (request: IncomingMessage, maxBytes: number): Promise<RequestBody | undefined> => {
  const chunks: Buffer[] = []
  let total = 0
  try {
    for await (const chunk of request) {
      if (!Buffer.isBuffer(chunk)) continue
      total += chunk.length
      if (total <= maxBytes) chunks.push(chunk)
    }
  } catch {
    return { body: undefined }
  }
  if (total > maxBytes) return undefined
  const bytes = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('multipart/form-data')) return { body: parseJson(bytes.toString()) }
  try {
    return { body: undefined, form: await new Response(bytes, { headers: { 'content-type': type } }).formData() }
  } catch {
    return { body: undefined }
  }
}

const encodeAnswer = (body: unknown): { type: string; payload: string | Uint8Array } => {
  if (typeof body === 'string') return { type: 'text/plain; charset=utf-8', payload: body }
  if (body instanceof Uint8Array) return { type: 'application/octet-stream', payload: body }
  return { type: 'application/json', payload: JSON.stringify(body) }
}

/** The reply to one HTTP request. */
export const httpReply = (
  response: ServerResponse,
  { headers, signal, open }: { headers: HeaderMap; signal: AbortSignal; open: (sink: Sink) => Outbound },
): HttpReply & { readonly answerUnharmed: (answer: Answer) => void } => {
  const writeHead = (status: number, own: HeaderMap): void => {
    response.writeHead(status, { ...headers, ...own })
    response.flushHeaders()
  }
  return {
    signal,
    answer: ({ status, headers: own, body }) => {
      const { type, payload } = encodeAnswer(body)
      writeHead(status, { 'content-type': type, ...own })
      const out = open(httpSink(response, 'raw', signal))
      if (typeof payload === 'string') out.text(payload)
      else out.binary(payload)
      out.close()
    },
    answerUnharmed: ({ status, headers: own, body }) => {
      const { type, payload } = encodeAnswer(body)
      response.writeHead(status, { ...headers, 'content-type': type, ...own }).end(payload)
    },
    stream: (own, framing) => {
      writeHead(200, own)
      return open(httpSink(response, framing, signal))
    },
  }
}

/** Answers an upgrade request with a plain HTTP response and ends the connection. */
export const writeRefusal = (socket: Duplex, { status, headers, body }: Answer, common: HeaderMap): void => {
  const { type, payload } = encodeAnswer(body)
  const all: HeaderMap = {
    'content-type': type,
    'content-length': String(Buffer.byteLength(payload)),
    connection: 'close',
    ...common,
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`)
  socket.end(payload)
}
