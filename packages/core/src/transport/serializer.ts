import type { Frame } from '../frames/frame.ts'
import type { OutputChunk } from './output-chunk.ts'

/** What a serializer is told before the first frame. */
export interface SerializerSetup {
  /** Hz, of the audio that the pipeline takes. */
  readonly audioInSampleRate: number
  /** Hz, of the audio that the transport writes. */
  readonly audioOutSampleRate: number
}

/**
 * Turns frames into the messages of a wire protocol and back; a transport owns one. Neither direction throws for what
 * it merely does not know: `undefined` means nothing to send, or nothing to hear. `deserialize` throws a `PcError` of
 * kind `protocol` for damaged data; the transport reports it and goes on.
 *
 * Beside audio and messages a transport offers `InterruptionFrame`, `EndFrame` and `CancelFrame`, for protocols that
 * have a word for them.
 */
export interface FrameSerializer {
  setup?(params: SerializerSetup): void
  serialize(frame: Frame): Uint8Array | string | undefined
  /** The short way for paced audio, without a frame per chunk. Default: {@link serialize} with a frame. */
  serializeAudio?(chunk: OutputChunk): Uint8Array | string | undefined
  deserialize(data: Uint8Array | string): Frame | undefined
}
