import { pcmToBytes } from '@pc/audio'
import { startAgent, type StartBody } from '../page/call/start-agent.ts'
import { fieldsOf, stringOf } from '../page/wire/guards.ts'
import { decodeFrame, encodeAudio, encodeMessage } from '../page/wire/protobuf.ts'

/** A message of the server to its client. */
export interface Told {
  readonly type: string
  readonly data: unknown
}

const sampleRate = 16_000
const chunkMs = 20
const chunkSamples = (sampleRate / 1000) * chunkMs

/**
 * A caller without a browser: it starts a session over HTTP and speaks the protocol of the official WebSocket transport,
 * with a microphone that is always open and runs in real time.
 */
export class Caller {
  /** Everything that the server has told so far. */
  readonly told: readonly Told[]
  readonly #told: Told[] = []
  readonly #socket: WebSocket
  readonly #microphone: ReturnType<typeof setInterval>
  readonly #heard: Int16Array[] = []
  #speech: Int16Array = new Int16Array(0)
  #sentChunks = 0

  private constructor(socket: WebSocket) {
    this.told = this.#told
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(data))
    const startMs = performance.now()
    const speak = (): void => {
      const due = Math.floor((performance.now() - startMs) / chunkMs)
      for (; this.#sentChunks < due; this.#sentChunks += 1) this.#sendChunk()
    }
    this.#microphone = setInterval(speak, chunkMs)
  }

  /** Starts a session and shakes hands; `body` says whom it calls and whether the agent speaks first. */
  static async call(serverUrl: string, body: StartBody): Promise<Caller> {
    const { wsUrl } = await startAgent(`${serverUrl}/start`, body, AbortSignal.timeout(10_000))
    const socket = new WebSocket(wsUrl)
    socket.binaryType = 'arraybuffer'
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true })
      socket.addEventListener('error', reject, { once: true })
    })
    const caller = new Caller(socket)
    caller.#sendMessage('client-ready', { version: '2.1.0', about: { library: 'caller' } })
    return caller
  }

  /** Says something, 16 kHz mono, after what is being said. */
  say(audio: Int16Array): void {
    const speech = new Int16Array(this.#speech.length + audio.length)
    speech.set(this.#speech)
    speech.set(audio, this.#speech.length)
    this.#speech = speech
  }

  /** Types something. */
  type(text: string): void {
    this.#sendMessage('send-text', { content: text, options: { run_immediately: true, audio_response: true } })
  }

  /** What was heard of the agent so far. */
  get heard(): Int16Array {
    const heard = new Int16Array(this.#heard.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const chunk of this.#heard) {
      heard.set(chunk, at)
      at += chunk.length
    }
    return heard
  }

  /** Hz of what was heard. */
  heardRate = 0

  /** The data of the messages of a type. */
  dataOf(type: string): Record<string, unknown>[] {
    return this.#told.flatMap((message) => (message.type === type ? [fieldsOf(message.data) ?? {}] : []))
  }

  async close(): Promise<void> {
    clearInterval(this.#microphone)
    if (this.#socket.readyState === WebSocket.CLOSED) return
    await new Promise((resolve) => {
      this.#socket.addEventListener('close', resolve, { once: true })
      this.#socket.close()
    })
  }

  #sendChunk(): void {
    const chunk = new Int16Array(chunkSamples)
    chunk.set(this.#speech.subarray(0, chunkSamples))
    this.#speech = this.#speech.subarray(Math.min(chunkSamples, this.#speech.length))
    if (this.#socket.readyState !== WebSocket.OPEN) return
    this.#socket.send(encodeAudio({ name: 'audio', audio: pcmToBytes(chunk), sampleRate, numChannels: 1 }))
  }

  #sendMessage(type: string, data: unknown): void {
    this.#socket.send(encodeMessage(JSON.stringify({ label: 'rtvi-ai', id: type, type, data })))
  }

  #receive(data: unknown): void {
    if (!(data instanceof ArrayBuffer)) throw new TypeError('The server sent a text message.')
    const frame = decodeFrame(new Uint8Array(data))
    if (frame.kind === 'audio') {
      this.heardRate = frame.sampleRate
      this.#heard.push(new Int16Array(frame.audio.slice().buffer))
    } else if (frame.kind === 'message') {
      const message = fieldsOf(JSON.parse(frame.data))
      this.#told.push({ type: stringOf(message?.['type']) ?? '', data: message?.['data'] })
    }
  }
}

/** How many seconds of samples are loud enough to be speech. */
export function loudSecs(samples: Int16Array, rate: number): number {
  const step = Math.round(rate / 50)
  let loud = 0
  for (let at = 0; at + step <= samples.length; at += step) {
    const peak = samples.subarray(at, at + step).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    if (peak > 500) loud += 1
  }
  return loud / 50
}
