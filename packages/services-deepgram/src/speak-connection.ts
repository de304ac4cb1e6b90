import { PcError } from '@pc/core'
import { Channel } from './channel.ts'
import { messageError } from './deepgram-error.ts'
import { DeepgramSocket, type SdkSocket } from './deepgram-socket.ts'
import type { Json } from './json.ts'

/** The provider takes this much text in one message, characters. */
const MAX_TEXT = 2000

/**
 * One socket that speaks texts one after another. A text that is cut leaves audio on its way: it is dropped until the
 * provider confirms, and the next text waits for that.
 */
export class SpeakConnection {
  readonly #service: string
  readonly #controller = new AbortController()
  #socket: DeepgramSocket | undefined
  #audio: Channel<Uint8Array> | undefined
  #cleared: PromiseWithResolvers<void> | undefined

  constructor(service: string) {
    this.#service = service
  }

  /** @throws PcError when the connection cannot be made. */
  async open(connecting: Promise<SdkSocket>): Promise<void> {
    this.#socket = await DeepgramSocket.open(
      connecting,
      {
        message: (data) => (data instanceof Uint8Array ? this.#takeAudio(data) : this.#takeMessage(data)),
        closed: (error) => this.#over(error),
      },
      { signal: this.#controller.signal, service: this.#service },
    )
  }

  get isOpen(): boolean {
    return this.#socket?.isOpen ?? false
  }

  /** Settles when nothing of a text that was cut can come any more. */
  get ready(): Promise<void> {
    return this.#cleared?.promise ?? Promise.resolve()
  }

  /** Speaks a text to its end, or until the signal aborts. */
  async *speak(text: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const audio = new Channel<Uint8Array>()
    this.#audio = audio
    const onAbort = (): void => this.#cut(audio)
    signal.addEventListener('abort', onAbort, { once: true })
    for (let at = 0; at < text.length; at += MAX_TEXT)
      this.#socket?.send({ type: 'Speak', text: text.slice(at, at + MAX_TEXT) })
    this.#socket?.send({ type: 'Flush' })
    try {
      yield* audio
    } finally {
      signal.removeEventListener('abort', onAbort)
      if (this.#audio === audio) this.#cut(audio)
    }
  }

  close(): void {
    this.#socket?.send({ type: 'Close' })
    this.#controller.abort()
  }

  #cut(audio: Channel<Uint8Array>): void {
    if (this.#audio !== audio) return
    this.#audio = undefined
    this.#cleared ??= Promise.withResolvers<void>()
    this.#socket?.send({ type: 'Clear' })
    audio.end()
  }

  #takeAudio(bytes: Uint8Array): void {
    this.#audio?.push(bytes)
  }

  #takeMessage(message: Json): void {
    switch (message['type']) {
      case 'Flushed':
        this.#finish()
        return
      case 'Cleared':
        this.#cleared?.resolve()
        this.#cleared = undefined
        return
      case 'Warning':
        // The flush was ignored: the audio would never end.
        if (message['code'] === 'EXCESSIVE_FLUSH') this.#over(this.#tooManyFlushes())
        return
      case 'Error':
        this.#over(messageError(message, this.#service))
        return
      default:
    }
  }

  #finish(failure?: PcError): void {
    const audio = this.#audio
    this.#audio = undefined
    audio?.end(failure)
  }

  #over(error: PcError): void {
    this.#finish(error)
    this.#cleared?.resolve()
    this.#cleared = undefined
    this.#controller.abort()
  }

  #tooManyFlushes(): PcError {
    const message = 'Deepgram refused to speak more texts over this connection for now.'
    return new PcError(message, { code: 'excessive-flush', kind: 'transient', service: this.#service })
  }
}
