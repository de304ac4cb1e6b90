import type { IncomingMessage, ServerResponse } from 'node:http'

/** Something that a client is told by status and JSON. */
export class HttpProblem extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(text)
}

/** Answers with a problem; clients read `detail` or `info`, whichever they know. */
export function sendProblem(response: ServerResponse, { status, message }: HttpProblem): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  // What is left of a body that nobody reads would stand before the next request.
  response.setHeader('connection', 'close')
  sendJson(response, status, { detail: message, info: message })
}

/**
 * Reads a JSON body. One that is no JSON object counts as `{}`.
 *
 * @throws HttpProblem 413 beyond `limitBytes`.
 */
export async function readJsonObject(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > limitBytes) throw new HttpProblem(413, `The body is larger than ${limitBytes} bytes.`)
    chunks.push(chunk)
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
