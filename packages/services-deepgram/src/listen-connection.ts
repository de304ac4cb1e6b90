import { PcError } from '@pc/core'
import { Channel } from './channel.ts'
import { DeepgramSocket, type SdkSocket } from './deepgram-socket.ts'
import type { Json } from './json.ts'

/** A server that leaves this much unread is not listening any more: half a minute of 16 kHz audio. */
const MAX_BUFFERED_BYTES = 1 << 20

/** Who hears of the audio that is sent. */
interface AudioListener {
  /** Called for each piece. */
  readonly onSent: () => void
  /** Called behind the last piece: the place to say goodbye. The server may close the connection from then on. */
  readonly onEnd: () => void
}

/** A recogniser's socket: audio goes out, messages come in. */
export interface ListenConnection {
  readonly socket: DeepgramSocket
  /** They end with the connection, and throw what broke it. */
  readonly messages: AsyncIterable<Json>
  /** Sends audio piece by piece until it ends. What fails, `connection-stalled` too, is thrown by {@link messages}. */
  sendAudio(audio: AsyncIterable<Int16Array>, listener: AudioListener): Promise<void>
}

/** @throws PcError as {@link DeepgramSocket.open}. */
export async function openListenConnection(
  connecting: Promise<SdkSocket>,
  { signal, service }: { readonly signal: AbortSignal; readonly service: string },
): Promise<ListenConnection> {
  const messages = new Channel<Json>()
  let leaving = false
  const socket = await DeepgramSocket.open(
    connecting,
    {
      message: (data) => {
        if (!(data instanceof Uint8Array)) messages.push(data)
      },
      closed: (error) => messages.end(leaving || signal.aborted ? undefined : error),
    },
    { signal, service },
  )
  signal.addEventListener('abort', () => messages.end(), { once: true })
  const sendAudio = async (audio: AsyncIterable<Int16Array>, { onSent, onEnd }: AudioListener): Promise<void> => {
    try {
      for await (const chunk of audio) {
        // An empty message would end the stream.
        if (chunk.length === 0) continue
        onSent()
        socket.send(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
        if (socket.bufferedBytes > MAX_BUFFERED_BYTES) throw stalled(service)
      }
    } catch (error) {
      messages.end(error)
      socket.close()
      return
    }
    leaving = true
    onEnd()
  }
  return { socket, messages, sendAudio }
}

function stalled(service: string): PcError {
  const message = 'Deepgram has stopped reading the audio.'
  return new PcError(message, { code: 'connection-stalled', kind: 'transient', service })
}
