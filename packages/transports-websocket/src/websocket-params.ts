import { type FrameSerializer, PcError, TransportParams, type TransportParamsFields } from '@pc/core'

/** The fields of {@link WebSocketServerParams}. */
export interface WebSocketServerParamsFields extends TransportParamsFields {
  /** The protocol on the socket. Default: the protobuf messages of the Pipecat clients. */
  serializer?: FrameSerializer | undefined
  /** Put a WAV header before the samples of every chunk. Default false. */
  addWavHeader?: boolean | undefined
  /** A longer message is dropped and reported. Default 1 MiB. */
  maxMessageBytes?: number | undefined
  /** More messages than this, beyond a burst of four seconds' worth, are dropped and reported. Default 500. */
  maxMessagesPerSec?: number | undefined
  /** While more than this waits to be sent, audio is dropped. Default 256 KiB, some 5 s of speech. */
  maxBufferedBytes?: number | undefined
  /** A client that does not read for so long is cut off, seconds. Default 10. */
  stallLimitSecs?: number | undefined
  /** A ping goes out every so many seconds; a client that does not answer until the next is cut off. Default 15. */
  pingIntervalSecs?: number | undefined
}

/** The settings of a WebSocket transport. A plain object with the same fields does as well. */
export class WebSocketServerParams extends TransportParams {
  readonly serializer: FrameSerializer | undefined
  readonly addWavHeader: boolean
  readonly maxMessageBytes: number
  readonly maxMessagesPerSec: number
  readonly maxBufferedBytes: number
  readonly stallLimitSecs: number
  readonly pingIntervalSecs: number

  /** @throws PcError `transport-params` for a limit that is not above zero. */
  constructor(fields: WebSocketServerParamsFields = {}) {
    super(fields)
    this.serializer = fields.serializer
    this.addWavHeader = fields.addWavHeader ?? false
    this.maxMessageBytes = positive('maxMessageBytes', fields.maxMessageBytes ?? 1_048_576)
    this.maxMessagesPerSec = positive('maxMessagesPerSec', fields.maxMessagesPerSec ?? 500)
    this.maxBufferedBytes = positive('maxBufferedBytes', fields.maxBufferedBytes ?? 262_144)
    this.stallLimitSecs = positive('stallLimitSecs', fields.stallLimitSecs ?? 10)
    this.pingIntervalSecs = positive('pingIntervalSecs', fields.pingIntervalSecs ?? 15)
  }
}

function positive(name: string, value: number): number {
  if (value > 0) return value
  throw new PcError(`${name} is ${value}; pass a number above zero.`, { code: 'transport-params', kind: 'config' })
}
