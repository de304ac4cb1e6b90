import { bytesToPcm, encodeWav } from '@pc/audio'
import {
  BaseOutputTransport,
  type CancelFrame,
  type EndFrame,
  type Frame,
  type FrameContext,
  type FrameSerializer,
  InterruptionFrame,
  type OutputChunk,
  OutputAudioRawFrame,
  OutputTransportMessageFrame,
  OutputTransportMessageUrgentFrame,
  type PipelineSetup,
  TTSAudioRawFrame,
} from '@pc/core'
import type { Connection } from './connection.ts'
import type { WebSocketServerParams } from './websocket-params.ts'

/** What {@link WebSocketOutput} is made of. */
export interface WebSocketOutputOptions {
  readonly params: WebSocketServerParams
  readonly connection: Connection
  readonly serializer: FrameSerializer
}

/** Sends to a WebSocket client. */
export class WebSocketOutput extends BaseOutputTransport {
  readonly #connection: Connection
  readonly #serializer: FrameSerializer
  readonly #addWavHeader: boolean

  constructor({ params, connection, serializer }: WebSocketOutputOptions) {
    super({ params })
    this.#connection = connection
    this.#serializer = serializer
    this.#addWavHeader = params.addWavHeader
  }

  /** The official client's player stops and glitches when it runs dry: 20 ms is the least, and networks need more. */
  protected override get defaultLeadSecs(): number {
    return 0.2
  }

  override onSetup({ runtime }: PipelineSetup): void {
    this.#connection.watch(runtime.clock)
  }

  override async onEnd(frame: EndFrame, ctx: FrameContext): Promise<void> {
    await super.onEnd(frame, ctx)
    this.#send(frame)
  }

  override async onCancel(frame: CancelFrame): Promise<void> {
    await super.onCancel(frame)
    this.#send(frame)
  }

  override async onCleanup(): Promise<void> {
    await super.onCleanup()
    await this.#connection.close(1000)
  }

  protected override writeAudio(chunk: OutputChunk): void {
    const prepared = this.#addWavHeader ? withWavHeader(chunk) : chunk
    const data = this.#serializer.serializeAudio?.(prepared) ?? this.#serializer.serialize(frameOf(prepared))
    if (data !== undefined) this.#connection.sendAudio(data)
  }

  protected override writeMessage(message: unknown, urgent: boolean): void {
    this.#send(urgent ? new OutputTransportMessageUrgentFrame(message) : new OutputTransportMessageFrame(message))
  }

  protected override clearAudio(): boolean {
    return this.#send(new InterruptionFrame())
  }

  /** True when the protocol has a word for it. */
  #send(frame: Frame): boolean {
    const data = this.#serializer.serialize(frame)
    if (data === undefined) return false
    this.#connection.send(data)
    return true
  }
}

function frameOf({ audio, sampleRate, numChannels, contextId }: OutputChunk): Frame {
  return contextId === undefined
    ? new OutputAudioRawFrame(audio, sampleRate, numChannels)
    : new TTSAudioRawFrame(audio, sampleRate, numChannels, contextId)
}

/** The header travels as if it were samples: 44 bytes are 22 of them. */
function withWavHeader(chunk: OutputChunk): OutputChunk {
  return { ...chunk, audio: bytesToPcm(encodeWav(chunk.audio, chunk.sampleRate, chunk.numChannels)) }
}
