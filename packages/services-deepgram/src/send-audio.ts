import { PcError } from '@pc/core'
import type { DeepgramSocket } from './deepgram-socket.ts'

/** A server that leaves this much unread is not listening any more: half a minute of 16 kHz audio. */
const MAX_BUFFERED_BYTES = 1 << 20

/** Where audio goes, and who hears of it. */
export interface AudioSink {
  readonly socket: DeepgramSocket
  readonly service: string
  /** Called for each piece. */
  readonly onSent: () => void
}

/**
 * Sends audio piece by piece until it ends.
 *
 * @throws PcError `connection-stalled` when the server does not read it.
 */
export async function sendAudio(
  audio: AsyncIterable<Int16Array>,
  { socket, service, onSent }: AudioSink,
): Promise<void> {
  for await (const chunk of audio) {
    // An empty message would end the stream.
    if (chunk.length === 0) continue
    onSent()
    socket.send(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    if (socket.bufferedBytes <= MAX_BUFFERED_BYTES) continue
    const message = 'Deepgram has stopped reading the audio.'
    throw new PcError(message, { code: 'connection-stalled', kind: 'transient', service })
  }
}
