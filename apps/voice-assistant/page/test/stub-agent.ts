import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { decodeFrame, encodeAudio, encodeMessage } from '../wire/protobuf.ts'
import { acceptSockets } from './socket-server.ts'
import type { Socket } from './socket-server.ts'

/** A message as the page sent it. */
export interface Sent {
  type: string
  id: string
  data: Record<string, unknown>
  atMs: number
}

/** A server that speaks the page's contract and does what a test tells it. */
export interface StubAgent {
  readonly server: Server
  /** The bodies of `POST /start`, oldest first. */
  readonly started: unknown[]
  /** Everything the page has sent, oldest first. */
  readonly sent: Sent[]
  /** Audio received from the microphone, in bytes. */
  micBytes(): number
  /** Sends an RTVI message. */
  say(type: string, data?: unknown): void
  /** Sends `ms` of a 440 Hz tone as one utterance in chunks of 20 ms, at once. */
  tone(contextId: string, ms: number): void
  close(code: number): void
  cut(): void
}

const rateHz = 24_000
const chunkMs = 20

/** Options of {@link createStubAgent}. */
export interface StubOptions {
  /** Answer of `POST /start`; the address of the socket by default. */
  start?: { status: number; body: unknown }
  /** Leaves `client-ready` unanswered. */
  neverReady?: boolean
  /** Runs when the page is told `bot-ready`. */
  onReady?: (agent: StubAgent) => void
  /** Runs when the page sends a typed message. */
  onText?: (agent: StubAgent, text: string) => void
  /** What `demos.json` says; by default what the build brought. */
  demos?: unknown
  /** Serves everything else. */
  serve?: Parameters<typeof createServer>[1]
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** A stub of the agent behind the page; the caller listens and closes. */
export function createStubAgent(options: StubOptions = {}): StubAgent {
  let socket: Socket | undefined
  let micBytes = 0
  const sent: Sent[] = []
  const started: unknown[] = []

  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/start') {
      const { status, body } = options.start ?? {
        status: 200,
        body: { wsUrl: `ws://${request.headers.host}/ws-client` },
      }
      let text = ''
      request.setEncoding('utf8').on('data', (part: string) => (text += part))
      request.on('end', () => {
        started.push(JSON.parse(text))
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
    } else if (options.demos !== undefined && request.url === '/client/demos.json') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(options.demos))
    } else if (options.serve !== undefined) {
      options.serve(request, response)
    } else {
      response.writeHead(404).end()
    }
  })

  const agent: StubAgent = {
    server,
    started,
    sent,
    micBytes: () => micBytes,
    say: (type, data) => socket?.send(encodeMessage(JSON.stringify({ label: 'rtvi-ai', type, data }))),
    tone: (contextId, ms) => {
      for (let at = 0; at < ms; at += chunkMs) {
        const samples = Int16Array.from({ length: (rateHz * chunkMs) / 1000 }, (_, index) =>
          Math.round(8000 * Math.sin((2 * Math.PI * 440 * (index + (at * rateHz) / 1000)) / rateHz)),
        )
        const audio = new Uint8Array(samples.buffer)
        socket?.send(encodeAudio({ name: contextId, audio, sampleRate: rateHz, numChannels: 1, ptsNs: at * 1e6 }))
      }
    },
    close: (code) => socket?.close(code),
    cut: () => socket?.cut(),
  }

  const receive = (bytes: Uint8Array): void => {
    const frame = decodeFrame(bytes)
    if (frame.kind === 'audio') micBytes += frame.audio.length
    if (frame.kind !== 'message') return
    const message = fieldsOf(JSON.parse(frame.data))
    const data = fieldsOf(message['data'])
    sent.push({ type: String(message['type']), id: String(message['id']), data, atMs: performance.now() })
    if (message['type'] === 'client-ready' && options.neverReady !== true) {
      socket?.send(
        encodeMessage(
          JSON.stringify({
            label: 'rtvi-ai',
            type: 'bot-ready',
            id: message['id'],
            data: { version: '2.1.0', about: { library: 'stub' } },
          }),
        ),
      )
      options.onReady?.(agent)
    }
    if (message['type'] === 'send-text') options.onText?.(agent, String(data['content']))
  }

  acceptSockets(server, '/ws-client', (accepted) => {
    socket = accepted
    return {
      onMessage: receive,
      onClose: () => {
        if (socket === accepted) socket = undefined
      },
    }
  })
  return agent
}
