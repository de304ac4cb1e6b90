import type { RTVIMessage } from '@pipecat-ai/client-js'
import type { WebSocketTransport } from '@pipecat-ai/websocket-transport'
import { decodeFrame, encodeAudio, encodeMessage } from './protobuf.ts'

type Serializer = NonNullable<NonNullable<ConstructorParameters<typeof WebSocketTransport>[0]>['serializer']>
type Incoming = Awaited<ReturnType<Serializer['deserialize']>>

/** Which part of which utterance a chunk of audio is. */
export interface ChunkPlace {
  contextId: string
  /** Position of the first sample within the utterance in nanoseconds; undefined: right after the chunk before. */
  ptsNs: number | undefined
}

function isRtviMessage(value: unknown): value is RTVIMessage {
  return typeof value === 'object' && value !== null && 'label' in value && 'type' in value && 'data' in value
}

/** A message of the server without `data` gets an empty one, as the client expects the key. */
function messageOf(json: string): RTVIMessage {
  const value: unknown = JSON.parse(json)
  if (typeof value === 'object' && value !== null && !('data' in value)) Object.assign(value, { data: undefined })
  if (!isRtviMessage(value)) throw new TypeError('The server sent a message that is not RTVI.')
  return value
}

/**
 * Serializer for the official WebSocket transport that keeps what its own drops: the utterance and position of each
 * chunk of audio, and the order of frames. The transport hands chunks to the media manager as bare samples, so the
 * places are kept beside them and read back with {@link PlayoutSerializer.placeOf}.
 */
export class PlayoutSerializer implements Serializer {
  readonly #places = new WeakMap<Int16Array, ChunkPlace>()
  #last: Promise<unknown> = Promise.resolve()

  serialize(data: unknown): unknown {
    return data
  }

  serializeAudio(data: ArrayBuffer, sampleRate: number, numChannels: number): Uint8Array {
    return encodeAudio({ name: 'audio', audio: new Uint8Array(data), sampleRate, numChannels })
  }

  serializeMessage(message: RTVIMessage): Uint8Array {
    return encodeMessage(JSON.stringify(message))
  }

  /** Reads a frame. Blobs are read at their own pace, so each frame waits for the one before: a flush stays behind its audio. */
  deserialize(data: unknown): Promise<Incoming> {
    const before = this.#last
    const bytes = readBytes(data)
    const frame = (async () => {
      await before
      return this.#incoming(await bytes)
    })()
    this.#last = frame.catch(() => {})
    return frame
  }

  /** Settles when everything that has come so far was read. A socket reports its close ahead of frames not read yet. */
  async idle(): Promise<void> {
    for (let last; last !== this.#last;) {
      last = this.#last
      await last
    }
  }

  /** The utterance and position of samples that {@link PlayoutSerializer.deserialize} returned. */
  placeOf(samples: Int16Array): ChunkPlace | undefined {
    return this.#places.get(samples)
  }

  #incoming(bytes: Uint8Array): Incoming {
    const frame = decodeFrame(bytes)
    if (frame.kind === 'message') return { type: 'message', message: messageOf(frame.data) }
    if (frame.kind === 'other') return { type: 'raw', message: undefined }
    const even = frame.audio.length - (frame.audio.length % 2)
    const samples = new Int16Array(frame.audio.slice(0, even).buffer)
    this.#places.set(samples, { contextId: frame.name, ptsNs: frame.ptsNs })
    return { type: 'audio', audio: samples }
  }
}

async function readBytes(data: unknown): Promise<Uint8Array> {
  if (data instanceof Blob) return new Uint8Array(await data.arrayBuffer())
  if (data instanceof Uint8Array) return data
  throw new TypeError('The server sent a text message where only binary ones are spoken.')
}
