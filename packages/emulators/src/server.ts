import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { sleep } from './clock.ts'
import { isOpeningFault } from './faults.ts'
import type { Fault, HeaderMap, OpeningFault, StreamFault } from './faults.ts'
import { openOutbound } from './faulty-outbound.ts'
import { httpReply, readBody, writeRefusal } from './http-exchange.ts'
import { isAnswer } from './mount.ts'
import type { Answer, Endpoint, Mount, RequestHead, Shared, SocketHandlers } from './mount.ts'
import { socketSink } from './outbound.ts'
import type { Outbound } from './outbound.ts'
import { recordedHeaders } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { parseJson } from './json.ts'

const MAX_MESSAGE_BYTES = 32 * 1024 * 1024

/** One inbound connection: where it goes and what is to happen to it. */
interface Arrival {
  readonly connection: number
  readonly mount: Mount
  readonly head: RequestHead
  readonly found: Endpoint | Answer
  readonly fault: Fault | undefined
}

/** A listening server. */
export interface EmulatorServer {
  readonly port: number
  close(): Promise<void>
}

const noFault = (fault: Fault | undefined): StreamFault | undefined =>
  fault && !isOpeningFault(fault) ? fault : undefined

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Answers of opening faults; `undefined` for those that only delay or cut. */
const openingAnswer = (fault: OpeningFault, { mount, head }: Arrival): Answer | undefined => {
  if (fault.kind === 'refuse') {
    const standard = mount.failure(fault.status, 'This refusal was asked for by a fault.', head)
    return {
      status: fault.status,
      headers: { ...standard.headers, ...fault.headers },
      body: fault.body ?? standard.body,
    }
  }
  if (fault.kind !== 'rateLimit') return undefined
  const standard = mount.failure(429, 'Rate limit reached.', head)
  return { ...standard, headers: { ...standard.headers, 'retry-after': String(fault.retryAfterSecs ?? 1) } }
}

