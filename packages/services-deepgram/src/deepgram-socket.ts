import type { PcError } from '@pc/core'
import { closeError, connectionError } from './deepgram-error.ts'
import { isJson, type Json } from './json.ts'

/** The part of the SDK's sockets that is used here: its own wrapper turns audio into Blobs and hides how it closed. */
export interface SdkSocket {
  readonly socket: {
    binaryType: string
    readonly bufferedAmount: number
    readonly readyState: number
    send(data: string | ArrayBufferView): void
    close(code?: number, reason?: string): void
    addEventListener(type: 'open', listener: () => void): void
    addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
    addEventListener(type: 'error', listener: (event: { readonly message: string }) => void): void
    addEventListener(type: 'close', listener: (event: { readonly code: number; readonly reason: string }) => void): void
  }
  connect(): unknown
}

/** What a {@link DeepgramSocket} tells its owner. */
export interface DeepgramSocketHandlers {
  message(data: Json | Uint8Array): void
  /** Once, whoever closed it; `error` is what it means where nobody wanted it closed. */
  closed(error: PcError): void
}

const OPEN = 1
const NORMAL_CLOSE = 1000

/** One connection to Deepgram, opened through the SDK. It never reconnects by itself. */
export class DeepgramSocket {
  readonly #sdk: SdkSocket

  private constructor(sdk: SdkSocket) {
    this.#sdk = sdk
  }

  /**
   * Opens a connection.
   *
   * @throws PcError `http-<status>`, `connection-failed`, `connect-timeout`; the signal's reason when it aborts first.
   */
  static async open(
    connecting: Promise<SdkSocket>,
    handlers: DeepgramSocketHandlers,
    { signal, service }: { readonly signal: AbortSignal; readonly service: string },
  ): Promise<DeepgramSocket> {
    const sdk = await connecting
    const socket = new DeepgramSocket(sdk)
    signal.throwIfAborted()
    const onAbort = (): void => socket.close()
    signal.addEventListener('abort', onAbort, { once: true })
    let over = false
    let failure = ''
    await new Promise<void>((resolve, reject) => {
      const end = (code: number, reason: string): void => {
        if (over) return
        over = true
        signal.removeEventListener('abort', onAbort)
        const error = failure === '' ? closeError(code, reason, service) : connectionError(failure, service)
        reject(signal.aborted ? signal.reason : error)
        handlers.closed(error)
      }
      sdk.connect()
      sdk.socket.binaryType = 'arraybuffer'
      sdk.socket.addEventListener('open', resolve)
      sdk.socket.addEventListener('message', ({ data }) => {
        const message = over ? undefined : parse(data)
        if (message !== undefined) handlers.message(message)
      })
      sdk.socket.addEventListener('error', ({ message }) => {
        failure = message || 'error'
        end(NORMAL_CLOSE, '')
      })
      // The SDK reports a failure first as a normal close, then as what it is, in one breath.
      sdk.socket.addEventListener('close', ({ code, reason }) => queueMicrotask(() => end(code, reason ?? '')))
    })
    return socket
  }

  get isOpen(): boolean {
    return this.#sdk.socket.readyState === OPEN
  }

  /** Bytes that the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#sdk.socket.bufferedAmount
  }

  /** Sends bytes, or an object as JSON; nothing when the connection is not open any more. */
  send(data: Uint8Array | Json): void {
    if (this.isOpen) this.#sdk.socket.send(data instanceof Uint8Array ? data : JSON.stringify(data))
  }

  close(): void {
    this.#sdk.socket.close(NORMAL_CLOSE)
  }
}

/** `undefined` for what is neither bytes nor a JSON object: such a message is skipped. */
function parse(data: unknown): Json | Uint8Array | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data)
  if (typeof data !== 'string') return undefined
  try {
    const value: unknown = JSON.parse(data)
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}
