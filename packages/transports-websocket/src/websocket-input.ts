import {
  BaseInputTransport,
  ClientConnectedFrame,
  type Frame,
  type FrameContext,
  type FrameSerializer,
  type InputAudioRawFrame,
  PcError,
  type PipelineSetup,
  type StartFrame,
} from '@pc/core'
import type { Connection } from './connection.ts'
import type { WebSocketServerParams } from './websocket-params.ts'

/** What {@link WebSocketInput} is made of. */
export interface WebSocketInputOptions {
  readonly params: WebSocketServerParams
  readonly connection: Connection
  readonly serializer: FrameSerializer
  readonly onConnected: () => void
  readonly onDisconnected: () => void
}

/** Takes what a WebSocket client sends. */
export class WebSocketInput extends BaseInputTransport {
  readonly #options: WebSocketInputOptions
  /** The message before was damaged: another one is no news. */
  #failing = false
  #connected = false

  constructor(options: WebSocketInputOptions) {
    super({ params: options.params })
    this.#options = options
  }

  override onSetup({ runtime }: PipelineSetup): void {
    this.#options.connection.watch(runtime.clock)
  }

  override async onStart(frame: StartFrame, ctx: FrameContext): Promise<void> {
    await super.onStart(frame, ctx)
    if (this.#connected) return
    this.#connected = true
    const { connection, serializer, params, onConnected, onDisconnected } = this.#options
    serializer.setup?.({
      audioInSampleRate: this.sampleRate,
      audioOutSampleRate: params.audioOutSampleRate ?? frame.audioOutSampleRate,
    })
    this.pushFrame(new ClientConnectedFrame())
    onConnected()
    connection.start({
      message: (data) => this.#hear(data),
      closed: onDisconnected,
      error: (error) => this.pushError(error),
    })
  }

  #hear(data: Uint8Array | string): void {
    try {
      const frame = this.#options.serializer.deserialize(data)
      this.#failing = false
      if (frame === undefined) return
      if (isAudio(frame)) this.receiveAudio(frame.audio, frame.sampleRate, frame.numChannels)
      else this.pushFrame(frame)
    } catch (error) {
      if (!this.#failing) this.pushError(PcError.from(error, { code: 'bad-message', kind: 'protocol' }))
      this.#failing = true
    }
  }
}

function isAudio(frame: Frame): frame is InputAudioRawFrame {
  return frame.type === 'InputAudioRawFrame'
}