/** Listens on a loopback address and serves the mounts. */
export const listen = async (
  { mounts, recorder, shared }: { mounts: readonly Mount[]; recorder: Recorder; shared: Shared },
  { host, port }: { host: string; port: number },
): Promise<EmulatorServer> => {
  const server = createServer()
  const sockets = new Set<Socket>()
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, clientTracking: false })
  const upgradeHeaders = new WeakMap<IncomingMessage, HeaderMap>()
  let connections = 0

  const arrive = (request: IncomingMessage, upgrade: boolean): Arrival | undefined => {
    const url = new URL((request.url ?? '/').replace(/^\/+/, '/'), 'http://emulators')
    const segments = url.pathname.split('/').filter((segment) => segment !== '')
    const mount = mounts.find(({ name }) => name === segments[0])
    if (!mount) return undefined
    connections += 1
    const head: RequestHead = {
      method: request.method ?? 'GET',
      path: '/' + segments.slice(1).join('/'),
      query: url.searchParams,
      headers: request.headers,
      requestId: mount.nextRequestId(),
    }
    const found = mount.find(head, upgrade)
    const fault = isAnswer(found) ? undefined : (found.faults.take() ?? mount.faults.take())
    return { connection: connections, mount, head, found, fault }
  }

  const recordBase = ({ connection, mount, head }: Arrival) => ({
    atMs: shared.clock.nowMs(),
    connection,
    provider: mount.name,
    path: head.path,
  })

  /** Plays the opening fault; true when the connection is used up by it. */
  const playOpening = async (
    arrival: Arrival,
    way: { answer: (answer: Answer) => void; cut: () => void; signal: AbortSignal },
  ): Promise<boolean> => {
    const { fault } = arrival
    if (!fault || !isOpeningFault(fault)) return false
    if (fault.kind === 'delayOpen') {
      await sleep(shared.clock, fault.secs * 1000, way.signal)
      return way.signal.aborted
    }
    const answer = openingAnswer(fault, arrival)
    if (answer) way.answer(answer)
    else way.cut()
    return true
  }

  const outboundContext = ({ mount, head }: Arrival) => ({
    clock: shared.clock,
    errorMessage: () => mount.errorMessage(head),
  })

  const serveHttp = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrival = arrive(request, false)
    if (!arrival) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end(notMounted(mounts))
      return
    }
    const { mount, head, found, fault } = arrival
    const gone = new AbortController()
    response.on('error', () => response.destroy())
    response.on('close', () => {
      if (!response.writableFinished) recorder.add({ kind: 'close', ...recordBase(arrival) })
      gone.abort()
    })
    const reply = httpReply(response, {
      headers: mount.responseHeaders(head),
      signal: gone.signal,
      open: (sink) => openOutbound(sink, noFault(fault), outboundContext(arrival)),
    })
    const body = await readBody(request, MAX_MESSAGE_BYTES)
    if (!body) {
      reply.answer(mount.failure(413, 'The request body is too large.', head))
      return
    }
    recorder.add({
      kind: 'http',
      ...recordBase(arrival),
      method: head.method,
      query: head.query,
      headers: recordedHeaders(head.headers),
      ...body,
    })
    const cut = (): void => void response.destroy()
    if (await playOpening(arrival, { answer: reply.answerUnharmed, cut, signal: gone.signal })) return
    const refusal = mount.authorize(head) ?? (isAnswer(found) ? found : undefined)
    if (refusal) {
      reply.answer(refusal)
      return
    }
    if (isAnswer(found)) return
    try {
      await found.http?.({ ...head, ...body }, reply)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else reply.answer(mount.failure(500, `The emulator's script threw: ${messageOf(error)}`, head))
    }
  }

  const serveUpgrade = async (request: IncomingMessage, socket: Duplex, rest: Buffer): Promise<void> => {
    socket.on('error', () => socket.destroy())
    const arrival = arrive(request, true)
    if (!arrival) {
      writeRefusal(socket, { status: 404, headers: { 'content-type': 'text/plain' }, body: notMounted(mounts) }, {})
      return
    }
    const { mount, head, found } = arrival
    const common = mount.responseHeaders(head)
    recorder.add({
      kind: 'upgrade',
      ...recordBase(arrival),
      query: head.query,
      headers: recordedHeaders(head.headers),
    })
    const gone = new AbortController()
    socket.on('close', () => gone.abort())
    const refuse = (answer: Answer): void => writeRefusal(socket, answer, common)
    if (await playOpening(arrival, { answer: refuse, cut: () => socket.destroy(), signal: gone.signal })) return
    const refusal = mount.authorize(head) ?? (isAnswer(found) ? found : undefined)
    if (refusal || isAnswer(found)) {
      if (refusal) refuse(refusal)
      return
    }
    const accepted = found.socket?.(head)
    if (!accepted || isAnswer(accepted)) {
      refuse(accepted ?? mount.failure(400, 'This address does not speak WebSocket.', head))
      return
    }
    upgradeHeaders.set(request, common)
    webSockets.handleUpgrade(request, socket, rest, (webSocket) => {
      const sink = socketSink(webSocket, gone.signal)
      const out = openOutbound(sink, noFault(arrival.fault), outboundContext(arrival))
      const handlers = accepted(out)
      webSocket.on('message', (data: Buffer, isBinary) => receive(arrival, { handlers, out, data, isBinary }))
      webSocket.on('error', () => webSocket.terminate())
      webSocket.on('close', (code, reason) => {
        recorder.add({ kind: 'close', ...recordBase(arrival), code, reason: reason.toString() })
        gone.abort()
      })
    })
  }

  const receive = (
    arrival: Arrival,
    { handlers, out, data, isBinary }: { handlers: SocketHandlers; out: Outbound; data: Buffer; isBinary: boolean },
  ): void => {
    const base = recordBase(arrival)
    try {
      if (isBinary) {
        const bytes = new Uint8Array(data)
        recorder.add({ kind: 'binary', ...base, bytes })
        handlers.binary(bytes)
      } else {
        const text = data.toString()
        recorder.add({ kind: 'text', ...base, text, body: parseJson(text) })
        handlers.text(text)
      }
    } catch (error) {
      out.close(1011, `The emulator's script threw: ${messageOf(error)}`.slice(0, 120))
    }
  }

  webSockets.on('headers', (lines, request) => {
    for (const [name, value] of Object.entries(upgradeHeaders.get(request) ?? {})) lines.push(`${name}: ${value}`)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('request', (request, response) => void serveHttp(request, response))
  server.on('upgrade', (request, socket, rest) => void serveUpgrade(request, socket, rest))

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: isAddressInfo(address) ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

const isAddressInfo = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null

const notMounted = (mounts: readonly Mount[]): string =>
  `Nothing is emulated at this path. Paths begin with ${mounts.map(({ name }) => `/${name}`).join(' or ')}.\n`
