import { BaseTransport, type FrameSerializer } from '@pc/core'
import type { WebSocket } from 'ws'
import { Connection } from './connection.ts'
import { ProtobufFrameSerializer } from './protobuf-serializer.ts'
import { WebSocketInput } from './websocket-input.ts'
import { WebSocketOutput } from './websocket-output.ts'
import { WebSocketServerParams, type WebSocketServerParamsFields } from './websocket-params.ts'

/** What {@link WebSocketServerTransport} takes. */
export interface WebSocketServerTransportOptions {
  /** An accepted connection. The transport closes it when its pipeline is over. */
  websocket: WebSocket
  params?: WebSocketServerParams | WebSocketServerParamsFields | undefined
  /** The protocol on the socket; goes before `params.serializer`. Default: {@link ProtobufFrameSerializer}. */
  serializer?: FrameSerializer | undefined
}

/**
 * One client over a WebSocket: the official Pipecat clients as they are, or any other protocol by its serializer.
 *
 * Make it as soon as the connection is accepted: what the client sends from then on is kept until the pipeline runs.
 */
export class WebSocketServerTransport extends BaseTransport<WebSocket> {
  readonly params: WebSocketServerParams
  readonly #serializer: FrameSerializer
  readonly #connection: Connection

  constructor({ websocket, params, serializer }: WebSocketServerTransportOptions) {
    super()
    this.params = params instanceof WebSocketServerParams ? params : new WebSocketServerParams(params)
    this.#serializer = serializer ?? this.params.serializer ?? new ProtobufFrameSerializer()
    this.#connection = new Connection(websocket, this.params)
  }

  /** The client's socket. */
  get websocket(): WebSocket {
    return this.#connection.websocket
  }

  protected override createInput(): WebSocketInput {
    const { websocket } = this
    return new WebSocketInput({
      params: this.params,
      connection: this.#connection,
      serializer: this.#serializer,
      onConnected: () => this.emit('clientConnected', websocket),
      onDisconnected: () => this.emit('clientDisconnected', websocket),
    })
  }

  protected override createOutput(): WebSocketOutput {
    return new WebSocketOutput({ params: this.params, connection: this.#connection, serializer: this.#serializer })
  }

  /** Closes the connection; settles when the client has agreed, or after 2 s. */
  override async stop(): Promise<void> {
    await this.#connection.close(1000)
  }
}
